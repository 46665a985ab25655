"""`reverie style apply`: a photo repainted in one pass by a trained model."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from reverie.cli.output import print_json


def apply(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Of `reverie style train`, or the folder of its run.")],
    image: Annotated[Path, typer.Argument(metavar="PHOTO", help="The picture to repaint.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="PNG, JPEG or WebP; by default PHOTO.MODEL.png, here.")
    ] = None,
    size: Annotated[int, typer.Option(metavar="PX", help="Longest side.")] = 512,
    style_weights: Annotated[
        list[float] | None, typer.Option("--style-weight", help="Of one of the model's styles, in their order.")
    ] = None,
    colours: Annotated[
        Literal["painting", "luminance"], typer.Option(help="The painting's; or the photo's: only brightness changes.")
    ] = "painting",
    memory: Annotated[
        float | None, typer.Option(metavar="GB", help="Stay below it; by default 70 % of the machine's.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was made as JSON.")] = False,
) -> None:
    """Repaint a photo in one pass with a trained model. Prints the picture's path."""
    from reverie import images, style

    out = images.output(out or Path(f"{image.stem}.{_name(model)}.png"))
    picture = style.apply(model, image, size=size, style_weights=style_weights, colours=colours, memory=memory)
    images.save(picture, out, picture.info["reverie"])
    if json:
        print_json({"file": str(out), **picture.info["reverie"]})
    else:
        print(out)


def _name(model: Path) -> str:
    """What a model is called: as its file, or as the folder of its run."""
    if model.name == "model.safetensors" and model.parent.name:
        return model.parent.name
    return model.name if model.is_dir() else model.stem
