"""What the rows of a run say: which was best, and whether it memorises."""

import csv
import io

from reverie.training.history import History


def history(validation: list[float], loss: list[float] | None = None) -> History:
    losses = loss or [1 - i / 100 for i in range(len(validation))]
    return History([(i + 1, losses[i], value, 0.1) for i, value in enumerate(validation)])


def test_best_is_the_first_of_the_lowest() -> None:
    assert history([3.0, 1.0, 2.0, 1.0]).best == (2, 1.0)
    assert history([float("nan"), 2.0]).best == (2, 2.0)
    assert History([(1, 0.5, None, 0.1)]).best is None


def test_memorising_needs_every_sign_at_once() -> None:
    rising = [1.0, 1.02, 1.04, 1.06]
    assert history(rising).memorising(3)
    assert not history(rising).memorising(4)  # not long enough
    assert not history([1.0, 1.02, 1.01, 1.06]).memorising(3)  # not each time
    assert not history([1.0, 1.002, 1.004, 1.006]).memorising(3)  # not clearly
    assert not history(rising, [1.0, 1.0, 1.0, 1.0]).memorising(3)  # training does not fall
    assert not History().memorising(3)
    assert history([-1.0, -0.99, -0.98, -0.97]).memorising(3)  # losses may be negative


def test_metrics_keep_every_digit() -> None:
    rows = [(8, 0.1 + 0.2, None, 1e-5), (16, 1 / 3, 2 / 3, 0.0)]
    read = list(csv.DictReader(io.StringIO(History(rows).csv())))
    assert [float(row["loss"]) for row in read] == [0.1 + 0.2, 1 / 3]
    assert read[0]["validation"] == "" and float(read[1]["validation"]) == 2 / 3
