"""Scores against known truths: a uniform model, a model that knows the text, every token counted once."""

from math import log, log2

import keras
import numpy as np
import pytest

import reverie.text  # noqa: F401
from reverie.text.score import Scorer


class Fixed(keras.Model):
    """Predicts that the next token is the present one plus one (mod 8), with the given certainty."""

    vocabulary, window = 8, 16

    def __init__(self, certainty: float) -> None:
        super().__init__()
        rest = (1 - certainty) / 7
        table = np.full((8, 8), rest, "float32")
        table[np.arange(8), (np.arange(8) + 1) % 8] = certainty
        self.table = np.log(table)

    def call(self, tokens):
        return keras.ops.take(self.table, tokens, axis=0)


@pytest.mark.backends
@pytest.mark.parametrize("length", [2, 3, 16, 17, 18, 25, 33, 500])
def test_every_token_is_counted_once(length):
    rng = np.random.default_rng(length)
    sequence = rng.integers(0, 8, length)
    loss, entropy = Scorer(Fixed(0.9))(sequence)
    right = (sequence[1:] - sequence[:-1]) % 8 == 1
    np.testing.assert_allclose(loss, np.where(right, -log(0.9), -log(0.1 / 7)), rtol=1e-5)
    np.testing.assert_allclose(entropy, -0.9 * log(0.9) - 0.1 * log(0.1 / 7), rtol=1e-4)


def test_a_uniform_model_needs_the_logarithm_of_the_vocabulary():
    score = Scorer(Fixed(1 / 8)).score(np.arange(100) % 8, size=99)
    assert score.perplexity == pytest.approx(8, rel=1e-5)
    assert score.bits_per_byte == pytest.approx(3, rel=1e-5)
    assert score.entropy == pytest.approx(3, rel=1e-5)


def test_bits_per_byte_counts_bytes_not_tokens():
    score = Scorer(Fixed(0.5)).score(np.arange(101) % 8, size=300)
    assert score.bits_per_byte == pytest.approx(100 * -log2(0.5) / 300, rel=1e-5)


def test_one_token_has_nothing_to_predict():
    assert Scorer(Fixed(0.5)).score(np.array([3]), size=1).tokens == 0
