"""How much each position of a layer counts in a mean of the objective; over all tiles the weights add up to one."""

from collections.abc import Sequence

import numpy as np

from reverie import images
from reverie.dream.objectives import Mean
from reverie.errors import ReverieError
from reverie.pixels.tiles import Tile


def of_positions(mean: Mean, grid: tuple[int, ...]) -> np.ndarray:
    """float32 (height, width) over the positions of a whole picture's feature map."""
    weights = np.ones(grid, np.float32)
    if mean.mask is not None:
        weights = np.clip(images.resize(mean.mask[..., None], (grid[0], grid[1]))[..., 0], 0, 1)
    if mean.place is not None:
        down, right = (round(share * (length - 1)) for share, length in zip(mean.place, grid, strict=True))
        weights = weights * 0
        weights[down, right] = 1
    return weights / max(float(weights.sum(dtype=np.float64)), 1e-12)


def of_window(
    mean: Mean, name: str, tiles: Sequence[Tile], grids: Sequence[tuple[int, ...]], size: tuple[int, int]
) -> list[np.ndarray]:
    """The same where a position has no place in the picture (tokens, logits, windows of fixed size).

    Each tile counts as a whole, by its area and the mean of the mask in it; its positions count alike.
    """
    if mean.place is not None and len(grids[0]) != 4:
        raise ReverieError(f"{name} has tokens, not places.", "Use channel instead of neuron.")
    importance = np.array([_area(tile) * _shown(mean.mask, tile, size) for tile in tiles])
    importance /= max(float(importance.sum()), 1e-12)
    result = []
    for share, grid in zip(importance, grids, strict=True):
        height, width = grid[1:3] if len(grid) == 4 else (grid[1], 1) if len(grid) == 3 else (1, 1)
        inside = of_positions(Mean(name, mean.density, mean.constant, place=mean.place), (height, width))
        result.append((share * inside).astype(np.float32)[None, :, :, None])
    return result


def _area(tile: Tile) -> float:
    return (tile.rows.last - tile.rows.first) * (tile.columns.last - tile.columns.first)


def _shown(mask: np.ndarray | None, tile: Tile, size: tuple[int, int]) -> float:
    """The mean of the mask in a tile of a picture of this size."""
    if mask is None:
        return 1.0
    rows, columns = (
        slice(int(span.first / length * steps), max(1, round(span.last / length * steps)))
        for span, length, steps in zip((tile.rows, tile.columns), size, mask.shape, strict=True)
    )
    inside = mask[rows, columns]
    return float(inside.mean()) if inside.size else 0.0
