"""Tiles give the gradient of the whole, to rounding: at seams, at edges, in the last row and column."""

import keras
import numpy as np
import pytest

from reverie import ReverieError, backend, features
from reverie.dream.ascent import Ascent
from reverie.dream.expression import parse
from reverie.pixels.tiles import Geometry

PRODUCT = "a * channel('b', 3) + 0.5 * b"


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(
    "text",
    ["b", "a + 2 * channel('b', 3)", pytest.param(PRODUCT, marks=pytest.mark.backends), "neuron('b', 5, 0.3, 1)"],
)
@pytest.mark.parametrize("size", [(101, 94), (96, 64)])
def test_tiled_is_untiled(build, padding, text, size):
    network = features.load(build(padding))
    pixels = np.random.default_rng(0).random((*size, 3)).astype(np.float32)
    ascent = Ascent(network, parse(text))
    for shift in ((0, 0), (7, -30)):
        score, whole = ascent.gradient(pixels, ascent.views(*size), shift)
        ascent.side = 44
        views = ascent.views(*size)
        assert len(views) >= 6
        tiled_score, tiled = ascent.gradient(pixels, views, shift)
        ascent.side = float("inf")
        assert tiled_score == pytest.approx(score, rel=1e-4, abs=1e-7)
        # Every pixel, so also those at the seams and in the last tiles, to the rounding of the largest.
        assert np.abs(tiled - whole).max() < 2e-6 * np.abs(whole).max()


def test_a_margin_that_is_too_small_is_noticed(network):
    """The test above can fail: with half the margin the seams show."""
    pixels = np.random.default_rng(0).random((101, 94, 3)).astype(np.float32)
    ascent = Ascent(network, parse("b"))
    _, whole = ascent.gradient(pixels, ascent.views(101, 94))
    ascent.side = 40
    ascent.geometry = Geometry(ascent.geometry.stride, 0, None)
    _, tiled = ascent.gradient(pixels, ascent.views(101, 94))
    assert np.abs(tiled - whole).max() > 1e-3 * np.abs(whole).max()


@pytest.mark.backends
def test_a_transformer_is_seen_through_windows():
    """Tokens have no place in the picture; the windows' mean is the objective, and its gradient reaches all pixels."""
    pictures = keras.Input((32, 32, 3))
    x = keras.layers.Conv2D(16, 8, strides=8, name="patches")(pictures)
    x = keras.layers.Reshape((16, 16), name="tokens")(x)
    x = keras.layers.Add(name="block")([x, keras.layers.MultiHeadAttention(2, 8, name="attention")(x, x)])
    network = features.load(keras.Model(pictures, x))
    ascent = Ascent(network, parse("block"))
    pixels = np.random.default_rng(0).random((32, 80, 3)).astype(np.float32)
    score, gradient = ascent.gradient(pixels, ascent.views(32, 80))
    alone = [
        np.mean(np.square(backend.to_numpy(network.activations("block")(pixels[None, :, i : i + 32])[0])))
        for i in (0, 24, 48)
    ]
    assert score == pytest.approx(np.mean(alone), rel=1e-5)
    assert (np.abs(gradient).max(axis=(0, 2)) > 0).all()
    assert not ascent.fits(31, 80)
    with pytest.raises(ReverieError, match="too small"):
        ascent.views(31, 80)
    with pytest.raises(ReverieError, match="tokens, not places"):
        Ascent(network, parse("neuron('block', 3)")).views(32, 32)


def test_logits_of_tiles_are_their_mean(network):
    """The classifier sees a whole tile: large pictures have the mean of the tiles' logits."""
    pixels = np.random.default_rng(0).random((64, 64, 3)).astype(np.float32)
    ascent = Ascent(network, parse("logit(2)"), side=32)
    views = ascent.views(64, 64)
    assert len(views) == 4
    score, _ = ascent.gradient(pixels, views)
    quarters = [pixels[i : i + 32, j : j + 32] for i in (0, 32) for j in (0, 32)]
    logits = [float(backend.to_numpy(network.activations("logits")(q[None])[0])[0, 2]) for q in quarters]
    assert score == pytest.approx(np.mean(logits), rel=1e-4)
