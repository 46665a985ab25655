"""The energy distance of real and generated pictures: what it is by hand, and what it can tell."""

import keras
import numpy as np
import pytest
from keras import ops

from reverie import backend
from reverie.gan import energy
from reverie.gan.energy import energy_distance
from reverie.gan.sight import CELLS, in_cells


def number(tensor) -> float:
    return float(backend.to_numpy(tensor))


def maps(pixels: np.ndarray) -> list:
    """Pixels, their means, and a map of another size and number of channels."""
    pixels, other = (ops.convert_to_tensor(each.astype(np.float32)) for each in (pixels, pixels[:, ::2, ::2, :1]))
    return [pixels, in_cells(pixels, CELLS), other]


def flat(colours: np.ndarray, side: int = 16) -> np.ndarray:
    """(n, 3) -> pictures of one colour each, (n, side, side, 3)."""
    return np.broadcast_to(colours[:, None, None, :], (len(colours), side, side, 3))


def of_colours(real: list, labels=None):
    """What pictures of one colour each, given as (n, 1, 1, 3), leave out of the real ones, with its gradient."""

    def loss(x):
        pictures = ops.broadcast_to(x, (len(real[0]), 16, 16, 3))
        value = energy_distance(real, [pictures, in_cells(pictures, CELLS), pictures[:, ::2, ::2, :1]], labels)
        return value, value

    return backend.value_and_grad(loss, [])


@pytest.mark.backends
@pytest.mark.parametrize("side", [16, 6, 29])  # 6: fewer pixels than cells, 29: not a multiple of them
def test_it_is_the_energy_distance(side):
    """Real pictures at 0 and 1, generated ones both at 3, in every cell: of (9 + 4) / 2, 1 and 0 the logarithms."""
    real, made = (flat(np.array([[a] * 3, [b] * 3]), side) for a, b in ((0.0, 1.0), (3.0, 3.0)))
    weights = energy.COLOURS[1] + energy.MAPS[1]
    far, near, within = np.log1p(np.array([9.0, 4.0, 1.0]) / energy.NEAR**2)
    expected = weights * ((far + near) / 2 - within / 2) / (within / 2)
    assert number(energy_distance(maps(real), maps(made))) == pytest.approx(expected, rel=0.02)


def test_it_draws_pictures_to_what_they_are_close_to():
    """Between two kinds of real pictures the plain distance is the same everywhere; here it falls towards either."""
    real = maps(flat(np.repeat([[0.0] * 3, [1.0] * 3], 4, axis=0)))
    middle, nearer, close = (number(energy_distance(real, maps(flat(np.full((8, 3), x))))) for x in (0.5, 0.75, 0.9))
    assert middle > 1.05 * nearer > 1.1 * close


def test_it_is_without_bias():
    """Of many small batches of the same pictures it is 0 on average; if half of the colours are missing it is not."""
    random = np.random.default_rng(0)
    colours = random.uniform(-1, 1, (6, 3))

    def found(kinds: int) -> np.ndarray:
        draws = [(random.integers(0, 6, 8), random.integers(0, kinds, 8)) for _ in range(300)]
        return np.array([number(energy_distance(maps(flat(colours[r])), maps(flat(colours[m])))) for r, m in draws])

    same, missing = found(6), found(3)
    error = same.std() / len(same) ** 0.5
    assert abs(same.mean()) < 3 * error
    assert missing.mean() > 6 * error


@pytest.mark.backends
def test_it_pushes_pictures_that_are_alike_apart():
    """Generated pictures in the middle of two kinds of real ones go to either side, by descent alone."""
    real = maps(flat(np.repeat([[-1.0] * 3, [1.0] * 3], 8, axis=0)))
    made = keras.Variable(np.random.default_rng(0).normal(0, 0.05, (16, 1, 1, 3)).astype(np.float32))
    program = of_colours(real)
    for _ in range(150):
        made.assign(made - 0.5 * program(made.value)[2])
    level = backend.to_numpy(made.value).mean(axis=(1, 2, 3))
    assert 6 <= (level > 0.5).sum() <= 10 and 6 <= (level < -0.5).sum() <= 10


@pytest.mark.backends
def test_labels_are_part_of_a_picture():
    """Of many batches it is 0 on average if kinds have their labels; where two are the wrong way round it is not, and
    draws each picture to its own kind."""
    random = np.random.default_rng(0)
    levels = np.array([-1.0, 1.0])

    def found(swapped: bool, labelled: bool = True) -> np.ndarray:
        values = []
        for _ in range(200):
            labels = random.integers(0, 2, 8).astype(np.int32)
            real, made = (
                np.repeat(levels[kind][:, None], 3, axis=1) + random.normal(0, 0.2, (8, 3))
                for kind in (labels, 1 - labels if swapped else labels)
            )
            given = ops.convert_to_tensor(labels) if labelled else None
            values.append(number(energy_distance(maps(flat(real)), maps(flat(made)), given)))
        return np.array(values)

    right, wrong, unlabelled = found(False), found(True), found(True, labelled=False)
    error = right.std() / len(right) ** 0.5
    assert abs(right.mean()) < 3 * error
    assert wrong.mean() > 10 * error and wrong.mean() > 3 * unlabelled.mean()

    labels = ops.convert_to_tensor(np.array([0, 1] * 4, np.int32))
    real = maps(flat(np.tile(levels, 4)[:, None] * np.ones(3)))
    made = -np.tile(levels, 4)[:, None, None, None] * np.ones((8, 1, 1, 3))
    gradient = backend.to_numpy(of_colours(real, labels)(made.astype(np.float32))[2]).mean(axis=(1, 2, 3))
    assert (gradient[::2] > 0).all() and (gradient[1::2] < 0).all()


@pytest.mark.backends
def test_pictures_of_one_label_are_compared_among_themselves():
    """Where each label is one picture over and over, four labels weigh half as much as one alone: that each is there
    and differs from the others does not hide it."""
    kinds = np.arange(4.0)
    real = np.repeat(kinds, 8) + np.tile([-0.1, 0.1], 16)
    made = np.repeat(kinds, 8)
    labels = ops.convert_to_tensor(np.repeat(np.arange(4, dtype=np.int32), 8))
    of_all, of_one = (
        number(energy_distance(*(maps(flat(each[:count, None] * np.ones(3))) for each in (real, made)), *given))
        for count, given in ((32, [labels]), (8, []))
    )
    assert of_all > 0.3 * of_one > 0
