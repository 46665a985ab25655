"""Byte-level byte-pair encoding, trained on the corpus.

Sennrich et al. 2016 (arXiv:1508.07909), on bytes as in GPT-2: the 256 bytes are tokens, and the pair of
neighbouring tokens seen most often becomes a new one, again and again. Training and encoding are done by the
`tokenizers` library, which is loaded when they are first asked for; decoding needs only the table of merges.

Unlike GPT-2, combining marks belong to words, and a word or a run of spaces is cut after 32 characters,
so that no text takes quadratic time.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from reverie.text.decoder import Decoder
from reverie.text.tokenizers import Tokens
from reverie.text.unicode import compose

BYTES = 256
PIECE = (
    r" ?[\p{L}\p{M}]{1,32}| ?\p{N}{1,3}| ?[^\s\p{L}\p{M}\p{N}]{1,32}"  # words, numbers, punctuation
    r"|\s{1,32}(?!\S)|\s{1,32}"  # white space, less the space before a word
)
LONGEST = 256  # bytes; 33 characters are at most 132. A hostile table could double the length at each merge.
PART = 16384


class BytePairTokenizer:
    """Tokens 0 to 255 are bytes; the others join two earlier tokens each, in the order of `merges`.

    Where two merges spell the same bytes, they share the first one's token.
    """

    kind = "bpe"

    def __init__(self, merges: Sequence[tuple[int, int]]) -> None:
        self.merges = list(merges)
        self.unused: list[int] = []
        self._pieces = [bytes([byte]) for byte in range(BYTES)]
        known = set(self._pieces)
        for left, right in self.merges:
            if not (0 <= left < len(self._pieces) and 0 <= right < len(self._pieces)):
                raise ValueError("a merge joins tokens that do not exist")
            piece = self._pieces[left] + self._pieces[right]
            if len(piece) > LONGEST:
                raise ValueError("a token is longer than any piece of text")
            if piece not in known:
                known.add(piece)
                self._pieces.append(piece)
        self.vocabulary = len(self._pieces)

    @classmethod
    def train(cls, texts: Iterable[str], *, size: int = 4096) -> "BytePairTokenizer":
        """Merges the most frequent pairs until the vocabulary has `size` tokens or no pair occurs twice."""
        from tokenizers import models, trainers

        trainer = trainers.BpeTrainer(
            vocab_size=max(size, BYTES),
            min_frequency=2,
            initial_alphabet=list(LETTERS),
            show_progress=False,
        )
        model = _library(models.BPE())
        model.train_from_iterator((part for text in texts for part in _parts(compose(text))), trainer)
        tokens = {piece: byte for byte, piece in enumerate(LETTERS)}
        merges = []
        for left, right in _learnt(model):
            merges.append((tokens[left], tokens[right]))
            tokens.setdefault(left + right, len(tokens))
        return cls(merges)

    @cached_property
    def _model(self) -> Any:
        from tokenizers import models

        names = ["".join(LETTERS[byte] for byte in piece) for piece in self._pieces]
        merges = [(names[left], names[right]) for left, right in self.merges]
        return _library(models.BPE(vocab={name: n for n, name in enumerate(names)}, merges=merges))

    def encode(self, text: str) -> Tokens:
        parts = list(_parts(compose(text)))
        encoded: list[Tokens] = []
        for start in range(0, len(parts), 16):  # few at a time: the library keeps 100 bytes for one of text
            batch = self._model.encode_batch_fast(parts[start : start + 16], add_special_tokens=False)
            encoded += [np.array(part.ids, np.int32) for part in batch]
        return np.concatenate(encoded) if encoded else np.zeros(0, np.int32)

    def decode(self, ids: Iterable[int]) -> str:
        decoder = self.decoder()
        return decoder.feed(ids) + decoder.finish()

    def decoder(self) -> Decoder:
        return Decoder(self._pieces, 0)

    def piece(self, token: int) -> bytes | None:
        return self._pieces[token]

    def to_config(self) -> dict[str, Any]:
        return {"kind": self.kind, "merges": [list(pair) for pair in self.merges], "unused": self.unused}


def _letters() -> str:
    """One visible character per byte: the alphabet in which the library writes bytes (GPT-2's)."""
    visible = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    hidden = [byte for byte in range(BYTES) if byte not in visible]
    return "".join(chr(byte if byte in visible else BYTES + hidden.index(byte)) for byte in range(BYTES))


LETTERS = _letters()


def _library(model: Any) -> Any:
    from tokenizers import Regex, Tokenizer
    from tokenizers.pre_tokenizers import ByteLevel, Sequence, Split

    tokenizer = Tokenizer(model)
    bytes_ = ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = Sequence([Split(Regex(PIECE), "isolated"), bytes_])
    return tokenizer


def _learnt(tokenizer: Any) -> list[tuple[str, str]]:
    return [(left, right) for left, right in json.loads(tokenizer.to_str())["model"]["merges"]]


def _parts(text: str) -> Iterator[str]:
    """Cuts a long text before white space, where a piece begins anyway: the cuts do not change the tokens."""
    start = 0
    while len(text) - start > PART:
        space = re.compile(r"(?<=\S)[ \n]").search(text, start + PART)
        end = space.start() if space else len(text)
        yield text[start:end]
        start = end
    if start < len(text):
        yield text[start:]
