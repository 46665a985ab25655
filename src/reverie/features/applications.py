"""Keras Applications as feature networks: their own preprocessing in front, any size of picture, logits at the end."""

import contextlib
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import reverie.backend  # noqa: F401  settles the backend before Keras is imported

# isort: split
import h5py
import keras
import numpy as np
from keras import layers

from reverie.errors import ReverieError
from reverie.features.registry import Network

Tensor = Any

MEAN = (0.485, 0.456, 0.406)  # of ImageNet's red, green and blue
DEVIATION = (0.229, 0.224, 0.225)


class Caffe(layers.Layer):
    """From RGB in [0, 1] to what Caffe's networks take: BGR in [0, 255], less the mean of ImageNet."""

    def call(self, images: Tensor) -> Tensor:
        return keras.ops.flip(images, axis=-1) * 255.0 - keras.ops.array((103.939, 116.779, 123.68), images.dtype)

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return shape


def build(network: Network, weights: Path | None = None) -> keras.Model:
    """A Keras Application: pictures (batch, height, width, 3) in [0, 1], of any size, to logits or feature maps.

    weights: a file of that application's weights, with the classifier or without it; None for random weights.
    The classifier is there where the weights have it, as the layer "predictions", and gives logits rather than
    probabilities; the VGGs have none, as theirs would fix the size of the picture. All other layers have the names
    that Keras gives them in a fresh process.
    Raises ReverieError if the file holds other weights.
    """
    top = not network.function.startswith("VGG")
    if weights is not None:
        top &= _numbers(weights) >= network.parameters
    images = keras.Input((None, None, 3), name="images")
    options = {"classifier_activation": None} if top else {}
    model = getattr(keras.applications, network.function)(
        include_top=top, weights=None, input_tensor=preprocessing(network.function)(images), **options
    )
    _rename(model)
    if weights is not None:
        _fill(model, weights)
    return model


def preprocessing(function: str) -> layers.Layer:
    """From [0, 1] to what the application's `preprocess_input` makes of [0, 255]."""
    name = "preprocessed"
    if function in ("InceptionV3", "Xception", "MobileNetV2"):
        return layers.Rescaling(2.0, -1.0, name=name)
    if function == "DenseNet121":
        return layers.Rescaling(
            [1 / deviation for deviation in DEVIATION],
            [-mean / deviation for mean, deviation in zip(MEAN, DEVIATION, strict=True)],
            name=name,
        )
    if function in ("VGG16", "VGG19", "ResNet50"):
        return Caffe(name=name)
    return layers.Rescaling(255.0, name=name)  # the others have layers of their own for the rest


@contextlib.contextmanager
def same_seeds() -> Iterator[None]:
    """Random weights that are the same each time: Keras' initializers take their seeds from Python's generator.

    The generator is left as it was.
    """
    state = random.getstate()
    random.seed(0)
    try:
        yield
    finally:
        random.setstate(state)


def _rename(model: keras.Model) -> None:
    """Numbers the layers that Keras named ("conv2d_7") from this model's first, and not from the process's.

    So a layer's name means the same in every process. The classifier is "predictions" everywhere.
    """
    numbered: dict[str, list[tuple[int, Any]]] = {}
    for layer in model.layers:
        base, _, number = layer.name.rpartition("_") if layer.name[-1].isdigit() else (layer.name, "", "0")
        if base == re.sub("(?<=[a-z])(?=[A-Z])", "_", type(layer).__name__).lower() and number.isdigit():
            numbered.setdefault(base, []).append((int(number), layer))
    for base, found in numbered.items():
        for rank, (_, layer) in enumerate(sorted(found, key=lambda pair: pair[0])):
            layer.name = f"{base}_{rank}" if rank else base
    if isinstance(model.layers[-1], layers.Dense):
        model.layers[-1].name = "predictions"


def _numbers(path: Path) -> int:
    """How many numbers an HDF5 file of weights holds."""
    count = 0

    def visit(_: str, node: Any) -> None:
        nonlocal count
        count += getattr(node, "size", 0)

    try:
        with h5py.File(path) as file:
            file.visititems(visit)
    except OSError as error:
        raise ReverieError(
            f"{path} is not an HDF5 file of weights, or not a whole one.", "Download it again."
        ) from error
    return count


def _fill(model: keras.Model, path: Path) -> None:
    try:
        model.load_weights(path)
    except (ValueError, KeyError, OSError, TypeError, AttributeError, IndexError) as error:
        raise ReverieError(
            f"{path} does not hold the weights of {model.name}.", "Give the file Keras offers for it."
        ) from error
    for layer in model.layers:
        if isinstance(layer, layers.Normalization) and layer.weights:
            # EfficientNetB0 was trained on pictures divided by their deviation's root once more. Keras adds that as a
            # layer, but only for weights="imagenet".
            mean, variance, count = layer.get_weights()
            layer.set_weights([mean, variance * np.array(DEVIATION, "float32"), count])
            layer.finalize_state()
