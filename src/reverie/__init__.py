"""Reverie: make new text and pictures from your own.

    text       language models: reverie.text.train("book.txt", minutes=5)
    open       a trained model from its file or its run folder

Both are loaded when they are first used, so that `import reverie` needs no backend and takes no time.
"""

import importlib
from typing import TYPE_CHECKING, Any

from reverie.errors import ReverieError

if TYPE_CHECKING:
    from reverie import text as text
    from reverie.opening import open as open

__version__ = "0.1.0"
__all__ = ["ReverieError", "__version__", "open", "text"]


def __getattr__(name: str) -> Any:
    if name == "open":
        return importlib.import_module("reverie.opening").open
    if name == "text":
        return importlib.import_module("reverie.text")
    raise AttributeError(f"module 'reverie' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
