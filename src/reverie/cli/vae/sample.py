"""`reverie vae sample`: new pictures."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from reverie.cli.options import Json, Model, Samples, name


def sample(
    model: Model,
    out: Samples = None,
    count: Annotated[int, typer.Option(help="How many.")] = 16,
    prior: Annotated[
        Literal["normal", "mixture"] | None,
        typer.Option(help="mixture, the default: from where the training pictures lie; normal: the textbook's."),
    ] = None,
    temperature: Annotated[float, typer.Option(help="Below 1: more typical; above: stranger.")] = 1.0,
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
    pictures = reverie.open(model, "vae").sample(count, prior=prior, temperature=temperature, seed=seed)
    said = made("vae sample", seed, model=model, count=count, prior=prior, temperature=temperature,
                out=out if is_folder(out) else None)  # fmt: skip
    write_samples(out, pictures, said)
    tell(out, json, said)
