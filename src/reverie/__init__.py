"""Reverie: make new text and pictures from your own.

    text       language models: reverie.text.train("book.txt", minutes=5)
    dream      DeepDream: reverie.dream.render("photo.jpg")
    style      neural style transfer: reverie.style.transfer("photo.jpg", "painting.jpg")
    vae        a space of pictures to sample, walk and edit: reverie.vae.train("faces/", minutes=10)
    gan        new pictures like yours, from a generator and a discriminator: reverie.gan.train("flowers/")
    latent     what spaces of pictures share: arcs through them, and concepts
    features   the frozen networks that both look through: reverie.features.load("reverie-dream")
    faces      little drawn faces with exact attributes, to try things on: reverie.faces.draw(2000)
    images     pictures read safely, written with their settings, laid out in sheets and films
    metrics    how near sets of pictures are: Fréchet and kernel distance, precision and recall
    open       a trained model from its file or its run folder

All are loaded when they are first used, so that `import reverie` needs no backend and takes no time.
"""

import importlib
from typing import TYPE_CHECKING, Any

from reverie.errors import ReverieError

if TYPE_CHECKING:
    from reverie import dream as dream
    from reverie import faces as faces
    from reverie import features as features
    from reverie import gan as gan
    from reverie import images as images
    from reverie import latent as latent
    from reverie import metrics as metrics
    from reverie import style as style
    from reverie import text as text
    from reverie import vae as vae
    from reverie.opening import open as open

__version__ = "0.1.0"
ROOMS = ("dream", "faces", "features", "gan", "images", "latent", "metrics", "style", "text", "vae")
__all__ = [
    "ReverieError",
    "__version__",
    "dream",
    "faces",
    "features",
    "gan",
    "images",
    "latent",
    "metrics",
    "open",
    "style",
    "text",
    "vae",
]


def __getattr__(name: str) -> Any:
    if name == "open":
        return importlib.import_module("reverie.opening").open
    if name in ROOMS:
        return importlib.import_module(f"reverie.{name}")
    raise AttributeError(f"module 'reverie' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
