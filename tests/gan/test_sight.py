"""What a discriminator sees: maps of equal weight, in which nothing can be overlooked, and which never change."""

import numpy as np
import pytest
from keras import ops

from reverie import backend, faces
from reverie.gan.sight import LAYERS, Sight, shapes


@pytest.fixture(scope="module")
def pictures():
    return (faces.draw(8, 64).pixels / 255).astype(np.float32)


@pytest.mark.backends
def test_all_maps_weigh_alike(pictures):
    """Their mean squares are near 1, of pictures that the network was not made for too."""
    seen = [backend.to_numpy(each) for each in Sight()(pictures)]
    assert [each.shape[1:] for each in seen] == shapes(64, 3) and len(seen) == 2 + len(LAYERS)
    assert all(0.5 < np.sqrt(np.square(each).mean()) < 2 for each in seen)


@pytest.mark.backends
def test_it_is_always_the_same_and_nothing_in_it_is_trained(pictures):
    one, other = Sight(), Sight()
    assert not one.trainable_variables and one.variables
    for a, b in zip(one(pictures), other(pictures), strict=True):
        np.testing.assert_array_equal(backend.to_numpy(a), backend.to_numpy(b))


def test_small_pictures_are_seen_enlarged_and_grey_ones_in_three_channels(pictures):
    sight, small = Sight(), pictures[:, ::4, ::4]
    larger = small.repeat(2, axis=1).repeat(2, axis=2)
    for a, b in zip(sight(small)[2:], sight(larger)[2:], strict=True):
        np.testing.assert_allclose(backend.to_numpy(a), backend.to_numpy(b), atol=1e-5)
    grey = pictures[..., :1]
    for a, b in zip(sight(grey)[2:], sight(np.repeat(grey, 3, axis=3))[2:], strict=True):
        np.testing.assert_allclose(backend.to_numpy(a), backend.to_numpy(b), atol=1e-5)
    assert sight(grey)[0].shape == (8, 64, 64, 1)


def test_colours_are_means_of_what_pixels_are(pictures):
    pixels, colours = (backend.to_numpy(each) for each in Sight()(pictures)[:2])
    np.testing.assert_allclose(colours, pixels.reshape(8, 8, 8, 8, 8, 3).mean(axis=(2, 4)), atol=1e-5)


@pytest.mark.parametrize("finest", [0, 1])
def test_what_the_deepest_map_sees_reaches_the_finer_ones(finest, pictures):
    """A change in one channel of a layer changes every channel of its own map and of the one before it."""
    sight = Sight()
    maps = [ops.convert_to_tensor(np.zeros((1, *shape), np.float32)) for shape in shapes(64, 3)[2:]]
    before = [backend.to_numpy(each) for each in sight._mixed(maps)]
    changed = np.zeros(maps[finest + 1].shape, np.float32)
    changed[..., 5] = 1.0
    maps[finest + 1] = ops.convert_to_tensor(changed)
    after = [backend.to_numpy(each) for each in sight._mixed(maps)]
    for place in (finest, finest + 1):
        assert (after[place] != before[place]).any(axis=(0, 1, 2)).all()
    for place in range(finest + 2, len(maps)):
        assert (after[place] == before[place]).all()


def test_gradients_pass_through_to_the_picture(pictures):
    sight = Sight()

    def total(flat):
        score = sum(ops.sum(ops.square(each)) for each in sight(ops.reshape(flat, (2, 64, 64, 3)))[2:])
        return score, score

    gradient = backend.to_numpy(backend.value_and_grad(total, sight.variables)(pictures[:2].reshape(-1))[2])
    assert np.isfinite(gradient).all() and (gradient != 0).mean() > 0.9
