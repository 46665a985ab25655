"""The losses against their formulas in NumPy, and what they are for."""

import numpy as np
import pytest

from reverie import backend
from reverie.style import content_loss, gram_matrix, style_loss, total_variation
from reverie.style.losses import gram_sum


@pytest.fixture(scope="module")
def maps():
    return np.random.default_rng(0).normal(size=(1, 5, 7, 4)).astype(np.float32)


def value(tensor):
    return backend.to_numpy(tensor)


@pytest.mark.backends
def test_gram_matrix(maps):
    truth = np.zeros((4, 4))
    for row in maps.reshape(-1, 4).astype(np.float64):
        truth += np.outer(row, row) / 35
    assert value(gram_matrix(maps)) == pytest.approx(truth, abs=1e-5)


@pytest.mark.backends
def test_gram_matrix_of_some_positions(maps):
    weights = np.zeros((1, 5, 7, 1), np.float32)
    weights[:, :2] = 3
    top = value(gram_matrix(maps[:, :2]))
    assert value(gram_matrix(maps, weights)) == pytest.approx(top, abs=1e-5)
    assert value(gram_sum(maps, weights)) == pytest.approx(top * 3 * 14, rel=1e-4, abs=1e-4)


@pytest.mark.backends
def test_gram_matrix_does_not_overflow_in_half_precision():
    from keras import ops

    for kind in ("float16", "bfloat16"):
        huge = ops.cast(np.full((1, 64, 64, 2), 250, np.float32), kind)
        assert value(gram_matrix(huge)) == pytest.approx(np.full((2, 2), 62500), rel=1e-3)


@pytest.mark.backends
def test_gram_matrix_forgets_places_but_not_size(maps):
    shuffled = np.random.default_rng(1).permutation(maps.reshape(-1, 4)).reshape(maps.shape)
    repeated = np.tile(maps, (1, 3, 2, 1))
    for other in (shuffled, repeated):
        assert value(gram_matrix(other)) == pytest.approx(value(gram_matrix(maps)), abs=1e-5)


@pytest.mark.backends
def test_style_loss():
    g, a = np.random.default_rng(2).normal(size=(2, 4, 4)).astype(np.float32)
    assert value(style_loss(g, a)) == pytest.approx(np.sum((g - a) ** 2) / np.sum(a**2), rel=1e-5)
    assert value(style_loss(7 * g, 7 * a)) == pytest.approx(float(value(style_loss(g, a))), rel=1e-5)
    assert value(style_loss(a, a)) == 0 and value(style_loss(0 * a, a)) == pytest.approx(1)
    assert value(style_loss(0 * a, 0 * a)) == 0


@pytest.mark.backends
def test_content_loss(maps):
    other = maps[:, ::-1].copy()
    truth = np.sum((maps - other) ** 2) / np.sum(other**2)
    assert value(content_loss(maps, other)) == pytest.approx(truth, rel=1e-5)
    assert value(content_loss(maps, maps)) == 0
    weights = np.full((1, 5, 7, 1), 1 / np.sum(other**2), np.float32)
    assert value(content_loss(maps, other, weights)) == pytest.approx(truth, rel=1e-5)


@pytest.mark.backends
def test_total_variation():
    x = np.random.default_rng(3).random((1, 6, 9, 3)).astype(np.float32)
    truth = np.mean(np.diff(x, axis=1) ** 2) + np.mean(np.diff(x, axis=2) ** 2)
    assert value(total_variation(x)) == pytest.approx(truth, rel=1e-5)
    weights = np.ones((1, 6, 9, 2), np.float32) * np.float32([1 / (3 * 5 * 9), 1 / (3 * 6 * 8)])
    assert value(total_variation(x, weights)) == pytest.approx(truth, rel=1e-5)
    assert value(total_variation(np.ones_like(x))) == 0


@pytest.mark.backends
@pytest.mark.parametrize("loss", [
    lambda x, y: style_loss(gram_matrix(x), gram_matrix(y)), content_loss, lambda x, y: total_variation(x)
])  # fmt: skip
def test_gradients_are_those_of_the_values(loss, maps):
    from keras import ops

    target = np.abs(np.roll(maps, 1, axis=2))
    program = backend.value_and_grad(lambda x: (loss(x, ops.convert_to_tensor(target)), ops.zeros(())), [])
    _, _, gradient = map(value, program(maps))
    direction = np.random.default_rng(4).normal(size=maps.shape).astype(np.float32)
    above, below = (float(value(program(maps + sign * 1e-2 * direction)[0])) for sign in (1, -1))
    assert np.vdot(gradient, direction) == pytest.approx((above - below) / 2e-2, rel=0.01)
