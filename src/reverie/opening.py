"""`reverie.open`: a trained model of whichever engine, from its file or its run folder."""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

from reverie import modelfile
from reverie.errors import ReverieError

if TYPE_CHECKING:
    from reverie.gan import GAN
    from reverie.style import FastStyle
    from reverie.text import TextModel
    from reverie.vae import VAE

ENGINES = (
    "gan",
    "style",
    "text",
    "vae",
)  # an engine is the room of that name; its `load(document, arrays)` builds the model


@overload
def open(path: str | Path, engine: Literal["text"]) -> "TextModel": ...
@overload
def open(path: str | Path, engine: Literal["style"]) -> "FastStyle": ...
@overload
def open(path: str | Path, engine: Literal["vae"]) -> "VAE": ...
@overload
def open(path: str | Path, engine: Literal["gan"]) -> "GAN": ...
@overload
def open(path: str | Path, engine: None = None) -> "TextModel | FastStyle | VAE | GAN": ...
def open(path: str | Path, engine: str | None = None) -> "TextModel | FastStyle | VAE | GAN":
    """The trained model in a `.safetensors` file, or in the run folder that holds one.

    The file says which engine made it and how its network is built; nothing in it is executed.
    engine: the one it must be of, if the caller can use no other.
    Raises ReverieError for anything that is not a whole model file of an engine this version has.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "model.safetensors"
        if not path.exists():
            raise ReverieError(
                f"The folder {path.parent} holds no trained model.",
                "Give a model file or the folder of a finished run; `reverie runs` lists them.",
            )
    document, arrays = modelfile.read(path)
    if document["engine"] == "concept":
        raise ReverieError(
            f"{path} holds a concept, not a model.", "Use it with `reverie vae edit`, or `reverie gan edit`."
        )
    if document["engine"] not in ENGINES:
        raise ReverieError(
            f"{path} was made by the engine {document['engine']!r}, which this version does not have.",
            "Install a newer version of Reverie.",
        )
    if engine is not None and document["engine"] != engine:
        raise ReverieError(
            f"{path} holds a model of the engine {document['engine']}, and one of {engine} is needed.",
            f"`reverie {document['engine']} --help` says what can be done with it.",
        )
    model: TextModel | FastStyle | VAE | GAN = importlib.import_module(f"reverie.{document['engine']}").load(
        document, arrays
    )
    model.path = path
    return model
