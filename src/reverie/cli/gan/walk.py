"""`reverie gan walk`: a round trip through latent space, as a film or a strip."""

from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.gan.options import Label, Truncation
from reverie.cli.options import Between, Film, FilmSize, Fps, Json, Model, Points, Quiet, name


def walk(
    model: Model,
    pictures: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PICTURES...", help="To pass by, as near as the model comes; files or a folder; by default samples."
        ),
    ] = None,
    out: Film = None,
    points: Points = 6,
    steps: Between = 20,
    truncation: Truncation = 1.0,
    label: Label = None,
    fps: Fps = 15,
    size: FilmSize = 256,
    seed: Annotated[int, typer.Option(help="Same seed, same walk.")] = 0,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Walk through the latent space, as a film or a strip.

    The walk ends where it began. A strip shows the way from one point to the next in each of its rows. Prints the
    path of what was made.
    """
    import reverie
    from reverie.cli.pictures import made, place_for_walk, read, tell, write_walk
    from reverie.pixels.progress import Progress

    gan = reverie.open(model, "gan")
    passed = read(gan, pictures, gan.config["channels"], points)[0] if pictures else None
    out = place_for_walk(out or Path(f"{name(model)}.walk.gif"), passed, points, steps, fps, size)
    way = gan.walk(
        passed,
        points=points,
        steps=steps,
        truncation=truncation,
        seed=seed,
        label=label,
        progress=None if quiet else Progress(what="Finding the pictures, step").count,
    )
    said = made("gan walk", seed, model=model, pictures=pictures, points=points, steps=steps, truncation=truncation,
                label=label, fps=fps, size=size)  # fmt: skip
    tell(out, json, said, frames=write_walk(out, way, steps, fps, size, said))
