"""Distances between sets of features, against what is known in closed form."""

import numpy as np
import pytest

from reverie import ReverieError
from reverie.metrics import distances, frechet_distance, frechet_of_moments, kernel_distance


def spread(count, channels, seed=0):
    """Correlated features."""
    random = np.random.default_rng(seed)
    mixed = np.random.default_rng(99).standard_normal((channels, channels))
    return (random.standard_normal((count, channels)) @ mixed).astype(np.float32)


def test_frechet_of_gaussians_along_the_axes():
    """Covariances that commute: |m - m'|² + sum (s - s')² of their deviations."""
    one, other = np.array([1.0, 2.0, 0.0]), np.array([3.0, 0.5, 0.0])  # deviations
    found = frechet_of_moments(np.zeros(3), np.diag(one**2), np.array([1.0, 2.0, 2.0]), np.diag(other**2))
    assert found == pytest.approx(9 + 4 + 2.25, rel=1e-12)


def test_frechet_of_gaussians_that_are_turned():
    """S S' has the same trace of its root as the product of their symmetric roots has singular values; by hand."""
    turn = np.array([[np.cos(0.7), -np.sin(0.7)], [np.sin(0.7), np.cos(0.7)]])
    one, other = np.diag([4.0, 1.0]), turn @ np.diag([9.0, 0.25]) @ turn.T
    product = one @ other
    root = np.sqrt(np.trace(product) + 2 * np.sqrt(np.linalg.det(product)))  # trace of the root of a 2 x 2 matrix
    expected = np.trace(one) + np.trace(other) - 2 * root
    assert frechet_of_moments(np.zeros(2), one, np.zeros(2), other) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("count", [20, 400])
def test_frechet_of_features_and_of_their_moments(count):
    one, other = spread(count, 64), spread(300, 64, seed=1) + 0.5
    moments = [(x.mean(axis=0), np.cov(x, rowvar=False)) for x in (one.astype(float), other.astype(float))]
    assert frechet_distance(one, other) == pytest.approx(frechet_of_moments(*moments[0], *moments[1]), rel=1e-6)


def test_frechet_of_samples_is_that_of_their_gaussians():
    random = np.random.default_rng(0)
    one = random.standard_normal((40_000, 4))
    other = random.standard_normal((30_000, 4)) * [2, 1, 1, 0.5] + [1, 0, 0, 0]
    assert frechet_distance(one, other) == pytest.approx(1 + 1 + 0.25, rel=0.05)


@pytest.mark.parametrize("count", [2, 20, 400])  # fewer than channels, and more
def test_frechet_of_a_set_with_itself(count):
    features = spread(count, 64)
    assert frechet_distance(features, features) < 1e-9 * features.var(axis=0).sum()


@pytest.mark.parametrize(("count", "other"), [(20, 30), (300, 200), (20, 300)])
def test_frechet_is_symmetric(count, other):
    one, two = spread(count, 64), spread(other, 64, seed=1) + 0.5
    assert frechet_distance(one, two) == pytest.approx(frechet_distance(two, one), rel=1e-9)


def test_frechet_by_a_shift_of_all():
    features = spread(30, 64)
    assert frechet_distance(features, features + np.float32(0.5)) == pytest.approx(64 * 0.25, rel=1e-5)


def test_frechet_where_nothing_varies():
    assert frechet_distance(np.zeros((3, 2)), np.full((4, 2), 2.0)) == 8.0


def test_kernel_of_two_halves_is_about_0():
    """Without bias, with few: over many draws the mean is 0 within its error, and some are below."""
    found = [kernel_distance(spread(40, 16, 2 * i), spread(40, 16, 2 * i + 1)) for i in range(40)]
    each = np.array([distance for distance, _ in found])
    assert abs(each.mean()) < 3 * each.std(ddof=1) / np.sqrt(len(each))
    assert each.min() < 0 < each.max()
    # The error that it tells is the one it has.
    assert np.mean([error for _, error in found]) == pytest.approx(each.std(ddof=1), rel=0.5)


def test_kernel_of_different_sets():
    """One channel, x = 0 and y = 1 always: 1 + 8 - 2 * 1."""
    found = kernel_distance(np.zeros((40, 1)), np.ones((50, 1)))
    assert (found.distance, found.error) == (pytest.approx(7.0), pytest.approx(0.0))


def test_kernel_of_two_sets_far_apart():
    one, other = spread(100, 8), spread(80, 8, seed=1) + 2
    found = kernel_distance(one, other)
    assert found.distance > 3 * found.error > 0
    assert found == kernel_distance(one, other)  # the same seed
    assert kernel_distance(one, other, seed=1).distance == pytest.approx(found.distance, abs=3 * found.error)


def test_kernel_takes_blocks_that_fit_into_memory(monkeypatch):
    sizes = []
    inner = distances._discrepancy
    monkeypatch.setattr(distances, "_discrepancy", lambda *sets: sizes.append([len(x) for x in sets]) or inner(*sets))
    monkeypatch.setattr(distances, "LARGEST", 20)
    kernel_distance(spread(410, 2), spread(230, 2))
    assert len(sizes) == 21 and np.max(sizes) <= 20
    assert np.sum(sizes, axis=0).tolist() == [410, 230]


@pytest.mark.parametrize("measure", [frechet_distance, kernel_distance])
@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        (np.zeros((9, 4)), np.zeros((9, 5)), "do not compare"),
        (np.zeros(9), np.zeros((9, 5)), "do not compare"),
        (np.zeros((9, 4)), np.zeros((1, 4)), "too few"),
        (np.zeros((9, 4)), np.full((9, 4), np.nan), "not finite"),
    ],
)
def test_refused(measure, one, other, words):
    with pytest.raises(ReverieError, match=words):
        measure(one, other)
