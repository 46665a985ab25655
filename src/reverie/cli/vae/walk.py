"""`reverie vae walk`: a round trip through latent space, as a film or a strip."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from reverie.cli.options import Between, Film, FilmSize, Fps, Json, Model, Points, name


def walk(
    model: Model,
    pictures: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PICTURES...", help="To pass by, files or a folder; by default samples."),
    ] = None,
    out: Film = None,
    points: Points = 6,
    steps: Between = 20,
    prior: Annotated[Literal["normal", "mixture"] | None, typer.Option(help="As for sample.")] = None,
    temperature: Annotated[float, typer.Option(help="As for sample: below 1 more typical, above stranger.")] = 1.0,
    fps: Fps = 15,
    size: FilmSize = 256,
    seed: Annotated[int, typer.Option(help="Same seed, same walk.")] = 0,
    json: Json = False,
) -> None:
    """Walk through the latent space, as a film or a strip.

    The walk ends where it began. A strip shows the way from one point to the next in each of its rows. Prints the
    path of what was made.
    """
    import reverie
    from reverie.cli.pictures import made, place_for_walk, read, tell, write_walk

    vae = reverie.open(model, "vae")
    passed = read(vae, pictures, vae.network.config["channels"], points)[0] if pictures else None
    out = place_for_walk(out or Path(f"{name(model)}.walk.gif"), passed, points, steps, fps, size)
    way = vae.walk(
        passed,
        points=points,
        steps=steps,
        prior=prior,
        temperature=temperature,
        seed=seed,
    )
    said = made("vae walk", seed, model=model, pictures=pictures, points=points, steps=steps, prior=prior,
                temperature=temperature, fps=fps, size=size)  # fmt: skip
    tell(out, json, said, frames=write_walk(out, way, steps, fps, size, said))
