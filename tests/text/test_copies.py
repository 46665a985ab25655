"""Copies are found exactly: against brute force, and where they were planted."""

import random
import tracemalloc
from pathlib import Path

import pytest

from reverie import ReverieError
from reverie.text.copies import CopyIndex

ALPHABETS = ["ab", "abcde fgh", "가나다 라", "aé가😀\n"]  # characters of one to four bytes


@pytest.fixture
def index(tmp_path):
    def make(text: str) -> CopyIndex:
        path = tmp_path / "train.txt"
        path.write_bytes(text.encode())
        return CopyIndex(path)

    return make


def noise(seed: int, length: int, alphabet: str) -> str:
    return "".join(random.Random(seed).choices(alphabet, k=length))


def longest_by_brute_force(text: str, training: str) -> int:
    return max(
        [b - a for a in range(len(text)) for b in range(a + 1, len(text) + 1) if text[a:b] in training],
        default=0,
    )


def covered_by_brute_force(text: str, training: str, long: int) -> set[int]:
    starts = [a for a in range(len(text) - long + 1) if text[a : a + long] in training]
    return {a + offset for a in starts for offset in range(long)}


def violation_by_brute_force(text: str, training: str, n: int, start: int) -> int | None:
    ends = [i for i in range(max(start, n), len(text)) if text[i - n : i + 1] in training]
    return min(ends, default=None)


@pytest.mark.parametrize("seed", range(20))
def test_every_figure_agrees_with_brute_force(index, seed, monkeypatch):
    monkeypatch.setattr("reverie.text.anchors.PAIRS", 1 + seed % 3)  # many blocks of candidates
    alphabet = ALPHABETS[seed % len(ALPHABETS)]
    training = noise(seed, 300, alphabet) * 2 + noise(seed + 100, 50, alphabet[:2])  # repeats and overlaps
    text = noise(seed + 200, 40, alphabet) + training[170:182] + noise(seed + 300, 12, alphabet)
    copies = index(training)
    for long in (1, 4, 7, 60):
        found = copies.copies([text], long)
        covered = covered_by_brute_force(text, training, long)
        assert found.longest == longest_by_brute_force(text, training)
        assert found.text in training and found.text in text and len(found.text) == found.longest
        assert {i for _, a, b in found.spans for i in range(a, b)} == covered
        assert found.share == pytest.approx(len(covered) / len(text))
    for n in (1, 2, 3, 5, 8, 11, 12, 40):
        for start in (0, 1, 30, 45, 52, len(text)):
            expected = violation_by_brute_force(text, training, n, start)
            assert copies.first_violation(text, n, start) == expected, (n, start)


@pytest.mark.parametrize("alphabet", ALPHABETS[1:])
def test_a_planted_copy_is_found_wherever_it_stands(index, alphabet):
    """In a training text of several windows, at its ends and across the borders between windows."""
    training = noise(0, 40_000, alphabet)
    copies = index(training)
    for place in (0, 4_096 - 60, 4_096, 20_480 - 1, 20_480 - 119, 40_000 - 120):
        text = noise(1, 90, "xyz") + training[place : place + 120] + noise(2, 70, "xyz")
        found = copies.copies([text])
        assert (found.longest, found.spans) == (120, [(0, 90, 210)])
        assert found.text == training[place : place + 120]
        assert found.share == pytest.approx(120 / 280)
        assert copies.first_violation(text, 50) == 90 + 50
        assert copies.first_violation(text, 119) == 90 + 119
        assert copies.first_violation(text, 120) is None


def test_a_copy_across_the_border_of_two_windows_is_found_whole(index):
    training = noise(0, 40_000, "abcdefgh")
    copies = index(training)
    for border in (4_096, 20_480):
        for place in [border + offset for offset in (-121, -120, -119, -118, -60, -2, -1, 0, 1)]:
            assert copies.copies([training[place : place + 120]]).longest == 120


def test_spans_do_not_reach_from_one_text_into_the_next(index):
    training = noise(3, 1_000, "abcdefgh")
    first, second = training[100:140], training[140:180]
    assert index(training).copies([first, second]).longest == 40
    assert index(training).copies([first + second]).longest == 80


def test_groups_are_answered_one_by_one(index):
    training = noise(4, 5_000, "abcdefgh")
    short, long = "zz" + training[50:70] + "zz", training[4_000:4_200]
    found = index(training).compare([[short], [], [""], [long], ["zzz"]])
    assert [group.longest for group in found] == [20, 0, 0, 200, 0]
    assert [group.share for group in found] == [0, 0, 0, 1, 0]
    assert index(training).compare([]) == []


def test_a_text_longer_than_the_training_text(index):
    training = noise(5, 70, "abcdefgh")
    text = noise(6, 9_000, "ijk") + training + noise(7, 9_000, "ijk")
    assert index(training).copies([text]).spans == [(0, 9_000, 9_070)]
    assert index(training).first_violation(text, 50) == 9_050


def test_case_spaces_and_line_breaks_count(index):
    copies = index("the quick brown fox\r\njumps over the lazy dog")
    assert copies.copies(["fox\r\njumps"]).longest == 10
    assert copies.copies(["fox\njumps"]).longest == 6
    assert copies.copies(["FOX"]).longest == 0


def test_characters_that_utf8_cannot_hold_match_nothing(index):
    copies = index("abc?def�")
    assert copies.copies(["abc\ud800def"]).longest == 3
    assert copies.first_violation("abc\ud800def", 3) is None


def test_only_what_comes_at_or_after_the_start_is_refused(index):
    """A prompt may quote the training text at any length; the first character after it may not go on."""
    training = noise(8, 2_000, "abcdefgh")
    prompt = training[300:500]
    assert index(training).first_violation(prompt + training[500:520], 50, start=200) == 200
    assert index(training).first_violation(prompt + "x" + training[500:520], 50, start=200) is None


def test_a_training_text_of_one_character_repeated_is_answered_at_once(index):
    """A million candidates for every place of the text: the hard case for an index."""
    copies = index("a" * 300_000)
    assert copies.copies(["b" + "a" * 700 + "b"]).longest == 700
    assert copies.first_violation("b" + "a" * 700, 50) == 51


def test_memory_stays_far_below_the_size_of_the_text(tmp_path):
    path = tmp_path / "train.txt"
    size = 8_000_000
    path.write_text("".join(noise(seed, 80_000, "abcdefghij klmnop") for seed in range(10)) * 10)
    text = noise(3, 80_000, "abcdefghij klmnop")[200:900]
    tracemalloc.start()
    assert CopyIndex(path).first_violation(text, 50) == 50
    index_peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    assert CopyIndex(path).copies([text]).longest == 700
    scan_peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert index_peak < 0.6 * size
    assert scan_peak < 2.5 * size  # a window of 131,072 characters, whatever the size of the text


def test_bad_input_is_one_sentence(tmp_path):
    for path in (tmp_path / "nothing.txt", tmp_path):
        with pytest.raises(ReverieError, match="missing or empty"):
            CopyIndex(path)
    empty = tmp_path / "empty.txt"
    empty.touch()
    with pytest.raises(ReverieError, match="missing or empty"):
        CopyIndex(empty)
    empty.write_text("abc")
    for n in (0, -3):
        with pytest.raises(ReverieError, match="cannot be limited"):
            CopyIndex(Path(empty)).first_violation("abc", n)
