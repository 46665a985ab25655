"""The shortest way from one cloud of latents to another, such as from faces without a smile to faces with one.

Between two Gaussians N(m0, S0) and N(m1, S1) the map that moves least, their optimal transport, is linear (Knott and
Smith 1984):

    T(z) = m1 + (z - m0) A,    A = S0^-1/2 (S0^1/2 S1 S0^1/2)^1/2 S0^-1/2

Where there are points enough each cloud is taken as a few Gaussians, in pairs: those parts of both in which everything
but the smile is alike. A turned head smiles elsewhere in the picture, by other latents, and so by another pair.
"""

from collections.abc import Sequence
from contextlib import suppress
from itertools import product
from typing import NamedTuple

import numpy as np
from scipy.cluster.vq import ClusterError, kmeans2
from scipy.linalg import solve_triangular
from scipy.special import logsumexp, softmax

MOST, STARTS = 4, 5  # pairs of Gaussians, and beginnings of as many, that are tried where points are enough
EACH = 4  # points for each latent that a part is to have on either side on average; each has one at least
CLEAR = 1e-3  # nats: less is no difference in telling sides apart
SHORT, LONG = 6, 12  # passes in which points find the part they fit in: of each that is tried, and of the best
OWN = np.linspace(0, 1, 6)  # shares of a side's own covariance that are tried
BEYOND = 2.0  # standard deviations of a cloud, as far as anything is moved out of it
RIDGE = 1e-4  # of the mean variance, so that every direction has some


class Clouds(NamedTuple):
    """weights: float32 (parts,). means: (parts, 2, latent), covariances: (parts, 2, latent, latent): without, with."""

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray


def fit(without: np.ndarray, with_: np.ndarray) -> Clouds:
    """Both clouds of latents, (n, latent) each, as pairs of Gaussians; of few points, as one pair of one shape.

    How many pairs, and where they begin, is chosen by how well those found from every second point tell on which side
    the others are, since parts that mix what should be apart tell it badly, and lead astray: the fewest that are within
    a standard error of the best (Breiman et al. 1984).
    """
    sides = without, with_
    whole = _paired([without], [with_])
    most = min(len(without), len(with_)) // (EACH * without.shape[1])
    if most < 2:
        return whole
    # What all have in common but the side they are on: where each is when half way over. There, parts are alike.
    forth, back = ways(without, whole)[:, 0, 0], ways(with_, whole)[:, 0, 1]
    halfway = np.concatenate([without + forth / 2, with_ - back / 2])
    tried = [np.zeros(len(halfway), int)]
    with np.errstate(invalid="ignore"), suppress(ClusterError):  # points that are all alike make no parts
        for parts, start in product(range(2, min(MOST, most) + 1), range(STARTS)):
            tried.append(kmeans2(halfway, parts, minit="++", missing="raise", rng=start)[1])

    scores = [_told(parts, sides) for parts in tried]
    mean, error = max(scores)
    enough = [number for number, score in enumerate(scores) if score[0] >= mean - error - CLEAR]
    best = min(enough, key=lambda number: (tried[number].max(), -scores[number][0]))
    return _settled(_split(tried[best], sides), sides, LONG) or whole


def _told(parts: np.ndarray, sides: Sequence[np.ndarray]) -> tuple[float, float]:
    """The mean log probability of the side that an unseen point is on, and its standard error."""
    found = _settled([part[::2] for part in _split(parts, sides)], [side[::2] for side in sides], SHORT)
    if found is None:
        return -np.inf, 0.0
    logs = [log_odds(side[1::2], found) for side in sides]
    right = [logsumexp(log[:, :, side], axis=1) - logsumexp(log, axis=(1, 2)) for side, log in enumerate(logs)]
    told = np.concatenate(right)
    return float(told.mean()), float(told.std() / np.sqrt(len(told)))


def _settled(parts: Sequence[np.ndarray], sides: Sequence[np.ndarray], passes: int) -> Clouds | None:
    """So many times, or until nothing changes, a pair of Gaussians for each part, and every point in the likeliest.

    None if a part has fewer points on a side than there are latents.
    """
    clouds, count = None, 1 + max(int(each.max()) for each in parts)
    for _ in range(passes):
        grouped = [[side[each == part] for part in range(count)] for side, each in zip(sides, parts, strict=True)]
        if min(len(points) for groups in grouped for points in groups) < sides[0].shape[1]:
            return None
        clouds = _paired(*grouped)
        before = parts
        parts = [log_odds(points, _side(clouds, side))[:, :, 0].argmax(axis=1) for side, points in enumerate(sides)]
        if all((one == other).all() for one, other in zip(before, parts, strict=True)):
            break
    return clouds


def _side(clouds: Clouds, side: int) -> Clouds:
    """Only those without, or only those with."""
    return Clouds(clouds.weights, clouds.means[:, [side]], clouds.covariances[:, [side]])


def _split(parts: np.ndarray, sides: Sequence[np.ndarray]) -> list[np.ndarray]:
    return np.split(parts, [len(sides[0])])


def at(latents: np.ndarray, clouds: Clouds) -> np.ndarray:
    """What to add to each of `latents` (n, latent) to come to the other cloud, or to take away if it is of the second.

    T(z) - z for what is without, z - T^-1(z) for what is with, in the mean over the Gaussians it may be of.
    """
    return _mean(_odds(latents, clouds), ways(latents, clouds))


def moved(latents: np.ndarray, strengths: np.ndarray, clouds: Clouds) -> np.ndarray:
    """Latents (n, latent) moved by so many of their vectors (n,), but no further than `BEYOND` the clouds."""
    odds = _odds(latents, clouds)
    vectors = _mean(odds, ways(latents, clouds))
    inverses = np.linalg.inv(clouds.covariances.astype(np.float64))
    lengths = np.einsum("nps,nd,psde,ne->n", odds, vectors, inverses, vectors, optimize=True)  # in squared deviations
    beyond = BEYOND / np.sqrt(np.maximum(lengths, 1e-12))
    here = odds[:, :, 1].sum(axis=1)  # 0 without, 1 with
    strengths = np.clip(here + strengths, -beyond, 1 + beyond) - here
    return np.asarray(latents + strengths[:, None] * vectors)


def ways(latents: np.ndarray, clouds: Clouds) -> np.ndarray:
    """For each pair T(z) - z, and z - T^-1(z): (n, parts, 2, latent)."""
    found = []
    for means, covariances in zip(clouds.means.astype(np.float64), clouds.covariances.astype(np.float64), strict=True):
        root = _root(covariances[0])
        inverse = np.linalg.inv(root)
        stretch = inverse @ _root(root @ covariances[1] @ root) @ inverse
        same = np.eye(len(stretch))
        forth = (latents - means[0]) @ (stretch - same)
        back = (latents - means[1]) @ (same - np.linalg.inv(stretch))
        found.append(np.stack([forth, back], axis=1) + (means[1] - means[0]))
    return np.stack(found, axis=1)


def _mean(odds: np.ndarray, found: np.ndarray) -> np.ndarray:
    vectors: np.ndarray = np.einsum("nps,npsd->nd", odds, found)
    return vectors


def _odds(latents: np.ndarray, clouds: Clouds) -> np.ndarray:
    """How probable it is that a latent is of each Gaussian: (n, parts, 2)."""
    odds: np.ndarray = softmax(log_odds(latents, clouds), axis=(1, 2))
    return odds


def log_odds(latents: np.ndarray, clouds: Clouds) -> np.ndarray:
    """log of weight times density under each Gaussian, but for a constant: (n, parts, sides)."""
    logs = [
        np.log(weight) + _log_density(latents - mean, covariance)
        for weight, pair, spreads in zip(*clouds, strict=True)
        for mean, covariance in zip(pair, spreads, strict=True)
    ]
    return np.stack(logs, axis=1).reshape(len(latents), *clouds.means.shape[:2])


def _paired(without: list[np.ndarray], with_: list[np.ndarray]) -> Clouds:
    """The Gaussians of parts of both clouds."""
    counts = np.array([len(one) + len(other) for one, other in zip(without, with_, strict=True)])
    pairs = list(zip(without, with_, strict=True))
    means = [[side.mean(axis=0) for side in pair] for pair in pairs]
    spreads = [_spreads([side - side.mean(axis=0) for side in pair]) for pair in pairs]
    return Clouds(*(np.array(each, np.float32) for each in (counts / counts.sum(), means, spreads)))


def _spreads(sides: list[np.ndarray]) -> np.ndarray:
    """The covariances (2, latent, latent) of centred latents: each side's own, as far as it foretells unseen pictures.

    The rest is what both share: regularised discriminant analysis (Friedman 1989). How far is found by the likelihood
    of every second picture under the covariances of the others, and the other way round.
    """

    def spreads(parts: list[np.ndarray], own: float) -> np.ndarray:
        each = np.stack([part.T @ part / len(part) for part in parts])
        both = np.concatenate(parts)
        shared = both.T @ both / len(both)
        ridge = (RIDGE * np.trace(shared) / len(shared) + 1e-12) * np.eye(len(shared))
        mixed: np.ndarray = own * each + (1 - own) * shared + ridge
        return mixed

    def likelihood(own: float) -> float:
        halves = [[side[half::2] for side in sides] for half in (0, 1)]
        return sum(
            float(_log_density(unseen, spread).sum())
            for known, rest in (halves, halves[::-1])
            for unseen, spread in zip(rest, spreads(known, own), strict=True)
        )

    latents = sides[0].shape[1]
    if min(len(side) for side in sides) < 2 * latents:  # no half of them has a shape to speak of: a ball
        ball = (np.square(np.concatenate(sides)).mean() + 1e-12) * np.eye(latents)
        return np.stack([ball, ball])
    return spreads(sides, max(OWN, key=likelihood))


def _log_density(centred: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """log N(centred; 0, covariance) but for a constant, (n,)."""
    factor = np.linalg.cholesky(covariance.astype(np.float64))
    whitened = solve_triangular(factor, centred.T, lower=True)
    density: np.ndarray = -0.5 * np.square(whitened).sum(axis=0) - np.log(np.diag(factor)).sum()
    return density


def _root(matrix: np.ndarray) -> np.ndarray:
    """The square root of a symmetric positive definite matrix."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    root: np.ndarray = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return root
