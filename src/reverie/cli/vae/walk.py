"""`reverie vae walk`: a round trip through latent space, as a film or a strip."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from reverie.cli.vae.options import Json, Model, name

LARGEST = (8, 4096, "from 8 to 4,096")  # pixels on a side of a film
LONGEST = 2000  # pictures of a strip


def walk(
    model: Model,
    pictures: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PICTURES...", help="To pass by, files or a folder; by default samples."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="FILE", help="GIF, WebP or mp4; or PNG, a strip. By default MODEL.walk.gif."
        ),
    ] = None,
    points: Annotated[int, typer.Option(help="Samples, or the first of a folder, to pass by.")] = 6,
    steps: Annotated[int, typer.Option(help="Pictures from one point to the next.")] = 20,
    prior: Annotated[Literal["normal", "mixture"] | None, typer.Option(help="As for sample.")] = None,
    temperature: Annotated[float, typer.Option(help="As for sample: below 1 more typical, above stranger.")] = 1.0,
    fps: Annotated[float, typer.Option(help="Pictures a second.")] = 15,
    size: Annotated[int, typer.Option(metavar="PX", help="Of a film, on a side.")] = 256,
    seed: Annotated[int, typer.Option(help="Same seed, same walk.")] = 0,
    json: Json = False,
) -> None:
    """Walk through the latent space, as a film or a strip.

    The walk ends where it began. A strip shows the way from one point to the next in each of its rows. Prints the
    path of what was made.
    """
    import numpy as np

    import reverie
    from reverie import images
    from reverie.cli.vae.pictures import given, made, tell
    from reverie.errors import ReverieError
    from reverie.images import video
    from reverie.pixels.settings import check
    from reverie.vae.sheet import sheet

    out = out or Path(f"{name(model)}.walk.gif")
    film = out.suffix.lower() in video.SUFFIXES
    out = video.ready(out) if film else images.output(out, (".png", *video.SUFFIXES))
    check({"size": LARGEST}, size=size)
    if not film and points * steps > LONGEST:
        raise ReverieError(f"A strip of {points * steps:,} pictures is too large.", "Make it a film: GIF, WebP or mp4.")
    way = reverie.open(model, "vae").walk(
        given(pictures) if pictures else None,
        points=points,
        steps=steps,
        prior=prior,
        temperature=temperature,
        seed=seed,
    )
    said = made("vae walk", seed, model=model, pictures=pictures, points=points, steps=steps, prior=prior,
                temperature=temperature, fps=fps, size=size)  # fmt: skip
    if film:
        count = video.write((images.fit(picture, size) for picture in way), out, fps, said)
    else:
        strip = np.stack(list(way))
        count = len(strip)
        images.save(sheet(strip, steps), out, said)
    tell(out, json, said, frames=count)
