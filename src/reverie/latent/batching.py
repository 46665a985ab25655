"""Programs that are always given as many rows, so that the same row has the same bits in whatever number it comes."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from reverie import backend

BATCH = 64


def in_batches(program: Callable[..., Any], *rows: np.ndarray) -> np.ndarray:
    """What `program` gives for arrays (n, ...), `BATCH` rows at a time, the last filled up with zeros: (n, ...)."""
    return np.concatenate(list(_batches(program, rows)))


def levels(program: Callable[..., Any], *rows: np.ndarray) -> np.ndarray:
    """The same of pictures in [0, 1], as grey levels: uint8, each batch as soon as it is there."""
    return np.concatenate([np.rint(255 * part).astype(np.uint8) for part in _batches(program, rows)])


def _batches(program: Callable[..., Any], rows: tuple[np.ndarray, ...]) -> Iterator[np.ndarray]:
    for first in range(0, len(rows[0]), BATCH):
        parts = [np.asarray(each[first : first + BATCH]) for each in rows]
        filled = [np.concatenate([part, np.zeros((BATCH - len(part), *part.shape[1:]), part.dtype)]) for part in parts]
        yield backend.to_numpy(program(*filled))[: len(parts[0])]
