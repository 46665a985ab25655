"""`transfer`: a photo repainted in the style of paintings."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from reverie import features, images
from reverie.images.picture import Source
from reverie.pixels.memory import largest_tile
from reverie.pixels.progress import Progress
from reverie.pixels.scaling import numbers, resized
from reverie.pixels.settings import settings
from reverie.style import colour, presets
from reverie.style.estimate import estimate
from reverie.style.limits import OPTIMIZERS, check, check_choice, parts
from reverie.style.objective import Balance, Objective, Targets
from reverie.style.painting import Moment, Schedule, paint
from reverie.style.preparation import canvas, listed, planned, prepared, several
from reverie.style.regions import Regions

STYLE = 20.0  # what strength 1 multiplies the style loss with


def transfer(
    content: Source,
    styles: "Source | Sequence[Source]",
    network: Any = None,
    *,
    preset: str | None = None,
    weights: str | Path | None = None,
    size: int | None = 512,
    strength: float = 1.0,
    style_weights: Sequence[float] | None = None,
    style_scale: float = 1.0,
    masks: Sequence[Source] | None = None,
    style_masks: Sequence[Source] | None = None,
    colours: str = "painting",
    start: "Source | None" = None,
    smoothness: float | None = None,
    scales: int | None = None,
    steps: int | None = None,
    optimizer: str | None = None,
    seed: int = 0,
    memory: float | None = None,
    preview: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Image.Image:
    """Repaints a photo in the style of one or several paintings.

    A canvas is changed, by its gradient, until a network sees in it the content of the photo and the style of the
    painting:

        loss = content + 20 * strength * style + smoothness * total variation

    with `content_loss` over deep activations and `style_loss` over Gram matrices, both shares of the target's energy
    (see `losses`). This is neural style transfer (Gatys, Ecker and Bethge 2015), painted from small to large: at each
    size photo and painting are shown at that size, large shapes come from small canvases for almost nothing, and the
    largest only adds what is finest.

    content: a path, a Pillow image, or a uint8 array (height, width, 3). Transparency is kept.
    styles: one such picture or several; style_weights: how much each counts, by default alike.
    network: a name of `reverie weights`, a keras.Model of pictures in [0, 1], or a FeatureNetwork. weights: its
        file, or "random".
    preset: "reverie", "gatys", "textbook" or "vgg19": network, layers, and the values of what is None below.
    size: longest side in pixels; None for the photo's own. strength: how much style counts against content.
    style_scale: size of the paintings against that of the canvas: larger gives larger strokes.
    masks: one picture for each style, laid over the photo: where it is white that style paints; where all are black the
        photo stays much as it is. style_masks: one for each style: where it is white the style is learnt from.
    colours: "painting"; or the photo's, by "luminance" (only brightness is painted) or "histogram" (the painting is
        first given the photo's colours).
    start: "content", "noise", or a picture. smoothness: of the total variation loss.
    scales: how many sizes, each twice the one before. steps: at the largest size; smaller ones get more.
    optimizer: "adam" or "lbfgs".
    seed: of the noise. Same machine, backend, version, seed and inputs: same picture.
    memory: GB that the process may take; by default 70 % of the machine's. Larger pictures are taken in tiles.
    preview: a file that shows the picture so far, every few seconds. progress: shows what it will take and where it is.

    Ctrl-C ends the painting and returns the picture so far. The settings are in the picture's `info["reverie"]`.
    Raises ReverieError for a picture, a mask, a file or a value that cannot be used.
    """
    chosen = presets.choose(preset, network)
    sources = several(styles)
    check(size=size, strength=strength, style_scale=style_scale, scales=scales, steps=steps, seed=seed)
    check(smoothness=smoothness, memory=memory)
    check_choice("colours", colours, colour.COLOURS)
    check_choice("optimizer", optimizer or chosen.optimizer, OPTIMIZERS)
    shares, regions = parts(style_weights, len(sources)), Regions.of(masks, style_masks, len(sources))
    picture = images.decode(content)
    rgb = picture.rgb if size is None else images.fit(picture.rgb, size)
    photo, paintings = prepared(rgb, [images.decode(style).rgb for style in sources], colours)
    start = chosen.start if start is None else start
    begin = canvas(start, photo, seed)
    show = None if preview is None else images.Preview(preview)

    loaded = features.load(chosen.network if network is None else network, weights, quick=True)
    objective = Objective(loaded, *presets.layers(chosen, loaded))
    objective.side = largest_tile(objective, rgb.shape[:2], memory)
    balance = Balance(1.0, STYLE * strength, chosen.smoothness if smoothness is None else smoothness)
    schedule = planned(rgb.shape[:2], chosen, balance, scales, steps, optimizer, seed)

    def targets(size: tuple[int, int]) -> Targets:
        grams = regions.grams(objective, paintings, shares, max(size) * style_scale)
        return objective.targets(resized(photo, size), grams, regions.painted)

    def finished(painted: np.ndarray) -> Image.Image:
        in_colour = colour.coloured(painted, numbers(rgb)) if colours == "luminance" else painted
        return images.encode(in_colour, picture.alpha)

    detail = photo if isinstance(start, str) and start == "content" else None
    result, stopped = painted(begin, targets, objective, schedule, detail, finished, show, progress)
    result.info["reverie"] = settings(
        "style transfer", seed, stopped,
        image=content, styles=listed(sources), network=loaded.name if isinstance(network, str | None) else network,
        preset=preset, weights=weights, size=size, strength=strength, style_weights=listed(style_weights),
        style_scale=style_scale, masks=listed(masks), style_masks=listed(style_masks), colours=colours, start=start,
        smoothness=smoothness, scales=scales, steps=steps, optimizer=optimizer, memory=memory,
    )  # fmt: skip
    return result


def painted(
    begin: np.ndarray,
    targets: Callable[[tuple[int, int]], Targets],
    objective: Objective,
    schedule: Schedule,
    detail: np.ndarray | None,
    finished: Callable[[np.ndarray], Image.Image],
    show: Callable[[Callable[[], Image.Image]], None] | None,
    progress: Progress | None,
) -> tuple[Image.Image, str | None]:
    """`paint`, watched: (the picture, where Ctrl-C ended it or None). finished: from a canvas to the picture."""
    if progress is not None:
        progress.begin(estimate(objective, schedule).sentence)

    def watch(moment: Moment) -> None:
        if progress is not None:
            progress.show(moment)
        if show is not None:
            show(lambda: finished(moment.picture()))

    pixels, stopped = paint(begin, targets, objective, schedule, detail, watch)
    if stopped is None:
        return finished(pixels), None
    if progress is not None:
        progress.say(f"Stopped at {stopped.where}: this is the picture so far.")
    return finished(pixels), stopped.where
