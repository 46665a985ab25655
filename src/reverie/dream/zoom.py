"""`zoom`: a flight into a dream: each frame is the middle of the last one, enlarged and dreamt on."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from reverie import features, images
from reverie.dream.ascent import Ascent
from reverie.dream.limits import check
from reverie.dream.objectives import Objective
from reverie.dream.octaves import Schedule, dream
from reverie.dream.presets import choose
from reverie.dream.render import wanted
from reverie.images.picture import Source
from reverie.pixels.memory import largest_tile
from reverie.pixels.settings import settings


def zoom(
    image: Source,
    network: Any = None,
    objective: Objective | str | None = None,
    *,
    frames: int = 60,
    zoom: float = 1.04,
    preset: str | None = None,
    weights: str | Path | None = None,
    guide: "Source | None" = None,
    octaves: int = 2,
    octave_scale: float | None = None,
    steps: int = 6,
    strength: float | None = None,
    roll: bool = True,
    size: int | None = 512,
    seed: int = 0,
    memory: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Image.Image]:
    """Frames of a film that flies into a dream, one after the other, for `reverie.images.video.write`.

    Each frame enlarges the middle of the last one by `zoom` and dreams on, in few octaves and steps, since most of the
    dream is there already; the first is a whole dream of the preset.

    frames: how many. progress(done, all): called after each. The rest is as in `render`. Ctrl-C ends the film there.
    The settings are in each frame's `info["reverie"]`. Raises ReverieError as `render` does, before the first frame.
    """
    check(
        frames=frames, zoom=zoom, octaves=octaves, steps=steps, strength=strength, size=size, seed=seed, memory=memory
    )
    chosen = choose(preset, network)
    rgb = images.decode(image).rgb
    rgb = rgb if size is None else images.fit(rgb, size)
    loaded = features.load(chosen.network if network is None else network, weights, quick=True)
    climbed = wanted(objective, guide, chosen, loaded)
    ascent = Ascent(loaded, climbed)
    ascent.side = largest_tile(ascent, rgb.shape[:2], memory)
    ascent.tiles(*rgb.shape[:2])  # says so if the picture is too small
    numbers = chosen.numbers(octave_scale=octave_scale, strength=strength)
    whole = Schedule(octaves=chosen.octaves, steps=chosen.steps, roll=roll, seed=seed, **numbers)
    more = Schedule(octaves=octaves, steps=steps, roll=roll, seed=seed, **numbers)
    made_with = settings(
        "dream zoom", seed, image=image, network=loaded.name, objective=str(climbed), frames=frames, zoom=zoom,
        preset=preset, weights=weights, octaves=octaves, steps=steps, roll=roll, size=size, memory=memory, **numbers,
    )  # fmt: skip

    def film() -> Iterator[Image.Image]:
        pixels = rgb
        for frame in range(frames):
            schedule = whole if frame == 0 else replace(more, seed=seed + frame)
            dreamt, stopped = dream(pixels, ascent, schedule)
            if stopped is None or frame == 0:
                picture = images.encode(dreamt)
                picture.info["reverie"] = made_with
                yield picture
                pixels = np.asarray(closer(picture, zoom))
            if stopped is not None:
                return
            if progress is not None:
                progress(frame + 1, frames)

    return film()


def closer(picture: Image.Image, zoom: float) -> Image.Image:
    """The middle of a picture, `zoom` times larger, at the same size."""
    width, height = picture.size
    left, top = width * (1 - 1 / zoom) / 2, height * (1 - 1 / zoom) / 2
    return picture.resize((width, height), Image.Resampling.BICUBIC, box=(left, top, width - left, height - top))
