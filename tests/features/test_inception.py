"""The architecture of reverie-dream: its pooling against Caffe's, its alignment, its names."""

import keras
import numpy as np
import pytest

from reverie import backend
from reverie.features import inception


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    return inception.build()


def ceil_mode(x):
    """Caffe's max-pooling, 3 wide and every 2: as many windows as begin inside and are needed to reach the end."""
    height, width = (int(np.ceil((size - 3) / 2)) + 1 for size in x.shape[1:3])
    rows = [
        [x[:, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3].max((1, 2)) for j in range(width)]  # slices end at the edge
        for i in range(height)
    ]
    return np.array(rows).transpose(2, 0, 1, 3)


@pytest.mark.backends
@pytest.mark.parametrize("size", [(8, 8), (9, 7), (7, 8), (10, 13)])
def test_pooling_is_caffes(size):
    x = np.random.default_rng(0).uniform(0, 1, (2, *size, 3)).astype(np.float32)
    images = keras.Input((None, None, 3))
    pool = keras.Model(images, inception._pool(images, "pool"))
    found = backend.to_numpy(pool(x))
    wanted = ceil_mode(x)
    assert found.shape == wanted.shape
    np.testing.assert_array_equal(found, wanted)


def test_the_layers_have_the_widths_of_the_paper(network):
    widths = {name: network.get_layer(name).output.shape[-1] for name in inception.STAGES}
    assert list(widths.values()) == [64, 192, 256, 480, 512, 512, 512, 528, 832, 832, 1024, 1000]
    assert network.count_params() == 6_998_552


@pytest.mark.parametrize("size", [(32, 32), pytest.param((33, 47), marks=pytest.mark.backends), (64, 33)])
def test_any_size(network, size):
    logits = backend.to_numpy(network(np.full((2, *size, 3), 0.5, np.float32)))
    assert logits.shape == (2, 1000) and np.isfinite(logits).all()


@pytest.mark.parametrize("layer", ["conv2", pytest.param("inception_3b", marks=pytest.mark.backends), "inception_4a"])
def test_odd_and_even_sizes_are_aligned(network, layer):
    """A picture without its last rows and columns gives the same activations far from the cut, at the same places."""
    whole = np.random.default_rng(0).uniform(0, 1, (1, 160, 160, 3)).astype(np.float32)
    activations = keras.Model(network.input, network.get_layer(layer).output)
    wanted = backend.to_numpy(activations(whole))
    far = 2  # inception_4a sees 84 pixels beyond its own 16
    assert wanted[:, :far, :far].std() > 0
    for cut in (1, 2, 3, 5):
        found = backend.to_numpy(activations(whole[:, : 160 - cut, : 160 - 2 * cut]))
        np.testing.assert_allclose(found[:, :far, :far], wanted[:, :far, :far], rtol=1e-4, atol=1e-6)


def test_the_ends_of_a_stage_are_its_layers(network):
    """What reads a stage's input has its width; what writes its output makes up its width, in order."""
    before = 3
    for stage in inception.STAGES:
        readers, writers = inception.ends(stage)
        assert {network.get_layer(name).kernel.shape[-2] for name in readers} == {before}
        before = sum(network.get_layer(name).kernel.shape[-1] for name in writers)
        assert before == network.get_layer(stage).output.shape[-1]
    block = network.get_layer("inception_4a")
    assert [tensor._keras_history.operation.name for tensor in block.input] == inception.ends("inception_4a")[1]


@pytest.mark.backends
@pytest.mark.parametrize(("height", "width"), [(33, 40), (46, 47)])
def test_the_stem_is_a_convolution_of_stride_two(height, width):
    keras.utils.set_random_seed(2)
    stem = inception.Stem(8, 7, strides=2, activation="relu")
    plain = keras.layers.Conv2D(8, 7, strides=2, activation="relu")
    images = np.random.default_rng(0).normal(size=(2, height, width, 3)).astype("float32")
    stem(images), plain(images)
    stem.set_weights([array + 0.05 for array in plain.get_weights()])
    plain.set_weights(stem.get_weights())
    wanted = backend.to_numpy(plain(images))
    np.testing.assert_allclose(backend.to_numpy(stem(images)), wanted, atol=1e-5)
    assert stem.compute_output_shape(images.shape) == wanted.shape
