"""Invented words are those the training text does not hold."""

import pytest

from reverie.text.invention import invented


def test_only_words_nobody_read_are_invented(tmp_path):
    path = tmp_path / "train.txt"
    path.write_text("The cat sat.\nOn the MAT, 고양이가 앉았다.\n", encoding="utf-8")
    groups = [
        ["x the Cat sat mat x"],
        ["x the cot sat mut x", "x cot x"],
        ["잘린 고양이가 개가 앉았다 말"],
        ["cut off"],
    ]
    assert invented(groups, path) == pytest.approx([0, 3 / 5, 1 / 3, 0])


def test_a_long_text_is_read_to_its_end(tmp_path):
    path = tmp_path / "train.txt"
    path.write_text("filler words " * 200_000 + "needle", encoding="utf-8")
    assert invented([["x needle x", "x haystack x"]], path) == [0.5]
