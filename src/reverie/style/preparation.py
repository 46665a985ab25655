"""What is settled before the first step: sizes and steps, the canvas to start from, the colours."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from reverie import images
from reverie.errors import ReverieError
from reverie.images.picture import Source
from reverie.pixels.scaling import numbers
from reverie.style import colour
from reverie.style.objective import Balance
from reverie.style.painting import Schedule
from reverie.style.presets import Preset

SMALLEST = 112  # px, longest side: smaller canvases show a network nothing


def planned(
    size: tuple[int, int],
    preset: Preset,
    balance: Balance,
    scales: int | None,
    steps: int | None,
    optimizer: str | None,
    seed: int,
    roll: bool = False,
) -> Schedule:
    """The sizes, each twice the one before, and the steps at each.

    Without a number of scales there are as many as it takes to begin between 112 and 223 pixels, so that large shapes
    are as large in a large picture. A size that the preset has no steps for gets as many as its largest; given steps
    are for the largest, and the others keep their proportion.
    """
    longest = max(size)
    if scales is None:
        scales = preset.scales if preset.scales == 1 else 1 + max(0, int(np.log2(longest / SMALLEST)))
    sizes = [tuple(max(1, round(side / 2**power)) for side in size) for power in reversed(range(scales))]
    usual = [preset.steps[min(i, len(preset.steps) - 1)] for i in range(len(sizes))]
    factor = 1 if steps is None else steps / usual[-1]
    return Schedule(
        sizes=[(height, width) for height, width in sizes],
        steps=[max(1, round(n * factor)) for n in usual],
        rates=[preset.rates[min(i, len(preset.rates) - 1)] for i in range(len(sizes))],
        balance=balance,
        optimizer=optimizer or preset.optimizer,
        seed=seed,
        roll=roll,
    )


def canvas(start: Source, photo: np.ndarray, seed: int) -> np.ndarray:
    """What is painted on, float32 in [0, 1]: "content", "noise" of the photo's size, or a picture of any size."""
    if isinstance(start, str) and start == "content":
        return photo
    if isinstance(start, str) and start == "noise":
        return np.random.default_rng(seed).random(photo.shape, np.float32)
    return numbers(images.decode(start).rgb)


def several(styles: "Source | Sequence[Source]") -> list[Source]:
    """One style or several, as a list. Raises ReverieError if there is none."""
    sources: list[Source] = list(styles) if isinstance(styles, list | tuple) else [styles]  # type: ignore[list-item]
    if not sources:
        raise ReverieError("There is no style.", "Give at least one painting.")
    return sources


def prepared(photo: np.ndarray, paintings: list[np.ndarray], colours: str) -> tuple[np.ndarray, list[np.ndarray]]:
    """Photo and paintings, uint8 or float32, as the network is to see them if the photo's colours are kept."""
    if colours == "luminance":
        grey = colour.luminance(numbers(photo))
        return grey, [colour.as_bright(colour.luminance(numbers(painting)), grey) for painting in paintings]
    if colours == "histogram":
        return photo, [colour.repainted(numbers(painting), numbers(photo)) for painting in paintings]
    return photo, paintings


def listed(values: Any) -> list[Any] | None:
    """A list as the settings in a picture hold it: a picture that came without a name is its type's."""
    if values is None:
        return None
    return [
        value if isinstance(value, str | int | float) else
        os.fspath(value) if isinstance(value, os.PathLike) else type(value).__name__
        for value in values
    ]  # fmt: skip
