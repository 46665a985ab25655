"""`reverie vae manifold`: two dimensions of latent space as a map of pictures."""

from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.vae.options import Json, Model, name

MOST = 100  # rows


def manifold(
    model: Model,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="By default MODEL.manifold.png, here.")
    ] = None,
    rows: Annotated[int, typer.Option(help="And as many columns.")] = 20,
    dimensions: Annotated[
        tuple[int, int] | None, typer.Option(help="Across and up; by default the two that say most.")
    ] = None,
    json: Json = False,
) -> None:
    """Draw a map of two latent dimensions.

    Each place shows what is made there; the places are the Gaussian's quantiles. Prints the map's path.
    """
    import reverie
    from reverie import images
    from reverie.cli.vae.pictures import made, tell
    from reverie.pixels.settings import check

    out = images.output(out or Path(f"{name(model)}.manifold.png"))
    check({"rows": (1, MOST, f"from 1 to {MOST}")}, rows=rows)
    grid = reverie.open(model, "vae").manifold(rows, dimensions)  # (rows, rows, size, size, 3)
    side = rows * grid.shape[2]
    said = made("vae manifold", model=model, rows=rows, dimensions=list(dimensions) if dimensions else None)
    images.save(grid.swapaxes(1, 2).reshape(side, side, 3), out, said)
    tell(out, json, said)
