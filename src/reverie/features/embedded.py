"""The two networks that ship with Reverie: `reverie-dream` and `reverie-style`."""

from pathlib import Path
from typing import Any

import reverie.backend  # noqa: F401  settles the backend before Keras is imported

# isort: split
import keras
import numpy as np

from reverie import modelfile
from reverie.errors import ReverieError
from reverie.features import inception, vgg

NETWORKS = {"reverie-dream": inception.build, "reverie-style": vgg.build}


def build(name: str) -> keras.Model:
    """An embedded network with the weights that ship: images (batch, height, width, 3) in [0, 1] to its last layer."""
    network = NETWORKS[name]()
    fill(network, path(name))
    return network


def path(name: str) -> Path:
    """Where the weights of an embedded network are, or would be."""
    return Path(__file__).parent / "embedded" / f"{name}.safetensors"


def classes(name: str) -> tuple[str, ...] | None:
    """The names of the network's logits, in order, or None if it has no logits."""
    found = modelfile.describe(path(name)).get("classes")
    return tuple(map(str, found)) if isinstance(found, list) else None


def fill(network: keras.Model, file: Path) -> None:
    """Loads weights by name into a network: every array must be there, in its shape, and no other.

    Raises ReverieError, naming the file, if it is not the weights of this network.
    """
    _, arrays = modelfile.read(file, "features")
    wanted: dict[str, Any] = {variable.path: variable for variable in network.variables}
    wrong = {name for name in wanted.keys() | arrays.keys() if not _fits(arrays.get(name), wanted.get(name))}
    if wrong:
        raise ReverieError(
            f"{file} is not of {network.name}: {min(wrong)} is missing, unknown or of another shape.",
            "Install Reverie again, or give the weights of this network.",
        )
    for name, variable in wanted.items():
        variable.assign(arrays[name].astype(np.float32))


def _fits(array: np.ndarray | None, variable: Any) -> bool:
    if array is None or variable is None:
        return False
    return array.dtype.kind == "f" and array.shape == tuple(variable.shape)
