"""Which numbers and words make sense for a repainting."""

import functools
import math
from typing import Any

from reverie.errors import ReverieError
from reverie.pixels import settings

LIMITS: settings.Limits = {
    "size": (16, 16_383, "of pixels from 16 to 16,383"),
    "height": (16, 16_383, "of pixels from 16 to 16,383"),
    "width": (16, 16_383, "of pixels from 16 to 16,383"),
    "scales": (1, 10, "from 1 to 10"),
    "steps": (1, 100_000, "from 1 to 100,000"),
    "strength": (0.0, 1e4, "from 0 up, such as 1"),
    "smoothness": (0.0, 1e4, "from 0 up, such as 1"),
    "style_scale": (0.1, 10, "from 0.1 to 10"),
    "style_weight": (0.0, 1e6, "from 0 up"),
    "seed": settings.SEED,
    "memory": (0.1, 1e6, "of GB, such as 2"),
}
OPTIMIZERS = ("adam", "lbfgs")

check = functools.partial(settings.check, LIMITS)


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raises ReverieError for a word that is none of those there are."""
    if value not in choices:
        raise ReverieError(f"{name} cannot be {value!r}.", f"It can be {', '.join(choices)}.")


def parts(weights: Any, count: int) -> list[float]:
    """The styles' weights, adding up to 1; by default all alike."""
    given = [1.0] * count if weights is None else list(weights)
    if len(given) != count:
        raise ReverieError(f"There are {count} styles and {len(given)} weights.", "Give one weight for each style.")
    for weight in given:
        check(style_weight=weight)
    if not math.fsum(given):
        raise ReverieError("All styles weigh 0.", "Give at least one of them a weight above 0.")
    return [weight / math.fsum(given) for weight in given]
