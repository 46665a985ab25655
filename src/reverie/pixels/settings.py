"""The numbers a picture is made with: which make sense, and how the picture carries them."""

import os
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

from reverie.errors import ReverieError

Limits = Mapping[str, tuple[float, float, str]]  # by name: (least, most, what to give); whole if `least` is

SEED = (0, 2**63 - 1, "from 0 up")


def check(limits: Limits, **values: Any) -> None:
    """Raises ReverieError for a number that makes no sense; None is what was not given."""
    for name, value in values.items():
        least, most, hint = limits[name]
        whole = isinstance(least, int)
        number = isinstance(value, Integral if whole else Real) and not isinstance(value, bool)
        if value is None or (number and least <= value <= most):
            continue
        raise ReverieError(f"{name} cannot be {value}.", f"Give a {'whole ' if whole else ''}number {hint}.")


def settings(command: str, seed: int, stopped: str | None = None, **arguments: Any) -> dict[str, Any]:
    """What made a picture, as `reverie info` reads it.

    A picture or network that came without a name cannot be named: the picture is left out, of others the type stands.
    stopped: where Ctrl-C ended it.
    """
    named: dict[str, Any] = {}
    for name, value in arguments.items():
        if isinstance(value, str | int | float | list):
            named[name] = value
        elif isinstance(value, os.PathLike):
            named[name] = os.fspath(value)
        elif value is not None and name != "image":
            named[name] = type(value).__name__
    document = {"command": command, "arguments": named, "seed": seed}
    return document if stopped is None else document | {"stopped": stopped}
