"""`reverie style train`: a network that repaints any photo in one pass."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.options import Quiet, Result, Resume, Steps
from reverie.cli.output import print_json


def train(
    paintings: Annotated[
        list[Path] | None, typer.Argument(metavar="PAINTING...", help="The styles; several share one model.")
    ] = None,
    photos: Annotated[
        Path | None, typer.Argument(metavar="PHOTOS", help="A folder of any photos, a thousand or so.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="The model, .safetensors; by default only in its run folder."),
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(help="How long to train: 60 if neither this nor --steps is given.")
    ] = None,
    steps: Steps = None,
    strength: Annotated[float, typer.Option(help="Of the style against the content.")] = 1.0,
    style_scale: Annotated[float, typer.Option(help="Above 1: larger strokes.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Same seed, same inputs, same model.")] = 0,
    resume: Resume = None,
    quiet: Quiet = False,
    json: Result = False,
) -> None:
    """Train a network that repaints any photo in one pass. Prints the model's path.

    The run is in a folder in runs/, with samples of how far it is. Ctrl-C, or a file named "cancel" there,
    stops and keeps a usable model.
    """
    from reverie import style

    model = style.train(
        paintings or (),
        photos,
        minutes=minutes,
        steps=steps,
        strength=strength,
        style_scale=style_scale,
        seed=seed,
        out=out,
        resume=resume,
        quiet=quiet,
    )
    if json:
        print_json({"model": str(model.path), **model.document})
    else:
        print(model.path)
        print(f"Next: reverie style apply {model.path} PHOTO", file=sys.stderr)
