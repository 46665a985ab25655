"""Whether generated pictures are as different from each other as real ones: their energy distance, cell by cell."""

from typing import Any

from keras import ops

# For pixels, and for each map of the frozen network: cells on a side, and the weight in the generator's loss.
PIXELS, MAPS = (8, 5.0), (4, 0.2)
NEAR = 0.01  # by how much each number differs at least, since the root of a sum of squares is infinitely steep at 0


def uncovered(real: list[Any], made: list[Any]) -> Any:
    """By how much generated pictures fail to cover the real ones: a scalar, near 0 when they do.

    real, made: maps as `Sight` gives them, each (batch, height, width, channels), pixels first.
    Every map is averaged over cells, and in each cell the energy distance (Székely and Rizzo 2004)

        E |r - m| - 1/2 E |r - r'| - 1/2 E |m - m'|

    of real r and generated m is estimated without bias (so it can be below 0), in units of 1/2 E |r - r'|. It is 0 only
    if both are spread alike: that all generated pictures are good does not suffice, since the last term pushes them
    apart. A discriminator that judges one picture at a time cannot see that a third of them is missing. It was used as
    a generator's loss by Bellemare et al. 2017 (arXiv 1705.10743); here it is added to the adversarial one.
    """
    settings = [PIXELS, *[MAPS] * (len(real) - 1)]
    return sum(
        weight * _energy(_in_cells(ops.stop_gradient(r), cells), _in_cells(m, cells))
        for r, m, (cells, weight) in zip(real, made, settings, strict=True)
    )


def _in_cells(x: Any, cells: int) -> Any:
    """(batch, height, width, channels) -> (cells, batch, channels): so many on a side or a few more."""
    block = max(1, x.shape[1] // cells)
    x = ops.average_pool(ops.cast(x, "float32"), block, block, data_format="channels_last")
    return ops.transpose(ops.reshape(x, (-1, x.shape[1] * x.shape[2], x.shape[3])), (1, 0, 2))


def _energy(real: Any, made: Any) -> Any:
    """The mean over cells."""
    rows = ops.arange(ops.shape(real)[1])
    others = ops.cast(rows[:, None] != rows, "float32")  # a picture's distance to itself says nothing
    others /= ops.maximum(ops.mean(others), NEAR)  # of one picture alone there are none
    among_real = ops.mean(_apart(real, real) * others)
    among_made = ops.mean(_apart(made, made) * others)
    return (ops.mean(_apart(real, made)) - 0.5 * (among_real + among_made)) / ops.maximum(0.5 * among_real, NEAR)


def _apart(one: Any, other: Any) -> Any:
    """(cells, n, channels), (cells, m, channels) -> (cells, n, m), distances."""
    squares = [ops.sum(ops.square(each), axis=2) for each in (one, other)]
    products = ops.matmul(one, ops.transpose(other, (0, 2, 1)))
    squared = squares[0][:, :, None] + squares[1][:, None, :] - 2.0 * products
    return ops.sqrt(ops.maximum(squared, 0.0) + NEAR**2 * one.shape[2])
