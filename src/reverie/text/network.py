"""The networks a text model can have, by name, and the one dial that sizes them."""

from typing import Any

import keras

from reverie.errors import ReverieError
from reverie.text.recurrent import Recurrent
from reverie.text.transformer import Transformer

NETWORKS = ("transformer", "lstm", "gru")

# What `size` sets; each value can be given on its own. Context is in tokens.
SIZES: dict[str, dict[str, int]] = {
    "tiny": {"width": 64, "depth": 2, "context": 64},
    "small": {"width": 128, "depth": 3, "context": 64},
    "medium": {"width": 256, "depth": 4, "context": 128},
    "large": {"width": 512, "depth": 8, "context": 256},
}


def design(kind: str, vocabulary: int, size: str = "small", **overrides: int | None) -> dict[str, Any]:
    """The configuration of a network: `size` sets width, depth and context, `overrides` change single ones.

    Raises ReverieError for a kind or size that does not exist or a value that does not fit.
    """
    if kind not in NETWORKS:
        raise ReverieError(f"There is no network {kind!r}.", f"Choose one of: {', '.join(NETWORKS)}.")
    if size not in SIZES:
        raise ReverieError(f"There is no size {size!r}.", f"Choose one of: {', '.join(SIZES)}.")
    values = SIZES[size] | {name: value for name, value in overrides.items() if value is not None}
    for name, most in {"width": 8192, "depth": 128, "context": 65536}.items():
        if not 1 <= values[name] <= most:
            raise ReverieError(f"A {name} of {values[name]} does not fit.", f"Give 1 to {most}.")
    if kind == "transformer" and values["width"] % 64:
        raise ReverieError(f"A width of {values['width']} does not fit.", "Give a multiple of 64.")
    return {"network": kind, "vocabulary": vocabulary, **values}


def least(config: dict[str, Any]) -> int:
    """Weights that a network of this configuration has at least: a file with fewer is not worth building it for."""
    _, vocabulary, width, depth, _ = checked(config)
    return 2 * vocabulary * width + 4 * depth * width**2


def build(config: dict[str, Any]) -> keras.Model:
    """The untrained network of a configuration made by `design`, its variables created.

    A configuration may come from a model file, so everything in it is checked and nothing else is read.
    Raises ReverieError.
    """
    kind, vocabulary, width, depth, context = checked(config)
    if kind == "transformer":
        network: keras.Model = Transformer(vocabulary, width, depth, context)
    else:
        network = Recurrent(vocabulary, kind, width, depth, context)
    network.build((None, network.window))
    return network


def checked(config: dict[str, Any]) -> tuple[str, int, int, int, int]:
    """Kind, vocabulary, width, depth and context of a configuration. Raises ReverieError if one does not fit."""
    values = [config.get(name) for name in ("vocabulary", "width", "depth", "context")]
    vocabulary, width, depth, context = (value if type(value) is int else 0 for value in values)
    kind = str(config.get("network"))
    design(kind, vocabulary, width=width, depth=depth, context=context)
    if not 2 <= vocabulary <= 1_000_000:
        raise ReverieError(f"A vocabulary of {vocabulary} does not fit.", "Give 2 to 1000000.")
    return kind, vocabulary, width, depth, context
