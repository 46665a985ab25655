"""Programs that are always given as many rows, so that the same row has the same bits in whatever number it comes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from reverie import backend

BATCH = 64


def in_batches(program: Callable[..., Any], *rows: np.ndarray) -> np.ndarray:
    """What `program` gives for arrays (n, ...), `BATCH` rows at a time, the last filled up with zeros: (n, ...)."""
    found = []
    for first in range(0, len(rows[0]), BATCH):
        parts = [np.asarray(each[first : first + BATCH]) for each in rows]
        filled = [np.concatenate([part, np.zeros((BATCH - len(part), *part.shape[1:]), part.dtype)]) for part in parts]
        found.append(backend.to_numpy(program(*filled))[: len(parts[0])])
    return np.concatenate(found)


def rounded(pictures: Any) -> np.ndarray:
    """Pictures of a network, in [0, 1], as grey levels: uint8."""
    return np.asarray(np.rint(255 * backend.to_numpy(pictures)), np.uint8)
