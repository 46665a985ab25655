"""`reverie vae reconstruct`: pictures as a model sees them."""

from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.vae.options import Json, Model

COLUMNS = 8


def reconstruct(
    model: Model,
    pictures: Annotated[list[Path], typer.Argument(metavar="PICTURES...", help="Files, or a folder of them.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="By default PICTURES.reconstructed.png, here."),
    ] = None,
    count: Annotated[int, typer.Option(help="Of a folder, so many, the first by name.")] = COLUMNS,
    json: Json = False,
) -> None:
    """Show pictures as a model sees them.

    On the sheet, below each picture, is what it becomes when it goes through the latent space and back. Prints
    the sheet's path.
    """
    import numpy as np

    import reverie
    from reverie import images
    from reverie.cli.vae.pictures import given, made, tell
    from reverie.errors import ReverieError
    from reverie.images.cutting import in_channels
    from reverie.vae.sheet import sheet

    out = images.output(out or Path(f"{pictures[0].resolve().stem}.reconstructed.png"))
    if count < 1:
        raise ReverieError(f"{count} pictures cannot be shown.", "Ask for at least 1.")
    vae = reverie.open(model, "vae")
    pixels = vae.pixels(given(pictures))[: count if len(pictures) == 1 else None]
    shown = np.stack([in_channels(picture, 3) for picture in pixels])
    columns = min(COLUMNS, len(shown))
    blank = np.full((-len(shown) % columns, *shown.shape[1:]), 255, np.uint8)
    pairs = [
        np.concatenate([each, blank]).reshape(-1, columns, *shown.shape[1:])
        for each in (shown, vae.reconstruct(pixels))
    ]
    rows = np.stack(pairs, axis=1)  # (rows, as they are and as they come back, columns, size, size, 3)
    said = made("vae reconstruct", model=model, pictures=pictures, count=count)
    title = "As they are, and below as the model sees them"
    images.save(sheet(rows.reshape(-1, *shown.shape[1:]), columns, title=title), out, said)
    tell(out, json, said)
