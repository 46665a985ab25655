"""The architecture of `reverie-style`: a plain VGG-19 of quarter width up to conv5_1, and the two VGGs that teach it.

Simonyan and Zisserman 2014 (arXiv 1409.1556). Plain chains of 3x3 convolutions have the features that style transfer
does best with; a quarter of the width keeps most of them (Wang et al. 2020, arXiv 2003.08436).
"""

from pathlib import Path
from typing import Any

import reverie.backend  # noqa: F401  settles the backend before Keras is imported

# isort: split
import keras
import numpy as np
from keras import layers

from reverie.errors import ReverieError
from reverie.features import npz

CONVOLUTIONS = (2, 2, 4, 4, 1)  # per block; between blocks the size is halved
FULL = (64, 128, 256, 512, 512)
QUARTER = (16, 32, 64, 128, 128)
TAPS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")


def build(name: str = "reverie-style", widths: tuple[int, ...] = QUARTER) -> keras.Model:
    """A VGG with random weights: images (batch, height, width, 3) in [0, 1], of 16 px or more, to the last block's.

    It pads with zeros, and its layers are named conv1_1 to conv5_1.
    """
    images = keras.Input((None, None, 3), name="images")
    x = layers.Rescaling(4.0, -1.8, name="rescaled")(images)
    return keras.Model(images, _chain(x, widths, reflect=False), name=name)


def normalised(path: str | Path) -> keras.Model:
    """VGG-19, each channel scaled to a mean activation of 1, to conv3_1; reflects at the edges as it was made to.

    `path` is an .npz with "conv1_1/kernel" (out, in, height, width) and "conv1_1/bias".
    Raises ReverieError if the file cannot be read, or an array is missing or has another shape.
    """
    model = _teacher(FULL[:3], "conv0_preproc")
    arrays = npz.read(path)
    for layer in _convolutions(model):
        _fill(layer, path, arrays, f"{layer.name}/kernel", f"{layer.name}/bias")
    return model


def quarter(path: str | Path) -> keras.Model:
    """Wang et al.'s quarter-width VGG-19 to conv5_1; `path` is an .npz with "model.conv11.weight". Raises as above.

    Beside the layers conv1_1 to conv5_1 it has conv1_1_full to conv5_1_full, linear maps of them to VGG-19's width.
    """
    chain = _teacher(QUARTER, "conv0")
    wide = [layers.Conv2D(w, 1, name=f"{t}_full")(chain.get_layer(t).output) for t, w in zip(TAPS, FULL, strict=True)]
    model = keras.Model(chain.input, [chain.output, *wide], name="vgg19-quarter")
    arrays = npz.read(path)
    for layer in _convolutions(model):
        stem = layer.name.removesuffix("_full").replace("_", "") + ("_aux" if layer.name.endswith("_full") else "")
        _fill(layer, path, arrays, f"model.{stem}.weight", f"model.{stem}.bias")
    return model


def _chain(x: Any, widths: tuple[int, ...], reflect: bool) -> Any:
    blocks = CONVOLUTIONS[: len(widths)]
    for block, (width, count) in enumerate(zip(widths, blocks, strict=True), 1):
        if block > 1:
            x = layers.MaxPooling2D(2, name=f"pool{block - 1}")(x)
        for number in range(1, count + 1 if block < len(widths) else 2):
            name = f"conv{block}_{number}"
            if reflect:
                x = Reflection(name=f"{name}_padded")(x)
            x = layers.Conv2D(width, 3, padding="valid" if reflect else "same", activation="relu", name=name)(x)
    return x


class Reflection(layers.Layer):
    """One more row and column on each side, the picture's own mirrored."""

    def call(self, x: Any) -> Any:
        return keras.ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")

    def compute_output_shape(self, shape: Any) -> Any:
        batch, height, width, channels = shape
        return (batch, height and height + 2, width and width + 2, channels)


def _teacher(widths: tuple[int, ...], first: str) -> keras.Model:
    """A network whose first layer is linear, from RGB in [0, 1] to what it was trained on."""
    images = keras.Input((None, None, 3), name="images")
    return keras.Model(images, _chain(layers.Conv2D(3, 1, name=first)(images), widths, reflect=True), name="vgg19")


def _convolutions(model: keras.Model) -> list[Any]:
    return [layer for layer in model.layers if layer.weights]


def _fill(layer: Any, path: str | Path, arrays: dict[str, np.ndarray], kernel: str, bias: str) -> None:
    """Two arrays into a layer, the kernel from (out, in, height, width) to (height, width, in, out)."""
    found = [arrays[kernel].transpose(2, 3, 1, 0), arrays[bias]] if kernel in arrays and bias in arrays else []
    if [array.shape for array in found] != [tuple(weight.shape) for weight in layer.weights]:
        raise ReverieError(
            f"{path} does not hold the weights of this VGG: {kernel} or {bias} is missing or has another shape.",
            "Give the VGG's weights as an .npz.",
        )
    layer.set_weights(found)
