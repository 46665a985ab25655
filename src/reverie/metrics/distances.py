"""Distances between two sets of features: Fréchet, and kernel. Features are float (n, channels), as of `embed`."""

from typing import NamedTuple

import numpy as np

from reverie.errors import ReverieError

BLOCKS, LARGEST = 10, 1000  # of the kernel distance: blocks at least, and rows in one at most


def frechet_distance(real: np.ndarray, made: np.ndarray) -> float:
    """The Fréchet distance of two sets of features (Heusel et al. 2017, arXiv 1706.08500), each taken as a Gaussian:

        |m - m'|² + tr(S + S' - 2 (S S')^½)        m, m' their means, S, S' their covariances

    0: the same; it has no upper end. It is too large for few pictures, the more so the fewer: compare numbers that
    were measured with as many, 2,000 or better 10,000. Features of (n, channels), n at least 2; n may differ.
    Raises ReverieError for features that do not go together.
    """
    real, made = pair(real, made, 2)
    return _frechet(real.mean(axis=0), _factor_of(real), made.mean(axis=0), _factor_of(made))


def frechet_of_moments(
    mean: np.ndarray, covariance: np.ndarray, other_mean: np.ndarray, other_covariance: np.ndarray
) -> float:
    """The same of two Gaussians, by their means (channels,) and covariances (channels, channels)."""
    return _frechet(mean, _factor(covariance), other_mean, _factor(other_covariance))


def _frechet(mean: np.ndarray, factor: np.ndarray, other_mean: np.ndarray, other_factor: np.ndarray) -> float:
    """With S = A'A and S' = B'B, the trace of (S S')^½ is the sum of the singular values of AB'.

    Unlike a square root of the product, that is real, and exact where there were fewer pictures than channels.
    """
    shared = np.linalg.svd(factor @ other_factor.T, compute_uv=False).sum()
    apart = np.square(np.asarray(mean, np.float64) - other_mean).sum()
    return max(0.0, float(apart + np.square(factor).sum() + np.square(other_factor).sum() - 2 * shared))


def _factor_of(features: np.ndarray) -> np.ndarray:
    """A, with as few rows as will do, where A'A is the covariance of the features."""
    factor: np.ndarray = (features - features.mean(axis=0)) / np.sqrt(len(features) - 1)
    return factor if len(factor) <= factor.shape[1] else np.asarray(np.linalg.qr(factor, mode="r"))


def _factor(covariance: np.ndarray) -> np.ndarray:
    """A, where A'A is the covariance; its eigenvalues below 0 are rounding."""
    values, vectors = np.linalg.eigh(np.asarray(covariance, np.float64))
    factor: np.ndarray = np.sqrt(np.maximum(values, 0))[:, None] * vectors.T
    return factor


class KernelDistance(NamedTuple):
    """distance: around 0, and below it as often as above, if the sets are alike. error: its standard error."""

    distance: float
    error: float


def kernel_distance(real: np.ndarray, made: np.ndarray, seed: int = 0) -> KernelDistance:
    """The squared maximum mean discrepancy of two sets of features (Bińkowski et al. 2018, arXiv 1801.01401):

        E k(x, x') + E k(y, y') - 2 E k(x, y),    k(x, y) = (x·y / channels + 1)³,    x ≠ x' real, y ≠ y' made

    unbiased, so that numbers measured with few pictures and with many compare. It is the mean over blocks: both sets
    are shuffled by the seed and cut into as many, 10 or so many that none has over 1,000 rows. (The paper draws blocks
    that overlap; these do not, so that their spread says how far the mean is to be trusted.)
    Features of (n, channels), n at least 4; n may differ. Raises ReverieError for features that do not go together.
    """
    real, made = pair(real, made, 4)
    blocks = min(max(BLOCKS, -(-max(len(real), len(made)) // LARGEST)), min(len(real), len(made)) // 2)
    random = np.random.default_rng(seed)
    parts = [np.array_split(random.permutation(len(each)), blocks) for each in (real, made)]
    found = [_discrepancy(real[one], made[other]) for one, other in zip(*parts, strict=True)]
    return KernelDistance(float(np.mean(found)), float(np.std(found, ddof=1) / np.sqrt(blocks)))


def _discrepancy(one: np.ndarray, other: np.ndarray) -> float:
    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        result: np.ndarray = (a @ b.T / a.shape[1] + 1) ** 3
        return result

    def within(a: np.ndarray) -> float:
        found = kernel(a, a)
        return float((found.sum() - np.trace(found)) / (len(a) * (len(a) - 1)))

    return within(one) + within(other) - 2 * float(kernel(one, other).mean())


def pair(real: np.ndarray, made: np.ndarray, least: int) -> tuple[np.ndarray, np.ndarray]:
    """Both as float64, if they are features of the same network, finite, and `least` each. Raises ReverieError."""
    if real.ndim != 2 or made.ndim != 2 or real.shape[1] != made.shape[1]:
        raise ReverieError(
            f"Features of shapes {real.shape} and {made.shape} do not compare.", "Give two of (n, channels)."
        )
    if min(len(real), len(made)) < least:
        raise ReverieError(
            f"{min(len(real), len(made))} pictures are too few to compare.", f"Give {least} at least, better thousands."
        )
    if not (np.isfinite(real).all() and np.isfinite(made).all()):
        raise ReverieError("Some features are not finite.", "Look at the pictures they are of.")
    return real.astype(np.float64), made.astype(np.float64)
