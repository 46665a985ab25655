"""Geometry of latent space. Latents are float32 (..., latent)."""

import numpy as np
from scipy.special import ndtri


def spherical(one: np.ndarray, other: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """From `one` to `other` along the arc between them, (n, latent) for n shares in [0, 1] (Shoemake 1985):

        sin((1 - t) a) / sin(a) * one + sin(t a) / sin(a) * other,    a the angle between them

    on directions; the lengths go from one's to the other's evenly. A Gaussian cloud is a shell, and the straight line
    leaves it (White 2016, arXiv 1609.04468). Opposite or vanishing points have no arc: there it is the straight line.
    """
    shares = np.asarray(shares, np.float64)[:, None]
    lengths = np.linalg.norm(one), np.linalg.norm(other)
    cosine = float(one @ other / max(lengths[0] * lengths[1], 1e-12))
    angle = float(np.arccos(np.clip(cosine, -1, 1)))
    if np.sin(angle) < 1e-4 or min(lengths) < 1e-6:
        path: np.ndarray = (1 - shares) * one + shares * other
        return path.astype(np.float32)
    arc = np.sin((1 - shares) * angle) * (one / lengths[0]) + np.sin(shares * angle) * (other / lengths[1])
    path = ((1 - shares) * lengths[0] + shares * lengths[1]) * arc / np.sin(angle)
    return path.astype(np.float32)


def walk(points: np.ndarray, steps: int) -> np.ndarray:
    """Through all points, `steps` to each, by `spherical`, and on to the first again: (len(points) * steps, latent)."""
    shares = np.arange(steps) / steps
    legs = zip(points, np.roll(points, -1, axis=0), strict=True)
    return np.concatenate([spherical(one, other, shares) for one, other in legs])


def quantiles(count: int) -> np.ndarray:
    """`count` values that cut a standard Gaussian into equal shares: where a grid has as much to show everywhere."""
    found: np.ndarray = ndtri((np.arange(count) + 0.5) / count).astype(np.float32)
    return found
