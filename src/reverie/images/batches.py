"""Batches of pictures as a function of the step alone: what is resumed sees what it would have seen."""

from functools import lru_cache

import numpy as np


class Batches:
    """`batches(step)` is uint8 (batch_size, size, size, channels), the same for the same step, in any process.

    pixels: uint8 (n, size, size, channels), memory-mapped or not. rows: those of them to take (all). Every picture
    comes once in an epoch, and the epochs' orders differ; a batch may begin in one epoch and end in the next. flip:
    each picture is mirrored, left and right, with probability 1/2. shift: each is moved by up to so many pixels up or
    down and left or right; its edge rows are repeated.
    """

    def __init__(
        self,
        pixels: np.ndarray,
        batch_size: int,
        seed: int = 0,
        *,
        flip: bool = False,
        shift: int = 0,
        rows: np.ndarray | None = None,
    ) -> None:
        self.pixels = pixels
        self.rows = np.arange(len(pixels)) if rows is None else rows
        self.batch_size = batch_size
        self.seed = seed
        self.flip = flip
        self.shift = shift
        self._order = lru_cache(maxsize=2)(self._order_of)  # asked from more than one thread

    def __call__(self, step: int) -> np.ndarray:
        batch = np.take(self.pixels, self.chosen(step), axis=0)
        random = np.random.default_rng((self.seed, 1, step))
        if self.flip:
            mirrored = random.random(self.batch_size) < 0.5
            for channel in range(batch.shape[3]):  # three times as fast as all channels at once
                batch[mirrored, ..., channel] = batch[mirrored, :, ::-1, channel]
        if self.shift:
            _move(batch, random.integers(-self.shift, self.shift + 1, (self.batch_size, 2)))
        return batch

    def chosen(self, step: int) -> np.ndarray:
        """The rows of `pixels` that are in the batch of this step."""
        places = np.arange(step * self.batch_size, (step + 1) * self.batch_size)
        epochs, within = np.divmod(places, len(self.rows))
        orders = {epoch: self._order(epoch) for epoch in np.unique(epochs).tolist()}
        return np.concatenate([order[within[epochs == epoch]] for epoch, order in orders.items()])

    def _order_of(self, epoch: int) -> np.ndarray:
        return np.random.default_rng((self.seed, 0, epoch)).permutation(self.rows)


def spread(count: int, most: int) -> np.ndarray:
    """The rows of at most so many of `count` pictures, from all over them: a folder's are ordered by their names."""
    return np.linspace(0, count - 1, min(most, count)).astype(int)


def _move(batch: np.ndarray, moves: np.ndarray) -> None:
    """Each picture by its (down, right), in place; what it leaves free is filled from its edge."""
    height, width = batch.shape[1:3]
    most = int(np.abs(moves).max())
    wide = np.pad(batch, ((0, 0), (most, most), (most, most), (0, 0)), mode="edge")
    for picture, source, (down, right) in zip(batch, wide, (most - moves).tolist(), strict=True):
        picture[:] = source[down : down + height, right : right + width]
