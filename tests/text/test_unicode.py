"""Composed Unicode, whole and in chunks."""

import sys
import unicodedata

import pytest

from reverie.text.unicode import BLOCK, Composer, _begins, compose


def in_chunks(text: str, size: int) -> str:
    composer = Composer()
    fed = [composer.feed(text[i : i + size]) for i in range(0, len(text), size)]
    return "".join(fed) + composer.finish()


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 100])
def test_chunks_compose_as_the_whole_does(size: int) -> None:
    text = unicodedata.normalize("NFD", "각하, 한국어 Ångström phở नीऩ") + "q\u0307\u0323\u09c7\u09be"
    assert in_chunks(text, size) == unicodedata.normalize("NFC", text) != text


def test_a_syllable_and_an_accent_cut_by_a_chunk_are_one_character() -> None:
    composer = Composer()
    assert composer.feed("a\u1112\u1161") == "a"
    assert composer.feed("\u11abe") == "한"
    assert composer.feed("\u0301") + composer.finish() == "é"


def test_no_character_that_can_begin_a_part_combines_with_the_one_before() -> None:
    """Every canonical composition there is: its second half must not be a place to cut."""
    pairs = 0
    for code in range(sys.maxunicode + 1):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            pairs += 1
            assert not _begins(chr(int(parts[1], 16))), f"U+{code:04X}"
    assert pairs > 900
    assert not any(_begins(chr(code)) for code in range(0x1161, 0x1176))  # Hangul composes by arithmetic
    assert not any(_begins(chr(code)) for code in range(0x11A8, 0x11C3))


def test_plain_text_is_not_held_back() -> None:
    composer = Composer()
    assert composer.feed("All but the last lette") == "All but the last lett"


def test_long_runs_of_marks_take_linear_time_and_bounded_memory() -> None:
    """Composed at once, this would take many minutes: sorting marks is quadratic in their number."""
    run = "a" + "\u0301\u0316" * 100_000
    assert len(compose(run)) >= 200_000
    composer = Composer()
    for start in range(0, len(run), 1000):
        composer.feed(run[start : start + 1000])
        assert len(composer._held) <= BLOCK


def test_broken_surrogates_are_replaced_and_whole_pairs_joined() -> None:
    assert compose("a\ud800b") == "a\ufffdb"
    assert compose("\udc00\ud83d\ude00\ud83d") == "\ufffd\U0001f600\ufffd"
