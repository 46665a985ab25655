"""`reverie style film`: a film repainted in the style of paintings."""

import itertools
from pathlib import Path
from typing import Annotated, Literal

import typer

from reverie.cli.output import print_json


def film(
    clip: Annotated[
        Path, typer.Argument(metavar="CLIP", help="A GIF, an animated WebP or PNG, or a film such as mp4.")
    ],
    styles: Annotated[list[Path], typer.Argument(metavar="PAINTING...", help="In whose style; several are mixed.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="mp4, GIF or WebP; by default CLIP.PAINTING.mp4, here.")
    ] = None,
    fps: Annotated[float | None, typer.Option(help="Frames a second; by default the clip's.")] = None,
    network: Annotated[
        str | None, typer.Option(help="A name of `reverie weights`; by default reverie-style, which ships.")
    ] = None,
    preset: Annotated[str | None, typer.Option(metavar="NAME", help="As for transfer.")] = None,
    weights: Annotated[str | None, typer.Option(metavar="FILE", help="The network's weights; or random.")] = None,
    size: Annotated[int, typer.Option(metavar="PX", help="Longest side.")] = 384,
    frames: Annotated[int | None, typer.Option(help="At most; to try out a film's beginning.")] = None,
    strength: Annotated[float, typer.Option(help="Of the style against the content.")] = 1.0,
    style_weights: Annotated[
        list[float] | None, typer.Option("--style-weight", help="Of a painting, in their order; give one for each.")
    ] = None,
    style_scale: Annotated[float, typer.Option(help="Above 1: larger strokes.")] = 1.0,
    colours: Annotated[
        Literal["painting", "luminance", "histogram"], typer.Option(help="As for transfer.")
    ] = "painting",
    steadiness: Annotated[float, typer.Option(help="How much each frame is held to the one before.")] = 1.0,
    smoothness: Annotated[float | None, typer.Option(help="Of neighbouring pixels; 0.")] = None,
    steps: Annotated[int, typer.Option(help="Of each frame but the first.")] = 8,
    seed: Annotated[int, typer.Option(help="Same seed, same inputs, same film.")] = 0,
    memory: Annotated[float | None, typer.Option(metavar="GB", help="As for transfer.")] = None,
    preview: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Show the last frame here, every few seconds.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was made as JSON.")] = False,
) -> None:
    """Repaint a film, each frame from the one before it, so that it does not flicker. Prints the film's path.

    Ctrl-C stops and keeps the film so far. Sound is left out.
    """
    from reverie import style
    from reverie.images import clip as clips
    from reverie.images import video

    if fps is None:
        fps = min(clips.read(clip).fps, video.FASTEST)
    out = video.ready(out or Path(f"{clip.stem}.{styles[0].stem}.mp4"), fps)
    reel = style.film(
        clip,
        styles,
        network,
        preset=preset,
        weights=weights,
        size=size,
        frames=frames,
        strength=strength,
        style_weights=style_weights,
        style_scale=style_scale,
        colours=colours,
        steadiness=steadiness,
        smoothness=smoothness,
        steps=steps,
        seed=seed,
        memory=memory,
        preview=preview,
        progress=None if quiet else style.Progress(),
    )
    first = next(reel)
    made = first.info["reverie"]
    count = video.write(itertools.chain([first], reel), out, fps, made)
    if json:
        print_json({"file": str(out), "frames": count, **made})
    else:
        print(out)
