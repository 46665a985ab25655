"""Batches: a function of the step alone, every picture once an epoch, augmentation that moves and never makes up."""

import numpy as np
import pytest

from reverie.images.batches import Batches, spread
from reverie.images.folders import Pictures

PIXELS = np.random.default_rng(0).integers(0, 256, (10, 8, 8, 3), dtype=np.uint8)


def test_the_same_step_is_the_same_batch():
    one, other = (Batches(PIXELS, 4, seed=3, flip=True, shift=2) for _ in range(2))
    later = [one(step) for step in range(20)]
    assert all((other(step) == later[step]).all() for step in reversed(range(20)))
    assert not all((Batches(PIXELS, 4, seed=4, flip=True, shift=2)(step) == later[step]).all() for step in range(5))


def test_the_iterator_goes_on_from_any_step():
    pictures = Pictures(PIXELS, [str(row) for row in range(10)])
    whole, late = pictures.batches(4, seed=1, shift=1), pictures.batches(4, seed=1, first_step=7, shift=1)
    for _ in range(7):
        next(whole)
    assert all((next(whole) == next(late)).all() for _ in range(5))


@pytest.mark.parametrize("batch_size", [3, 10, 25])
def test_every_picture_comes_once_an_epoch(batch_size):
    batches = Batches(PIXELS, batch_size, rows=np.array([1, 4, 5, 9, 2]))
    seen = np.concatenate([batches.chosen(step) for step in range(20)])
    epochs = seen[: len(seen) // 5 * 5].reshape(-1, 5)
    assert (np.sort(epochs, axis=1) == [1, 2, 4, 5, 9]).all()
    assert len(np.unique(epochs, axis=0)) > 1
    assert (batches(3) == PIXELS[batches.chosen(3)]).all()


def test_half_are_flipped():
    batches = Batches(PIXELS, 100, flip=True)
    flipped = (batches(0) == PIXELS[batches.chosen(0)][:, :, ::-1]).all(axis=(1, 2, 3))
    straight = (batches(0) == PIXELS[batches.chosen(0)]).all(axis=(1, 2, 3))
    assert (flipped ^ straight).all() and 30 < flipped.sum() < 70


def test_shifts_stay_small_and_keep_the_edges():
    pixels = np.zeros((1, 9, 9, 1), np.uint8)
    pixels[0, 4, 4], pixels[0, 0] = 255, 7
    found = set()
    for picture in Batches(pixels, 400, shift=2)(0)[..., 0]:
        row, column = np.argwhere(picture == 255)[0]
        found.add((row - 4, column - 4))
        assert (picture[: max(row - 4, 0) + 1] == 7).all() or row < 4
    assert found == {(down, right) for down in range(-2, 3) for right in range(-2, 3)}


def test_the_pictures_themselves_stay_as_they_are():
    before = PIXELS.copy()
    Batches(PIXELS, 10, flip=True, shift=3)(0)
    assert (before == PIXELS).all()


def test_rows_are_taken_from_all_over_a_set():
    assert spread(10, 4).tolist() == [0, 3, 6, 9]
    assert spread(3, 100).tolist() == [0, 1, 2]
