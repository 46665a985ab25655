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

    content: for each content layer the photo's activations, (height, width, channels). energies: the sums of
    their squares. grams: for each style layer (regions, channels, channels). regions: for each style layer where they
    are. shares: of the picture that each region has, (regions,).
    """

    size: tuple[int, int]
    content: Maps
    energies: list[float]
    grams: Maps
    regions: "list[Region]"
    shares: np.ndarray
    tiles: list[Tile]


@dataclass(frozen=True)
class Region:
    """Where the regions are on a style layer.

    masks: float32 (height, width, regions) in [0, 1]; None for one region everywhere. shares: (regions,), one over
    the sums of the masks, by which sums over positions become Gram matrices.
    """

    masks: np.ndarray | None
    shares: np.ndarray


class Objective:
    """The content of one picture and the style of others as a network sees them. One graph serves every size.

    network: a FeatureNetwork. content, style: names of layers; those of one kind weigh alike. side: pixels on a side
    of the largest tile. whole: bytes a pixel of the whole picture takes: 8-bit, and six float32 arrays.
    Raises ReverieError for a layer the network does not have, or one that is no feature map.
    """

    whole, kept = 3 + 6 * 12, 6

    def __init__(self, network: Any, content: Sequence[str], style: Sequence[str], side: float = math.inf) -> None:
        self.network, self.side = network, side
        self.layers = tuple(dict.fromkeys((*content, *style)))
        self.model = network.activations(self.layers, half=True)
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
        cut, regions = self.tiles(size), self._regions(masks, size)
        for tile in cut if keep else []:
            maps, _ = self._seen(photo, tile, regions)
            for whole, seen, i in zip(content, maps, self._content, strict=True):
                self._put(whole, seen, tile, i)
        energies = [sum(float(np.vdot(row, row)) for row in a) + TINY if keep else math.inf for a in content]
        shares = np.ones(1) if masks is None else masks.mean(axis=(0, 1), dtype=np.float64)
        return Targets(size, content, energies, grams, regions, shares.astype(np.float32), cut)

    def grams(self, painting: np.ndarray, mask: np.ndarray | None = None) -> Maps:
        """For each style layer, (1, channels, channels): of a painting, float32 (height, width, 3), behind a mask."""
        size = painting.shape[0], painting.shape[1]
        regions = self._regions(None if mask is None else mask[..., None], size)
        return _added([self._seen(painting, tile, regions)[1] for tile in self.tiles(size)])

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
        contents, weights, masks, each, grams, others = _split(
            rest, len(self._content), len(self._content), *[len(self._style)] * 4
        )
        content, style = ops.zeros(()), ops.zeros(())
        for i, target, weight in zip(self._content, contents, weights, strict=True):
            content = content + content_loss(maps[i], target, weight) / len(self._content)
        for i, mask, of_each, gram, other in zip(self._style, masks, each, grams, others, strict=True):
            for r, own in enumerate(_grams(maps[i], mask, of_each)):
                style = style + shares[r] * style_loss(own + other[r], gram[r]) / len(self._style)
        smoothness = total_variation(x, edges) if len(edges.shape) == 4 else ops.zeros(())
        losses = ops.stack([content, style, smoothness])
        return ops.sum(dials * losses), losses

    def _look(self, x: Tensor, *regions: Tensor) -> tuple[Tensor, tuple[list[Tensor], list[Tensor]]]:
        """(what is not needed, (the content layers' maps, what the tile adds to each Gram matrix))."""
        maps = self.model(x, training=False)
        masks, each = _split(regions, len(self._style), len(self._style))
        grams = [ops.stack(_grams(maps[i], *of_layer)) for i, *of_layer in zip(self._style, masks, each, strict=True)]
        return ops.sum(x), ([ops.cast(maps[i], "float32") for i in self._content], grams)

    def _seen(self, picture: np.ndarray, tile: Tile, regions: Sequence[Region]) -> tuple[Maps, Maps]:
        """(the content layers' maps, what the tile adds to each Gram matrix)."""
        _, (maps, grams), _ = self._see(picture[_own(tile)][None], *self._of_regions(regions, tile))
        return [backend.to_numpy(a)[0] for a in maps], [backend.to_numpy(a) for a in grams]

    def _run(
        self, canvas: np.ndarray, targets: Targets, balance: Balance, others: Maps, tile: Tile
    ) -> tuple[np.ndarray, np.ndarray]:
        """(losses, gradient) of one tile."""
        height, width = targets.size
        contents = [self._window(a, tile, i) for a, i in zip(targets.content, self._content, strict=True)]
        weights = [np.asarray(1 / energy, np.float32) for energy in targets.energies]
        if not tile.whole:
            weights = [weight * self._everywhere(tile, i) for weight, i in zip(weights, self._content, strict=True)]
        edges: np.ndarray = np.zeros(
            1, np.float32
        )  # total variation costs more than it seems, and most paint without it
        if balance.smoothness:
            counts = 3 * (height - 1) * width, 3 * height * (width - 1)
            edges = part(np.ones(targets.size, np.float32), tile, 1, (tile.rows.length, tile.columns.length))
            edges = edges / np.array(counts, np.float32)
        dials = np.array([balance.content, balance.style, balance.smoothness], np.float32)
        _, losses, gradient = self._gradient(
            canvas[_own(tile)][None], dials, targets.shares, edges, *contents, *weights,
            *self._of_regions(targets.regions, tile), *targets.grams, *others,
        )  # fmt: skip
        return backend.to_numpy(losses), backend.to_numpy(gradient)[0]

    def _regions(self, masks: np.ndarray | None, size: tuple[int, int]) -> list[Region]:
        """Where the regions are on each style layer."""
        found = []
        for i in self._style:
            grid = self.grids(size)[i]
            at = None if masks is None else np.clip(images.resize(masks, grid), 0, 1)
            areas = np.array([math.prod(grid)]) if at is None else at.sum(axis=(0, 1), dtype=np.float64) + TINY
            found.append(Region(at, (1 / areas).astype(np.float32)))
        return found

    def _of_regions(self, regions: Sequence[Region], tile: Tile) -> Maps:
        """For each style layer the masks of a tile's own positions, zero elsewhere, then for each the shares.

        masks: (1, height, width, regions); or (1,), a one, where the whole counts and there are none to lay over it.
        """
        masks = []
        for layer, region in zip(self._style, regions, strict=True):
            if region.masks is not None:
                shares = [self._part(region.masks[..., r], tile, layer) for r in range(len(region.shares))]
                masks.append(np.concatenate(shares, axis=-1))
            elif tile.whole:
                masks.append(np.ones(1, np.float32))
            else:
                masks.append(self._everywhere(tile, layer))
        return [*masks, *(region.shares for region in regions)]

    def _everywhere(self, tile: Tile, layer: int) -> np.ndarray:
        """One at a tile's own positions of a layer, (1, height, width, 1)."""
        return self._part(
            np.broadcast_to(np.float32(1), self.grids((tile.rows.end, tile.columns.end))[layer]), tile, layer
        )

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


def _grams(activations: Tensor, masks: Tensor, shares: Tensor) -> list[Tensor]:
    """Each region's Gram matrix, or what a tile adds to it; see `_of_regions`."""
    if len(masks.shape) == 1:
        return [gram_sum(activations) * shares[0]]
    return [gram_sum(activations, masks[..., r : r + 1]) * shares[r] for r in range(masks.shape[-1])]


def _added(parts: Sequence[Maps]) -> Maps:
    """The sums over tiles, in double precision."""
    return [np.asarray(np.sum(of_layer, axis=0, dtype=np.float64), np.float32) for of_layer in zip(*parts, strict=True)]


def _split(values: Sequence[Tensor], *counts: int) -> Iterator[Sequence[Tensor]]:
    first = 0
    for count in counts:
        yield values[first : first + count]
        first += count
