"""The callback of the textbook, done right: temperatures reach the draw, in anyone's `fit`."""

import re
from pathlib import Path

import keras
import numpy as np
import pytest

import reverie.text  # noqa: F401
from reverie.errors import ReverieError
from reverie.text.callbacks import GenerateText
from reverie.text.network import build, design
from reverie.text.tokenizers import CharacterTokenizer

TOKENIZER = CharacterTokenizer("\n abcdefgh")


def fit(callback: keras.callbacks.Callback, epochs: int = 2, kind: str = "transformer") -> None:
    keras.utils.set_random_seed(0)
    network = build(design(kind, TOKENIZER.vocabulary, width=64, depth=1, context=8))
    network.compile(keras.optimizers.Adam(0.02), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    x = 15 + np.minimum(np.random.default_rng(0).geometric(0.4, (64, 9)), 9).astype("int32")
    network.fit(x[:, :-1], x[:, 1:], batch_size=8, epochs=epochs, verbose=0, callbacks=[callback])


def sections(path: Path) -> dict[float, str]:
    parts = re.split(r"^--- temperature (\S+) ---\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {float(t): text for t, text in zip(parts[1::2], parts[2::2], strict=True)}


def entropy(text: str) -> float:
    p = np.array([text.count(letter) for letter in set(text)]) / len(text)
    return float(-(p * np.log(p)).sum())


@pytest.mark.backends
def test_samples_are_written_each_epoch_and_their_entropy_rises_with_temperature(tmp_path):
    fit(GenerateText(["abc"], (0.05, 0.3, 1.0, 5.0), tokenizer=TOKENIZER, folder=tmp_path / "s", length=600))
    assert sorted(p.name for p in (tmp_path / "s").iterdir()) == ["epoch-0001.txt", "epoch-0002.txt"]
    texts = sections(tmp_path / "s" / "epoch-0002.txt")
    assert list(texts) == [0.05, 0.3, 1.0, 5.0]
    measured = [entropy(text) for text in texts.values()]
    assert measured == sorted(measured) and measured[-1] > measured[0] + 0.3


def test_every_prompt_is_continued_at_every_temperature(tmp_path):
    fit(GenerateText(["ab", "cd"], (0, 1), tokenizer=TOKENIZER, folder=tmp_path, length=10), 1, "gru")
    text = (tmp_path / "epoch-0001.txt").read_text(encoding="utf-8")
    assert text.count("--- temperature 0 ---\nab") == text.count("--- temperature 1 ---\ncd") == 1


def test_bad_temperatures_are_refused_before_training(tmp_path):
    with pytest.raises(ReverieError, match="temperature"):
        fit(GenerateText("a", [-1.0], tokenizer=TOKENIZER, folder=tmp_path))
