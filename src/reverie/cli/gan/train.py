"""`reverie gan train`: a generator of pictures like your own."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from reverie.cli.options import Quiet
from reverie.cli.output import print_json


def train(
    pictures: Annotated[
        Path | None,
        typer.Argument(
            metavar="PICTURES", help="A folder, a zip file, a CSV file with a column of files, or an array."
        ),
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(help="How long to train: 20 if neither this nor --steps is given.")
    ] = None,
    steps: Annotated[int | None, typer.Option(help="How many steps to train instead.")] = None,
    size: Annotated[
        Literal["auto", "tiny", "small", "medium", "large"],
        typer.Option(help="Of the networks; auto: the largest that fit the minutes on this machine."),
    ] = "auto",
    preset: Annotated[
        Literal["residual", "textbook"], typer.Option(help="The networks, and what they learn by.")
    ] = "residual",
    resolution: Annotated[
        int | None, typer.Option(metavar="PX", help="On a side: 64 by default; arrays have their own.")
    ] = None,
    labels: Annotated[bool, typer.Option(help="Learn the labels (sub-folders), where all pictures have one.")] = True,
    gamma: Annotated[
        float | None, typer.Option(help="Strength of the gradient penalty; by default it steers itself.")
    ] = None,
    flip: Annotated[bool, typer.Option(help="Mirror pictures left to right, at random.")] = False,
    augment: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            help="How often pictures are changed before they are judged, 0 to 1; else by their number.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed, pictures, size and steps: same model.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(metavar="RUN_FOLDER", help="Where the run is written: by default a new folder in runs/."),
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="RUN_FOLDER", help="Continue a run that stopped, exactly.")
    ] = None,
    quiet: Quiet = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Learn to make pictures like your own. Prints the model's path.

    How far it is can be seen in the run folder, in samples/. Ctrl-C, or a file named "cancel" in the run
    folder, stops and keeps a usable model.
    """
    from reverie import gan

    model = gan.train(
        pictures,
        minutes=minutes,
        steps=steps,
        size=size,
        preset=preset,
        resolution=resolution,
        labels=labels,
        gamma=gamma,
        flip=flip,
        augment=augment,
        seed=seed,
        out=out,
        resume=resume,
        quiet=quiet,
    )
    assert model.path is not None  # training has saved it
    if json:
        print_json({"model": str(model.path), **model.document})
    else:
        print(model.path)
        print(f"Next: reverie gan sample {model.path.parent}", file=sys.stderr)
