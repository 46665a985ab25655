"""Concepts in the eyes of a feature network: what pictures in one folder have, and those in another have not."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from keras import ops

from reverie import backend, features, modelfile
from reverie.errors import ReverieError
from reverie.images.batches import spread
from reverie.latent.concept import ENGINE, FEWEST

LAYERS = ("conv2", "inception_3b", "inception_4c")  # of the embedded network: texture, parts, things
SMALLEST = 64  # pixels on a side that the network sees at least
MOST = 100  # pictures on either side that are looked at
RIDGE = 0.1  # of the mean variance of pictures: the more, the nearer a concept is to the difference of means
BATCH = 16


class Eyes:
    """What the embedded feature network sees of pictures of one size: the activations of LAYERS."""

    def __init__(self, size: int) -> None:
        self.side, self._smaller = max(size, SMALLEST), size < SMALLEST
        self.network = features.load()
        self._activations = self.network.activations(LAYERS)

    def __call__(self, pictures: Any) -> list[Any]:
        """float32 (batch, size, size, 1 or 3) in [0, 1] -> (batch, height, width, channels) for each layer."""
        if pictures.shape[3] == 1:
            pictures = ops.repeat(pictures, 3, axis=3)
        if self._smaller:
            pictures = ops.image.resize(pictures, (self.side, self.side), interpolation="bilinear")
        found: list[Any] = self._activations(pictures, training=False)
        return found

    def seen(self, pictures: np.ndarray) -> list[np.ndarray]:
        """The same as arrays."""
        return [backend.to_numpy(each) for each in self(ops.convert_to_tensor(pictures))]


@dataclass(frozen=True, eq=False)
class Concept:
    """A concept activation vector (Kim et al. 2018, arXiv 1711.11279): in the space of what a feature network sees, F,
    the normal to the plane that has pictures with something on one side, and pictures without it on the other.

    maps: float32 (height, width, channels) for each of `LAYERS`. How much of it a picture x has is its score, the sum
    over layers of maps · F(x): nearly 2 more for those with it than for those without. side: pixels on a side at which
    the network saw them. name: what it is. sides: how many pictures with and without it was found from.
    """

    maps: tuple[np.ndarray, ...]
    side: int
    name: str
    sides: tuple[int, int]

    def save(self, path: str | Path) -> None:
        """Writes it as a `.safetensors` file, whole or not at all. Raises ReverieError if it cannot be written."""
        document = {"name": self.name, "side": self.side, "with": self.sides[0], "without": self.sides[1]}
        modelfile.write(path, ENGINE, document, dict(zip(LAYERS, self.maps, strict=True)))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """What `save` wrote. Raises ReverieError for anything else."""
        document, arrays = modelfile.read(path)
        if document["engine"] != ENGINE:
            raise ReverieError(f"{path} holds a model, not a concept.", "Give a file of `reverie gan edit --with`.")
        name: Any = document.get("name")
        numbers: list[Any] = [document.get(each) for each in ("side", "with", "without")]
        fits = isinstance(name, str) and all(type(number) is int for number in numbers)
        fits = fits and arrays.keys() == set(LAYERS)
        if not fits or any(each.ndim != 3 or each.dtype != np.float32 for each in arrays.values()):
            raise ReverieError(
                f"The concept in {path} is damaged, or one of `reverie vae`.", "Find it again: --with and --without."
            )
        side, *sides = numbers
        return cls(tuple(arrays[layer] for layer in LAYERS), side, name, (sides[0], sides[1]))


def find(eyes: Eyes, with_: np.ndarray, without: np.ndarray, name: str = "concept") -> Concept:
    """The concept that pictures uint8 (n, size, size, channels) have, and others have not.

    By ridge regression of +1 for those with and -1 for those without on the activations, each layer in units of its
    standard deviation and of as many numbers: a classifier that a dozen pictures on either side are enough for. Kim et
    al. take one layer, and any linear classifier. Of more than 100 on a side 100 are looked at.
    Raises ReverieError if there are too few.
    """
    if min(len(with_), len(without)) < FEWEST:
        raise ReverieError(f"A concept needs {FEWEST} pictures with it, and {FEWEST} without.", "Better dozens.")
    some = [side[spread(len(side), MOST)] for side in (with_, without)]
    seen = _seen(eyes, np.concatenate(some))
    scales = [float(each.std()) * each[0].size ** 0.5 + 1e-6 for each in seen]
    layers = list(zip([_centred(each) for each in seen], scales, strict=True))
    wanted = np.repeat([1.0, -1.0], [len(side) for side in some])
    products = sum(rows @ rows.T / scale**2 for rows, scale in layers)
    ridge = (RIDGE * np.trace(products) / len(wanted) + 1e-6) * np.eye(len(wanted))
    pulls = np.linalg.solve(products + ridge, wanted - wanted.mean()).astype(np.float32)
    normals = [pulls @ rows / np.float32(scale**2) for rows, scale in layers]
    maps = tuple(normal.reshape(each.shape[1:]) for normal, each in zip(normals, seen, strict=True))
    return Concept(maps, eyes.side, name, (len(with_), len(without)))


def _centred(seen: np.ndarray) -> np.ndarray:
    """A row for each picture, without what all have in common."""
    rows = seen.reshape(len(seen), -1)
    rows -= rows.mean(axis=0)
    return rows


def _seen(eyes: Eyes, pixels: np.ndarray) -> list[np.ndarray]:
    """The activations of all pictures, (n, height, width, channels) for each layer."""
    batches = [pixels[first : first + BATCH] for first in range(0, len(pixels), BATCH)]
    found = [eyes.seen(batch.astype(np.float32) / 255) for batch in batches]
    return [np.concatenate(layer) for layer in zip(*found, strict=True)]
