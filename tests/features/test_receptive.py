"""What the fields say against what a change of one pixel does."""

import keras
import numpy as np
import pytest
from keras import layers

from reverie import backend
from reverie.features import FeatureNetwork


def network(*parts):
    """A chain in which no change can vanish: positive weights, positive pictures."""
    x = images = keras.Input((None, None, 3))
    for part in parts:
        x = part(x)
    model = keras.Model(images, x)
    generator = np.random.default_rng(0)
    for variable in model.trainable_variables:
        variable.assign(generator.uniform(0.5, 1.0, variable.shape))
    return FeatureNetwork(model)


def seen(model, size, stride):
    """How far positions really see beyond their own pixels, found by changing one pixel after another."""
    generator = np.random.default_rng(1)
    images = generator.uniform(0.2, 0.4, (1, *size, 3)).astype("float32")
    plain = backend.to_numpy(model(images)[0])[0]  # (height, width, channels)
    worst = 0
    for axis in (0, 1):
        pixels = np.arange(size[axis])
        changed = np.repeat(images, len(pixels), axis=0)
        np.moveaxis(changed, axis + 1, 1)[pixels, pixels, size[1 - axis] // 2] += 0.6
        apart = np.abs(backend.to_numpy(model(changed)[0]) - plain).max(axis=(2 - axis, 3))  # (pixel, position)
        moved = apart > 1e-4 * plain.max()  # less is rounding, which depends on the batch and the processor
        pixel, position = np.nonzero(moved)
        worst = max(worst, *(position * stride - pixel), *(pixel - (position * stride + stride - 1)))
    return worst


CHAINS = {
    "one 3x3": ([layers.Conv2D(2, 3, padding="same", name="last")], 1, 1),
    "two 3x3 and a 5x5": (
        [
            layers.Conv2D(2, 3, padding="same"),
            layers.Conv2D(2, 3, padding="same"),
            layers.Conv2D(2, 5, padding="same", name="last"),
        ],
        1,
        4,
    ),
    "dilated": ([layers.Conv2D(2, 3, dilation_rate=3, padding="same", name="last")], 1, 3),
    "symmetric zeros, then stride 2": (
        [layers.ZeroPadding2D(3), layers.Conv2D(2, 7, strides=2, name="last")],
        2,
        3,
    ),
    "pooling, then depthwise": (
        [
            layers.Conv2D(2, 3, padding="same"),
            layers.AveragePooling2D(2),
            layers.DepthwiseConv2D(3, padding="same", name="last"),
        ],
        2,
        3,
    ),
    "no padding": ([layers.Conv2D(2, 5), layers.Conv2D(2, 3, strides=2, name="last")], 2, 5),
    "same with stride": (
        [layers.Conv2D(2, 3, strides=2, padding="same"), layers.Conv2D(2, 3, padding="same", name="last")],
        2,
        3,
    ),
    "no padding, then same with stride": (
        [layers.Conv2D(2, 5), layers.Conv2D(2, 3, strides=2, padding="same", name="last")],
        2,
        5,
    ),
    "separable and cropped": (
        [layers.SeparableConv2D(2, 3, padding="same"), layers.Cropping2D(1, name="last")],
        1,
        2,
    ),
}


@pytest.mark.parametrize("chain", CHAINS)
def test_reach_and_stride_are_what_a_pixel_changes(chain):
    parts, stride, reach = CHAINS[chain]
    features = network(*[part.__class__.from_config(part.get_config()) for part in parts])
    assert features.stride("last") == stride
    assert features.reach("last") == reach
    model = features.activations("last")
    truths = [seen(model, size, stride) for size in ((24, 24), (23, 25))]
    assert max(truths) == reach
