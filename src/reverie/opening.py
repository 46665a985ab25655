"""`reverie.open`: a trained model of whichever engine, from its file or its run folder."""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from reverie import modelfile
from reverie.errors import ReverieError

if TYPE_CHECKING:
    from reverie.text import TextModel

ENGINES = ("text",)  # an engine is the room of that name; its `load(document, arrays)` builds the model


def open(path: str | Path) -> "TextModel":
    """The trained model in a `.safetensors` file, or in the run folder that holds one.

    The file says which engine made it and how its network is built; nothing in it is executed.
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
    if document["engine"] not in ENGINES:
        raise ReverieError(
            f"{path} was made by the engine {document['engine']!r}, which this version does not have.",
            "Install a newer version of Reverie.",
        )
    model: TextModel = importlib.import_module(f"reverie.{document['engine']}").load(document, arrays)
    model.path = path
    return model
