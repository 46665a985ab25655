"""Which windows of a corpus a training step sees."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.errors import ReverieError


def windows(
    tokens: NDArray[Any], *, seed: int, step: int, batch: int, length: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The batch of training step `step`: x and y, int32 (batch, length), where y is x one token later.

    A pure function: whoever asks for step 1000 gets the same batch, without the 999 before. The tokens
    are seen as a ring, cut into n // length windows at an offset that differs from epoch to epoch; an
    epoch visits each once, in random order. So no token is a target twice in an epoch, and over n epochs
    each position starts a window equally often. Sampling with replacement, the usual way, has missed 37 %
    of the text when it has read as much as there is.
    """
    count = len(tokens) // length
    if count < 2:
        raise ReverieError(
            f"The text is too short: {len(tokens):,} tokens, and windows of {length} need {2 * length:,}.",
            "Add text, or choose a smaller context.",
        )
    number = step * batch + np.arange(batch)
    epoch, index = number // count, number % count
    starts = np.empty(batch, np.int64)
    for e in np.unique(epoch).tolist():
        here = epoch == e
        turn, offset = divmod(e, len(tokens))
        offset = _shuffled(np.array([offset]), len(tokens), (seed, 0, turn))
        starts[here] = offset + _shuffled(index[here], count, (seed, 1, e)) * length
    at = (starts[:, None] + np.arange(length + 1)) % len(tokens)  # (batch, length + 1)
    chunk = np.asarray(tokens)[at].astype(np.int32)
    return chunk[:, :-1], chunk[:, 1:]


def _shuffled(index: NDArray[np.int64], count: int, key: tuple[int, ...]) -> NDArray[np.int64]:
    """Where a random permutation of range(count) sends each `index`, without making the permutation.

    A Feistel network on a rectangle of about `count` cells, sqrt(count) wide; a cell beyond `count`
    is sent on until it is within (Black and Rogaway 2002: "generalised Feistel cipher" and "cycle walking").
    """
    wide = math.isqrt(count - 1) + 1
    high = -(-count // wide)
    keys = np.random.SeedSequence(key).generate_state(6, np.uint64)
    result = index.astype(np.uint64)
    walking = np.arange(len(result))
    while len(walking):
        row, column = np.divmod(result[walking], np.uint64(wide))
        for first, second in keys.reshape(3, 2):
            column = (column + _mixed(row ^ first)) % np.uint64(wide)
            row = (row + _mixed(column ^ second)) % np.uint64(high)
        result[walking] = row * np.uint64(wide) + column
        walking = walking[result[walking] >= count]
    return result.astype(np.int64)


def _mixed(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """32 bits that depend on every bit of `value`; products are modulo 2**64."""
    value = (value ^ (value >> np.uint64(32))) * np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return value >> np.uint64(32)
