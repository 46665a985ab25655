"""`reverie gan sample`: new pictures."""

from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.gan.options import Label, Truncation
from reverie.cli.options import Json, Model, Samples, name


def sample(
    model: Model,
    out: Samples = None,
    count: Annotated[int, typer.Option(help="How many.")] = 16,
    truncation: Truncation = 1.0,
    label: Label = None,
    seed: Annotated[int, typer.Option(help="Same seed, same pictures.")] = 0,
    json: Json = False,
) -> None:
    """Make new pictures. Prints the path of the sheet, or of the folder."""
    import reverie
    from reverie import images
    from reverie.cli.pictures import is_folder, made, tell, write_samples

    out = out or Path(f"{name(model)}.samples.png")
    if not is_folder(out):
        images.output(out)
    pictures = reverie.open(model, "gan").sample(count, truncation=truncation, seed=seed, label=label)
    said = made("gan sample", seed, model=model, count=count, truncation=truncation, label=label,
                out=out if is_folder(out) else None)  # fmt: skip
    write_samples(out, pictures, said)
    tell(out, json, said)
