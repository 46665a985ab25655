"""The objective of a repainting on a network, and its gradient with regard to the canvas, whole or in tiles."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

from reverie import backend, images
from reverie.errors import ReverieError
from reverie.pixels.tiles import Geometry, Tile, part, tiles
from reverie.style.losses import TINY, content_loss, gram_sum, style_loss, total_variation

Tensor = Any
Maps = list[np.ndarray]  # one for each layer


@dataclass(frozen=True)
class Balance:
    """How much each loss counts; see `losses`."""

    content: float = 1.0
    style: float = 1.0
    smoothness: float = 0.0


@dataclass(frozen=True)
class Targets:
    """What a canvas of one size, (height, width), is compared with while it is painted.

    content: for each content layer the photo's activations, (height, width, channels). grams: for each style layer
    (regions, channels, channels). regions: for each style layer how much each position counts in each region's Gram
    matrix, (height, width, regions), the positions of a region adding up to 1. shares: of the picture that each region
    has, (regions,). scales: what the sums of squared differences are divided by, for each content layer.
    """

    size: tuple[int, int]
    content: Maps
    scales: list[float]
    grams: Maps
    regions: Maps
    shares: np.ndarray
    tiles: list[Tile]


class Objective:
    """The content of one picture and the style of others as a network sees them. One graph serves every size.

    network: a FeatureNetwork. content, style: names of layers; those of one kind weigh alike. side: pixels on a side
    of the largest tile. whole: bytes a pixel of the whole picture takes: 8-bit, and six float32 arrays.
    Raises ReverieError for a layer the network does not have, or one that is no feature map.
    """

    whole = 3 + 6 * 12

    def __init__(self, network: Any, content: Sequence[str], style: Sequence[str], side: float = math.inf) -> None:
        self.network, self.side = network, side
        self.layers = tuple(dict.fromkeys((*content, *style)))
        self.model = network.activations(self.layers)
        if network.input_size is not None or any(len(output.shape) != 4 for output in self.model.outputs):
            raise ReverieError(
                f"{network.name} cannot paint: it takes pictures of one size, or these layers are not maps.",
                "Use a plain convolutional network, such as reverie-style or vgg19.",
            )
        self.geometry = Geometry.of(network, self.layers)
        self._content = [self.layers.index(name) for name in content]
        self._style = [self.layers.index(name) for name in style]
        self._gradient = backend.value_and_grad(self._value, network.variables)
        self._see = backend.value_and_grad(self._look, network.variables)
        self._grids: dict[tuple[int, int], list[tuple[int, int]]] = {}

    def targets(self, photo: np.ndarray, grams: Maps, masks: np.ndarray | None = None, keep: bool = True) -> Targets:
        """What a canvas of the photo's size is compared with.

        photo: float32 (height, width, 3). grams: from `grams`. masks: float32 (height, width, regions) in [0, 1], laid
        over the canvas. keep: whether there is content to keep; else only the photo's size counts.
        """
        size = photo.shape[0], photo.shape[1]
        grids = self.grids(size)
        content = [np.zeros((*grids[i], self.network.channels(self.layers[i])), np.float32) for i in self._content]
        cut = self.tiles(size)
        for tile in cut if keep else []:
            maps, _ = self._seen(photo, tile, self._shares(masks, size))
            for whole, seen, i in zip(content, maps, self._content, strict=True):
                self._put(whole, seen, tile, i)
        energies = [float(np.square(a, dtype=np.float64).sum()) + TINY if keep else math.inf for a in content]
        shares = np.ones(1) if masks is None else masks.mean(axis=(0, 1), dtype=np.float64)
        return Targets(size, content, energies, grams, self._shares(masks, size), shares.astype(np.float32), cut)

    def grams(self, painting: np.ndarray, mask: np.ndarray | None = None) -> Maps:
        """For each style layer, (1, channels, channels): of a painting, float32 (height, width, 3), behind a mask."""
        size = painting.shape[0], painting.shape[1]
        regions = self._shares(None if mask is None else mask[..., None], size)
        return _added(self._seen(painting, tile, regions)[1] for tile in self.tiles(size))

    def gradient(self, canvas: np.ndarray, targets: Targets, balance: Balance) -> tuple[np.ndarray, np.ndarray]:
        """((content, style, smoothness), gradient of their weighted sum) of a canvas, float32 (height, width, 3).

        In tiles it takes two passes: the first adds up the Gram matrices of the whole canvas; the second sends their
        gradient back through each tile. What comes out is the gradient of the whole canvas, but for rounding.
        """
        if len(targets.tiles) == 1:
            return self._run(canvas, targets, balance, [np.zeros_like(a) for a in targets.grams], targets.tiles[0])
        known = [self._seen(canvas, tile, targets.regions)[1] for tile in targets.tiles]
        total = _added(known)
        losses, result = np.zeros(3), np.zeros_like(canvas)
        for own, tile in zip(known, targets.tiles, strict=True):
            others = [a - b for a, b in zip(total, own, strict=True)]
            parts, gradient = self._run(canvas, targets, balance, others, tile)
            # Content and smoothness add up over tiles; each tile's style loss is that of the whole canvas.
            losses += parts / (1, len(targets.tiles), 1)
            result[_own(tile)] += gradient
        return losses, result

    def tiles(self, size: tuple[int, int]) -> list[Tile]:
        return tiles(*size, self.geometry, self.side)

    def grids(self, size: tuple[int, int]) -> list[tuple[int, int]]:
        """(height, width) of each layer's map for a picture of this size. Raises ReverieError if it is too small."""
        if size not in self._grids:
            try:
                shapes = [shape[1:3] for shape in self.model.compute_output_shape((1, *size, 3))]
            except ValueError:
                shapes = [(0, 0)]
            if min(min(shape) for shape in shapes) < 1:
                raise ReverieError(
                    f"A picture of {size[1]} x {size[0]} pixels is too small for {self.network.name}.",
                    "Make it larger with size (--size).",
                )
            self._grids[size] = shapes
        return self._grids[size]

    def _value(self, x: Tensor, dials: Tensor, shares: Tensor, edges: Tensor, *rest: Tensor) -> tuple[Tensor, Tensor]:
        """The weighted losses of one tile's pixels (1, height, width, 3), given the other tiles' Gram matrices."""
        maps = self.model(x, training=False)
        contents, weights, regions, grams, others = _split(
            rest, len(self._content), len(self._content), len(self._style), len(self._style), len(self._style)
        )
        content = style = ops.zeros(())
        for i, target, weight in zip(self._content, contents, weights, strict=True):
            content += content_loss(maps[i], target, weight) / len(self._content)
        for i, region, gram, other in zip(self._style, regions, grams, others, strict=True):
            for r in range(region.shape[-1]):
                whole = gram_sum(maps[i], region[..., r]) + other[r]
                style += shares[r] * style_loss(whole, gram[r]) / len(self._style)
        losses = ops.stack([content, style, total_variation(x, edges)])
        return ops.sum(dials * losses), losses

    def _look(self, x: Tensor, *regions: Tensor) -> tuple[Tensor, tuple[list[Tensor], list[Tensor]]]:
        """(what is not needed, (the content layers' maps, what the tile adds to each Gram matrix))."""
        maps = self.model(x, training=False)
        grams = [
            ops.stack([gram_sum(maps[i], region[..., r]) for r in range(region.shape[-1])])
            for i, region in zip(self._style, regions, strict=True)
        ]
        return ops.sum(x), ([maps[i] for i in self._content], grams)

    def _seen(self, picture: np.ndarray, tile: Tile, regions: Maps) -> tuple[Maps, Maps]:
        _, (maps, grams), _ = self._see(picture[_own(tile)][None], *self._parts(regions, tile))
        return [backend.to_numpy(a)[0] for a in maps], [backend.to_numpy(a) for a in grams]

    def _run(
        self, canvas: np.ndarray, targets: Targets, balance: Balance, others: Maps, tile: Tile
    ) -> tuple[np.ndarray, np.ndarray]:
        """(losses, gradient) of one tile."""
        height, width = targets.size
        contents, weights = [], []
        for whole, scale, layer in zip(targets.content, targets.scales, self._content, strict=True):
            even = np.broadcast_to(np.float32(1 / scale), whole.shape[:2])
            weights.append(self._part(even, tile, layer))
            contents.append(self._window(whole, tile, layer))
        seen = tile.rows.length, tile.columns.length
        edges = part(np.broadcast_to(np.float32(1), targets.size), tile, 1, seen)
        edges = edges * np.array([1 / (3 * (height - 1) * width), 1 / (3 * height * (width - 1))], np.float32)
        dials = np.array([balance.content, balance.style, balance.smoothness], np.float32)
        _, losses, gradient = self._gradient(
            canvas[_own(tile)][None], dials, targets.shares, edges, *contents, *weights,
            *self._parts(targets.regions, tile), *targets.grams, *others,
        )  # fmt: skip
        return backend.to_numpy(losses), backend.to_numpy(gradient)[0]

    def _shares(self, masks: np.ndarray | None, size: tuple[int, int]) -> Maps:
        """How much each position of each style layer counts in each region."""
        found = []
        for i in self._style:
            grid = self.grids(size)[i]
            if masks is None:
                found.append(np.broadcast_to(np.float32(1 / math.prod(grid)), (*grid, 1)))
            else:
                at = np.clip(images.resize(masks, grid), 0, 1)
                found.append((at / (at.sum(axis=(0, 1), dtype=np.float64) + TINY)).astype(np.float32))
        return found

    def _parts(self, regions: Maps, tile: Tile) -> Maps:
        """A tile's own positions of maps over the style layers, (1, height, width, regions), zero elsewhere."""
        found = []
        for layer, whole in zip(self._style, regions, strict=True):
            parts = [self._part(whole[..., r], tile, layer) for r in range(whole.shape[2])]
            found.append(parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1))
        return found

    def _part(self, whole: np.ndarray, tile: Tile, layer: int) -> np.ndarray:
        """A tile's own positions of a map (height, width) over a layer, as (1, height, width, 1), zero elsewhere."""
        return part(whole, tile, self._stride(layer), self.grids((tile.rows.length, tile.columns.length))[layer])

    def _window(self, whole: np.ndarray, tile: Tile, layer: int) -> np.ndarray:
        """What a tile sees of a layer's map (height, width, channels), its own positions and others."""
        stride = self._stride(layer)
        top, left = tile.rows.start // stride, tile.columns.start // stride
        height, width = self.grids((tile.rows.length, tile.columns.length))[layer]
        return whole[None, top : top + height, left : left + width]

    def _put(self, whole: np.ndarray, seen: np.ndarray, tile: Tile, layer: int) -> None:
        """Writes a tile's own positions into the map of the whole."""
        own = self._part(np.broadcast_to(np.float32(1), whole.shape[:2]), tile, layer)[0] > 0
        np.copyto(self._window(whole, tile, layer)[0], seen, where=own)

    def _stride(self, layer: int) -> int:
        return int(self.network.stride(self.layers[layer]))


def _own(tile: Tile) -> tuple[slice, slice]:
    return slice(tile.rows.start, tile.rows.stop), slice(tile.columns.start, tile.columns.stop)


def _added(parts: "Iterator[Maps] | list[Maps]") -> Maps:
    """The sums over tiles, in double precision."""
    return [np.asarray(np.sum(of_layer, axis=0, dtype=np.float64), np.float32) for of_layer in zip(*parts, strict=True)]


def _split(values: Sequence[Tensor], *counts: int) -> Iterator[Sequence[Tensor]]:
    first = 0
    for count in counts:
        yield values[first : first + count]
        first += count
