"""A concept in a file, and what it does on a sheet."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from reverie import modelfile
from reverie.errors import ReverieError

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

    from reverie.vae import VAE, Concept

ENGINE = "concept"
STRENGTHS = (-3, -2, -1, 0, 1, 2, 3)


def write(concept: "Concept", path: Path) -> None:
    """As a model file that holds one vector."""
    document = {"name": concept.name, "with": concept.sides[0], "without": concept.sides[1]}
    modelfile.write(path, ENGINE, document, {"vector": concept.vector})


def read(path: Path) -> "Concept":
    """Raises ReverieError for what is no file of a concept."""
    from reverie.vae import Concept

    document, arrays = modelfile.read(path)
    if document["engine"] != ENGINE:
        raise ReverieError(f"{path} holds a model, not a concept.", "Give a file of `reverie vae concept`.")
    vector, name, sides = arrays.get("vector"), document.get("name"), (document.get("with"), document.get("without"))
    whole = vector is not None and vector.dtype == "float32" and vector.ndim == 1
    if not whole or vector is None or not isinstance(name, str) or not all(isinstance(side, int) for side in sides):
        raise ReverieError(f"The concept in {path} is damaged.", "Find it again with `reverie vae concept`.")
    counts: Any = sides
    return Concept(vector, name, counts)


def sheet(vae: "VAE", pictures: "np.ndarray", concept: "Concept") -> "Image.Image":
    """Each picture in a row, from -3 to +3 of the concept."""
    import numpy as np

    from reverie.cli.vae.pictures import sheet

    strips = np.concatenate([vae.strip(picture, concept, STRENGTHS) for picture in pictures])
    captions = [f"{strength:+d}" if strength else "0" for strength in STRENGTHS] * len(pictures)
    return sheet(strips, len(STRENGTHS), captions, f"{concept.name}, from less to more")
