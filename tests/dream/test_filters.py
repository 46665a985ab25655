"""Filter visualisation: the Fourier coordinates and what is climbed in them."""

import numpy as np
import pytest

from reverie import ReverieError, backend, dream
from reverie.dream import fourier
from reverie.dream.filters import Adam


def picture(coefficients, move=(0.0, 0.0)):
    size = coefficients.shape[-1]
    return backend.to_numpy(fourier.picture(coefficients[None], fourier.amplitudes(size), fourier.moves(size, *move)))[
        0
    ]


@pytest.mark.backends
def test_unit_coefficients_make_colours_of_photos():
    """Before the sigmoid: the mean and the covariance that photos' colours have."""
    pixels = picture(fourier.noise(np.random.default_rng(0), 64, 1.0)).reshape(-1, 3).astype(np.float64)
    logits = np.log(pixels / (1 - pixels))
    assert np.abs(logits.mean(0) - fourier.MEAN).max() < 1
    assert np.cov(logits.T) == pytest.approx(fourier.COLOURS @ fourier.COLOURS.T, rel=0.5)
    still = picture(np.zeros((2, 3, 16, 16), np.float32))
    assert still == pytest.approx(np.broadcast_to(1 / (1 + np.exp(-fourier.MEAN)), still.shape), abs=1e-6)


def test_amplitudes_fall_with_frequency():
    amplitudes = fourier.amplitudes(32)
    assert amplitudes[0, 1] / amplitudes[0, 4] == pytest.approx(4, rel=1e-5)
    assert np.sqrt(np.sum(amplitudes.astype(float) ** 2)) / 32**2 == pytest.approx(1, rel=1e-5)


@pytest.mark.backends
def test_a_move_rolls_the_picture():
    coefficients = fourier.noise(np.random.default_rng(0), 24, 1.0)
    assert picture(coefficients, (3, -5)) == pytest.approx(np.roll(picture(coefficients), (3, -5), (0, 1)), abs=1e-4)


@pytest.mark.backends
def test_each_channel_likes_its_own_picture_best(network):
    from reverie.dream.filters import _excite

    pictures = np.stack(_excite(network, "b", [0, 3, 7], 40, 30, 0, None))
    means = backend.to_numpy(network.activations("b")(pictures)[0]).mean(axis=(1, 2))[:, [0, 3, 7]]
    assert (means.argmax(axis=0) == np.arange(3)).all()


def test_a_channel_does_not_depend_on_the_others(network):
    from reverie.dream.filters import _excite

    together, alone = _excite(network, "b", [2, 5], 32, 4, 1, None)[1], _excite(network, "b", [5], 32, 4, 1, None)[0]
    assert np.abs(together - alone).max() < 1e-3


def test_silent_channels_wake(build):
    """A channel behind a ReLU that begins silent has no gradient of its own."""
    import keras

    from reverie import features
    from reverie.dream.filters import _excite

    pictures = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(2, 1, activation="relu", name="c")(pictures)
    network = keras.Model(pictures, x)
    # The second is active where red is over 0.9, which noise around grey is not; the first rises with red.
    network.get_layer("c").set_weights(
        [np.array([[[[1.0, 1], [0, 0], [0, 0]]]], np.float32), np.array([0, -0.9], np.float32)]
    )
    (found,) = _excite(features.load(network), "c", [1], 16, 60, 0, None)
    assert found[..., 0].max() > 0.9


def test_adam_takes_full_steps_uphill():
    adam, x = Adam(np.zeros(2)), np.array([1.0, -1000.0])
    for _ in range(10):
        step = adam.step(np.sign(x) * np.abs(x))
        assert step == pytest.approx([0.05, -0.05], rel=1e-6)


def test_the_sheet(network, tmp_path):
    calls = []
    sheet = dream.filters(
        "b", network, first=9, count=9, columns=2, size=32, steps=2, progress=lambda *c: calls.append(c)
    )
    assert calls[-1] == (2, 2)
    assert sheet.info["reverie"]["arguments"]["count"] == 3  # the layer has twelve
    assert sheet.width > 64 and sheet.height > 64
    with pytest.raises(ReverieError, match="no channel 12"):
        dream.filters("b", network, first=12)
    with pytest.raises(ReverieError, match="no layer 'zz'"):
        dream.filters("zz", network)
    with pytest.raises(ReverieError, match="count cannot be 0"):
        dream.filters("b", network, count=0)
