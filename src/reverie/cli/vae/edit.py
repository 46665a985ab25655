"""`reverie vae edit`: pictures with more or less of a concept."""

from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.options import ROWS, Edited, Json, Model, Pictures, Strength, Strip

PART = 512  # pictures in memory at a time


def edit(
    model: Model,
    concept: Annotated[Path, typer.Argument(metavar="CONCEPT", help="A file of `reverie vae concept`.")],
    pictures: Pictures,
    strength: Strength = 1.0,
    strip: Strip = False,
    out: Edited = None,
    json: Json = False,
) -> None:
    """Change pictures along a concept.

    They come out at the model's resolution, as the model sees them. Prints the path of the picture, folder or
    sheet.
    """
    import reverie
    from reverie import images
    from reverie.cli.pictures import in_rows, made, place_for_edits, read, strips, tell, write_folder
    from reverie.vae import Concept
    from reverie.vae.model import STRENGTHS

    found = Concept.load(concept)
    vae = reverie.open(model, "vae")
    vae.check_concept(found)
    pixels, names = read(vae, pictures, vae.network.config["channels"])
    pixels = pixels[:ROWS] if strip else pixels
    place, apart = place_for_edits(out, pictures, concept, len(pixels), strip)
    said = made("vae edit", model=model, concept=concept, pictures=pictures, strength=strength, strip=strip,
                out=out if apart else None)  # fmt: skip
    if strip:
        moved = found.moved(*in_rows(vae.encode(pixels), STRENGTHS))
        images.save(strips(vae.decode(moved), STRENGTHS, found.name), place, said)
    else:
        parts = (vae.edit(pixels[first : first + PART], found, strength) for first in range(0, len(pixels), PART))
        edited = (picture for part in parts for picture in part)
        if apart:
            write_folder(place, edited, names, said)
        else:
            images.save(next(edited), place, said)
    tell(place, json, said, count=len(pixels))
