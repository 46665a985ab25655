"""`sheet`: one photo dreamt over layers and strengths, to choose from."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from reverie import features, images
from reverie.dream.ascent import Ascent
from reverie.dream.expression import parse
from reverie.dream.limits import check
from reverie.dream.octaves import Schedule, dream
from reverie.dream.presets import choose
from reverie.images.picture import Source
from reverie.pixels.settings import settings

LAYERS = 6  # rows, if no layers are named
STRENGTHS = (0.005, 0.01, 0.02)  # columns
JOINS = {"Concatenate", "Add"}  # where blocks of a network end


def sheet(
    image: Source,
    network: Any = None,
    *,
    layers: Sequence[str] | None = None,
    strengths: Sequence[float] | None = None,
    preset: str | None = None,
    weights: str | Path | None = None,
    octaves: int | None = None,
    octave_scale: float | None = None,
    steps: int | None = None,
    size: int | None = 320,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Image.Image:
    """A contact sheet of dreams on one picture: a row for each layer, a column for each strength.

    layers: of the network, or objectives as text; by default up to six, spread over its depth. strengths: by default
    0.005, 0.01 and 0.02. size: longest side of
    each dream in pixels. progress(done, all): called after each dream. The rest is as in `render`.
    Ctrl-C leaves out what is not done. The settings are in the sheet's `info["reverie"]`.
    Raises ReverieError as `render` does.
    """
    chosen = choose(preset, network)
    numbers = chosen.numbers(octaves=octaves, octave_scale=octave_scale, steps=steps)
    check(**numbers, size=size, seed=seed)
    strengths = list(strengths or STRENGTHS)
    for strength in strengths:
        check(strength=strength)
    rgb = images.decode(image).rgb
    rgb = rgb if size is None else images.fit(rgb, size)
    loaded = features.load(chosen.network if network is None else network, weights, quick=True)
    layers = list(layers or spread(loaded))
    cells: list[tuple[np.ndarray, str]] = []
    stopped = None
    try:
        for layer in layers:
            ascent = Ascent(loaded, parse(f"layer({layer!r})" if layer in loaded.layers else layer))
            for strength in strengths:
                dreamt, moment = dream(rgb, ascent, Schedule(**numbers, strength=strength, seed=seed))
                if moment is not None:
                    raise KeyboardInterrupt
                cells.append((dreamt, f"{layer}  {strength:g}"))
                if progress is not None:
                    progress(len(cells), len(layers) * len(strengths))
    except KeyboardInterrupt:
        if not cells:
            raise
        stopped = f"after {len(cells)} dreams"
    page = images.grid(
        [images.encode(pixels) for pixels, _ in cells],
        len(strengths),
        captions=[caption for _, caption in cells],
        title=f"{loaded.name}: layers and strengths",
    )
    page.info["reverie"] = settings(
        "dream sheet", seed, stopped, image=image, network=loaded.name, layers=layers, strengths=strengths,
        weights=weights, size=size, **numbers,
    )  # fmt: skip
    return page


def spread(network: Any) -> list[str]:
    """Up to six layers from the first third of a network to its end: where blocks join, else all that are maps."""
    maps = [name for name in network.layers if name != network.classifier]
    kinds = {layer.name: type(layer).__name__ for layer in network.activations(maps).layers}
    joins = [name for name in maps if kinds.get(name) in JOINS]
    choice = joins if len(joins) >= LAYERS else [n for n in maps if "Conv" in kinds.get(n, "")] or maps
    places = np.linspace((len(choice) - 1) / 4, len(choice) - 1, LAYERS)
    return list(dict.fromkeys(choice[round(place)] for place in places))
