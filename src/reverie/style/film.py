"""`film`: a film repainted, each frame from the one before it, carried along by what moves."""

import functools
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from reverie import features, images
from reverie.errors import ReverieError
from reverie.images.clip import Clip, read
from reverie.images.picture import Source
from reverie.pixels.memory import largest_tile
from reverie.pixels.progress import Progress
from reverie.pixels.scaling import numbers, resized
from reverie.pixels.settings import Limits, check, settings
from reverie.style import colour, presets
from reverie.style.flow import followed, warped
from reverie.style.limits import LIMITS, check_choice, parts
from reverie.style.objective import Balance, Maps, Objective, Targets
from reverie.style.painting import Schedule, paint
from reverie.style.preparation import canvas, listed, planned, prepared, several
from reverie.style.regions import Regions
from reverie.style.transfer import STYLE

PULL = 500.0  # what steadiness 1 multiplies the temporal loss with
RATE = 0.5  # of the preset's: a frame that begins with the last one has little left to change
NEW = 0.3  # a frame of which so little was there before is the first one after a cut
MOST = 10**6  # frames
FILM: Limits = {"frames": (1, MOST, "from 1 up"), "steadiness": (0.0, 1e4, "from 0 up, such as 1")}
BLUR = 0.02  # of the longest side: how far the paint beside it reaches into what was not there before


def film(
    clip: "str | os.PathLike[str] | Iterable[Source]",
    styles: "Source | Sequence[Source]",
    network: Any = None,
    *,
    preset: str | None = None,
    weights: str | Path | None = None,
    size: int | None = 384,
    frames: int | None = None,
    strength: float = 1.0,
    style_weights: Sequence[float] | None = None,
    style_scale: float = 1.0,
    colours: str = "painting",
    steadiness: float = 1.0,
    smoothness: float | None = None,
    steps: int = 8,
    seed: int = 0,
    memory: float | None = None,
    preview: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Iterator[Image.Image]:
    """Repaints a film in the style of paintings: its frames, one after the other, for `reverie.images.video.write`.

    The first frame, and the first after each cut, is painted as `transfer` paints a photo. Every other one begins with
    the paint of the frame before, carried along by the optical flow of the photos, takes a few steps at full size, and
    is held to where it began by one more loss:

        w = photo + carried(last frame - last photo)        temporal = 500 * steadiness * mean(c (x - w)²)

    x: the canvas; c: 1 where the flow can be trusted, else 0 (see `flow`); there the paint around it is taken.

    After Ruder, Dosovitskiy and Brox, "Artistic style transfer for videos" (2016), with one frame to look back to. They
    carry along the frame itself, which blurs the photo's own detail a little more with each; and they paint each frame
    for hundreds of steps, where one that begins where the last one ended needs few.

    clip: a GIF, an animated WebP or PNG, a film such as mp4 (through PyAV), or pictures of one size. frames: how many
    at most. steadiness: 0 for none. steps: of each frame but the first. The rest is as in `transfer`.
    progress: shows how many frames are done. preview: a file that shows the last one.

    One frame at a time is in memory. Ctrl-C ends the film there. The settings are in each frame's `info["reverie"]`.
    Raises ReverieError as `transfer` does, before the first frame; where it is damaged later the film ends.
    """
    chosen = presets.choose(preset, network)
    sources = several(styles)
    check(LIMITS, size=size, strength=strength, style_scale=style_scale, smoothness=smoothness, steps=steps)
    check(LIMITS, seed=seed, memory=memory)
    check(FILM, frames=frames, steadiness=steadiness)
    check_choice("colours", colours, colour.COLOURS)
    shares, regions = parts(style_weights, len(sources)), Regions.of(None, None, len(sources))
    shown = read(clip) if isinstance(clip, str | os.PathLike) else clip
    count = shown.count if isinstance(shown, Clip) else None
    photos = _photos(shown, size, frames)
    first = next(photos, None)
    if first is None:
        raise ReverieError("There is no frame to repaint.", "Give a film, or at least one picture.")
    _, paintings = prepared(first, [images.decode(style).rgb for style in sources], colours)
    show = None if preview is None else images.Preview(preview)

    loaded = features.load(chosen.network if network is None else network, weights, quick=True)
    objective = _Held(loaded, *presets.layers(chosen, loaded))
    height, width = first.shape[:2]
    objective.side = largest_tile(objective, (height, width), memory)
    balance = Balance(1.0, STYLE * strength, chosen.smoothness if smoothness is None else smoothness)
    whole = planned((height, width), chosen, balance, None, None, None, seed)
    more = Schedule([(height, width)], [steps], [RATE * chosen.rates[-1]], balance)
    made_with = settings(
        "style film", seed, clip=shown.path if isinstance(shown, Clip) else None, styles=listed(sources), preset=preset,
        network=loaded.name if isinstance(network, str | None) else network, weights=weights, size=size, frames=frames,
        strength=strength, style_weights=listed(style_weights), style_scale=style_scale, colours=colours,
        steadiness=steadiness, smoothness=smoothness, steps=steps, memory=memory,
    )  # fmt: skip
    total = min(number for number in (frames, count, MOST) if number is not None)

    @functools.cache
    def grams(size: tuple[int, int]) -> Maps:
        return regions.grams(objective, paintings, shares, max(size) * style_scale)

    painter = _Painter(objective, grams, whole, more, chosen.start, PULL * steadiness)

    def reel() -> Iterator[Image.Image]:
        before: tuple[np.ndarray, np.ndarray] | None = None
        if progress is not None:
            each = f"{' + '.join(map(str, whole.steps))} steps for the first, {steps} for each other"
            progress.begin(f"{width} x {height} pixels, {f'{total} frames' if total < MOST else 'frames'}: {each}")
        for number in itertools.count(1):
            try:
                original = first if before is None else next(photos, None)
                if original is None:
                    return
                photo = colour.luminance(original) if colours == "luminance" else original
                painted, done = painter.repaint(photo, before)
            except (KeyboardInterrupt, ReverieError) as error:
                if before is None:
                    raise
                if progress is not None and isinstance(error, ReverieError):
                    progress.say(f"{error} The film ends here.")
                return
            if before is None or done:
                picture = images.encode(colour.coloured(painted, original) if colours == "luminance" else painted)
                picture.info["reverie"] = made_with
                if show is not None:
                    show(functools.partial(Image.Image.copy, picture))
                yield picture
            if not done:
                return
            if progress is not None:
                progress.count(number, max(total, number) if total < MOST else number)
            before = photo, painted

    return reel()


@dataclass
class _Painter:
    """Paints frame after frame. whole, more: how a first frame is painted, and each other. pull: the weight of the
    temporal loss. start: what a first frame begins with, as in `transfer`."""

    objective: "_Held"
    grams: Callable[[tuple[int, int]], Maps]
    whole: Schedule
    more: Schedule
    start: str
    pull: float

    def repaint(self, photo: np.ndarray, before: tuple[np.ndarray, np.ndarray] | None) -> tuple[np.ndarray, bool]:
        """A frame, and whether it was not interrupted. before: (photo, painting) of the last one."""

        def targets(size: tuple[int, int]) -> Targets:
            return self.objective.targets(resized(photo, size), self.grams(size))

        self.objective.held = None
        if before is not None:
            moved, sure = followed(before[0], photo)
            if sure.mean() > NEW:
                begin = np.clip(photo + _carried(before[1] - before[0], moved, sure), 0, 1)
                self.objective.held = begin, 2 * self.pull / photo.size * sure[..., None]
                painted, stopped = paint(begin, targets, self.objective, self.more)
                return painted, stopped is None
        begin, detail = canvas(self.start, photo, self.whole.seed), photo if self.start == "content" else None
        painted, stopped = paint(begin, targets, self.objective, self.whole, detail)
        return painted, stopped is None


class _Held(Objective):
    """An objective whose gradient also holds the canvas to what it was. held: (the frame before, carried along, how
    much each pixel is held to it: (height, width, 1))."""

    held: tuple[np.ndarray, np.ndarray] | None = None

    def gradient(self, canvas: np.ndarray, targets: Targets, balance: Balance) -> tuple[np.ndarray, np.ndarray]:
        losses, gradient = super().gradient(canvas, targets, balance)
        if self.held is not None:
            carried, pull = self.held
            gradient = gradient + pull * (canvas - carried)
        return losses, gradient


def _carried(paint: np.ndarray, moved: np.ndarray, sure: np.ndarray) -> np.ndarray:
    """Paint, (height, width, 3), where it moves to; where that is not sure, the paint around it, blurred."""
    from scipy.ndimage import gaussian_filter

    there, width = warped(paint, moved), BLUR * max(sure.shape)
    around = np.stack([gaussian_filter(there[..., c] * sure, width) for c in range(3)], axis=-1)
    around /= np.maximum(gaussian_filter(sure, width), 1e-3)[..., None]
    found: np.ndarray = np.where(sure[..., None] > 0, there, around).astype(np.float32)
    return found


def _photos(clip: Iterable[Source], size: int | None, frames: int | None) -> Iterator[np.ndarray]:
    """float32 (height, width, 3). Raises ReverieError if one measures more or less than the first."""
    shape: tuple[int, ...] | None = None
    for number, frame in enumerate(itertools.islice(clip, frames), start=1):
        rgb = images.decode(frame).rgb
        shape = shape or rgb.shape
        if rgb.shape != shape:
            raise ReverieError(
                f"Frame {number} measures {rgb.shape[1]} x {rgb.shape[0]} pixels, the first {shape[1]} x {shape[0]}.",
                "Give pictures of one size.",
            )
        yield numbers(rgb if size is None else images.fit(rgb, size))
