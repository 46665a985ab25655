"""GoogLeNet, the network of the original DeepDream, and the teacher of `reverie-dream`.

Szegedy et al. 2014 (arXiv 1409.4842), as the Berkeley Vision and Learning Center trained it in Caffe.
"""

from pathlib import Path
from typing import Any

import reverie.backend  # noqa: F401  settles the backend before Keras is imported

# isort: split
import keras
from keras import layers, ops

from reverie.errors import ReverieError
from reverie.features import inception, npz

MEAN = (123.0, 117.0, 104.0)  # of red, green and blue, in [0, 255]

OTHER_NAMES = {  # in Caffe's file
    "conv1": "conv1/7x7_s2",
    "conv2_reduce": "conv2/3x3_reduce",
    "conv2": "conv2/3x3",
    "logits": "loss3/classifier",
}


class LocalResponseNormalization(layers.Layer):
    """x / (1 + alpha / size * sum of x² over `size` neighbouring channels) ^ beta, as in Caffe.

    Krizhevsky et al. 2012, "ImageNet classification with deep convolutional neural networks", section 3.3.
    """

    def __init__(self, size: int = 5, alpha: float = 1e-4, beta: float = 0.75, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size, self.alpha, self.beta = size, alpha, beta

    def call(self, x: Any) -> Any:
        channels, reach = x.shape[-1], self.size // 2
        squares = ops.pad(ops.square(x), ((0, 0), (0, 0), (0, 0), (reach, reach)))
        total = sum(squares[..., i : i + channels] for i in range(self.size))
        return x * (1.0 + self.alpha / self.size * total) ** -self.beta

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size, "alpha": self.alpha, "beta": self.beta}


def build(weights: str | Path | None = None) -> keras.Model:
    """GoogLeNet: images (batch, height, width, 3) in [0, 1], RGB, of 32 px or more, to logits (batch, 1000).

    `weights` is an .npz with Caffe's names ("inception_3a/5x5_reduce/kernel"), kernels (height, width, in, out) for
    channels in the order blue, green, red; None leaves the weights random.
    Raises ReverieError if the file cannot be read or an array is missing or has another shape.
    """
    images = keras.Input((None, None, 3), name="images")
    x = layers.Rescaling(255.0, [-value for value in MEAN], name="rescaled")(images)
    logits = inception.trunk(x, lambda x, name: LocalResponseNormalization(name=name)(x))
    model = keras.Model(images, logits, name="googlenet")
    if weights is not None:
        _fill(model, Path(weights))
    return model


def _fill(model: keras.Model, path: Path) -> None:
    arrays = npz.read(path)
    for layer in model.layers:
        if not layer.weights:
            continue
        stem = caffe_name(layer.name)
        kernel, bias = (arrays.get(f"{stem}/{part}") for part in ("kernel", "bias"))
        if kernel is not None and layer.name == "conv1":
            kernel = kernel[:, :, ::-1]  # blue, green, red to red, green, blue
        if kernel is not None and layer.name == "logits":
            kernel = kernel.reshape(kernel.shape[-2:])
        shapes = [tuple(weight.shape) for weight in layer.weights]
        if kernel is None or bias is None or [kernel.shape, bias.shape] != shapes:
            raise ReverieError(
                f"{path} does not hold the weights of GoogLeNet: {stem} is missing or has another shape.",
                "Give GoogLeNet's weights as an .npz.",
            )
        layer.set_weights([kernel, bias])


def caffe_name(layer: str) -> str:
    """Caffe's name of one of our layers: "inception_3a_5x5_reduce" is "inception_3a/5x5_reduce"."""
    stem = len("inception_3a")
    return OTHER_NAMES.get(layer) or f"{layer[:stem]}/{layer[stem + 1 :]}"
