"""Where in latent space the pictures really lie: a mixture of Gaussians, fitted by expectation maximisation."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import logsumexp

from reverie import backend
from reverie.errors import ReverieError
from reverie.vae.autoencoder import Autoencoder

PICTURES, BATCH = 5000, 128  # encoded for a model's mixture at most, and at a time
COMPONENTS = 10  # at most
EACH = 8  # points a component has for each of its numbers on the diagonal, at least
PASSES, SETTLED = 20, 1e-3  # of EM at most; nats a point that one more has to gain


@dataclass(frozen=True, eq=False)
class Mixture:
    """p(z) = sum_k weights_k N(z; means_k, factors_k factors_k'),    weights (k,), means (k, d), all float32.

    factors: (k, d, d), lower triangles; or (k, d), standard deviations, where covariances are diagonal.
    """

    weights: np.ndarray
    means: np.ndarray
    factors: np.ndarray

    def log_density(self, points: np.ndarray) -> np.ndarray:
        """log p of each point (n, d), in nats: float64 (n,)."""
        logs: np.ndarray = logsumexp(_joint(np.asarray(points, np.float64), self), axis=1)
        return logs

    def sample(self, count: int, seed: int = 0, temperature: float = 1.0) -> np.ndarray:
        """Points, float32 (count, d); the temperature scales the spread within components, not which are chosen."""
        random = np.random.default_rng(seed)
        chosen = random.choice(len(self.weights), count, p=self.weights / self.weights.sum(dtype=np.float64))
        noise = random.standard_normal((count, self.means.shape[1]), np.float32)
        spread = np.empty_like(noise)
        for component, factor in enumerate(self.factors):
            rows = chosen == component
            spread[rows] = noise[rows] * factor if factor.ndim == 1 else noise[rows] @ factor.T
        points: np.ndarray = self.means[chosen] + np.float32(temperature) * spread
        return points

    def arrays(self) -> dict[str, np.ndarray]:
        """By name, as they stand in a model file."""
        return {f"mixture/{name}": array for name, array in vars(self).items()}


def fit(points: np.ndarray, components: int | None = None, *, full: bool | None = None, seed: int = 0) -> Mixture:
    """The mixture under which `points`, (n, d), are likely (Dempster, Laird and Rubin 1977), from k-means++ on.

    Each covariance is found as if one more point lay as far from the middle as the points do on average, which keeps
    it from collapsing. components, full (covariances, or diagonal): by default as many points as there are allow.
    """
    points = np.asarray(points, np.float64)
    middle = points.mean(axis=0)
    points = points - middle  # squares of what is far from 0 round
    count, width = points.shape
    full = count >= EACH * width if full is None else full
    components = components or max(1, min(COMPONENTS, count // (EACH * (width if full else 2))))
    if not 1 <= components <= count:
        raise ReverieError(f"{count} points make no mixture of {components}.", f"Choose from 1 to {count}.")
    spread = points.var(axis=0) + 1e-12
    shares = np.eye(components)[_nearest(points, _seeds(points, components, seed))]  # (n, components)
    best = -np.inf
    for _ in range(PASSES):
        mixture = _maximised(points, shares, spread, full)
        logs = _joint(points, mixture)
        totals = logsumexp(logs, axis=1, keepdims=True)
        shares = np.exp(logs - totals)
        if totals.mean() < best + SETTLED:
            break
        best = totals.mean()
    weights, means, factors = mixture.weights, mixture.means + middle, mixture.factors
    return Mixture(weights.astype(np.float32), means.astype(np.float32), factors.astype(np.float32))


def fit_to(network: Autoencoder, pixels: np.ndarray, rows: np.ndarray, seed: int = 0) -> Mixture:
    """The mixture of a network's latents: one point out of the cloud of each picture, of 5,000 at most.

    pixels: uint8 (n, resolution, resolution, channels); rows: those of them to take. Points like these are what the
    network has learned to decode; N(0, 1) has others too. (Ghosh et al. 2020, arXiv 1903.12436, fit a mixture to the
    middles of the clouds.)
    """
    random = np.random.default_rng((seed, 3))
    rows = np.sort(random.permutation(rows)[:PICTURES])
    program = backend.compiled(lambda target, noise: _drawn(network, target, noise), network.variables, quick=True)
    found = []
    for first in range(0, len(rows), BATCH):
        part = pixels[rows[first : first + BATCH]].astype(np.float32) / 255
        target = np.zeros((BATCH, *part.shape[1:]), np.float32)
        target[: len(part)] = part
        if network.binary:
            target = (random.random(target.shape, np.float32) < target).astype(np.float32)
        noise = random.standard_normal((BATCH, network.latents), np.float32)
        found.append(backend.to_numpy(program(target, noise))[: len(part)])
    return fit(np.concatenate(found), seed=seed)


def restored(arrays: dict[str, np.ndarray], width: int) -> Mixture | None:
    """The mixture in a model file's arrays, None if there is none. Raises ValueError if it does not fit the latents."""
    found = {name.removeprefix("mixture/"): array for name, array in arrays.items() if name.startswith("mixture/")}
    if not found:
        return None
    if found.keys() != {"weights", "means", "factors"} or any(array.dtype != np.float32 for array in found.values()):
        raise ValueError("mixture")
    mixture = Mixture(**found)
    count = mixture.weights.size
    shapes = mixture.weights.shape, mixture.means.shape, mixture.factors.shape
    known = [((count,), (count, width), (count, width, *rest)) for rest in ((), (width,))]
    if shapes not in known or (mixture.weights < 0).any() or not mixture.weights.sum() > 0:
        raise ValueError("mixture")
    return mixture


def _maximised(points: np.ndarray, shares: np.ndarray, spread: np.ndarray, full: bool) -> Mixture:
    """The components that suit how much of each point is whose. One matrix product does for all of them."""
    count, width = points.shape
    amounts = shares.sum(axis=0)  # points of each component
    means = (shares.T @ points) / np.maximum(amounts, 1e-9)[:, None]
    if full:
        weighted = (shares[:, :, None] * points[:, None]).reshape(count, -1)  # (n, components * d)
        squared = (weighted.T @ points).reshape(-1, width, width) - np.einsum("k,ki,kj->kij", amounts, means, means)
        factors = np.linalg.cholesky((squared + np.diag(spread)) / (amounts + 1)[:, None, None])
    else:
        squared = shares.T @ np.square(points) - amounts[:, None] * np.square(means)
        factors = np.sqrt((np.maximum(squared, 0) + spread) / (amounts + 1)[:, None])
    return Mixture(amounts / count, means, factors)


def _joint(points: np.ndarray, mixture: Mixture) -> np.ndarray:
    """log of weight times density, (n, components)."""
    means, factors = np.asarray(mixture.means, np.float64), np.asarray(mixture.factors, np.float64)
    count, width = means.shape
    if factors.ndim == 2:
        scales, precisions = factors, 1 / np.square(factors)
        squared = np.square(points) @ precisions.T - 2 * points @ (means * precisions).T
        squared += (np.square(means) * precisions).sum(axis=1)
    else:
        scales = np.diagonal(factors, axis1=1, axis2=2)
        inverses = np.stack([solve_triangular(factor, np.eye(width), lower=True) for factor in factors])
        whitened = points @ inverses.reshape(-1, width).T - np.einsum("kij,kj->ki", inverses, means).reshape(-1)
        squared = np.square(whitened).reshape(len(points), count, width).sum(axis=2)
    weights = np.log(np.maximum(np.asarray(mixture.weights, np.float64), 1e-300))
    constants = weights - 0.5 * width * math.log(2 * math.pi) - np.log(scales).sum(axis=1)
    logs: np.ndarray = constants - 0.5 * squared
    return logs


def _seeds(points: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Points far from each other, (count, d): k-means++ (Arthur and Vassilvitskii 2007)."""
    random = np.random.default_rng(seed)
    seeds = [points[random.integers(len(points))]]
    squared = np.full(len(points), np.inf)
    for _ in range(count - 1):
        squared = np.minimum(squared, np.square(points - seeds[-1]).sum(axis=1))
        total = squared.sum()
        seeds.append(points[random.choice(len(points), p=squared / total if total > 0 else None)])
    return np.stack(seeds)


def _nearest(points: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    return np.argmin(np.square(seeds).sum(axis=1) - 2 * points @ seeds.T, axis=1)  # type: ignore[no-any-return]


def _drawn(network: Autoencoder, target: Any, noise: Any) -> Any:
    return network.posterior(target, noise)[2]
