"""`reverie style transfer`: a photo repainted in the style of paintings."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from reverie.cli.output import print_json


def transfer(
    image: Annotated[Path, typer.Argument(metavar="PHOTO", help="The picture to repaint.")],
    styles: Annotated[list[Path], typer.Argument(metavar="PAINTING...", help="In whose style; several are mixed.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="PNG, JPEG or WebP; by default PHOTO.PAINTING.png, here.")
    ] = None,
    network: Annotated[
        str | None, typer.Option(help="A name of `reverie weights`; by default reverie-style, which ships.")
    ] = None,
    preset: Annotated[
        str | None, typer.Option(metavar="NAME", help="reverie, gatys, textbook or vgg19; other options win over it.")
    ] = None,
    weights: Annotated[str | None, typer.Option(metavar="FILE", help="The network's weights; or random.")] = None,
    size: Annotated[int, typer.Option(metavar="PX", help="Longest side.")] = 512,
    strength: Annotated[float, typer.Option(help="Of the style against the content.")] = 1.0,
    style_weights: Annotated[
        list[float] | None, typer.Option("--style-weight", help="Of a painting, in their order; give one for each.")
    ] = None,
    style_scale: Annotated[float, typer.Option(help="Above 1: larger strokes.")] = 1.0,
    masks: Annotated[
        list[Path] | None,
        typer.Option("--mask", metavar="FILE", help="White where a painting's style goes; give one for each."),
    ] = None,
    style_masks: Annotated[
        list[Path] | None,
        typer.Option("--style-mask", metavar="FILE", help="White where a painting's style is learnt; one for each."),
    ] = None,
    colours: Annotated[
        Literal["painting", "luminance", "histogram"],
        typer.Option(help="The painting's; or the photo's: only brightness is painted, or the histogram is kept."),
    ] = "painting",
    start: Annotated[
        str | None, typer.Option(metavar="WHAT", help="content, noise, or a picture file; content in most presets.")
    ] = None,
    smoothness: Annotated[float | None, typer.Option(help="Of neighbouring pixels; 0.")] = None,
    scales: Annotated[int | None, typer.Option(help="How many sizes, each twice the one before; 3 for 512 px.")] = None,
    steps: Annotated[int | None, typer.Option(help="At the largest size; smaller ones get more.")] = None,
    optimizer: Annotated[Literal["adam", "lbfgs"] | None, typer.Option(help="By default adam.")] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same inputs, same picture.")] = 0,
    memory: Annotated[
        float | None, typer.Option(metavar="GB", help="Stay below it, in tiles; by default 70 % of the machine's.")
    ] = None,
    preview: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Show the picture so far here, every few seconds.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also a chart, PNG: distances from photo and painting.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was made as JSON.")] = False,
) -> None:
    """Repaint a photo in the style of one or several paintings. Prints the picture's path.

    Ctrl-C stops and keeps the picture so far.
    """
    from reverie import images, style

    out = images.output(out or Path(f"{image.stem}.{styles[0].stem}.png"))
    if report is not None:
        images.output(report, (".png",))
    picture = style.transfer(
        image,
        styles,
        network,
        preset=preset,
        weights=weights,
        size=size,
        strength=strength,
        style_weights=style_weights,
        style_scale=style_scale,
        masks=masks,
        style_masks=style_masks,
        colours=colours,
        start=start,
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
    if report is not None:
        style.report(image, styles, picture, style_weights=style_weights, style_scale=style_scale).plot(report)
    if json:
        print_json({"file": str(out), **picture.info["reverie"]})
    else:
        print(out)
