"""The numbers a dream is made with: which make sense, and how a picture carries them."""

import os
from typing import Any

from reverie.errors import ReverieError

# name: (least, most, what to give)
WHOLE = {
    "octaves": (1, 20, "from 1 to 20"),
    "steps": (1, 100_000, "from 1 to 100,000"),
    "seed": (0, 2**63 - 1, "from 0 up"),
    "size": (8, 16_383, "of pixels from 8 to 16,383"),
    "first": (0, 10**6, "from 0 up"),
    "count": (1, 10_000, "from 1 to 10,000"),
    "columns": (1, 100, "from 1 to 100"),
    "frames": (1, 100_000, "from 1 to 100,000"),
}
NUMBERS = {
    "octave_scale": (1.01, 10, "from 1.01 to 10"),
    "strength": (1e-6, 1, "above 0 and up to 1, such as 0.01"),
    "memory": (0.1, 1e6, "of GB, such as 2"),
    "zoom": (1.0, 2.0, "from 1 to 2: how much larger each frame is"),
}


def check(**values: Any) -> None:
    """Raises ReverieError for a number that makes no sense; None is what was not given."""
    for name, value in values.items():
        least, most, hint = WHOLE.get(name) or NUMBERS[name]
        kind = int if name in WHOLE else int | float
        if value is None or (isinstance(value, kind) and not isinstance(value, bool) and least <= value <= most):
            continue
        raise ReverieError(f"{name} cannot be {value}.", f"Give a {'whole ' if name in WHOLE else ''}number {hint}.")


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
