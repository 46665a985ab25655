"""Steps uphill: the gradient of an objective with regard to a picture, whole or in tiles."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

from reverie import backend
from reverie.dream.objectives import Objective, classifier, flat
from reverie.dream.weights import of_positions, of_window
from reverie.errors import ReverieError
from reverie.pixels.tiles import Geometry, Span, Tile, part, tiles

Tensor = Any


@dataclass(frozen=True)
class View:
    """A tile of a picture of one size, and for each mean of the objective the weights of the positions in it.

    weights: float32 (1, height, width, 1) over the layer's positions; zero where another tile counts.
    """

    tile: Tile
    weights: list[np.ndarray]


class Ascent:
    """An objective on a network, ready to climb. One graph serves pictures of every size.

    whole: bytes a pixel of the whole picture takes: 8-bit, and four float32 arrays when octaves change.
    network: a FeatureNetwork. side: pixels on a side of the largest tile.
    Raises ReverieError where the objective asks for what the network does not have.
    """

    whole, kept = 3 + 4 * 12, 1

    def __init__(self, network: Any, objective: Objective, side: float = math.inf) -> None:
        if not objective.means:
            raise ReverieError(f"{objective} is a number, not an objective.", "Name a layer to dream of.")
        self.network, self.objective, self.side = network, objective, side
        layers = [mean.layer or classifier(network) for mean in objective.means]
        self.layers = tuple(dict.fromkeys(layers))
        self.model = network.activations(self.layers)
        self.geometry = Geometry.of(network, self.layers)
        self._means = list(zip(objective.means, map(self.layers.index, layers), strict=True))
        self._constants = [mean.constant(network) for mean in objective.means]
        self._program = backend.value_and_grad(self._value, network.variables)
        self._shapes: dict[tuple[int, int], list[tuple[int, ...]]] = {}

    def gradient(
        self, picture: np.ndarray, views: Sequence[View], shift: tuple[int, int] = (0, 0)
    ) -> tuple[float, np.ndarray]:
        """(objective, gradient) of a picture, float32 (height, width, 3), rolled down and right by `shift`.

        It is rolled while the tiles are cut out, and back while they are put in: no copy of the picture is made.
        The gradient of a product needs the means of the whole picture, which take a pass of their own.
        """
        known: list[np.ndarray] = []
        if len(views) > 1 and not self.objective.linear:
            known = [self._run(_cut(picture, view.tile, shift), view, self._none)[0] for view in views]
        total = np.asarray(np.sum(known, axis=0), np.float32) if known else self._none
        means = np.zeros(len(self._means), np.float32)
        result = np.zeros_like(picture)
        for i, view in enumerate(views):
            others = total - known[i] if known else total
            own, gradient = self._run(_cut(picture, view.tile, shift), view, others)
            means += own
            _put(result, gradient, view.tile, shift)
        return float(self.objective.value(means.tolist())), result

    def views(self, height: int, width: int) -> list[View]:
        """The tiles of a picture of this size. Raises ReverieError if the network cannot look at one so small."""
        cut = self.tiles(height, width)
        weights: list[list[np.ndarray]] = [[] for _ in cut]
        for mean, layer in self._means:
            name = self.layers[layer]
            grids = [self._grids(tile.rows.length, tile.columns.length)[layer] for tile in cut]
            if self.geometry.window is None and len(grids[0]) == 4:
                whole = of_positions(mean, self._grids(height, width)[layer][1:3])
                stride = self.network.stride(name)
                parts = [part(whole, tile, stride, grid[1:3]) for tile, grid in zip(cut, grids, strict=True)]
            else:
                parts = of_window(mean, name, cut, grids, (height, width))
            for of_tile, array in zip(weights, parts, strict=True):
                of_tile.append(array)
        return [View(tile, of_tile) for tile, of_tile in zip(cut, weights, strict=True)]

    def tiles(self, height: int, width: int) -> list[Tile]:
        """How a picture of this size is cut. Raises ReverieError if the network cannot look at one so small."""
        window = self.geometry.window
        if window is not None and (height < window[0] or width < window[1]):
            raise self._too_small(height, width)
        self._grids(*(window or (height, width)))
        return tiles(height, width, self.geometry, self.side)

    def fits(self, height: int, width: int) -> bool:
        """Whether the network can look at a picture of this size."""
        try:
            self.tiles(height, width)
        except ReverieError:
            return False
        return True

    def _value(self, x: Tensor, others: Tensor, *rest: Tensor) -> tuple[Tensor, Tensor]:
        """The objective of one tile's pixels (1, height, width, 3), given what the other tiles add to the means."""
        activations = [flat(a) for a in self.model(x, training=False)]  # (1, positions, channels)
        count = len(self._means)
        own = []
        for (mean, layer), weights, constant in zip(self._means, rest[:count], rest[count:], strict=True):
            density = mean.density(activations[layer], constant)  # (1, positions)
            own.append(ops.sum(density * ops.reshape(weights, (1, -1))))
        means = ops.stack(own)
        together = means + others
        return self.objective.value([together[i] for i in range(count)]), means

    def _run(self, pixels: np.ndarray, view: View, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(means, gradient) of one tile's pixels (height, width, 3)."""
        _, means, gradient = self._program(pixels[None], others, *view.weights, *self._constants)
        return backend.to_numpy(means), backend.to_numpy(gradient)[0]

    @property
    def _none(self) -> np.ndarray:
        return np.zeros(len(self._means), np.float32)

    def _grids(self, height: int, width: int) -> list[tuple[int, ...]]:
        """The shapes of the layers' activations for a picture of this size."""
        if (height, width) not in self._shapes:
            try:
                shapes = self.model.compute_output_shape((1, height, width, 3))
            except ValueError as error:
                raise self._too_small(height, width) from error
            if any(side < 1 for shape in shapes for side in shape):
                raise self._too_small(height, width)
            self._shapes[height, width] = shapes
        return self._shapes[height, width]

    def _too_small(self, height: int, width: int) -> ReverieError:
        return ReverieError(
            f"A picture of {width} x {height} pixels is too small for {self.layers[-1]} of {self.network.name}.",
            "Make it larger with size (--size).",
        )


def _cut(picture: np.ndarray, tile: Tile, shift: tuple[int, int]) -> np.ndarray:
    """A copy of the tile's pixels of the rolled picture."""
    pixels = np.empty((tile.rows.length, tile.columns.length, 3), np.float32)
    for inside, outside in _pieces(picture, tile, shift):
        pixels[inside] = picture[outside]
    return pixels


def _put(picture: np.ndarray, pixels: np.ndarray, tile: Tile, shift: tuple[int, int]) -> None:
    """Adds a tile's pixels where `_cut` took them."""
    for inside, outside in _pieces(picture, tile, shift):
        picture[outside] += pixels[inside]


Place = tuple[slice, slice]


def _pieces(picture: np.ndarray, tile: Tile, shift: tuple[int, int]) -> Iterator[tuple[Place, Place]]:
    """The up to four rectangles of a tile that the picture's edges part: (where in the tile, where in the picture)."""
    rows = _intervals(tile.rows, shift[0], picture.shape[0])
    columns = _intervals(tile.columns, shift[1], picture.shape[1])
    for row_in, row_out in rows:
        for column_in, column_out in columns:
            yield (row_in, column_in), (row_out, column_out)


def _intervals(span: Span, shift: int, length: int) -> list[tuple[slice, slice]]:
    begin = (span.start - shift) % length
    before = min(span.length, length - begin)  # the rest begins at 0 again
    parts = [(slice(0, before), slice(begin, begin + before))]
    if before < span.length:
        parts.append((slice(before, span.length), slice(0, span.length - before)))
    return parts
