"""`reverie dream render`: a dream on a photo, a sheet of dreams to choose from, or a dream on a sound."""

from pathlib import Path
from typing import Annotated, Any

import typer

from reverie.cli.output import print_json
from reverie.errors import ReverieError


def render(
    image: Annotated[Path, typer.Argument(metavar="PHOTO", help="A picture, or a sound (.wav).")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="PNG, JPEG or WebP; by default PHOTO.dream.png, here."),
    ] = None,
    network: Annotated[
        str | None, typer.Option(help="A name of `reverie weights`; by default reverie-dream, which ships.")
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="What to dream of: \"mixed4 + 1.5 * channel('mixed5', 12)\", \"logit('goldfish')\"."
        ),
    ] = None,
    preset: Annotated[
        str | None, typer.Option(metavar="NAME", help="reverie, textbook or notebook; other options win over it.")
    ] = None,
    weights: Annotated[str | None, typer.Option(metavar="FILE", help="The network's weights; or random.")] = None,
    guide: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Dream of what this picture shows, in the objective's layers.")
    ] = None,
    octaves: Annotated[int | None, typer.Option(help="How many sizes, small to large; 4 in the first preset.")] = None,
    octave_scale: Annotated[float | None, typer.Option(help="From one size to the next; 1.4.")] = None,
    steps: Annotated[int | None, typer.Option(help="At each size; 20.")] = None,
    strength: Annotated[float | None, typer.Option(help="What a step changes, from 0 to 1; 0.01.")] = None,
    roll: Annotated[bool, typer.Option(help="Look at the picture moved a little at each step.")] = True,
    size: Annotated[int | None, typer.Option(metavar="PX", help="Longest side of the dream; else as it is.")] = None,
    mask: Annotated[Path | None, typer.Option(metavar="FILE", help="Dream only where this picture is white.")] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same inputs, same picture.")] = 0,
    memory: Annotated[
        float | None, typer.Option(metavar="GB", help="Stay below it, in tiles; by default 70 % of the machine's.")
    ] = None,
    preview: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Show the picture so far here, every few seconds.")
    ] = None,
    sheet: Annotated[bool, typer.Option("--sheet", help="A sheet over layers and strengths, to choose from.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was made as JSON.")] = False,
) -> None:
    """Dream on a picture. Prints the path of the dream.

    Ctrl-C stops and keeps the picture so far.
    """
    from reverie import dream, images

    options: dict[str, Any] = {
        "network": network, "preset": preset, "weights": weights, "octaves": octaves, "octave_scale": octave_scale,
        "steps": steps, "seed": seed,
    }  # fmt: skip
    if image.suffix.lower() == ".wav":
        refuse("sound", guide=guide, size=size, mask=mask, preview=preview, sheet=sheet or None)
        out = out or Path(f"{image.stem}.dream.wav")
        climb: dict[str, Any] = {"objective": objective, "strength": strength, "roll": roll, "memory": memory}
        sound = dream.render_sound(image, **options, **climb, progress=None if quiet else dream.Progress())
        sound.save(out)
        made = sound.info["reverie"]
    elif sheet:
        refuse("sheet", guide=guide, mask=mask, preview=preview, memory=memory)
        out = images.output(out or Path(f"{image.stem}.sheet.png"))
        page = dream.sheet(
            image,
            layers=None if objective is None else [objective],
            progress=None if quiet else dream.Progress().count,
            strengths=None if strength is None else [strength / 2, strength, strength * 2],
            size=size or 320,
            **options,
        )
        made = page.info["reverie"]
        images.save(page, out, made)
    else:
        out = images.output(out or Path(f"{image.stem}.dream.png"))
        picture = dream.render(
            image,
            objective=objective,
            guide=guide,
            strength=strength,
            roll=roll,
            size=size,
            mask=mask,
            memory=memory,
            preview=preview,
            progress=None if quiet else dream.Progress(),
            **options,
        )
        made = picture.info["reverie"]
        images.save(picture, out, made)
    if json:
        print_json({"file": str(out), **made})
    else:
        print(out)


def refuse(kind: str, **options: Any) -> None:
    """Raises ReverieError if an option was given that means nothing here."""
    for name, value in options.items():
        if value is not None:
            raise ReverieError(f"A {kind} knows no --{name}.", "Leave it out.")
