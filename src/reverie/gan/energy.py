"""Whether generated pictures are as different from each other as real ones: their energy distance, cell by cell."""

from typing import Any

from keras import ops

from reverie.gan.sight import CELLS, in_cells

# For colours, and for each map of the frozen network: cells on a side, and the weight in the generator's loss.
COLOURS, MAPS = (CELLS, 8.0), (4, 0.2)
NEAR = 0.2  # up to this share of how far real pictures are from each other, the force between two grows with distance
LEAST = 0.01  # by how much each number differs at least, where all real pictures are the same


def energy_distance(real: list[Any], made: list[Any], labels: Any = None) -> Any:
    """How differently generated and real pictures are spread: a scalar, near 0 when they are spread alike.

    real, made: maps as `Sight` gives them, each (batch, height, width, channels). For pixels, their means are compared.
    Every map is averaged over cells, and in each cell the energy distance (Székely and Rizzo 2004)

        E d(r, m) - 1/2 E d(r, r') - 1/2 E d(m, m'),   d(x, y) = log(1 + |x - y|² / near²)

    of real r and generated m is estimated without bias (so it can be below 0), in units of 1/2 E d(r, r'). It is 0 only
    if both are spread alike: that all generated pictures are good does not suffice, since the last term pushes them
    apart. A discriminator that judges one picture at a time cannot see that a third of them is missing. It was used as
    a generator's loss by Bellemare et al. 2017 (arXiv 1705.10743); here it is added to the adversarial one. They take
    |x - y| for d, whose force is the same at any distance, so that a picture is hardly drawn to what it is close to;
    of the logarithm it is strongest at near = NEAR (E |r - r'|²)^1/2. It is an energy distance all the same, since d is
    of negative type (Sejdinovic et al. 2013, arXiv 1207.6076).

    labels: int (batch,), of both, where they have any. Then pictures with their labels are compared: between two labels
    E |r - r'|² is added to |x - y|², as if a label were part of the picture. Without this, a generator that had begun
    with the labels the wrong way round stayed so, since all its pictures were there. And half of it is of the pairs of
    one label by themselves, in their own units. Without that, each label became a picture or two, over and over: among
    all pairs theirs are few, and not much farther apart than *near*.
    """
    settings = [COLOURS, *[MAPS] * (len(real) - 2)]
    return sum(
        weight * _energy(_by_cell(ops.stop_gradient(r), cells), _by_cell(m, cells), labels)
        for r, m, (cells, weight) in zip(real[1:], made[1:], settings, strict=True)
    )


def _by_cell(x: Any, cells: int) -> Any:
    """(batch, height, width, channels) -> (cells, batch, channels)."""
    x = in_cells(ops.cast(x, "float32"), cells)
    return ops.transpose(ops.reshape(x, (-1, x.shape[1] * x.shape[2], x.shape[3])), (1, 0, 2))


def _energy(real: Any, made: Any, labels: Any) -> Any:
    """The mean over cells."""
    squares = _squared(real, made), _squared(real, real), _squared(made, made)
    rows = ops.arange(ops.shape(real)[1])
    others = ops.cast(rows[:, None] != rows, "float32")  # a picture's distance to itself says nothing
    same = 1.0 if labels is None else ops.cast(labels[:, None] == labels, "float32")

    def over(pairs: Any, across: Any) -> Any:
        usual = ops.mean(squares[1] * pairs, axis=(1, 2), keepdims=True)
        near_squared = NEAR**2 * usual + LEAST**2 * real.shape[2]
        apart = usual * (1.0 - same)
        between, among_real, among_made = (ops.log1p((each + apart) / near_squared) for each in squares)
        spread = 0.5 * ops.mean(among_real * pairs)
        distance = ops.mean(between * across) - spread - 0.5 * ops.mean(among_made * pairs)
        return distance / ops.maximum(spread, LEAST)

    if labels is None:
        return over(_weighed(others), 1.0)
    # Row by row the labels are the same: as often as among real pictures they are only in other rows.
    return 0.5 * sum(over(pairs, pairs) for pairs in (_weighed(others), _weighed(others * same)))


def _weighed(pairs: Any) -> Any:
    """0 for what is no pair, and as much for each that is, 1 on average; of one picture alone there are none."""
    return pairs / ops.maximum(ops.mean(pairs), LEAST)


def _squared(one: Any, other: Any) -> Any:
    """(cells, n, channels), (cells, m, channels) -> (cells, n, m), squared distances."""
    squares = [ops.sum(ops.square(each), axis=2) for each in (one, other)]
    products = ops.matmul(one, ops.transpose(other, (0, 2, 1)))
    return ops.maximum(squares[0][:, :, None] + squares[1][:, None, :] - 2.0 * products, 0.0)
