"""From files to tokens on disk."""

import hashlib
import io
import json
import os
import random
import shutil
import sys
import tracemalloc
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reverie.errors import ReverieError
from reverie.text import corpus as module
from reverie.text import sources
from reverie.text.corpus import Corpus, prepare
from reverie.text.tokenizers import CharacterTokenizer

TEXT = "".join(f"Line {n}: the sea was calm, said the {n % 7}th sailor. 바다는 고요했다.\n" for n in range(200))
KINDS = ("characters", "words", "bpe")


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_tokens_hold_the_text_and_its_end_is_held_out(kind: str, book: Path, tmp_path: Path) -> None:
    corpus = prepare(book, tmp_path / "corpus", tokenizer=kind)
    cut = int(len(TEXT) * 0.9)
    assert corpus.tokenizer.kind == kind
    assert corpus.tokenizer.decode(corpus.train) == TEXT[:cut]
    assert corpus.tokenizer.decode(corpus.validation) == TEXT[cut:]
    assert corpus.train_text_path.read_bytes() == TEXT[:cut].encode()
    for split, text in (("train", TEXT[:cut]), ("validation", TEXT[cut:])):
        counts = corpus.document[split]
        assert counts["characters"] == len(text)
        assert counts["bytes"] == len(text.encode())
        assert counts["sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert isinstance(corpus.train, np.memmap)
    assert corpus.train.dtype == np.uint16


def test_opening_gives_what_preparing_gave(book: Path, tmp_path: Path) -> None:
    made = prepare(book, tmp_path / "corpus")
    opened = Corpus.open(tmp_path / "corpus")
    assert (opened.train == made.train).all()
    assert (opened.validation == made.validation).all()
    assert opened.document == made.document
    assert sorted(path.name for path in (tmp_path / "corpus").iterdir()) == [
        "corpus.json",
        "train.bin",
        "train.txt",
        "validation.bin",
    ]


def test_the_tokenizer_sees_only_the_training_text(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("a" * 95 + "z" * 5)
    corpus = prepare(path, tmp_path / "corpus")
    assert isinstance(corpus.tokenizer, CharacterTokenizer)
    assert corpus.tokenizer.characters == "a"
    assert corpus.tokenizer.decode(corpus.validation) == "aaaaazzzzz"


def test_a_tokenizer_that_exists_is_kept(book: Path, tmp_path: Path) -> None:
    corpus = prepare(book, tmp_path / "corpus", tokenizer=CharacterTokenizer("abc"))
    kept = corpus.document["tokenizer"]
    assert (kept["kind"], kept["characters"]) == ("characters", "abc")


def test_tokens_the_training_text_never_had_are_named(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("ab" * 100, encoding="utf-8")
    corpus = prepare(tmp_path / "text.txt", tmp_path / "corpus", tokenizer=CharacterTokenizer("abc"))
    assert corpus.tokenizer.unused == [*range(16), 18]
    (tmp_path / "text.txt").write_text("ab\u00e9c" * 100, encoding="utf-8")
    corpus = prepare(tmp_path / "text.txt", tmp_path / "corpus", tokenizer=CharacterTokenizer("abc"))
    assert corpus.tokenizer.unused == sorted(set(range(16)) - {0xC, 0x3, 0xA, 0x9})


def test_the_end_of_each_source_is_held_out(tmp_path: Path) -> None:
    for name, letter in (("b.txt", "b"), ("a.md", "a"), ("deep/c.TXT", "c")):
        path = tmp_path / "texts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(letter * 100, encoding="utf-8")
    corpus = prepare(tmp_path / "texts", tmp_path / "corpus", validation=0.2)
    train, validation = (corpus.tokenizer.decode(ids) for ids in (corpus.train, corpus.validation))
    assert train == "\n".join(letter * 80 for letter in "abc")
    assert validation == "\n".join(letter * 20 for letter in "abc")
    assert [source["name"] for source in corpus.document["sources"]] == ["a.md", "b.txt", "c.TXT"]


def test_a_folder_leaves_out_what_is_hidden_other_or_written_by_reverie(tmp_path: Path) -> None:
    for name in ("a.txt", ".hidden.txt", ".git/b.md", "c.png", "run/run.json", "run/samples/d.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")
    assert sources.expand(tmp_path) == [tmp_path / "a.txt"]
    assert sources.expand(tmp_path / "c.png") == [tmp_path / "c.png"]  # named, it is tried


@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 64, 1 << 20])
def test_chunks_make_no_difference(chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Byte order mark, CR LF, decomposed Hangul and accents, four-byte characters, each cut by some chunk."""
    text = unicodedata.normalize("NFD", "각하, 한국어\r\n é ế ồ\r\n\r\n\ufeff😀 नी\rend\r\n") * 5
    path = tmp_path / "text.txt"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    monkeypatch.setattr(sources, "CHUNK", chunk)
    expected = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    assert "".join(part for part, _ in sources.read(path)) == expected
    corpus = prepare(path, tmp_path / "corpus", tokenizer="bpe")
    assert corpus.train_text_path.read_text(encoding="utf-8") == expected[: int(len(expected) * 0.9)]
    assert corpus.tokenizer.decode(corpus.train) + corpus.tokenizer.decode(corpus.validation) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_tokens_do_not_depend_on_the_chunks(
    kind: str, book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.write_text(TEXT.replace("the", "\n\n   the"), encoding="utf-8")  # runs of white space
    whole = prepare(book, tmp_path / "whole", tokenizer=kind)
    for size in (50, 51, 52, 53):
        monkeypatch.setattr(sources, "CHUNK", size)
        parts = prepare(book, tmp_path / "parts", tokenizer=whole.tokenizer)
        assert parts.train.tolist() == whole.train.tolist()
        assert parts.validation.tolist() == whole.validation.tolist()
        shutil.rmtree(tmp_path / "parts")


def test_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    corpus = prepare("-", tmp_path / "corpus")
    assert corpus.train_text_path.read_text(encoding="utf-8") == TEXT[: int(len(TEXT) * 0.9)]


def test_the_same_sources_are_not_prepared_again(book: Path, tmp_path: Path) -> None:
    def when() -> int:
        return (tmp_path / "corpus" / "corpus.json").stat().st_ino

    prepare(book, tmp_path / "corpus")
    first = when()
    prepare([book], tmp_path / "corpus")
    assert when() == first
    prepare(book, tmp_path / "corpus", validation=0.2)
    second = when()
    assert second != first
    book.write_text(TEXT + "More.", encoding="utf-8")
    corpus = prepare(book, tmp_path / "corpus", validation=0.2)
    assert when() != second
    assert corpus.tokenizer.decode(corpus.validation).endswith("More.")


@pytest.mark.parametrize("lost", ["train.bin", "validation.bin", "train.txt", "corpus.json"])
def test_a_half_deleted_corpus_is_noticed_and_made_again(lost: str, book: Path, tmp_path: Path) -> None:
    prepare(book, tmp_path / "corpus")
    path = tmp_path / "corpus" / lost
    data = path.read_bytes()
    path.unlink()
    with pytest.raises(ReverieError, match=rf"incomplete: {lost} is missing"):
        Corpus.open(tmp_path / "corpus")
    prepare(book, tmp_path / "corpus")
    assert path.read_bytes() == data
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(ReverieError, match="incomplete"):
        Corpus.open(tmp_path / "corpus")


@pytest.mark.parametrize("document", [b"", b"[]", b"{}", b"\xff", b'{"tokenizer": {"kind": "pickle"}}'])
def test_a_damaged_document_is_noticed(document: bytes, book: Path, tmp_path: Path) -> None:
    prepare(book, tmp_path / "corpus")
    (tmp_path / "corpus" / "corpus.json").write_bytes(document)
    with pytest.raises(ReverieError, match="incomplete"):
        Corpus.open(tmp_path / "corpus")


def test_a_preparation_killed_at_any_step_is_done_again(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder as it stands at each step is what SIGKILL would leave: a corpus, or seen to be none."""
    folder = tmp_path / "corpus"
    snapshots: list[Path] = []

    def photographed(function: Any) -> Any:
        def step(*args: Any) -> Any:
            snapshots.append(Path(shutil.copytree(folder, tmp_path / f"killed-{len(snapshots)}")))
            return function(*args)

        return step

    monkeypatch.setattr(Path, "replace", photographed(Path.replace))
    monkeypatch.setattr(os, "fsync", photographed(os.fsync))
    prepare(book, folder, tokenizer="characters")
    first = len(snapshots)
    whole = prepare(book, folder, tokenizer="characters", validation=0.2)  # takes the first one's place
    monkeypatch.undo()
    assert len(snapshots) == 2 * first == 16
    for number, killed in enumerate(snapshots):
        if first <= number < first + 4:  # nothing is put in place yet: the old corpus still stands
            assert Corpus.open(killed).document["settings"]["validation"] == 0.1
        else:
            with pytest.raises(ReverieError, match="incomplete"):
                Corpus.open(killed)
        assert prepare(book, killed, tokenizer="characters", validation=0.2).document == whole.document
        assert not list(killed.glob("*.part"))


def test_too_short_for_the_windows_says_how_many_characters_are_needed(book: Path, tmp_path: Path) -> None:
    corpus = prepare(book, tmp_path / "corpus")
    corpus.require(1000)
    with pytest.raises(ReverieError) as caught:
        corpus.require(100_000)
    needed = int(str(caught.value).split("about ")[1].split(".")[0].replace(",", ""))
    assert 200_000 / 0.9 * 0.99 <= needed <= 200_000 / 0.9 * 1.01


def test_wide_vocabularies_take_four_bytes(book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    letters = "".join(chr(0x20000 + n) for n in range(66_000))
    corpus = prepare(book, tmp_path / "corpus", tokenizer=CharacterTokenizer(letters + "ab"))
    assert corpus.train.dtype == np.uint32
    assert corpus.tokenizer.decode(corpus.train) == TEXT[: int(len(TEXT) * 0.9)]


def test_memory_stays_far_below_the_text(book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "CHUNK", 1 << 16)
    peak = measured(book, tmp_path, copies=400)
    assert peak < 0.35 * (tmp_path / "long.txt").stat().st_size


@pytest.mark.long
@pytest.mark.parametrize("kind", ["characters", "words"])  # tracemalloc does not see what the pair library takes
def test_memory_stays_far_below_a_large_text(kind: str, book: Path, tmp_path: Path) -> None:
    assert measured(book, tmp_path, copies=4000, kind=kind) < 40e6


def measured(book: Path, folder: Path, copies: int, kind: str = "characters") -> int:
    """The most memory, in bytes, that Python and NumPy took to prepare that many copies of the text."""
    rng = random.Random(0)
    with (folder / "long.txt").open("w", encoding="utf-8") as file:
        for _ in range(copies):
            file.write(TEXT + f"{rng.random()}\n")
    prepare(book, folder / "first", tokenizer=kind)  # what is loaded once does not count
    tracemalloc.start()
    prepare(folder / "long.txt", folder / "corpus", tokenizer=kind)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_the_document_is_plain_json(book: Path, tmp_path: Path) -> None:
    prepare(book, tmp_path / "corpus", tokenizer="words")
    document = json.loads((tmp_path / "corpus" / "corpus.json").read_text(encoding="utf-8"))
    assert document["settings"] == {"format": module.FORMAT, "validation": 0.1, "tokenizer": "words"}
    assert document["vocabulary"] == Corpus.open(tmp_path / "corpus").tokenizer.vocabulary
