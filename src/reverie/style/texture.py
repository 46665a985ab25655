"""`texture`: a new surface in the style of pictures, with no content of its own."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from reverie import features, images
from reverie.images.picture import Source
from reverie.pixels.memory import largest_tile
from reverie.pixels.progress import Progress
from reverie.pixels.settings import settings
from reverie.style import presets
from reverie.style.limits import OPTIMIZERS, check, check_choice, parts
from reverie.style.objective import Balance, Objective, Targets
from reverie.style.preparation import canvas, listed, planned, several
from reverie.style.regions import Regions
from reverie.style.transfer import painted


def texture(
    styles: "Source | Sequence[Source]",
    network: Any = None,
    *,
    width: int = 512,
    height: int = 512,
    tileable: bool = False,
    preset: str | None = None,
    weights: str | Path | None = None,
    style_weights: Sequence[float] | None = None,
    style_scale: float = 1.0,
    smoothness: float | None = None,
    scales: int | None = None,
    steps: int | None = None,
    optimizer: str | None = None,
    seed: int = 0,
    memory: float | None = None,
    preview: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Image.Image:
    """A texture from noise, in the style of one or several pictures: `transfer` without content.

    Gatys, Ecker and Bethge, "Texture Synthesis Using Convolutional Neural Networks" (2015).

    width, height: in pixels. tileable: whether opposite edges meet; each step then looks at the canvas moved round by
    a random distance, so that its edges are painted like its middle. style_scale: size of the pictures against the
    longest side of the canvas. The rest, and what is raised, is as in `transfer`.
    """
    chosen = presets.choose(preset, network)
    sources = several(styles)
    check(width=width, height=height, style_scale=style_scale, scales=scales, steps=steps, seed=seed)
    check(smoothness=smoothness, memory=memory)
    check_choice("optimizer", optimizer or chosen.optimizer, OPTIMIZERS)
    shares, regions = parts(style_weights, len(sources)), Regions.of(None, None, len(sources))
    paintings = [images.decode(style).rgb for style in sources]
    size = height, width
    begin = canvas("noise", np.zeros((*size, 3), np.float32), seed)
    show = None if preview is None else images.Preview(preview)

    loaded = features.load(chosen.network if network is None else network, weights, quick=True)
    objective = Objective(loaded, *presets.layers(chosen, loaded))
    objective.side = largest_tile(objective, size, memory)
    balance = Balance(0.0, 1.0, (chosen.smoothness if smoothness is None else smoothness))
    schedule = planned(size, chosen, balance, scales, steps, optimizer, seed, roll=tileable)

    def targets(size: tuple[int, int]) -> Targets:
        grams = regions.grams(objective, paintings, shares, max(size) * style_scale)
        return objective.targets(np.zeros((*size, 3), np.float32), grams, keep=False)

    result, stopped = painted(begin, targets, objective, schedule, None, images.encode, show, progress)
    result.info["reverie"] = settings(
        "style texture", seed, stopped,
        styles=listed(sources), network=loaded.name if isinstance(network, str | None) else network, width=width,
        height=height, tileable=tileable, preset=preset, weights=weights, style_weights=listed(style_weights),
        style_scale=style_scale, smoothness=smoothness, scales=scales, steps=steps, optimizer=optimizer, memory=memory,
    )  # fmt: skip
    return result
