"""Networks that judge a repainted picture, and that its optimisation never used.

content distance    LPIPS v0.1 (Zhang et al. 2018) between the picture and the photo, in SqueezeNet 1.1
style distance      between the Gram matrices of the picture and the painting, in SqueezeNet and in GoogLeNet
"""

from pathlib import Path
from typing import Any

import numpy as np

import reverie.backend  # noqa: F401  settles the backend before Keras is imported

# isort: split
import keras
from keras import layers

from reverie import backend, features, images
from reverie.features import googlenet

SIDE = 512  # px: the longest side at which pictures are judged
CROPS = 5  # the four corners and the middle, each of half the height and width; and the whole
SQUEEZE = ("conv1", "fire3", "fire5", "fire6", "fire7", "fire8", "fire9")  # where LPIPS looks
GOOGLE = ("conv1", "conv2", "inception_3a", "inception_3b", "inception_4a", "inception_4c")
MEAN = (123.0, 117.0, 104.0)


class Judges:
    """weights: a folder with squeezenet11.npz, lpips_squeeze_heads.npz and googlenet.npz. side: px, the longest."""

    def __init__(self, weights: Path, side: int = SIDE) -> None:
        self.side = side
        self.squeeze = squeezenet(weights / "squeezenet11.npz")
        self.google = features.load(googlenet.build(weights / "googlenet.npz")).activations(GOOGLE)
        with np.load(weights / "lpips_squeeze_heads.npz") as file:
            self.heads = [file[f"lin{i}.model.1.weight"].reshape(-1) for i in range(len(SQUEEZE))]
        self._styles: dict[str, list[np.ndarray]] = {}

    def content(self, picture: Any, photo: Any) -> float:
        """LPIPS: in each layer, the squared difference of activations of unit length, weighted by channel."""
        one, other = (self._squeeze(pixels(source, self.side)) for source in (picture, photo))
        total = 0.0
        for a, b, head in zip(one, other, self.heads, strict=True):
            total += float(np.mean(np.square(_unit(a) - _unit(b)) @ head))
        return total

    def style(self, picture: Any, painting: Any) -> float:
        """|G - A| / |A|, the mean over layers, both networks, and the crops of the picture; A of the whole painting."""
        key = str(painting)
        if key not in self._styles:
            self._styles[key] = self._grams(pixels(painting, self.side))
        targets, x = self._styles[key], pixels(picture, self.side)
        found = []
        for crop in crops(x):
            pairs = zip(self._grams(crop), targets, strict=True)
            found.append(np.mean([np.linalg.norm(g - a) / np.linalg.norm(a) for g, a in pairs]))
        return float(np.mean(found))

    def _grams(self, x: np.ndarray) -> list[np.ndarray]:
        maps = [*self._squeeze(x), *(backend.to_numpy(a)[0] for a in self.google(x[None], training=False))]
        return [np.einsum("hwi,hwj->ij", a, a, optimize=True) / (a.shape[0] * a.shape[1]) for a in maps]

    def _squeeze(self, x: np.ndarray) -> list[np.ndarray]:
        return [backend.to_numpy(a)[0] for a in self.squeeze(x[None], training=False)]


def pixels(source: Any, side: int) -> np.ndarray:
    """Any picture at the size it is judged at: float32 (height, width, 3) in [0, 1]."""
    return images.fit(images.decode(source).rgb, side).astype(np.float32) / 255


def crops(x: np.ndarray) -> list[np.ndarray]:
    """The whole, its four corners and its middle."""
    height, width = x.shape[0] // 2, x.shape[1] // 2
    starts = [(0, 0), (0, width), (height, 0), (height, width), (height // 2, width // 2)]
    return [x, *(x[top : top + height, left : left + width] for top, left in starts[:CROPS])]


def squeezenet(path: Path) -> keras.Model:
    """SqueezeNet 1.1 (Iandola et al. 2016), as trained in Caffe, to the activations where LPIPS looks."""
    with np.load(path) as file:
        arrays = {name: file[name].astype(np.float32) for name in file.files}

    def convolution(x: Any, name: str, **options: Any) -> Any:
        kernel, bias = arrays[f"{name}/kernel"], arrays[f"{name}/bias"]
        layer = layers.Conv2D(kernel.shape[-1], kernel.shape[0], activation="relu", **options)
        y = layer(x)
        layer.set_weights([kernel[:, :, ::-1] if name == "conv1" else kernel, bias])  # BGR to RGB
        return y

    found = {}
    pictures = keras.Input((None, None, 3))
    x = layers.Rescaling(255.0, [-value for value in MEAN])(pictures)
    x = found["conv1"] = convolution(x, "conv1", strides=2)
    for number in range(2, 10):
        if number in (2, 4, 6):
            x = layers.MaxPooling2D(3, 2)(x)
        squeezed = convolution(x, f"fire{number}/squeeze1x1")
        sides = [convolution(squeezed, f"fire{number}/expand{n}x{n}", padding="same") for n in (1, 3)]
        x = found[f"fire{number}"] = layers.Concatenate()(sides)
    return keras.Model(pictures, [found[name] for name in SQUEEZE])


def _unit(a: np.ndarray) -> np.ndarray:
    return a / (np.sqrt(np.sum(np.square(a), axis=-1, keepdims=True)) + 1e-10)  # type: ignore[no-any-return]
