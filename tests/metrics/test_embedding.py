"""What a network sees in a set of pictures."""

import keras
import numpy as np
import pytest

from reverie import ReverieError, faces, features, images
from reverie.metrics import embed, embedding, frechet_distance, nearest


@pytest.fixture(scope="module")
def network():
    """Its first map is the picture itself, its second the picture doubled."""
    pictures = keras.Input((None, None, 3))
    x = keras.layers.Identity(name="same")(pictures)
    x = keras.layers.Rescaling(2.0, name="doubled")(x)
    logits = keras.layers.Dense(4, name="logits")(keras.layers.GlobalAveragePooling2D()(x))
    return features.load(keras.Model(pictures, logits))


@pytest.fixture(scope="module")
def noise():
    return np.random.default_rng(0).integers(0, 256, (70, 80, 96, 3), np.uint8)


@pytest.mark.backends
def test_the_mean_over_positions(network, noise):
    means = noise.mean(axis=(1, 2)) / 255
    np.testing.assert_allclose(embed(noise, network, "same"), means, rtol=1e-5)
    np.testing.assert_allclose(embed(noise, network), 2 * means, rtol=1e-5)  # the deepest below the classes
    assert embed(noise[:3], network, "logits").shape == (3, 4)


def test_the_same_bits_in_whatever_number(network, noise):
    assert (embed(noise, network)[66:67] == embed(noise[66:67], network)).all()


def test_grey_is_three_equal_channels(network, noise):
    grey = noise[..., :1]
    assert (embed(grey, network) == embed(np.repeat(grey, 3, axis=3), network)).all()


def test_sizes(network):
    """What is small is enlarged, what the network cannot see otherwise is resized, all else is as it is."""
    assert embedding._size(network, 80, 96) == (80, 96)
    assert embedding._size(network, 16, 24) == (64, 96)
    pictures = keras.Input((20, 30, 3))
    fixed = features.load(keras.Model(pictures, keras.layers.Identity(name="same")(pictures)))
    assert embedding._size(fixed, 80, 96) == (20, 30)
    white = np.full((2, 8, 8, 1), 255, np.uint8)
    assert embed(white, fixed).tolist() == [[1, 1, 1], [1, 1, 1]]


def test_tokens():
    pictures = keras.Input((8, 8, 3))
    tokens = keras.layers.Reshape((64, 3), name="tokens")(pictures)
    network = features.load(keras.Model(pictures, tokens))
    shown = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), np.uint8)
    np.testing.assert_allclose(embed(shown, network), shown.mean(axis=(1, 2)) / 255, rtol=1e-5)


def test_a_file_is_read_as_it_is_needed(network, noise, tmp_path):
    np.save(tmp_path / "noise.npy", noise)
    mapped = np.load(tmp_path / "noise.npy", mmap_mode="r")
    assert (embed(mapped, network) == embed(images.Pictures(noise, []), network)).all()


def test_faces_in_the_network_that_ships():
    """Faces are nearer to other faces than to blurred and to noisy ones; a copy is found."""
    drawn = faces.draw(64, 32).pixels
    noisy = np.clip(drawn + np.random.default_rng(0).normal(0, 40, drawn.shape), 0, 255).astype(np.uint8)
    blurred = drawn.reshape(64, 8, 4, 8, 4, 3).mean(axis=(2, 4)).astype(np.uint8).repeat(4, axis=1).repeat(4, axis=2)
    seen = {name: embed(each) for name, each in (("drawn", drawn), ("noisy", noisy), ("blurred", blurred))}
    assert seen["drawn"].shape == (64, 1024)
    alike = frechet_distance(seen["drawn"][:32], seen["drawn"][32:])
    for name in ("noisy", "blurred"):
        assert frechet_distance(seen["drawn"][:32], seen[name][32:]) > 1.2 * alike, name
    assert nearest(embed(drawn[[5, 60]]), seen["drawn"])[0].tolist() == [[5], [60]]


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((2, 8, 8, 3), np.float32),
        np.zeros((8, 8, 3), np.uint8),
        np.zeros((2, 8, 8, 4), np.uint8),
        np.zeros((0, 8, 8, 3), np.uint8),
    ],
)
def test_refused(network, pixels):
    with pytest.raises(ReverieError, match="no set of pictures"):
        embed(pixels, network)


def test_a_layer_that_is_not_there(network, noise):
    with pytest.raises(ReverieError, match="no layer"):
        embed(noise, network, "deep")
