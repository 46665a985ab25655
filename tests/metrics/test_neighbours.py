"""Precision, recall and nearest neighbours, of sets where they can be told by looking."""

import numpy as np
import pytest

from reverie import ReverieError
from reverie.metrics import nearest, neighbours, precision_recall


def cloud(count, seed=0, at=0.0):
    return np.random.default_rng(seed).standard_normal((count, 6)).astype(np.float32) + np.float32(at)


def test_the_same_set():
    assert precision_recall(cloud(50), cloud(50)) == (1.0, 1.0)


def test_the_same_set_with_copies_in_it():
    """Spheres of no width hold what lies at their middle."""
    copies = np.repeat(cloud(10), 5, axis=0) + 1000
    assert precision_recall(copies, copies) == (1.0, 1.0)


def test_sets_apart():
    assert precision_recall(cloud(50), cloud(40, seed=1, at=100)) == (0.0, 0.0)


def test_alike():
    found = precision_recall(cloud(400), cloud(300, seed=1))
    assert found.precision > 0.8 and found.recall > 0.7


def test_half_of_it_made_well():
    """Two real clouds, of which one is made, and nothing else: precise, with half of the recall."""
    real = np.concatenate([cloud(100), cloud(100, seed=1, at=50)])
    found = precision_recall(real, cloud(100, seed=2))
    assert found.precision > 0.7 and 0.3 < found.recall <= 0.5
    other_way = precision_recall(cloud(100, seed=2), real)
    assert other_way == (found.recall, found.precision)


def test_in_a_line():
    """Members 0, 1, 3 with k = 1 reach 1, 1 and 2: from -1 to 5 all is theirs, and no more."""
    members = np.array([[0.0], [1.0], [3.0]])
    made = np.array([[-0.99], [4.99], [-1.01], [5.01]])
    assert precision_recall(members, made, k=1).precision == 0.5


def test_parts_make_no_difference(monkeypatch):
    real, made = cloud(70), cloud(60, seed=1, at=0.7)
    whole = precision_recall(real, made), nearest(made, real, 5)
    monkeypatch.setattr(neighbours, "CHUNK", 700)  # ten rows at a time
    parts = precision_recall(real, made), nearest(made, real, 5)
    assert whole[0] == parts[0] and 0 < whole[0].precision < 1
    assert (whole[1][0] == parts[1][0]).all()
    np.testing.assert_allclose(whole[1][1], parts[1][1], rtol=1e-12)


def test_nearest_finds_a_planted_copy():
    queries, among = cloud(5, seed=1), cloud(200)
    among[[17, 3, 150, 42, 199]] = queries
    rows, distances = nearest(queries, among)
    assert rows.tolist() == [[17], [3], [150], [42], [199]]
    assert not distances.any()


def test_nearest_in_order():
    queries, among = cloud(4, seed=1), cloud(90)
    rows, distances = nearest(queries, among, 90)
    by_hand = np.linalg.norm(queries[:, None].astype(float) - among[None], axis=2)
    assert (rows == np.argsort(by_hand, axis=1)).all()
    np.testing.assert_allclose(distances, np.sort(by_hand, axis=1), rtol=1e-9)


def test_refused():
    with pytest.raises(ReverieError, match="too few"):
        precision_recall(cloud(3), cloud(50))
    with pytest.raises(ReverieError, match="0-th"):
        precision_recall(cloud(9), cloud(9), k=0)
    with pytest.raises(ReverieError, match="no 10 nearest"):
        nearest(cloud(2), cloud(9), 10)
    with pytest.raises(ReverieError, match="do not compare"):
        nearest(np.zeros((2, 5)), cloud(9))
