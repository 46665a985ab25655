"""`reverie tour`: everything at once, on material Reverie makes itself."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def tour(
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the page is written.")] = Path("tour"),
    minutes: Annotated[
        float, typer.Option(help="How long text and vae train, each; gan takes 2,000 steps for each minute.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(help="Of what is drawn and trained.")] = 0,
) -> None:
    """Train and show what there is, on text every Python carries and on pictures drawn by code.

    Writes FOLDER/index.html and prints its path.
    """
    from reverie.tour.build import tour as build

    print(build(out, minutes=minutes, seed=seed))
    print("Open it in a browser.", file=sys.stderr)
