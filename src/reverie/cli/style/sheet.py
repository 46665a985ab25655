"""`reverie style sheet`: one photo over strengths and style scales."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from reverie.cli.output import print_json


def sheet(
    image: Annotated[Path, typer.Argument(metavar="PHOTO", help="The picture to repaint.")],
    styles: Annotated[list[Path], typer.Argument(metavar="PAINTING...", help="In whose style; several are mixed.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="PNG, JPEG or WebP; by default PHOTO.PAINTING.sheet.png, here.")
    ] = None,
    strengths: Annotated[
        list[float] | None, typer.Option("--strength", help="May be given again; else 0.3, 1 and 3.")
    ] = None,
    style_scales: Annotated[
        list[float] | None, typer.Option("--style-scale", help="May be given again; else 0.5, 1 and 2.")
    ] = None,
    network: Annotated[
        str | None, typer.Option(help="A name of `reverie weights`; by default reverie-style, which ships.")
    ] = None,
    preset: Annotated[str | None, typer.Option(metavar="NAME", help="As for transfer.")] = None,
    weights: Annotated[str | None, typer.Option(metavar="FILE", help="The network's weights; or random.")] = None,
    size: Annotated[int, typer.Option(metavar="PX", help="Longest side of each picture.")] = 320,
    style_weights: Annotated[
        list[float] | None, typer.Option("--style-weight", help="Of a painting, in their order; give one for each.")
    ] = None,
    colours: Annotated[
        Literal["painting", "luminance", "histogram"], typer.Option(help="As for transfer.")
    ] = "painting",
    smoothness: Annotated[float | None, typer.Option(help="Of neighbouring pixels; 0.")] = None,
    scales: Annotated[int | None, typer.Option(help="How many sizes, each twice the one before.")] = None,
    steps: Annotated[int | None, typer.Option(help="At the largest size; smaller ones get more.")] = None,
    optimizer: Annotated[Literal["adam", "lbfgs"] | None, typer.Option(help="By default adam.")] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same inputs, same sheet.")] = 0,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also a chart, PNG: the strengths' distances from photo and painting."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was made as JSON.")] = False,
) -> None:
    """Repaint a photo with several strengths and style scales, to choose from. Prints the path of the sheet.

    Ctrl-C stops and keeps the pictures so far.
    """
    from reverie import images, style

    out = images.output(out or Path(f"{image.stem}.{styles[0].stem}.sheet.png"))
    page = style.sheet(
        image,
        styles,
        network,
        strengths=strengths,
        style_scales=style_scales,
        preset=preset,
        weights=weights,
        size=size,
        style_weights=style_weights,
        colours=colours,
        smoothness=smoothness,
        scales=scales,
        steps=steps,
        optimizer=optimizer,
        seed=seed,
        report=report,
        progress=None if quiet else style.Progress().count,
    )
    images.save(page, out, page.info["reverie"])
    if json:
        print_json({"file": str(out), **page.info["reverie"]})
    else:
        print(out)
