"""From text to numbers and back: characters and words (byte-level pairs are in `bytepair.py`).

All three tokenizers take any string, whatever the script, and give it back: `decode(encode(text))` is the
NFC of `text`. Characters and words do so by spelling: tokens 0 to 15 are hexadecimal digits, and a
character without a token of its own is written as its UTF-8 bytes, two digits to a byte. A prompt in a
script that the corpus never showed costs more tokens, and nothing else.

Which one predicts best is a matter of bits per byte, the only figure that can be compared between them:
nats per token cannot, since tokens differ in length.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from reverie.errors import ReverieError
from reverie.text.decoder import Decoder
from reverie.text.unicode import compose

KINDS = ("characters", "words", "bpe")
DIGITS = 16
ALL_CHARACTERS = 512
MOST_CHARACTERS = 4096
RARE = 8
COUNTED_PIECES = 1_000_000

Tokens = NDArray[np.int32]


class Tokenizer(Protocol):
    """What every tokenizer offers."""

    kind: str
    vocabulary: int
    unused: list[int]  # tokens the training text never had, which are therefore never written; [] if not known

    def encode(self, text: str) -> Tokens:
        """Tokens, int32 (n,), each in [0, vocabulary), of any string; broken surrogates count as U+FFFD."""

    def decode(self, ids: Iterable[int]) -> str:
        """The text of `ids`; what is no UTF-8 becomes U+FFFD. An id outside the vocabulary: IndexError."""

    def decoder(self) -> Decoder:
        """A decoder for tokens that arrive a few at a time."""

    def piece(self, token: int) -> bytes | None:
        """The UTF-8 that `token` stands for, perhaps part of a character; None for half of a spelled byte."""

    def to_config(self) -> dict[str, Any]:
        """All of it, as a JSON-able dict for `from_config`."""


def choose(characters: int) -> str:
    """The kind of tokenizer for a corpus of that many characters: "characters" below 4 million, then "bpe".

    A small corpus shows few words often enough to learn them, and its characters can be learnt in a
    minute; in a large one a pair-encoded token is seen often, and holds three or four characters. "words"
    is never chosen.
    """
    return "characters" if characters < 4_000_000 else "bpe"


def train(kind: str, texts: Iterable[str], characters: int) -> Tokenizer:
    """Makes a tokenizer of `kind` ("characters", "words" or "bpe") for `texts`, `characters` long in all.

    The corpus' length sets the size of the vocabulary: a token that is hardly ever seen is hardly learnt.
    """
    if kind == "characters":
        return CharacterTokenizer.train(texts)
    if kind == "words":
        return WordTokenizer.train(texts, size=min(max(characters // 200, 512), 16384))
    if kind == "bpe":
        from reverie.text.bytepair import BytePairTokenizer  # its library loads only where it is used

        return BytePairTokenizer.train(texts, size=min(max(characters // 1000, 512), 16384))
    raise unknown(kind)


def unknown(kind: str) -> ReverieError:
    return ReverieError(f"There is no tokenizer {kind!r}.", f"Choose auto, {', '.join(KINDS)}.")


def from_config(config: Any) -> Tokenizer:
    """The tokenizer that `to_config` described. A config that describes none: ReverieError."""
    kind = config.get("kind") if isinstance(config, dict) else None
    if kind not in KINDS:
        raise ReverieError(f"There is no tokenizer {kind!r}.", "Was the file made by a newer version of Reverie?")
    try:
        tokenizer = _described(kind, config)
        tokenizer.unused = [_index(token) for token in config.get("unused", [])]
        if not set(tokenizer.unused) < set(range(tokenizer.vocabulary)):
            raise ValueError("its unused tokens are not some of its tokens")
    except (KeyError, TypeError, ValueError) as error:
        raise ReverieError(f"The {kind} tokenizer is damaged: {error}.", "Use an intact copy.") from error
    return tokenizer


def _described(kind: str, config: dict[str, Any]) -> Tokenizer:
    if kind == "characters":
        return CharacterTokenizer(_text(config["characters"]))
    if kind == "words":
        return WordTokenizer(_text(config["characters"]), [_text(word) for word in config["words"]])
    from reverie.text.bytepair import BytePairTokenizer

    return BytePairTokenizer([(_index(left), _index(right)) for left, right in config["merges"]])


class _Spelling:
    """What the tokenizers with digits share: 16 of them for spelling, then a token for each of `_pieces`."""

    _pieces: list[bytes]

    def decode(self, ids: Iterable[int]) -> str:
        decoder = self.decoder()
        return decoder.feed(ids) + decoder.finish()

    def decoder(self) -> Decoder:
        return Decoder(self._pieces, DIGITS)

    def piece(self, token: int) -> bytes | None:
        return self._pieces[token - DIGITS] if token >= DIGITS else None


class CharacterTokenizer(_Spelling):
    """One token per character: 16 digits for spelling, then `characters` in the order given."""

    kind = "characters"

    def __init__(self, characters: str) -> None:
        codes = _codes(characters)
        if len(np.unique(codes)) != len(codes):
            raise ValueError("a character occurs twice")
        self.characters = characters
        self.unused: list[int] = []
        self.vocabulary = DIGITS + len(characters)
        # From code point to token; the last entry, -1, serves every code point beyond the largest known one.
        self._table = np.full(int(codes.max(initial=0)) + 2, -1, np.int32)
        self._table[codes] = np.arange(DIGITS, self.vocabulary)
        self._pieces = [character.encode() for character in characters]

    @classmethod
    def train(cls, texts: Iterable[str]) -> "CharacterTokenizer":
        """Every character of `texts` if there are at most 512; else those seen 8 times or more, at most 4096.

        The rare ones of a large set (Hangul syllables, hanja) are spelled, which is how a model learns to
        read and write the digits.
        """
        counts: Counter[int] = Counter()
        for text in texts:
            codes, times = np.unique(_codes(compose(text)), return_counts=True)
            counts.update(dict(zip(codes.tolist(), times.tolist(), strict=True)))
        known = list(counts)
        if len(known) > ALL_CHARACTERS:
            ranked = sorted((-n, code) for code, n in counts.items() if n >= RARE)
            known = [code for _, code in ranked[:MOST_CHARACTERS]]
        return cls("".join(map(chr, sorted(known))))

    def encode(self, text: str) -> Tokens:
        codes = _codes(compose(text))
        ids = self._table[np.minimum(codes, len(self._table) - 1)]
        spelled = ids < 0
        if not spelled.any():
            return ids
        unknown = codes[spelled]
        lengths = np.ones(len(codes), np.int64)
        lengths[spelled] = 2 * (1 + (unknown > 0x7F) + (unknown > 0x7FF) + (unknown > 0xFFFF))
        result = np.repeat(ids, lengths)
        data = np.frombuffer(unknown.tobytes().decode("utf-32-le").encode(), np.uint8)
        result[result < 0] = np.stack([data >> 4, data & 15], axis=1).ravel()
        return result

    def to_config(self) -> dict[str, Any]:
        return {"kind": self.kind, "characters": self.characters, "unused": self.unused}


class WordTokenizer(_Spelling):
    """One token per frequent word; the others are written as characters, and rare characters as digits.

    A word has its leading space with it, and apostrophes within: " don't". Runs of punctuation and of
    white space are pieces too. The vocabulary is 16 digits, the characters, then the pieces; combining
    marks belong to words.
    """

    kind = "words"

    def __init__(self, characters: str, words: Sequence[str]) -> None:
        spelling = CharacterTokenizer(characters)
        self.characters = characters
        self.words = list(words)
        self.unused: list[int] = []
        self._ids = {piece: DIGITS + n for n, piece in enumerate([*characters, *self.words])}
        self.vocabulary = spelling.vocabulary + len(self.words)
        if len(self._ids) + DIGITS != self.vocabulary or "" in self._ids:
            raise ValueError("a piece is empty or occurs twice")
        self._pieces = [piece.encode() for piece in self._ids]
        self._pattern = _words(characters)

    @classmethod
    def train(cls, texts: Iterable[str], *, size: int = 8192) -> "WordTokenizer":
        """Characters as in `CharacterTokenizer.train`, then the most frequent pieces of 2 to 32 characters.

        Pieces seen 3 times or more, until the vocabulary has `size` tokens. `texts` is read twice, so a
        one-time iterator is kept in memory. Of more than a million different pieces, those seen once so
        far are forgotten: memory stays bounded, at the price of missing some that are rare.
        """
        if iter(texts) is texts:
            texts = list(texts)
        characters = CharacterTokenizer.train(texts).characters
        pattern = _words(characters)
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(piece for piece in pattern.findall(compose(text)) if 1 < len(piece) <= 32)
            if len(counts) > COUNTED_PIECES:
                counts = Counter({piece: n for piece, n in counts.items() if n > 1})
        ranked = sorted((-n, piece) for piece, n in counts.items() if n >= 3)
        room = max(0, size - DIGITS - len(characters))
        return cls(characters, [piece for _, piece in ranked[:room]])

    def encode(self, text: str) -> Tokens:
        ids = self._ids
        result: list[int] = []
        for piece in self._pattern.findall(compose(text)):
            token = ids.get(piece)
            if token is not None:
                result.append(token)
                continue
            for character in piece:
                token = ids.get(character)
                if token is not None:
                    result.append(token)
                else:
                    result.extend(digit for byte in character.encode() for digit in divmod(byte, 16))
        return np.array(result, np.int32)

    def to_config(self) -> dict[str, Any]:
        return {"kind": self.kind, "characters": self.characters, "words": self.words, "unused": self.unused}


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le"), "<u4")


def _words(characters: str) -> re.Pattern[str]:
    """The pieces a text falls into. To `re`, marks are no part of a word, so those in use are named."""
    marks = "".join(re.escape(c) for c in characters if unicodedata.category(c).startswith("M"))
    word = rf"[\w{marks}]+(?:['\u2019][\w{marks}]+)*"
    return re.compile(rf" ?{word}| ?[^\w\s{marks}]+|\s+(?!\S)|\s")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("text is expected where something else stands")
    value.encode()  # a broken surrogate raises UnicodeEncodeError, which is a ValueError
    return value


def _index(value: Any) -> int:
    if type(value) is not int:
        raise TypeError("a whole number is expected where something else stands")
    return value
