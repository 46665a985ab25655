"""Texts that are none: one sentence that names the file, and nothing left behind."""

import errno
import io
import os
import struct
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest

from reverie.errors import ReverieError
from reverie.text import sources
from reverie.text.corpus import prepare

GOOD = "A good text, long enough to be learnt from, though hardly worth it. " * 4
KOREAN = "옛날에 한 왕이 살았다. 왕은 날마다 바다를 보았다. "


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(72))) + chunk(b"IEND", b"")


BAD = {
    "empty": (b"", r"holds no text\."),
    "mark": (b"\xef\xbb\xbf", r"holds no text\."),
    "white": (b" \r\n\t\n\xe3\x80\x80" * 100, r"holds no text, only white space\."),
    "short": (b"too short", r"holds only 9 characters"),
    "nul": (GOOD.encode() + b"\0" + GOOD.encode(), rf"byte {len(GOOD)} is zero"),
    "png": (png(), r"not plain text: byte 8 is zero"),
    "noise": (bytes(range(1, 256)) * 20, r"is not plain text"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + GOOD.encode(), r"is a PDF file"),
    "utf16": (GOOD.encode("utf-16"), r"is UTF-16 \(byte 0\), not UTF-8\. .*iconv -f UTF-16 -t UTF-8"),
    "utf16be": (b"\xfe\xff" + GOOD.encode("utf-16-be"), r"is UTF-16 \(byte 0\)"),
    "utf16bare": (GOOD.encode("utf-16-le"), r"byte 1 is zero"),
    "utf32": (GOOD.encode("utf-32"), r"is UTF-32 \(byte 0\)"),
    "latin1": ((GOOD + "café au lait").encode("latin-1"), rf"at byte {len(GOOD) + 3} \(0xe9\).*WINDOWS-1252"),
    "cp949": ((GOOD + KOREAN * 9).encode("cp949"), rf"at byte {len(GOOD)} \(0x.*iconv -f CP949 -t UTF-8"),
    "cut": (GOOD.encode() + "한".encode()[:2], rf"at byte {len(GOOD)} \(0xed\)"),
    "surrogate": (GOOD.encode() + b"\xed\xa0\x80", rf"at byte {len(GOOD)} \(0xed\)"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_text_that_is_none(name: str, tmp_path: Path) -> None:
    data, sentence = BAD[name]
    path = tmp_path / f"{name}.txt"
    path.write_bytes(data)
    refused(path, tmp_path, rf"{name}\.txt.*{sentence}")


@pytest.mark.parametrize("name", sorted(set(BAD) - {"empty", "mark", "white", "short"}))
def test_one_broken_file_among_good_ones_is_named(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    for good in ("a.txt", "z.txt"):
        (folder / good).write_text(GOOD)
    (folder / f"{name}.txt").write_bytes(BAD[name][0])
    refused(folder, tmp_path, rf"{name}\.txt")
    refused([folder / "a.txt", folder / f"{name}.txt"], tmp_path, rf"{name}\.txt")


def test_an_empty_file_among_good_ones_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(GOOD)
    (tmp_path / "b.txt").touch()
    corpus = prepare([tmp_path / "b.txt", tmp_path / "a.txt"], tmp_path / "corpus")
    assert corpus.tokenizer.decode(corpus.train) == GOOD[: int(len(GOOD) * 0.9)]


def test_only_empty_files(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("\n")
    refused([tmp_path / "a.txt", tmp_path / "b.txt"], tmp_path, "The 2 sources hold no text")


@pytest.mark.parametrize("chunk", [1, 3, 7, 64])
def test_the_byte_is_right_wherever_the_chunks_end(chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "CHUNK", chunk)
    path = tmp_path / "text.txt"
    for before in (GOOD.encode(), b"\xef\xbb\xbf" + KOREAN.encode()):
        path.write_bytes(before + b"\xed\x95a" + before)  # the last byte of a syllable is lost
        refused(path, tmp_path, rf"at byte {len(before):,} ")


def test_missing_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "cat.png").write_bytes(png())
    refused(tmp_path / "gone.txt", tmp_path, r"gone\.txt does not exist\. Check the name\.")
    refused(tmp_path / "pictures", tmp_path, r"pictures holds no \.txt or \.md file")
    refused([], tmp_path, "No text was given")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", tmp_path, "pipe is no file or folder")


def test_a_file_that_must_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.txt"
    path.write_text(GOOD)
    real = Path.open

    def locked(self: Path, *args: Any, **options: Any) -> Any:  # the superuser may read everything
        if self == path:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(self, *args, **options)

    monkeypatch.setattr(Path, "open", locked)
    refused(path, tmp_path, r"secret\.txt cannot be read: Permission denied\. Check its permissions\.")


def test_bad_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for data, sentence in ((b"", "Standard input holds no text"), (b"\xff" * 100, "Standard input is not")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        refused("-", tmp_path, sentence)


@pytest.mark.parametrize("share", [0, -0.1, 0.6, 1, float("nan")])
def test_a_validation_share_that_is_none(share: float, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(GOOD)
    with pytest.raises(ReverieError, match="validation share"):
        prepare(tmp_path / "a.txt", tmp_path / "corpus", validation=share)


def test_a_tokenizer_that_does_not_exist(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(GOOD)
    with pytest.raises(ReverieError, match=r"no tokenizer 'syllables'\. Choose auto, characters, words, bpe\."):
        prepare(tmp_path / "a.txt", tmp_path / "corpus", tokenizer="syllables")


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text(GOOD)

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    refused(tmp_path / "a.txt", tmp_path, "The disk is full")


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(GOOD)
    with pytest.raises(ReverieError, match=r"cannot be written to .*a\.txt: "):
        prepare(tmp_path / "a.txt", tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text() == GOOD


def test_a_corpus_that_is_there_survives_a_bad_successor(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(GOOD)
    (tmp_path / "b.txt").write_bytes(png())
    before = prepare(tmp_path / "a.txt", tmp_path / "corpus")
    with pytest.raises(ReverieError, match=r"b\.txt"):
        prepare(tmp_path / "b.txt", tmp_path / "corpus")
    assert prepare(tmp_path / "a.txt", tmp_path / "corpus").document == before.document
    assert not list((tmp_path / "corpus").glob("*.part"))


def refused(source: Any, folder: Path, sentence: str) -> None:
    """One sentence and a hint on one line, and the folder that was to be made is not there."""
    with pytest.raises(ReverieError, match=sentence) as caught:
        prepare(source, folder / "run" / "corpus")
    assert "\n" not in str(caught.value)
    assert not (folder / "run").exists()
