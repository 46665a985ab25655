"""`reverie dream sheet`: one photo over layers and strengths."""

from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.output import print_json


def sheet(
    image: Annotated[Path, typer.Argument(metavar="PHOTO", help="A picture.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="PNG, JPEG or WebP; by default PHOTO.sheet.png, here."),
    ] = None,
    network: Annotated[
        str | None, typer.Option(help="A name of `reverie weights`; by default reverie-dream, which ships.")
    ] = None,
    layers: Annotated[
        list[str] | None, typer.Option("--layer", metavar="TEXT", help="A layer or an objective; may be given again.")
    ] = None,
    strengths: Annotated[
        list[float] | None,
        typer.Option("--strength", help="What a step changes; may be given again; else 0.005, 0.01 and 0.02."),
    ] = None,
    preset: Annotated[
        str | None, typer.Option(metavar="NAME", help="reverie, textbook or notebook; other options win over it.")
    ] = None,
    weights: Annotated[str | None, typer.Option(metavar="FILE", help="The network's weights; or random.")] = None,
    octaves: Annotated[int | None, typer.Option(help="How many sizes, small to large; 4.")] = None,
    octave_scale: Annotated[float | None, typer.Option(help="From one size to the next; 1.4.")] = None,
    steps: Annotated[int | None, typer.Option(help="At each size; 20.")] = None,
    size: Annotated[int, typer.Option(metavar="PX", help="Longest side of each dream.")] = 320,
    seed: Annotated[int, typer.Option(help="Same seed, same sheet.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was made as JSON.")] = False,
) -> None:
    """Dream on a picture with several layers and strengths, to choose from. Prints the path of the sheet."""
    from reverie import dream, images

    out = images.output(out or Path(f"{image.stem}.sheet.png"))
    page = dream.sheet(
        image,
        network,
        layers=layers,
        strengths=strengths,
        preset=preset,
        weights=weights,
        octaves=octaves,
        octave_scale=octave_scale,
        steps=steps,
        size=size,
        seed=seed,
        progress=None if quiet else dream.Progress().count,
    )
    images.save(page, out, page.info["reverie"])
    if json:
        print_json({"file": str(out), **page.info["reverie"]})
    else:
        print(out)
