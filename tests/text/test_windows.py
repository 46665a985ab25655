"""Which windows a training step sees."""

import numpy as np
import pytest

from reverie.errors import ReverieError
from reverie.text.windows import windows


def epoch(tokens: np.ndarray, number: int, length: int, seed: int = 0) -> np.ndarray:
    """The windows' first tokens, in the order they are seen."""
    count = len(tokens) // length
    steps = range(number * count, (number + 1) * count)
    return np.array([windows(tokens, seed=seed, step=s, batch=1, length=length)[0][0, 0] for s in steps])


def test_the_target_is_the_input_one_token_later() -> None:
    tokens = np.arange(100, dtype=np.uint16)
    x, y = windows(tokens, seed=3, step=5, batch=4, length=10)
    assert x.shape == y.shape == (4, 10)
    assert x.dtype == y.dtype == np.int32
    assert (y == (x + 1) % 100).all()
    assert (x[:, 1:] == y[:, :-1]).all()


def test_a_batch_is_a_function_of_seed_and_step() -> None:
    tokens = np.arange(5000, dtype=np.uint16)
    draw = [windows(tokens, seed=s, step=t, batch=8, length=16)[0] for s, t in ((1, 9), (2, 9), (1, 10), (1, 9))]
    assert (draw[0] == draw[3]).all()
    assert (draw[0] != draw[1]).any()
    assert (draw[0] != draw[2]).any()


def test_the_batch_size_does_not_change_the_order() -> None:
    tokens = np.arange(1000, dtype=np.uint16)  # 62 windows: batches of 7 run across the ends of epochs
    small = [windows(tokens, seed=1, step=s, batch=7, length=16)[0] for s in range(40)]
    large = [windows(tokens, seed=1, step=s, batch=70, length=16)[0] for s in range(4)]
    assert (np.concatenate(small) == np.concatenate(large)).all()


@pytest.mark.parametrize("size", [20, 57, 1000])
def test_an_epoch_has_every_token_as_a_target_once(size: int) -> None:
    tokens = np.arange(size, dtype=np.uint16)
    for number in (0, 1, 17):
        starts = epoch(tokens, number, 10)
        targets = (starts[:, None] + 1 + np.arange(10)) % size
        assert len(np.unique(targets)) == targets.size == size // 10 * 10


def test_every_position_starts_a_window_equally_often() -> None:
    tokens = np.arange(43, dtype=np.uint16)
    starts = np.concatenate([epoch(tokens, number, 8) for number in range(43)])
    assert np.bincount(starts, minlength=43).tolist() == [5] * 43


def test_epochs_differ_and_the_order_is_random() -> None:
    tokens = np.arange(60_000, dtype=np.uint16)
    first, second = epoch(tokens, 0, 30), epoch(tokens, 1, 30)
    assert first[0] % 30 != second[0] % 30  # cut elsewhere
    assert np.mean((np.diff(first) - np.diff(second)) % len(tokens) == 0) < 0.01  # and in another order
    for starts in (first, second):
        rank = np.argsort(np.argsort(starts)).astype(float)
        assert abs(np.corrcoef(rank, np.arange(len(rank)))[0, 1]) < 0.1
        assert abs(np.corrcoef(rank[1:], rank[:-1])[0, 1]) < 0.1


def test_a_step_does_not_read_the_whole_corpus() -> None:

    tokens = np.broadcast_to(np.uint16(7), (10**12,))  # a terabyte that is one number: touching it all would hang
    x, _ = windows(tokens, seed=1, step=10**6, batch=64, length=256)
    assert (x == 7).all()


def test_two_windows_are_the_least() -> None:
    tokens = np.arange(32, dtype=np.uint16)
    assert windows(tokens, seed=0, step=0, batch=4, length=16)[0].shape == (4, 16)
    with pytest.raises(ReverieError, match=r"32 tokens, and windows of 17 need 34"):
        windows(tokens, seed=0, step=0, batch=4, length=17)
