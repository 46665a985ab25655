"""`render`: a dream on a photo."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from reverie import features, images
from reverie.dream.ascent import Ascent
from reverie.dream.estimate import estimate
from reverie.dream.expression import parse
from reverie.dream.limits import check
from reverie.dream.objectives import Objective, grey
from reverie.dream.octaves import Moment, Schedule, dream, octave_sizes
from reverie.dream.presets import Preset, choose
from reverie.errors import ReverieError
from reverie.images.picture import Source
from reverie.pixels.memory import largest_tile
from reverie.pixels.progress import Progress
from reverie.pixels.settings import settings


def render(
    image: Source,
    network: Any = None,
    objective: Objective | str | None = None,
    *,
    preset: str | None = None,
    weights: str | Path | None = None,
    guide: "Source | None" = None,
    octaves: int | None = None,
    octave_scale: float | None = None,
    steps: int | None = None,
    strength: float | None = None,
    roll: bool = True,
    size: int | None = None,
    mask: "Source | None" = None,
    seed: int = 0,
    memory: float | None = None,
    preview: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Image.Image:
    """Dreams on a picture: changes it so that a network sees more of what it already sees.

    At each of several sizes, small to large, gradient ascent on the pixels x, for an objective such as the mean
    squared activation of a layer:

        x <- clip(x + strength * g / sqrt(mean(g²)), 0, 1),   g = d objective / d x

    and between sizes the detail that shrinking has lost is put back. This is DeepDream (Mordvintsev, Olah and Tyka,
    2015), as in Chollet's Deep Learning with Python, but steps are divided by the gradient's root mean square instead
    of its length, so that strength means the same at every size; pixels stay in range at each step; and pictures too
    large for the memory are taken in tiles whose gradients add up to that of the whole.

    image: a path, a Pillow image, or a uint8 array (height, width, 3). Transparency is kept.
    network: a name of `reverie weights`, a keras.Model of pictures in [0, 1], or a FeatureNetwork. weights: its
        file, or "random".
    preset: "reverie", "textbook" or "notebook". It gives the network, the objective, octaves, octave_scale, steps and
        strength that are None. By default the one made for the network.
    objective: from `layer`, `channel`, `neuron`, `logit` and `like`, which add, multiply and take masks; or as text
        ("mixed4 + 1.5 * mixed5").
    guide: a picture; then the layers that a text objective names dream of what the guide shows there.
    octaves, octave_scale: how many sizes, and the ratio between them. steps: at each size. strength: what a step
        changes, root mean square, where 1 is from black to white. roll: whether each step looks at the picture
        rolled by up to 32 pixels, which keeps patterns from its grid of positions away.
    size: longest side of the dream in pixels; None for the picture's own.
    mask: a picture, laid over the whole: where it is black nothing changes.
    seed: of the rolls. Same machine, backend, version, seed and inputs: same picture.
    memory: GB that the process may take; by default 70 % of the machine's. Larger pictures are taken in tiles.
    preview: a file that shows the picture so far, every few seconds. progress: shows what it will take and where it is.

    Ctrl-C ends the dream and returns the picture so far. The settings are in the picture's `info["reverie"]`.
    Raises ReverieError for a picture, a mask, a file or a value that cannot be used.
    """
    chosen = choose(preset, network)
    numbers = chosen.numbers(octaves=octaves, octave_scale=octave_scale, steps=steps, strength=strength)
    check(**numbers, seed=seed, size=size, memory=memory)
    schedule = Schedule(**numbers, roll=roll, seed=seed)
    picture = images.decode(image)
    rgb = picture.rgb if size is None else images.fit(picture.rgb, size)
    painted = None if mask is None else _laid_over(mask, rgb.shape[:2])
    show = None if preview is None else images.Preview(preview)

    loaded = features.load(chosen.network if network is None else network, weights, quick=True)
    climbed = wanted(objective, guide, chosen, loaded)
    ascent = Ascent(loaded, climbed)
    ascent.side = largest_tile(ascent, rgb.shape[:2], memory)
    if progress is not None:
        progress.begin(estimate(ascent, octave_sizes(rgb.shape[:2], schedule, ascent), schedule.steps).sentence)

    def watch(moment: Moment) -> None:
        if progress is not None:
            progress.show(moment)
        if show is not None:
            show(lambda: images.encode(moment.picture(), picture.alpha))

    dreamt, stopped = dream(rgb, ascent, schedule, painted, watch)
    if stopped is not None and progress is not None:
        progress.say(f"Stopped in octave {stopped.octave}, after step {stopped.step}: this is the picture so far.")
    result = images.encode(dreamt, picture.alpha)
    result.info["reverie"] = settings(
        "dream render",
        seed,
        None if stopped is None else f"octave {stopped.octave}, step {stopped.step}",
        image=image,
        network=loaded.name if isinstance(network, str | None) else network,
        objective=str(climbed),
        weights=weights,
        roll=roll,
        **numbers,
        size=size,
        mask=mask,
        memory=memory,
    )
    return result


def wanted(objective: Objective | str | None, guide: "Source | None", preset: Preset, network: Any) -> Objective:
    """What was asked for, or the preset's, or for a network without one a layer at two thirds of its depth."""
    if isinstance(objective, Objective):
        if guide is not None:
            raise ReverieError("A guide and an objective that is not text were given.", "Use like(guide, layer).")
        return objective
    if objective is None:
        maps = [name for name in network.layers if name != network.classifier]
        objective = preset.objective if network.name == preset.network else f"layer({maps[len(maps) * 2 // 3]!r})"
    return parse(objective, guide)


def _laid_over(mask: Source, size: tuple[int, int]) -> np.ndarray:
    """The mask at the picture's size, float32 (height, width) in [0, 1]."""
    weights = grey(mask)
    if not weights.any():
        raise ReverieError("The mask is black: nothing would change.", "Paint white where the dream may be.")
    if weights.shape == size:
        return weights
    result: np.ndarray = np.clip(images.resize(weights[..., None], size)[..., 0], 0, 1)
    return result
