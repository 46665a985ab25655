"""resize and fit: exact where there is nothing to do, faithful where there is, and free of aliases."""

import numpy as np
import pytest

from reverie import images


def ramp(height: int, width: int) -> np.ndarray:
    """Two channels whose value at the middle of a pixel is its place from 0 to 1, down and across."""
    y, x = (np.arange(height) + 0.5) / height, (np.arange(width) + 0.5) / width
    return np.stack(np.meshgrid(y, x, indexing="ij"), axis=-1).astype(np.float32)


def test_the_same_size_is_the_same_picture():
    array = np.random.default_rng(0).normal(size=(9, 13, 4)).astype(np.float32)
    assert np.array_equal(images.resize(array, (9, 13)), array)
    rgb = np.arange(9 * 13 * 3, dtype=np.uint8).reshape(9, 13, 3)
    assert np.array_equal(images.fit(rgb, 13), rgb)


@pytest.mark.parametrize("size", [(30, 50), (77, 50), (10, 90), (200, 300)])
def test_a_ramp_stays_a_ramp(size):
    """Height before width, pixels centred, any range of values."""
    resized = images.resize(ramp(60, 90) * 10 - 5, size)
    assert resized.dtype == np.float32 and resized.shape == (*size, 2)
    inside = (slice(size[0] // 8, -size[0] // 8), slice(size[1] // 8, -size[1] // 8))
    assert np.abs(resized - (ramp(*size) * 10 - 5))[inside].max() < 0.03  # half a pixel off would be 0.05


def test_nothing_aliases():
    """Stripes too fine for the smaller picture become grey, not coarser stripes."""
    stripes = np.tile(np.float32([0, 1]), (64, 32))[..., None]
    assert np.abs(images.resize(stripes, (23, 23)) - 0.5).max() < 0.1
    rgb = np.repeat((stripes * 255).astype(np.uint8), 3, axis=2)
    assert np.abs(images.fit(rgb, 23).astype(int) - 127).max() < 26


def test_a_strided_view_is_read_right():
    array = np.random.default_rng(0).normal(size=(20, 30, 3)).astype(np.float32)
    assert np.array_equal(images.resize(array[::-1, ::-1], (7, 8)), images.resize(array[::-1, ::-1].copy(), (7, 8)))


@pytest.mark.parametrize(
    "shape, longest, fitted",
    [((30, 40), 20, (15, 20)), ((40, 30), 20, (20, 15)), ((30, 40), 80, (60, 80)), ((8, 800), 10, (1, 10))],
)
def test_fit_sets_the_longest_side(shape, longest, fitted):
    rgb = images.fit(np.full((*shape, 3), 200, np.uint8), longest)
    assert rgb.shape == (*fitted, 3) and rgb.dtype == np.uint8 and (rgb == 200).all()
