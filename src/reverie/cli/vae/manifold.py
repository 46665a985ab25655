"""`reverie vae manifold`: a map of pictures on which neighbours look alike."""

from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.options import Json, Model, name


def manifold(
    model: Model,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="By default MODEL.manifold.png, here.")
    ] = None,
    rows: Annotated[int, typer.Option(help="And as many columns.")] = 20,
    dimensions: Annotated[
        tuple[int, int] | None, typer.Option(help="Across and up: the textbook's grid over two latents.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the four samples in its corners.")] = 0,
    json: Json = False,
) -> None:
    """Draw a map of latent space.

    It leads from four samples in its corners to each other; where there are but two latents, it is the textbook's
    grid of their quantiles. Prints the map's path.
    """
    import reverie
    from reverie import images
    from reverie.cli.pictures import made, tell

    out = images.output(out or Path(f"{name(model)}.manifold.png"))
    grid = reverie.open(model, "vae").manifold(rows, dimensions, seed=seed)  # (rows, rows, size, size, 3)
    side = rows * grid.shape[2]
    said = made("vae manifold", seed, model=model, rows=rows, dimensions=list(dimensions) if dimensions else None)
    images.save(grid.swapaxes(1, 2).reshape(side, side, 3), out, said)
    tell(out, json, said)
