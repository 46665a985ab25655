"""`reverie gan edit`: real pictures with more or less of a concept."""

from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.gan.options import Known
from reverie.cli.options import ROWS, Edited, Json, Model, Pictures, Quiet, Strength, Strip


def edit(
    model: Model,
    concept: Annotated[
        Path,
        typer.Argument(metavar="CONCEPT", help="A .safetensors file: made from --with and --without, or made earlier."),
    ],
    pictures: Pictures,
    with_: Annotated[
        Path | None, typer.Option("--with", metavar="FOLDER", help="Pictures that have it, a dozen or more.")
    ] = None,
    without: Annotated[Path | None, typer.Option(metavar="FOLDER", help="As many that do not.")] = None,
    strength: Strength = 1.0,
    strip: Strip = False,
    out: Edited = None,
    label: Known = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Change real pictures along a concept.

    Each is found in the space of the generator and moved there: it comes out at the model's resolution, as the model
    comes nearest to it. The concept is what the pictures in one folder have and those in another have not, in the eyes
    of reverie-dream. Prints the path of the picture, folder or sheet.
    """
    import numpy as np

    import reverie
    from reverie import images
    from reverie.cli.pictures import in_rows, made, place_for_concept, place_for_edits, read, strips, tell, write_folder
    from reverie.errors import ReverieError
    from reverie.gan import Concept
    from reverie.gan.model import LIMITS, STRENGTHS
    from reverie.pixels.progress import Progress
    from reverie.pixels.settings import check

    if (with_ is None) != (without is None):
        raise ReverieError("A concept needs pictures with it and pictures without.", "Give --with and --without.")
    gan = reverie.open(model, "gan")
    gan.numbers(label, 1)  # what does not fit is refused before the long search
    check(LIMITS, strength=strength)
    if with_ is None or without is None:
        known = Concept.load(concept)
        gan.check_concept(known)
    else:
        place_for_concept(concept)
    pixels, names = read(gan, pictures, gan.config["channels"])
    pixels = pixels[:ROWS] if strip else pixels
    place, apart = place_for_edits(out, pictures, concept, len(pixels), strip)
    if with_ is not None and without is not None:
        name = concept.name.split(".")[0]
        sides = [read(gan, [side], gan.config["channels"])[0] for side in (with_, without)]
        known = gan.concept(*sides, name=name)
        known.save(concept)
    said = made("gan edit", model=model, concept=concept, pictures=pictures, with_=with_, without=without,
                strength=strength, strip=strip, out=out if apart else None, label=label)  # fmt: skip
    progress = None if quiet else Progress(what="Finding pictures and moving them, step").count
    if strip:
        found = gan.invert(pixels, label=label, progress=progress)
        numbers = np.repeat(found.labels, len(STRENGTHS))
        points, strengths = in_rows(found.latents, STRENGTHS)
        moved = gan.moved(points, numbers, known, strengths, progress=progress)
        images.save(strips(gan.decode(moved, numbers), STRENGTHS, known.name), place, said)
    else:
        edited = gan.edit(pixels, known, strength, label=label, progress=progress)
        if apart:
            write_folder(place, edited, names, said)
        else:
            images.save(edited[0], place, said)
    tell(place, json, said, count=len(pixels))
