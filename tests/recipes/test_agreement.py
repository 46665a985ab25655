"""How alike networks are: correlation, classes and kernels, against truths worked out by hand."""

import keras
import numpy as np
import pytest

from recipes import agreement
from recipes.likeness import likeness


def model_of(function, *others):
    """A network of pictures whose outputs are what the functions make of them."""
    images = keras.Input((None, None, 3))
    return keras.Model(images, [f(images) for f in (function, *others)])


@pytest.fixture
def images():
    return np.random.default_rng(0).uniform(0, 1, (45, 6, 7, 3)).astype(np.float32)  # three batches, the last short


def test_correlation_is_pearsons(images):
    ours, theirs = (
        model_of(lambda x: x[..., :2], lambda x: x + 1),
        model_of(lambda x: x[..., 1:], lambda x: 2 - 3 * x),
    )
    found = agreement.agreement(ours, theirs, images)
    flat = images.reshape(-1, 3)
    wanted = np.mean([np.corrcoef(flat[:, 0], flat[:, 1])[0, 1], np.corrcoef(flat[:, 1], flat[:, 2])[0, 1]])
    assert found["correlation"] == pytest.approx([wanted, -1], abs=1e-4)
    assert "top1" not in found


def test_channels_that_do_not_vary_in_the_teacher_do_not_count(images):
    silent = np.array([1, 1, 0], np.float32)
    found = agreement.agreement(model_of(lambda x: x, lambda x: x), model_of(lambda x: x * silent, lambda x: x), images)
    assert found["correlation"] == pytest.approx([1, 1], abs=1e-5)
    dead = agreement.agreement(model_of(lambda x: x * silent, lambda x: x), model_of(lambda x: x, lambda x: x), images)
    assert dead["correlation"][0] == pytest.approx(2 / 3, abs=1e-5)  # in the student they do


def test_classes():
    """First picture: the same order. Second: the teacher's first is our fifth. Third: ours is reversed."""
    theirs = np.array([[8, 7, 6, 5, 4, 3, 2, 1]] * 3, np.float32)
    ours = np.array([[8, 7, 6, 5, 4, 3, 2, 1], [4, 8, 7, 6, 5, 1, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8]], np.float32)

    images = np.random.default_rng(0).uniform(0, 1, (3, 2, 2, 1)).astype(np.float32)
    found = agreement.agreement(lambda x: [x, ours], lambda x: [x, theirs], images)
    assert found["top1"] == pytest.approx(1 / 3)
    assert found["top5"] == pytest.approx(2 / 3)
    assert found["overlap"] == pytest.approx((5 + 5 + 2) / 15)


def test_a_table():
    found = agreement.table(("a", "b"), {"one": [1, 2], "two": [0.5, float("nan")]})
    assert found.splitlines() == [
        "| layer | one | two |",
        "| --- | --- | --- |",
        "| a | 1.000 | 0.500 |",
        "| b | 2.000 |  |",
    ]


CHAIN = [
    ("taught", (), True),
    ("hidden", ("taught",), False),
    ("other", ("taught",), True),
    ("last", ("hidden", "other"), True),
]


@pytest.fixture
def kernels():
    rng = np.random.default_rng(0)
    shapes = {"taught": (3, 3, 3, 6), "hidden": (1, 1, 6, 5), "other": (3, 3, 6, 4), "last": (9, 7)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def test_the_same_kernels_in_another_order_and_scale_are_alike(kernels):
    order, scale, factor = np.array([3, 0, 4, 1, 2]), np.array([2, 0.5, 1, 3, 0.1]), np.linspace(0.5, 2, 6)
    theirs = {name: kernel.copy() for name, kernel in kernels.items()}
    theirs["taught"] *= factor  # every channel j of the first layer factor[j] as large
    theirs["hidden"], theirs["other"] = theirs["hidden"] / factor[:, None], theirs["other"] / factor[:, None]
    theirs["hidden"] = theirs["hidden"][..., order] * scale
    theirs["last"][:5] = theirs["last"][:5][order] / scale[:, None]
    assert likeness(CHAIN, kernels, theirs) == pytest.approx(dict.fromkeys(kernels, 1), abs=1e-6)


def test_a_taught_layer_in_another_order_is_not_alike(kernels):
    shifted = {**kernels, "other": np.roll(kernels["other"], 1, axis=-1)}
    assert abs(likeness(CHAIN, kernels, shifted)["other"]) < 0.5


def test_likeness_is_the_cosine(kernels):
    other = {**kernels, "taught": kernels["taught"] + np.random.default_rng(1).normal(size=(3, 3, 3, 6))}
    flat = [k["taught"].reshape(27, 6) for k in (kernels, other)]
    cosines = [a @ b / np.linalg.norm(a) / np.linalg.norm(b) for a, b in zip(flat[0].T, flat[1].T, strict=True)]
    assert likeness(CHAIN[:1], kernels, other) == pytest.approx({"taught": np.mean(cosines)}, rel=1e-6)
