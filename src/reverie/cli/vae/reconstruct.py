"""`reverie vae reconstruct`: pictures as a model sees them."""

from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.options import Json, Model, Pictures


def reconstruct(
    model: Model,
    pictures: Pictures,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="By default PICTURES.reconstructed.png, here."),
    ] = None,
    count: Annotated[int, typer.Option(help="Of a folder, so many, the first by name.")] = 8,
    json: Json = False,
) -> None:
    """Show pictures as a model sees them.

    On the sheet, below each picture, is what it becomes when it goes through the latent space and back. Prints
    the sheet's path.
    """
    import reverie
    from reverie import images
    from reverie.cli.pictures import made, pairs, read, tell
    from reverie.errors import ReverieError

    out = images.output(out or Path(f"{pictures[0].resolve().stem}.reconstructed.png"))
    if count < 1:
        raise ReverieError(f"{count} pictures cannot be shown.", "Ask for at least 1.")
    vae = reverie.open(model, "vae")
    pixels, _ = read(vae, pictures, vae.network.config["channels"], count)
    said = made("vae reconstruct", model=model, pictures=pictures, count=count)
    title = "As they are, and below as the model sees them"
    images.save(pairs(pixels, vae.reconstruct(pixels), title), out, said)
    tell(out, json, said)
