"""`reverie gan invert`: real pictures, found in the space of a generator."""

from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.gan.options import Known
from reverie.cli.options import Json, Model, Pictures, Quiet


def invert(
    model: Model,
    pictures: Pictures,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="By default PICTURES.inverted.png, here."),
    ] = None,
    latents: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also the latents: an array, .npy, of one row a picture.")
    ] = None,
    count: Annotated[int, typer.Option(help="Of a folder, so many, the first by name.")] = 8,
    label: Known = None,
    steps: Annotated[int, typer.Option(help="Of the descent to each.")] = 150,
    seed: Annotated[int, typer.Option(help="Of the samples it starts from.")] = 0,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Find pictures in the space of a generator.

    On the sheet, below each picture, is the one most like it that the generator makes. Prints the sheet's path.
    """
    import reverie
    from reverie import images
    from reverie.cli.pictures import made, pairs, read, tell, write_array
    from reverie.errors import ReverieError
    from reverie.pixels.progress import Progress

    out = images.output(out or Path(f"{pictures[0].resolve().stem}.inverted.png"))
    if latents is not None:
        images.output(latents, (".npy",))
    if count < 1:
        raise ReverieError(f"{count} pictures cannot be shown.", "Ask for at least 1.")
    gan = reverie.open(model, "gan")
    pixels, _ = read(gan, pictures, gan.config["channels"], count)
    progress = None if quiet else Progress(what="Finding the pictures, step").count
    found = gan.invert(pixels, label=label, steps=steps, seed=seed, progress=progress)
    said = made("gan invert", seed, model=model, pictures=pictures, latents=latents, count=count, label=label,
                steps=steps)  # fmt: skip
    if latents is not None:
        write_array(latents, found.latents)
    title = "As they are, and below as the model comes nearest"
    images.save(pairs(pixels, gan.decode(found.latents, found.labels), title), out, said)
    found_as = {"labels": [gan.labels[number] for number in found.labels]} if gan.labels else {}
    tell(out, json, said, losses=[round(float(loss), 4) for loss in found.losses], **found_as)
