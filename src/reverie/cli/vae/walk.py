"""`reverie vae walk`: a round trip through latent space, as a film or a strip."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reverie.cli.vae.options import Json, Model, name

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from reverie.vae import VAE

LIMITS = {
    "points": (2, 1000, "from 2 to 1,000"),
    "steps": (1, 1000, "from 1 to 1,000"),
    "temperature": (0.0, 100.0, "from 0 to 100"),
    "size": (8, 4096, "from 8 to 4,096"),
}
PART = 64  # frames in memory at a time


def walk(
    model: Model,
    pictures: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PICTURES...", help="To pass by, files or a folder; by default points of the prior."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="FILE", help="GIF, WebP or mp4; or PNG, a strip. By default MODEL.walk.gif."
        ),
    ] = None,
    points: Annotated[int, typer.Option(help="Of the prior, or the first of a folder, to pass by.")] = 6,
    steps: Annotated[int, typer.Option(help="Pictures from one point to the next.")] = 20,
    temperature: Annotated[float, typer.Option(help="Of the points: below 1 more typical, above stranger.")] = 1.0,
    fps: Annotated[float, typer.Option(help="Pictures a second.")] = 15,
    size: Annotated[int, typer.Option(metavar="PX", help="Of a film, on a side.")] = 256,
    seed: Annotated[int, typer.Option(help="Same seed, same walk.")] = 0,
    json: Json = False,
) -> None:
    """Walk through the latent space, as a film or a strip.

    The walk ends where it began. A strip shows the way from one point to the next in each of its rows. Prints the
    path of what was made.
    """
    import reverie
    from reverie import images
    from reverie.cli.vae.pictures import made, sheet, tell
    from reverie.images import video
    from reverie.pixels.settings import check

    out = out or Path(f"{name(model)}.walk.gif")
    film = out.suffix.lower() in video.SUFFIXES
    out = video.ready(out) if film else images.output(out, (".png", *video.SUFFIXES))
    check(LIMITS, points=points, steps=steps, temperature=temperature, size=size)
    vae = reverie.open(model, "vae")
    latents = _latents(vae, pictures or [], points, steps, temperature, seed)
    said = made("vae walk", seed, model=model, pictures=pictures, points=points, steps=steps,
                temperature=temperature, fps=fps, size=size)  # fmt: skip
    if film:
        frames = (frame for part in _parts(latents) for frame in vae.decode(part))
        video.write((images.fit(frame, size) for frame in frames), out, fps, said)
    else:
        images.save(sheet(vae.decode(latents), steps), out, said)
    tell(out, json, said, frames=len(latents))


def _latents(vae: "VAE", pictures: list[Path], points: int, steps: int, temperature: float, seed: int) -> "np.ndarray":
    """float32 (points * steps, latent)."""
    import numpy as np

    from reverie.cli.vae.pictures import read
    from reverie.vae import latent

    if pictures:
        found = read(vae, pictures)[0]
        return latent.walk(vae.encode(found if len(pictures) > 1 else found[:points]), steps)
    passed = np.random.default_rng(seed).standard_normal((points, vae.latent), np.float32)
    return latent.walk(temperature * passed, steps)


def _parts(latents: "np.ndarray") -> "Iterator[np.ndarray]":
    return (latents[first : first + PART] for first in range(0, len(latents), PART))
