"""Who lies next to whom among features: how true and how varied made pictures are, and what they are near to."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from reverie.errors import ReverieError
from reverie.metrics.distances import pair

CHUNK = 2**24  # numbers in memory at a time
TWINS = 8  # times that a picture may be in its set, itself included
ROUNDING = 1e-10  # of the squared lengths: nearer than that are copies


class PrecisionRecall(NamedTuple):
    """Both from 0 to 1. precision: how much of what is made looks real. recall: how much of what is real is made."""

    precision: float
    recall: float


def precision_recall(real: np.ndarray, made: np.ndarray, k: int = 3) -> PrecisionRecall:
    """Whether made pictures lie among real ones, and real ones among made ones (Kynkäänniemi et al. 2019,
    arXiv 1904.06991).

    The ground a set covers is the union of spheres around its members, each as wide as the distance to its k-th
    nearest fellow. Precision is the share of made ones on the ground of the real, recall the share of real ones on
    the ground of the made. Both depend on the numbers of pictures: compare what was measured with as many.
    Features of (n, channels), n above k; n may differ. Raises ReverieError for features that do not go together.
    """
    if k < 1:
        raise ReverieError(f"There is no {k}-th nearest picture.", "Give a whole number from 1 up, such as 3.")
    real, made = pair(real, made, k + 1)
    centre = real.mean(axis=0)
    real, made = real - centre, made - centre  # shorter vectors, less rounding
    return PrecisionRecall(_share_on_ground(made, real, k), _share_on_ground(real, made, k))


def nearest(queries: np.ndarray, among: np.ndarray, count: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """The nearest rows of `among` to each query, by Euclidean distance: (rows, distances), each (queries, count).

    The nearest is first; a copy is at 0. queries: (queries, channels); among: (n, channels), of which a part at a time
    is looked at, so that it may be memory-mapped. Raises ReverieError for features that do not go together.
    """
    if not 1 <= count <= len(among):
        raise ReverieError(f"{len(among)} pictures have no {count} nearest.", f"Ask for 1 to {len(among)}.")
    queries, _ = pair(queries, np.asarray(among[:1]), 1)
    centre = queries.mean(axis=0)
    queries = queries - centre
    best = np.full((len(queries), count), np.inf)
    rows = np.zeros((len(queries), count), np.int64)
    for part in _parts(len(among), max(queries.shape)):
        found = np.concatenate([best, _squared(queries, among[part] - centre)], axis=1)
        new = np.broadcast_to(np.arange(part.start, part.stop), (len(queries), part.stop - part.start))
        places = np.concatenate([rows, new], axis=1)
        order = np.argsort(found, axis=1, kind="stable")[:, :count]
        best, rows = np.take_along_axis(found, order, axis=1), np.take_along_axis(places, order, axis=1)
    return rows, np.sqrt(best)


def to_nearest_other(distances: np.ndarray) -> np.ndarray:
    """How far members of a set are from the nearest that is no copy of them, of distances (n, TWINS) to the nearest
    members, themselves included. (n,), or fewer: those of which all of these are copies are left out."""
    found = np.where(distances > 0, distances, np.inf).min(axis=1)
    return np.asarray(found[np.isfinite(found)])


def _share_on_ground(queries: np.ndarray, members: np.ndarray, k: int) -> float:
    """How many of the queries lie in a sphere around one of the members."""
    inside = np.zeros(len(queries), bool)
    for part in _parts(len(members), max(len(members), len(queries))):
        fellows = _squared(members[part], members)
        fellows[np.arange(len(fellows)), np.arange(part.start, part.stop)] = np.inf  # not itself
        reach = np.partition(fellows, k - 1, axis=1)[:, k - 1]  # (members in part,), squared
        inside |= (_squared(queries, members[part]) <= reach).any(axis=1)
    return float(inside.mean())


def _squared(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Squared distances, (n, m)."""
    lengths = np.einsum("ij,ij->i", one, one)[:, None] + np.einsum("ij,ij->i", other, other)
    found: np.ndarray = lengths - 2 * (one @ other.T)
    found[found < ROUNDING * lengths] = 0
    return found


def _parts(rows: int, columns: int) -> Iterator[slice]:
    """The rows in parts, so that a table of them with all columns stays small."""
    step = max(1, CHUNK // columns)
    return (slice(first, min(first + step, rows)) for first in range(0, rows, step))
