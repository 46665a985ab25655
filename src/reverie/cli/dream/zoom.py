"""`reverie dream zoom`: a film that flies into a dream."""

import itertools
from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.output import print_json


def zoom(
    image: Annotated[Path, typer.Argument(metavar="PHOTO", help="A picture.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="mp4, GIF or WebP; by default PHOTO.zoom.mp4, here."),
    ] = None,
    frames: Annotated[int, typer.Option(help="How many.")] = 60,
    fps: Annotated[float, typer.Option(help="Frames a second.")] = 15,
    zoom: Annotated[float, typer.Option(help="How much larger each frame is.")] = 1.04,
    network: Annotated[
        str | None, typer.Option(help="A name of `reverie weights`; by default reverie-dream, which ships.")
    ] = None,
    objective: Annotated[str | None, typer.Option(metavar="TEXT", help="As for render.")] = None,
    preset: Annotated[
        str | None, typer.Option(metavar="NAME", help="reverie, textbook or notebook; other options win over it.")
    ] = None,
    weights: Annotated[str | None, typer.Option(metavar="FILE", help="The network's weights; or random.")] = None,
    guide: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Dream of what this picture shows, in the objective's layers.")
    ] = None,
    octaves: Annotated[int, typer.Option(help="Of each frame but the first.")] = 2,
    octave_scale: Annotated[float | None, typer.Option(help="From one size to the next; 1.4.")] = None,
    steps: Annotated[int, typer.Option(help="Of each frame but the first, at each size.")] = 6,
    strength: Annotated[float | None, typer.Option(help="What a step changes, from 0 to 1; 0.01.")] = None,
    roll: Annotated[bool, typer.Option(help="Look at the picture moved a little at each step.")] = True,
    size: Annotated[int, typer.Option(metavar="PX", help="Longest side of the film.")] = 512,
    seed: Annotated[int, typer.Option(help="Same seed, same film.")] = 0,
    memory: Annotated[float | None, typer.Option(metavar="GB", help="As for render.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was made as JSON.")] = False,
) -> None:
    """Fly into a dream: each frame is the middle of the last one, enlarged and dreamt on. Prints the film's path.

    Ctrl-C stops and keeps the film so far.
    """
    from reverie import dream
    from reverie.images import video

    out = video.ready(out or Path(f"{image.stem}.zoom.mp4"), fps)
    film = dream.zoom(
        image,
        network,
        objective,
        frames=frames,
        zoom=zoom,
        preset=preset,
        weights=weights,
        guide=guide,
        octaves=octaves,
        octave_scale=octave_scale,
        steps=steps,
        strength=strength,
        roll=roll,
        size=size,
        seed=seed,
        memory=memory,
        progress=None if quiet else dream.Progress().count,
    )
    first = next(film)
    made = first.info["reverie"]
    count = video.write(itertools.chain([first], film), out, fps, made)
    if json:
        print_json({"file": str(out), "frames": count, **made})
    else:
        print(out)
