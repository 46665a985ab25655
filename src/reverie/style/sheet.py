"""`sheet`: one photo repainted over strengths and style scales, to choose from."""

import functools
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from reverie import features, images
from reverie.images.picture import Source
from reverie.pixels.scaling import numbers, resized
from reverie.pixels.settings import settings
from reverie.style import colour, presets
from reverie.style.limits import OPTIMIZERS, check, check_choice, parts
from reverie.style.objective import Balance, Objective, Targets
from reverie.style.painting import paint
from reverie.style.preparation import canvas, listed, planned, prepared, several
from reverie.style.regions import Regions
from reverie.style.report import other
from reverie.style.report import report as quality
from reverie.style.transfer import STYLE

STRENGTHS = (0.3, 1.0, 3.0)  # columns
STYLE_SCALES = (0.5, 1.0, 2.0)  # rows


def sheet(
    content: Source,
    styles: "Source | Sequence[Source]",
    network: Any = None,
    *,
    strengths: Sequence[float] | None = None,
    style_scales: Sequence[float] | None = None,
    preset: str | None = None,
    weights: str | Path | None = None,
    size: int | None = 320,
    style_weights: Sequence[float] | None = None,
    colours: str = "painting",
    smoothness: float | None = None,
    scales: int | None = None,
    steps: int | None = None,
    optimizer: str | None = None,
    seed: int = 0,
    report: "str | os.PathLike[str] | None" = None,
    progress: Callable[[int, int], None] | None = None,
) -> Image.Image:
    """A contact sheet of one photo repainted: a row for each style scale, a column for each strength.

    strengths: by default 0.3, 1 and 3. style_scales: by default 0.5, 1 and 2. size: longest side of each picture in
    pixels. report: a PNG file for the chart of `reverie.style.report` over the strengths, at the style scale nearest
    to 1. progress(done, all): called after each picture. The rest is as in `transfer`.
    Ctrl-C leaves out what is not done. The settings are in the sheet's `info["reverie"]`.
    Raises ReverieError as `transfer` does.
    """
    chosen = presets.choose(preset, network)
    sources = several(styles)
    strengths, style_scales = list(strengths or STRENGTHS), list(style_scales or STYLE_SCALES)
    check(size=size, smoothness=smoothness, scales=scales, steps=steps, seed=seed)
    for strength in strengths:
        check(strength=strength)
    for style_scale in style_scales:
        check(style_scale=style_scale)
    check_choice("colours", colours, colour.COLOURS)
    check_choice("optimizer", optimizer or chosen.optimizer, OPTIMIZERS)
    chart = None if report is None else images.output(report, (".png",))
    shares, regions = parts(style_weights, len(sources)), Regions.of(None, None, len(sources))
    picture = images.decode(content)
    rgb = picture.rgb if size is None else images.fit(picture.rgb, size)
    photo, paintings = prepared(rgb, [images.decode(style).rgb for style in sources], colours)

    loaded = features.load(chosen.network if network is None else network, weights, quick=True)
    objective = Objective(loaded, *presets.layers(chosen, loaded))
    smooth = chosen.smoothness if smoothness is None else smoothness

    def wanted(style_scale: float, size: tuple[int, int]) -> Targets:
        return objective.targets(
            resized(photo, size), regions.grams(objective, paintings, shares, max(size) * style_scale)
        )

    def painted(strength: float, targets: Callable[[tuple[int, int]], Targets]) -> Image.Image:
        """Raises KeyboardInterrupt where Ctrl-C ends it."""
        balance = Balance(1.0, STYLE * strength, smooth)
        schedule = planned(rgb.shape[:2], chosen, balance, scales, steps, optimizer, seed)
        detail = photo if chosen.start == "content" else None
        found, stopped = paint(canvas(chosen.start, photo, seed), targets, objective, schedule, detail)
        if stopped is not None:
            raise KeyboardInterrupt
        in_colour = colour.coloured(found, numbers(rgb)) if colours == "luminance" else found
        return images.encode(in_colour, picture.alpha)

    cells: list[tuple[float, float, Image.Image]] = []
    stopped = None
    try:
        for style_scale in style_scales:
            # The targets of a size are the same for all strengths.
            targets = functools.cache(functools.partial(wanted, style_scale))
            for strength in strengths:
                cells.append((style_scale, strength, painted(strength, targets)))
                if progress is not None:
                    progress(len(cells), len(strengths) * len(style_scales))
    except KeyboardInterrupt:
        if not cells:
            raise
        stopped = f"after {len(cells)} pictures"
    page = images.grid(
        [cell for _, _, cell in cells],
        len(strengths),
        captions=[f"strength {strength:g}  style scale {style_scale:g}" for style_scale, strength, _ in cells],
        title=f"{loaded.name}: strengths and style scales",
    )
    page.info["reverie"] = settings(
        "style sheet", seed, stopped,
        image=content, styles=listed(sources), network=loaded.name if isinstance(network, str | None) else network,
        strengths=strengths, style_scales=style_scales, preset=preset, weights=weights, size=size,
        style_weights=listed(style_weights), colours=colours, smoothness=smoothness, scales=scales, steps=steps,
        optimizer=optimizer,
    )  # fmt: skip
    if chart is not None:
        scale = min({cell[0] for cell in cells}, key=lambda style_scale: abs(np.log(style_scale)))
        row = [cell for cell in cells if cell[0] == scale]
        quality(
            content, sources, [cell for _, _, cell in row], [f"strength {strength:g}" for _, strength, _ in row],
            network=other(loaded.name), style_weights=style_weights, style_scale=scale,
        ).plot(chart)  # fmt: skip
    return page
