"""Reading what a user calls "my texts": files, folders, standard input; one clean stream of text, or one
sentence that says what is wrong with which of them."""

import codecs
import errno
import io
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from reverie.errors import ReverieError
from reverie.text.unicode import Composer

STDIN = "-"
SUFFIXES = {".txt", ".md"}
CHUNK = 1 << 20  # bytes
WIDE = {b"\xff\xfe\0\0": "UTF-32", b"\0\0\xfe\xff": "UTF-32", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
HANGUL = re.compile("[가-힣]")


def expand(sources: str | Path | Sequence[str | Path]) -> list[str | Path]:
    """The files that `sources` name, in order: each is a file, a folder, or "-" for standard input.

    A folder stands for its *.txt and *.md files at every depth, sorted by path. Hidden entries are left
    out, and so are folders that Reverie wrote (its samples are no part of your corpus). Raises
    ReverieError for what is missing or cannot be listed.
    """
    given = [sources] if isinstance(sources, str | Path) else list(sources)
    if not given:
        raise ReverieError("No text was given.", "Name a file, a folder, or - for standard input.")
    found: list[str | Path] = []
    for source in given:
        path = Path(source)
        if str(source) == STDIN:
            found.append(STDIN)
        elif path.is_dir():
            inside = list(_inside(path))
            if not inside:
                raise ReverieError(f"The folder {path} holds no .txt or .md file.", "Name the files themselves.")
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            problem = "is no file or folder" if path.exists() else "does not exist"
            raise ReverieError(f"{path} {problem}.", "Check the name.")
    return found


def read(source: str | Path) -> Iterator[tuple[str, bytes]]:
    """Yields (text, raw bytes) in chunks of about a million: UTF-8 in, NFC with plain line feeds out.

    A leading byte order mark is dropped. The texts joined are the normalised source; each chunk's raw
    bytes are what was read for it. Raises ReverieError for a source that is unreadable, binary or not
    UTF-8.
    """
    utf8 = codecs.getincrementaldecoder("utf-8")()
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    composer = Composer()
    position = 0
    begins = True
    with _open(source) as file:
        while True:
            raw = _read(file, source)
            _refuse_binary(raw, source, position)
            held = utf8.getstate()[0]
            try:
                text = utf8.decode(raw, final=not raw)
            except UnicodeDecodeError as error:
                raise _not_utf8(source, held + raw, error.start, position - len(held)) from None
            if begins and text:
                text, begins = text.removeprefix("\ufeff"), False
            text = composer.feed(newlines.decode(text, final=not raw))
            if not raw:
                yield text + composer.finish(), b""
                return
            yield text, raw
            position += len(raw)


@dataclass(frozen=True)
class Chunks:
    """The text of a normalised file, in chunks that end where a token ends; as often as it is iterated.

    `every` leaves chunks out: 3 gives every third, a sample spread evenly over the text.
    """

    path: Path
    every: int = 1

    def __iter__(self) -> Iterator[str]:
        rest = ""
        with self.path.open(encoding="utf-8", newline="") as file:
            number = 0
            while chunk := file.read(CHUNK):
                text = rest + chunk
                end = _boundary(text)
                rest = text[end:]
                if number % self.every == 0:
                    yield text[:end]
                number += 1
        if rest:
            yield rest


def name(source: str | Path) -> str:
    """What messages call it."""
    return "Standard input" if source == STDIN else str(source)


def _boundary(text: str) -> int:
    """The last place where a space or line feed follows no white space: a token begins there. Or the end."""
    for end in range(len(text) - 1, 0, -1):
        if text[end] in " \n" and not text[end - 1].isspace():
            return end
    return len(text)


def _inside(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise _unreadable(folder, error) from error
    if any(entry.name in ("run.json", "corpus.json") for entry in entries):
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _inside(entry)
        elif entry.suffix.lower() in SUFFIXES and entry.is_file():
            yield entry


def _open(source: str | Path) -> AbstractContextManager[IO[bytes]]:
    if source == STDIN:
        return nullcontext(sys.stdin.buffer)  # it is not ours to close
    try:
        return Path(source).open("rb")
    except OSError as error:
        raise _unreadable(source, error) from error


def _read(file: IO[bytes], source: str | Path) -> bytes:
    try:
        return file.read(CHUNK)
    except OSError as error:
        raise _unreadable(source, error) from error


def _refuse_binary(raw: bytes, source: str | Path, position: int) -> None:
    if position == 0:
        for mark, encoding in WIDE.items():
            if raw.startswith(mark):
                raise ReverieError(f"{name(source)} is {encoding} (byte 0), not UTF-8.", _convert(source, encoding))
        if raw.startswith(b"%PDF-"):
            raise ReverieError(f"{name(source)} is a PDF file, not plain text.", "Export its text first.")
    zero = raw.find(b"\0")
    if zero >= 0:
        raise ReverieError(
            f"{name(source)} is not plain text: byte {position + zero:,} is zero.",
            "Leave binary files out, or save the text as UTF-8.",
        )


def _not_utf8(source: str | Path, data: bytes, start: int, offset: int) -> ReverieError:
    near = data[max(0, start - 2048) : start + 2048]
    where = f"byte {offset + start:,} (0x{data[start]:02x})"
    if len(CONTROL.findall(near)) > len(near) // 100 + 1:
        return ReverieError(
            f"{name(source)} is not plain text: {where} is neither text nor UTF-8.", "Leave binary files out."
        )
    return ReverieError(f"{name(source)} is not UTF-8 at {where}.", _convert(source, _guess(data, start)))


def _guess(data: bytes, start: int) -> str:
    """The likely encoding: Korean Windows' where that reads as Hangul, else Western Windows'."""
    sample = data[start : start + 512]
    for trim in (0, 1):  # the sample may end in the middle of a character
        try:
            korean = sample[: len(sample) - trim].decode("cp949")
        except UnicodeDecodeError:
            continue
        foreign = sum(not character.isascii() for character in korean)
        if len(HANGUL.findall(korean)) > foreign // 2:
            return "CP949"
    return "WINDOWS-1252"


def _convert(source: str | Path, encoding: str) -> str:
    path = "FILE" if source == STDIN else f'"{source}"'
    return f"Save it as UTF-8, for example: iconv -f {encoding} -t UTF-8 {path} > utf8.txt"


def _unreadable(source: str | Path, error: OSError) -> ReverieError:
    hint = "Check its permissions." if error.errno in (errno.EACCES, errno.EPERM) else ""
    return ReverieError(f"{name(source)} cannot be read: {error.strerror or error}.", hint)
