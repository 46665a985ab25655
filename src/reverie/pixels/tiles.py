"""A picture in tiles, such that the tiles' gradients add up to the gradient of the whole, exactly.

Every position of every layer belongs to one tile. A tile looks beyond its own positions as far as they see, so their
activations are the right ones; what they give back to the pixels is added where tiles overlap. Tiles begin at
multiples of the stride, and their sizes leave the same remainder as the picture's, so that padding which depends on
the size comes out the same.

Networks that see their whole input at once (attention, global pooling) know no such margin: those of a fixed input
size look through overlapping windows of it, and the objective is the mean over the windows.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Span:
    """Along one axis of `end` pixels: start to stop are seen, and positions at pixels first to last count."""

    start: int
    stop: int
    first: int
    last: int
    end: int

    @property
    def length(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True)
class Tile:
    rows: Span
    columns: Span

    @property
    def pixels(self) -> int:
        """How many are seen."""
        return self.rows.length * self.columns.length

    @property
    def whole(self) -> bool:
        """Whether it is the whole picture."""
        return self.pixels == self.rows.end * self.columns.end


@dataclass(frozen=True)
class Geometry:
    """What tiles of a network must respect.

    stride: pixels between positions of the deepest layer. margin: pixels a position sees beyond its own; None if it
    sees everything. window: (height, width) the network is fixed to, or None.
    """

    stride: int
    margin: int | None
    window: tuple[int, int] | None

    @classmethod
    def of(cls, network: Any, layers: tuple[str, ...]) -> "Geometry":
        """Of a FeatureNetwork's layers."""
        reaches = [network.reach(name) for name in layers]
        margin = None if None in reaches else max(reaches)
        return cls(math.lcm(*(network.stride(name) for name in layers)), margin, network.input_size)


def tiles(height: int, width: int, geometry: Geometry, side: float = math.inf) -> list[Tile]:
    """The tiles of a picture, each at most `side` pixels on a side where margins and stride allow that."""
    if geometry.window is not None:
        rows, columns = windows(height, geometry.window[0]), windows(width, geometry.window[1])
    else:
        margin = geometry.margin if geometry.margin is not None else 0
        rows, columns = (spans(length, geometry.stride, margin, side) for length in (height, width))
    return [Tile(row, column) for row in rows for column in columns]


def spans(length: int, stride: int, margin: int, side: float) -> list[Span]:
    """One axis in equal parts of a multiple of `stride`, each seen with at least `margin` around it."""
    if length <= side:
        return [Span(0, length, 0, length, length)]
    margin = math.ceil(margin / stride) * stride
    room = (
        int(side) - margin - length % stride
    )  # for a tile's own pixels; two tiles have one margin each, more have two
    if length > 2 * (room // stride * stride):
        room -= margin
    count = math.ceil(length / max(stride, room // stride * stride))
    own = math.ceil(length / count / stride) * stride
    result = []
    for first in range(0, length, own):
        last = min(first + own, length)
        # The least stop that leaves the picture's remainder and lies a margin beyond the last own pixel.
        stop = length - max(0, length - last - margin) // stride * stride
        result.append(Span(max(0, first - margin), stop, first, last, length))
    return result


def windows(length: int, window: int) -> list[Span]:
    """As few windows as cover the length, evenly spread; all that a window sees counts."""
    count = math.ceil(length / window)
    starts = [round(i * (length - window) / max(1, count - 1)) for i in range(count)]
    return [Span(start, start + window, start, start + window, length) for start in starts]


def part(whole: np.ndarray, tile: Tile, stride: int, grid: tuple[int, ...]) -> np.ndarray:
    """A tile's own positions out of the whole picture's: float32 (1, *grid, 1), zero at the others."""
    weights = np.zeros((1, *grid, 1), np.float32)
    rows, columns = (
        _own(span, stride, length) for span, length in zip((tile.rows, tile.columns), whole.shape, strict=True)
    )
    weights[0, rows[0], columns[0], 0] = whole[rows[1], columns[1]]
    return weights


def _own(span: Span, stride: int, length: int) -> tuple[slice, slice]:
    """(where in the tile, where in the picture) the tile's own positions are, along one axis."""
    first, last = span.first // stride, length if span.last == span.end else span.last // stride
    before = span.start // stride
    return slice(first - before, last - before), slice(first, last)
