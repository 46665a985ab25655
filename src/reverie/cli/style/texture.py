"""`reverie style texture`: a new surface in the style of a picture."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from reverie.cli.output import print_json


def texture(
    styles: Annotated[list[Path], typer.Argument(metavar="PICTURE...", help="In whose style; several are mixed.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="PNG, JPEG or WebP; by default PICTURE.texture.png, here.")
    ] = None,
    width: Annotated[int, typer.Option(metavar="PX")] = 512,
    height: Annotated[int, typer.Option(metavar="PX")] = 512,
    tileable: Annotated[bool, typer.Option("--tileable", help="Make opposite edges meet.")] = False,
    network: Annotated[
        str | None, typer.Option(help="A name of `reverie weights`; by default reverie-style, which ships.")
    ] = None,
    preset: Annotated[str | None, typer.Option(metavar="NAME", help="As for transfer.")] = None,
    weights: Annotated[str | None, typer.Option(metavar="FILE", help="The network's weights; or random.")] = None,
    style_weights: Annotated[
        list[float] | None, typer.Option("--style-weight", help="Of a picture, in their order; give one for each.")
    ] = None,
    style_scale: Annotated[float, typer.Option(help="Above 1: larger strokes.")] = 1.0,
    smoothness: Annotated[float | None, typer.Option(help="Of neighbouring pixels; 0.")] = None,
    scales: Annotated[int | None, typer.Option(help="How many sizes, each twice the one before.")] = None,
    steps: Annotated[int | None, typer.Option(help="At the largest size; smaller ones get more.")] = None,
    optimizer: Annotated[Literal["adam", "lbfgs"] | None, typer.Option(help="By default adam.")] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same inputs, same texture.")] = 0,
    memory: Annotated[float | None, typer.Option(metavar="GB", help="As for transfer.")] = None,
    preview: Annotated[Path | None, typer.Option(metavar="FILE", help="As for transfer.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was made as JSON.")] = False,
) -> None:
    """Make a texture in the style of a picture, from noise. Prints its path.

    Ctrl-C stops and keeps the texture so far.
    """
    from reverie import images, style

    out = images.output(out or Path(f"{styles[0].stem}.texture.png"))
    picture = style.texture(
        styles,
        network,
        width=width,
        height=height,
        tileable=tileable,
        preset=preset,
        weights=weights,
        style_weights=style_weights,
        style_scale=style_scale,
        smoothness=smoothness,
        scales=scales,
        steps=steps,
        optimizer=optimizer,
        seed=seed,
        memory=memory,
        preview=preview,
        progress=None if quiet else style.Progress(),
    )
    images.save(picture, out, picture.info["reverie"])
    if json:
        print_json({"file": str(out), **picture.info["reverie"]})
    else:
        print(out)
