"""A corpus: texts made into tokens once, on disk, and read back through the page cache.

`prepare` streams, so a gigabyte of text needs a few dozen megabytes of memory. In its folder it writes

    train.txt         the normalised text to learn from, UTF-8 (the report looks for copies in it)
    train.bin         its tokens, little-endian uint16, or uint32 where the vocabulary needs it
    validation.bin    the tokens of the text held out
    corpus.json       the tokenizer, the counts, the sources' sha256; written last
"""

import errno
import hashlib
import json
import math
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from reverie.errors import ReverieError
from reverie.text import sources as texts
from reverie.text import tokenizers
from reverie.text.tokenizers import Tokenizer

FORMAT = 1
TRAIN_TEXT, TRAIN, VALIDATION, DOCUMENT = "train.txt", "train.bin", "validation.bin", "corpus.json"
FEWEST = 64  # characters; below that there is nothing to learn, whatever the network
SAMPLE = 8 << 20  # characters that words and pairs are counted in


def prepare(
    sources: str | Path | Sequence[str | Path],
    folder: str | Path,
    *,
    tokenizer: str | Tokenizer = "auto",
    validation: float = 0.1,
) -> "Corpus":
    """Reads `sources` (see `sources.expand`), and writes their tokens into `folder`.

    The last `validation` share of the characters of each source is held out, so that scores are of text
    the model has not seen, though from the same hands. `tokenizer` is one that exists, or a kind to train
    on the training text: "characters", "words", "bpe", or "auto" for `tokenizers.choose`. If `folder`
    holds the same sources prepared in the same way, it is used as it is; standard input is always read.

    Raises ReverieError for sources that are missing, unreadable, binary, not UTF-8, empty or too short,
    and where the folder cannot be written. Nothing of a preparation that failed stays behind.
    """
    if not 0 < validation <= 0.5:
        raise ReverieError(
            f"The validation share is {validation}.", "Choose one above 0 and up to 0.5, for example 0.1."
        )
    if isinstance(tokenizer, str) and tokenizer not in ("auto", *tokenizers.KINDS):
        raise tokenizers.unknown(tokenizer)
    folder = Path(folder)
    found = texts.expand(sources)
    settings = {
        "format": FORMAT,
        "validation": validation,
        "tokenizer": tokenizer if isinstance(tokenizer, str) else tokenizer.to_config(),
    }
    if (folder / DOCUMENT).exists() and (kept := _same(folder, found, settings)):
        return kept
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(found, folder, tokenizer, settings)
    except BaseException as error:
        with suppress(OSError):
            for part in folder.glob("*.part"):
                part.unlink()
            for path in made:
                path.rmdir()
        if isinstance(error, OSError):
            raise _unwritable(folder, error) from error
        raise
    return Corpus.open(folder)


@dataclass(frozen=True)
class Corpus:
    """A prepared corpus. `train` and `validation` are memory-mapped tokens, unsigned, of shape (n,)."""

    folder: Path
    document: dict[str, Any]
    tokenizer: Tokenizer
    train: NDArray[Any]
    validation: NDArray[Any]

    @classmethod
    def open(cls, folder: str | Path) -> "Corpus":
        """Raises ReverieError unless every file is there, of the size that corpus.json says."""
        folder = Path(folder)
        try:
            document = json.loads((folder / DOCUMENT).read_text(encoding="utf-8"))
            tokenizer = tokenizers.from_config(document["tokenizer"])
            dtype = np.dtype({"uint16": "<u2", "uint32": "<u4"}[document["dtype"]])
            splits = {TRAIN: document["train"], VALIDATION: document["validation"]}
            sizes = {file: split["tokens"] * dtype.itemsize for file, split in splits.items()}
            for file, size in {**sizes, TRAIN_TEXT: splits[TRAIN]["bytes"]}.items():
                if (folder / file).stat().st_size != size:
                    raise ValueError(f"{file} has not the size it had")
            train, validation = (np.memmap(folder / file, dtype, "r") for file in sizes)
        except (OSError, KeyError, TypeError, ValueError, ReverieError) as error:
            reason = f"{Path(error.filename).name} is missing" if isinstance(error, FileNotFoundError) else error
            raise ReverieError(
                f"The corpus in {folder} is incomplete: {reason}.", "Prepare it again from the texts."
            ) from error
        return cls(folder, document, tokenizer, train, validation)

    @property
    def train_text_path(self) -> Path:
        """The normalised training text, UTF-8."""
        return self.folder / TRAIN_TEXT

    def require(self, length: int) -> None:
        """Raises ReverieError, with the characters needed, unless there are windows of `length` tokens."""
        if len(self.train) >= 2 * length and len(self.validation) >= 2:
            return
        here = self.document["train"]["characters"] + self.document["validation"]["characters"]
        needed = here * max(2 * length / len(self.train), 2 / len(self.validation))
        raise ReverieError(
            f"The text is too short: it has {here:,} characters, and two windows of {length} tokens "
            f"need about {math.ceil(needed):,}.",
            "Add text, or choose a smaller context.",
        )


def _write(found: list[str | Path], folder: Path, tokenizer: str | Tokenizer, settings: dict[str, Any]) -> None:
    """All files aside, then in place, corpus.json last."""
    part = {file: folder / f"{file}.part" for file in (TRAIN_TEXT, TRAIN, VALIDATION, DOCUMENT)}
    held_out = folder / "validation.txt.part"
    with part[TRAIN_TEXT].open("w+b") as train_file, held_out.open("w+b") as validation_file:
        digests, counts = _split(found, train_file, validation_file, settings["validation"])
    if isinstance(tokenizer, str):
        tokenizer = _train(tokenizer, part[TRAIN_TEXT], counts[0])
    dtype = "uint16" if tokenizer.vocabulary <= 1 << 16 else "uint32"
    document: dict[str, Any] = {
        "settings": settings,
        "sources": digests,
        "dtype": dtype,
        "vocabulary": tokenizer.vocabulary,
    }
    for text, file, split, characters in zip(
        (part[TRAIN_TEXT], held_out), (TRAIN, VALIDATION), ("train", "validation"), counts, strict=True
    ):
        tokens, digest, unused = _encode(text, part[file], tokenizer, dtype)
        size = text.stat().st_size
        if split == "train":
            document["tokenizer"] = tokenizer.to_config() | {"unused": unused}
        document[split] = {"characters": characters, "bytes": size, "tokens": tokens, "sha256": digest}
    held_out.unlink()
    part[DOCUMENT].write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    for path in part.values():
        with path.open("rb+") as written:
            os.fsync(written.fileno())
    (folder / DOCUMENT).unlink(missing_ok=True)
    for file, path in part.items():
        path.replace(folder / file)


def _split(
    found: list[str | Path], train: IO[bytes], validation: IO[bytes], share: float
) -> tuple[list[dict[str, str]], tuple[int, int]]:
    """Writes each source to `train`, then moves its end to `validation`. Returns its names and sha256,
    and the counts of characters (train, validation)."""
    digests = []
    kept = moved = 0
    blank = True
    for source in found:
        if kept:  # a source begins on a line of its own
            train.write(b"\n")
            validation.write(b"\n")
            kept, moved = kept + 1, moved + 1
        digest = hashlib.sha256()
        begin = train.tell()
        lengths = []  # (characters, bytes) of each chunk: how the cut is found without a second reading
        for text, raw in texts.read(source):
            digest.update(raw)
            data = text.encode()
            train.write(data)
            lengths.append((len(text), len(data)))
            blank = blank and (not text or text.isspace())
        characters = sum(length for length, _ in lengths)
        keep = int(characters * (1 - share))
        _move(train, validation, begin, lengths, keep)
        kept, moved = kept + keep, moved + characters - keep
        digests.append({"name": Path(source).name, "sha256": digest.hexdigest()})
    what = f"{texts.name(found[0])} holds" if len(found) == 1 else f"The {len(found)} sources hold"
    if blank:
        white = ", only white space" if kept + moved else ""
        raise ReverieError(f"{what} no text{white}.", "Name a file with text in it.")
    if kept + moved < FEWEST or moved < 2:
        raise ReverieError(
            f"{what} only {kept + moved} characters, of which {moved} would be held out: too few.",
            f"The least is {FEWEST}, and a model worth reading needs 100,000 or more.",
        )
    return digests, (kept, moved)


def _move(train: IO[bytes], validation: IO[bytes], begin: int, lengths: list[tuple[int, int]], keep: int) -> None:
    """Moves what follows `keep` characters after byte `begin` from the end of `train` to `validation`."""
    position = begin
    for characters, size in lengths:
        if keep < characters:
            train.seek(position)
            position += len(train.read(size).decode()[:keep].encode())
            break
        keep -= characters
        position += size
    train.seek(position)
    while data := train.read(texts.CHUNK):
        validation.write(data)
    train.seek(position)
    train.truncate()


def _train(kind: str, path: Path, characters: int) -> Tokenizer:
    kind = tokenizers.choose(characters) if kind == "auto" else kind
    every = 1 if kind == "characters" else -(-characters // SAMPLE)  # of the chunks, evenly over the text
    return tokenizers.train(kind, texts.Chunks(path, every), characters)


def _encode(text: Path, path: Path, tokenizer: Tokenizer, dtype: str) -> tuple[int, str, list[int]]:
    """Writes the tokens of `text`; returns their number, the text's sha256, and the tokens it never had."""
    tokens = 0
    had = np.zeros(tokenizer.vocabulary, bool)
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for chunk in texts.Chunks(text):
            digest.update(chunk.encode())
            ids = tokenizer.encode(chunk)
            tokens += len(ids)
            had[ids] = True
            file.write(ids.astype(np.dtype(dtype).newbyteorder("<")).tobytes())
    return tokens, digest.hexdigest(), np.flatnonzero(~had).tolist()


def _same(folder: Path, found: list[str | Path], settings: dict[str, Any]) -> "Corpus | None":
    """The corpus in `folder`, if it was made of the same bytes in the same way."""
    if texts.STDIN in found:
        return None
    try:
        corpus = Corpus.open(folder)
        digests = []
        for source in found:
            with Path(source).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            digests.append({"name": Path(source).name, "sha256": digest})
    except (ReverieError, OSError):
        return None
    same = corpus.document.get("settings") == settings and corpus.document.get("sources") == digests
    return corpus if same else None


def _unwritable(folder: Path, error: OSError) -> ReverieError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ReverieError(f"The disk is full: the corpus does not fit into {folder}.", "Make room and try again.")
    return ReverieError(
        f"The corpus cannot be written to {folder}: {error.strerror or error}.", "Choose another folder."
    )
