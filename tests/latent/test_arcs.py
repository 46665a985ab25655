"""Ways through latent space."""

import numpy as np
import pytest
from scipy import stats

from reverie import latent

ONE, OTHER = np.float32([3, 0, 0]), np.float32([0, 1, 0])


def test_the_arc_between_two_points():
    path = latent.spherical(ONE, OTHER, np.linspace(0, 1, 5))
    np.testing.assert_allclose(path[[0, -1]], [ONE, OTHER], atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), [3, 2.5, 2, 1.5, 1], rtol=1e-6)
    angles = np.degrees(np.arctan2(path[:, 1], path[:, 0]))
    np.testing.assert_allclose(angles, [0, 22.5, 45, 67.5, 90], atol=1e-4)


@pytest.mark.parametrize("other", [-ONE, ONE, 2 * ONE, 0 * ONE])
def test_where_there_is_no_arc_it_is_the_line(other):
    path = latent.spherical(ONE, other, np.array([0, 0.5, 1]))
    np.testing.assert_allclose(path, [ONE, (ONE + other) / 2, other], atol=1e-6)


def test_a_walk_goes_through_all_points_and_back():
    points = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)
    path = latent.walk(points, 4)
    assert path.shape == (12, 5)
    np.testing.assert_allclose(path[::4], points, atol=1e-6)
    steps = np.linalg.norm(np.diff(np.concatenate([path, path[:1]]), axis=0), axis=1)
    assert steps.max() < np.linalg.norm(points - np.roll(points, -1, axis=0), axis=1).min()  # no leap


def test_quantiles_cut_the_gaussian_into_equal_shares():
    np.testing.assert_allclose(stats.norm.cdf(latent.quantiles(4)), [0.125, 0.375, 0.625, 0.875], atol=1e-6)
