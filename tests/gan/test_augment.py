"""What the discriminator sees: unchanged at strength 0, changed as described at 1, and gradients pass."""

import numpy as np
import pytest
from keras import ops

from reverie import backend
from reverie.gan import augment
from reverie.gan.augment import Augment

PICTURES = np.random.default_rng(0).random((6, 16, 16, 3), np.float32)


@pytest.mark.backends
def test_with_strength_0_nothing_changes():
    assert (backend.to_numpy(Augment(0.0, 1)(PICTURES)) == PICTURES).all()


@pytest.mark.backends
def test_with_strength_1_everything_does_and_differently_each_time():
    layer = Augment(1.0, 1)
    one, other = (backend.to_numpy(layer(PICTURES)) for _ in range(2))
    assert one.shape == PICTURES.shape and (one != PICTURES).any(axis=(1, 2, 3)).all() and (one != other).any()
    holes = (one == 0).all(axis=3).mean(axis=(1, 2))
    assert (holes > 0.04).all() and (holes < 0.6).all()  # a quarter at most is cut, and a strip moved in


@pytest.mark.backends
def test_a_picture_is_moved_by_whole_pixels():
    pictures, ones = ops.convert_to_tensor(PICTURES), ops.ones(6)
    moved = backend.to_numpy(augment._moved(pictures, ones, 0.999 * ones, 0 * ones, 16))  # 2 down, 2 to the left
    assert (moved[:, 2:, :-2] == PICTURES[:, :-2, 2:]).all() and not moved[:, :2].any() and not moved[:, :, -2:].any()


@pytest.mark.backends
def test_colour_at_the_ends_of_its_range():
    pictures, ones = ops.convert_to_tensor(PICTURES), ops.ones(6)
    grey = backend.to_numpy(augment._coloured(pictures, ones, 0.5 * ones, 0 * ones, 0.5 * ones, grey=False))
    assert np.allclose(grey, PICTURES.mean(axis=3, keepdims=True), atol=1e-6)
    light = backend.to_numpy(augment._coloured(pictures, ones, ones, 0.5 * ones, 0.5 * ones, grey=False))
    assert np.allclose(light, PICTURES + 0.25, atol=1e-6)
    flat = backend.to_numpy(augment._coloured(pictures, ones, 0.5 * ones, 0.5 * ones, 0 * ones, grey=False))
    assert np.allclose(flat.std(axis=(1, 2, 3)), 0.5 * PICTURES.std(axis=(1, 2, 3)), rtol=1e-3)


@pytest.mark.backends
@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_gradients_pass(strength):
    layer = Augment(strength, 1)

    def total(x):
        loss = ops.sum(layer(ops.reshape(x, PICTURES.shape)))
        return loss, loss

    gradient = backend.to_numpy(backend.value_and_grad(total, layer.variables)(PICTURES.reshape(6, -1))[2])
    assert np.isfinite(gradient).all()
    assert np.allclose(gradient, 1) if strength == 0 else gradient.any(axis=1).all()
