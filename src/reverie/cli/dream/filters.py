"""`reverie dream filters`: what the channels of a layer look for."""

from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.output import print_json


def filters(
    layer: Annotated[str, typer.Option(help="The layer, by its name in the network.")] = "inception_4c",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="PNG, JPEG or WebP; by default LAYER.filters.png, here."),
    ] = None,
    network: Annotated[str, typer.Option(help="A name of `reverie weights`.")] = "reverie-dream",
    first: Annotated[int, typer.Option(help="The first channel.")] = 0,
    count: Annotated[int, typer.Option(help="How many channels.")] = 16,
    columns: Annotated[int, typer.Option(help="Of the sheet.")] = 4,
    weights: Annotated[str | None, typer.Option(metavar="FILE", help="The network's weights; or random.")] = None,
    size: Annotated[int, typer.Option(metavar="PX", help="Side of each picture.")] = 128,
    steps: Annotated[int, typer.Option(help="Of ascent, for each channel.")] = 100,
    seed: Annotated[int, typer.Option(help="Same seed, same sheet.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was made as JSON.")] = False,
) -> None:
    """Make a sheet of what the channels of a layer look for, from noise. Prints its path."""
    from reverie import dream, images

    out = images.output(out or Path(f"{layer.replace('/', '_')}.filters.png"))
    sheet = dream.filters(
        layer,
        network,
        first=first,
        count=count,
        columns=columns,
        weights=weights,
        size=size,
        steps=steps,
        seed=seed,
        progress=None if quiet else dream.Progress().count,
    )
    images.save(sheet, out, sheet.info["reverie"])
    if json:
        print_json({"file": str(out), **sheet.info["reverie"]})
    else:
        print(out)
