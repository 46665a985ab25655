"""From a model file back to a generator."""

from typing import Any

import numpy as np

from reverie import modelfile
from reverie.errors import ReverieError
from reverie.gan import networks
from reverie.gan.model import GAN, named


def load(document: dict[str, Any], arrays: dict[str, np.ndarray]) -> GAN:
    """The model that a model file's document and arrays describe. Raises ReverieError if they do not fit.

    A file that training wrote, but did not live to tidy, holds the discriminator too: it is left aside.
    """
    config = document.get("network")
    for kept in ("average/", "generator/"):
        weights = {named(name): array for name, array in arrays.items() if name.startswith(kept)}
        if weights:
            break
    if not isinstance(config, dict) or networks.least(config) > sum(array.size for array in weights.values()):
        raise modelfile.misfit()
    _check_labels(document, networks.checked(config)["classes"])
    generator = networks.generator(networks.checked(config))
    modelfile.fill(generator, weights)
    return GAN(generator, document)


def _check_labels(document: dict[str, Any], classes: int) -> None:
    """Names and shares of labels, where there are any, are as many, are strings, and add up."""
    names, shares = document.get("labels", []), document.get("shares", [])
    fits = isinstance(names, list) and isinstance(shares, list) and len(names) == len(shares) == classes
    fits = fits and all(isinstance(name, str) for name in names)
    fits = fits and all(isinstance(share, float) and 0 <= share <= 1 for share in shares)
    if not fits or (classes and abs(sum(shares) - 1) > 1e-6):
        raise ReverieError(
            "The labels in the model file are not those of the network it describes.",
            "The file is damaged: train or download it again.",
        )
