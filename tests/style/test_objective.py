"""The objective: its gradient, regions, and tiles that make no difference."""

import numpy as np
import pytest

from reverie import ReverieError, features
from reverie.style.objective import Balance, Objective

CONTENT, STYLE = ("conv4_2",), ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
BALANCE = Balance(1.0, 3.0, 2.0)


@pytest.fixture(scope="module")
def objective(network):
    return Objective(network, CONTENT, STYLE)


def test_photo_and_painting_are_their_own_targets(objective, pixels):
    photo = pixels(48, 64)
    losses, gradient = objective.gradient(photo, objective.targets(photo, objective.grams(photo)), BALANCE)
    assert losses[:2] == pytest.approx([0, 0], abs=1e-6) and losses[2] > 0
    assert np.abs(gradient).max() < 1e-3


@pytest.mark.backends
def test_the_gradient_is_that_of_the_losses(objective, pixels):
    canvas, targets = pixels(40, 56, seed=2), objective.targets(pixels(40, 56), objective.grams(pixels(32, 32, seed=1)))
    _, gradient = objective.gradient(canvas, targets, BALANCE)
    direction = gradient / np.sqrt(np.mean(gradient**2))
    above, below = (
        np.dot(objective.gradient(canvas + sign * 2e-4 * direction, targets, BALANCE)[0], (1, 3, 2)) for sign in (1, -1)
    )
    assert np.vdot(gradient, direction) == pytest.approx((above - below) / 4e-4, rel=0.05)


def masks(height, width):
    left = np.zeros((height, width, 2), np.float32)
    left[:, : width // 2, 0] = 1
    left[:, width // 2 :, 1] = 1
    return left


@pytest.mark.parametrize(
    ("size", "regions"),
    [((256, 320), False), ((256, 320), True), ((271, 329), False),
     pytest.param((271, 329), True, marks=pytest.mark.backends)],
)  # fmt: skip
def test_tiles_make_no_difference(network, pixels, size, regions):
    whole, tiled = Objective(network, CONTENT, STYLE), Objective(network, CONTENT, STYLE, side=224)
    assert len(tiled.tiles(size)) > 1
    canvas, mask = pixels(*size, seed=2, cells=40), masks(*size) if regions else None
    found = []
    for objective in (whole, tiled):
        grams = objective.grams(pixels(*size, seed=1, cells=30))
        grams = [np.concatenate([gram, 2 * gram]) for gram in grams] if regions else grams
        targets = objective.targets(pixels(*size), grams, mask)
        found.append((grams, targets.content, objective.gradient(canvas, targets, BALANCE)))
    for one, other in zip(found[0][0] + found[0][1], found[1][0] + found[1][1], strict=True):
        assert other == pytest.approx(one, rel=1e-4, abs=1e-4 * float(np.abs(one).max()))
    (losses, gradient), (tiled_losses, tiled_gradient) = found[0][2], found[1][2]
    assert tiled_losses == pytest.approx(losses, rel=1e-4)
    assert np.abs(tiled_gradient - gradient).max() < 1e-3 * np.abs(gradient).max()


def test_each_region_answers_to_its_own_style(objective, pixels):
    """Where a style is already there nothing changes, whatever the other half wants."""
    canvas = pixels(64, 128, cells=20)
    mask = masks(64, 128)
    halves = [objective.grams(canvas, mask[..., r]) for r in (0, 1)]
    own = [np.concatenate(of_layer) for of_layer in zip(*halves, strict=True)]
    other = [np.concatenate([gram[:1], 4 * gram[1:]]) for gram in own]
    losses, gradient = objective.gradient(canvas, objective.targets(canvas, other, mask), Balance(0, 1, 0))
    assert losses[1] > 0.1
    left, right = np.abs(gradient[:, :16]).mean(), np.abs(gradient[:, -48:]).mean()
    assert left < 1e-2 * right


def test_losses_mean_the_same_at_every_size(objective, pixels):
    """A picture laid out twice by twice differs from another as much as it did, but for what happens at edges."""
    photo, canvas, painting = (pixels(192, 192, seed=seed, cells=48) for seed in range(3))
    once, repeated = (
        objective.gradient(
            np.tile(canvas, (n, n, 1)),
            objective.targets(np.tile(photo, (n, n, 1)), objective.grams(np.tile(painting, (n, n, 1)))),
            BALANCE,
        )
        for n in (1, 2)
    )
    assert repeated[0] == pytest.approx(once[0], rel=0.15)
    assert 4 * np.abs(repeated[1]).mean() == pytest.approx(np.abs(once[1]).mean(), rel=0.25)


def test_what_cannot_paint(network, pixels):
    import keras

    objective = Objective(network, CONTENT, STYLE)
    with pytest.raises(ReverieError, match="too small"):
        objective.grids((12, 40))
    with pytest.raises(ReverieError, match="no layer 'zz'"):
        Objective(network, ("zz",), STYLE)
    inputs = keras.Input((32, 32, 3))
    fixed = features.load(keras.Model(inputs, keras.layers.Conv2D(2, 3, name="c")(inputs)))
    with pytest.raises(ReverieError, match="one size"):
        Objective(fixed, ("c",), ("c",))
