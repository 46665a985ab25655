"""The architecture of `reverie-dream`: an Inception network that a convolution and a ReLU at a time can be followed.

    conv1 -> pool -> conv2 -> pool -> inception_3a, 3b -> pool -> 4a, 4b, 4c, 4d, 4e -> pool -> 5a, 5b -> logits

It has the widths of GoogLeNet (Szegedy et al. 2014, arXiv 1409.4842), whose features it is trained to have, but no
local response normalisation, no dropout and no auxiliary classifiers. `googlenet.py` builds its teacher from the same
parts.
"""

from collections.abc import Callable
from typing import Any

import reverie.backend  # noqa: F401  settles the backend before Keras is imported

# isort: split
import keras
from keras import layers, ops

Tensor = Any

# Of each block: 1x1; 3x3 reduce, 3x3; 5x5 reduce, 5x5; projection after pooling. A block's output has the sum of the
# first, third, fifth and last.
WIDTHS = {
    "inception_3a": (64, 96, 128, 16, 32, 32),
    "inception_3b": (128, 128, 192, 32, 96, 64),
    "inception_4a": (192, 96, 208, 16, 48, 64),
    "inception_4b": (160, 112, 224, 24, 64, 64),
    "inception_4c": (128, 128, 256, 24, 64, 64),
    "inception_4d": (112, 144, 288, 32, 64, 64),
    "inception_4e": (256, 160, 320, 32, 128, 128),
    "inception_5a": (256, 160, 320, 32, 128, 128),
    "inception_5b": (384, 192, 384, 48, 128, 128),
}
POOLED = ("inception_3a", "inception_4a", "inception_5a")  # blocks that pool their input first
STAGES = ("conv1", "conv2", *WIDTHS, "logits")  # the layers that have a counterpart in the teacher
CLASSES = 1000

# About the mean and the deviation of photos.
SCALE, OFFSET = 4.0, -1.8


def build(name: str = "reverie-dream") -> keras.Model:
    """The network with random weights: images (batch, height, width, 3) in [0, 1], of 32 px or more, to logits."""
    images = keras.Input((None, None, 3), name="images")
    x = layers.Rescaling(SCALE, OFFSET, name="rescaled")(images)
    return keras.Model(images, trunk(x), name=name)


def trunk(x: Tensor, normalise: Callable[[Tensor, str], Tensor] = lambda x, name: x) -> Tensor:
    """Preprocessed images to logits (batch, 1000); `normalise(x, name)` stands where GoogLeNet normalises."""
    x = layers.ZeroPadding2D(3, name="conv1_padded")(x)
    x = Stem(64, 7, strides=2, activation="relu", name="conv1")(x)  # (batch, height / 2, width / 2, 64)
    x = normalise(_pool(x, "pool1"), "norm1")
    x = _convolution(x, 64, 1, "conv2_reduce")
    x = _convolution(x, 192, 3, "conv2")
    x = normalise(x, "norm2")
    for name, widths in WIDTHS.items():
        if name in POOLED:
            x = _pool(x, f"{name}_in")
        x = _block(x, widths, name)
    x = layers.GlobalAveragePooling2D(name="pooled")(x)
    return layers.Dense(CLASSES, name="logits")(x)


class Stem(layers.Conv2D):
    """A convolution of stride 2, without padding, worked out as one of stride 1 on blocks of 2 x 2 pixels.

    The same numbers from the same kernel. oneDNN's gradient with regard to a picture of three channels is several
    times slower through a stride, and was a sixth of a dream's step.
    """

    def call(self, x: Tensor) -> Tensor:
        size = self.kernel_size[0] + 1  # odd, with a row and a column of zeros added
        kernel = ops.pad(self.kernel, ((0, 1), (0, 1), (0, 0), (0, 0)))
        kernel = ops.reshape(kernel, (size // 2, 2, size // 2, 2, *self.kernel.shape[2:]))
        kernel = ops.reshape(ops.transpose(kernel, (0, 2, 1, 3, 4, 5)), (size // 2, size // 2, -1, self.filters))
        x = ops.pad(x, ((0, 0), (0, 1), (0, 1), (0, 0)))
        height, width = ops.shape(x)[1] // 2, ops.shape(x)[2] // 2
        x = ops.reshape(x[:, : 2 * height, : 2 * width], (-1, height, 2, width, 2, self.kernel.shape[2]))
        x = ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, height, width, 4 * self.kernel.shape[2]))
        return self.activation(ops.conv(x, kernel, padding="valid") + self.bias)


def ends(stage: str) -> tuple[list[str], list[str]]:
    """Of a stage, the layers that read the stage before, and those that make up its output, in order."""
    if stage in WIDTHS:
        reading = ("1x1", "3x3_reduce", "5x5_reduce", "pool_proj")
        writing = ("1x1", "3x3", "5x5", "pool_proj")
        return [f"{stage}_{part}" for part in reading], [f"{stage}_{part}" for part in writing]
    return ["conv2_reduce" if stage == "conv2" else stage], [stage]


def _block(x: Tensor, widths: tuple[int, ...], name: str) -> Tensor:
    """Four views of the same input, side by side: 1x1, 3x3 and 5x5 convolutions, and a local maximum."""
    ones, reduce3, threes, reduce5, fives, projection = widths
    pooled = layers.MaxPooling2D(3, strides=1, padding="same", name=f"{name}_pool")(x)
    branches = [
        _convolution(x, ones, 1, f"{name}_1x1"),
        _convolution(_convolution(x, reduce3, 1, f"{name}_3x3_reduce"), threes, 3, f"{name}_3x3"),
        _convolution(_convolution(x, reduce5, 1, f"{name}_5x5_reduce"), fives, 5, f"{name}_5x5"),
        _convolution(pooled, projection, 1, f"{name}_pool_proj"),
    ]
    return layers.Concatenate(name=name)(branches)


def _convolution(x: Tensor, width: int, size: int, name: str) -> Tensor:
    return layers.Conv2D(width, size, padding="same", activation="relu", name=name)(x)


def _pool(x: Tensor, name: str) -> Tensor:
    """Halves the size, rounding up: windows start at every second position, and the last may reach over the edge.

    This is Caffe's ceil mode. One explicit row and column of zeros, which no ReLU's output is below, do it for even
    and odd sizes alike, where `padding="same"` would shift the windows of odd sizes by one.
    """
    x = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"{name}_padded")(x)
    return layers.MaxPooling2D(3, strides=2, name=name)(x)
