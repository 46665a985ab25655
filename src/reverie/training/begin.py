"""What every engine settles before a run begins or goes on: how long, with which settings, in which folder."""

import re
from collections.abc import Set
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np

from reverie.errors import ReverieError
from reverie.runs import read_document

SEEDS = 2**31 - 1  # that NumPy and all backends of Keras take, and one more than it, too


def check_start(minutes: float | None, steps: int | None, seed: int) -> None:
    """Raises ReverieError unless at most one of the first two is given, and is above 0, and for a seed that is none."""
    if minutes is not None and steps is not None:
        raise ReverieError("Both minutes and steps were given.", "Give one of them.")
    if minutes is not None and not 0 < minutes < float("inf"):
        raise ReverieError(f"minutes cannot be {minutes}.", "Give a number above 0.")
    if steps is not None and not (isinstance(steps, Integral) and steps >= 1):
        raise ReverieError(f"steps cannot be {steps}.", "Give a whole number from 1 up.")
    if not (isinstance(seed, Integral) and 0 <= seed < SEEDS):
        raise ReverieError(f"seed cannot be {seed}.", f"Give a whole number from 0 to {SEEDS - 1}.")


def settled(**settings: Any) -> dict[str, Any]:
    """Settings as run.json can keep them: NumPy's numbers as Python's."""
    return {name: value.item() if isinstance(value, np.generic) else value for name, value in settings.items()}


def settings_of(folder: Path, wanted: Set[str]) -> dict[str, Any]:
    """The settings a run was started with. Raises ReverieError if they are not the ones its engine takes."""
    settings = read_document(folder).get("settings")
    if not isinstance(settings, dict) or settings.keys() != wanted:
        raise ReverieError(f"run.json in {folder} does not say how to go on.", "Start a new run.")
    return settings


def new_folder(name: str, otherwise: str) -> Path:
    """runs/NAME, or runs/NAME-2, ...: the first that is free. otherwise: where nothing of the name can be kept."""
    name = re.sub(r"[^\w.-]+", "-", name).strip("-.") or otherwise
    number = 1
    while (folder := Path("runs") / (name if number == 1 else f"{name}-{number}")).exists():
        number += 1
    return folder
