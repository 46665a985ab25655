"""`reverie vae concept`: a direction in latent space that means something."""

from pathlib import Path
from typing import Annotated, Any

import typer

from reverie.cli.options import Model
from reverie.cli.output import print_json

SHOWN = 4  # pictures on the sheet


def concept(
    model: Model,
    with_: Annotated[
        str,
        typer.Argument(metavar="WITH", help="A folder of pictures that have it; or an attribute or label of --among."),
    ],
    without: Annotated[
        str | None,
        typer.Argument(metavar="WITHOUT", help="A folder of pictures that do not; or the label of those in --among."),
    ] = None,
    among: Annotated[
        Path | None,
        typer.Option(metavar="PICTURES", help="Pictures with attributes or labels, instead of two folders."),
    ] = None,
    against: Annotated[
        list[str] | None, typer.Option(metavar="ATTRIBUTE", help="One to leave as it is. May be given again.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="What to call it; by default as WITH.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="By default NAME.concept.safetensors, here.")
    ] = None,
    strip: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also a picture of what it does: some of them, from -3 to +3.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Find what some pictures have and others have not.

    It is a direction in latent space, from two folders, from an attribute or from labels. Prints the path of its
    file, for `reverie vae edit`.
    """
    import reverie
    from reverie import images
    from reverie.cli.pictures import collection, in_rows, made, place_for_concept, read, strips
    from reverie.vae.model import STRENGTHS

    out = place_for_concept(out or Path(f"{name or Path(with_).resolve().stem}.concept.safetensors"))
    if strip is not None:
        images.output(strip)
    vae = reverie.open(model, "vae")
    channels = vae.network.config["channels"]
    sides: Any = with_, without  # names, or the pictures of two folders
    pictures = None
    if among is not None:
        pictures = collection(vae, among, channels)
    elif without is not None:
        sides = tuple(read(vae, [Path(side)], channels)[0] for side in (with_, without))
        name = name or Path(with_).resolve().stem
    found = vae.concept(*sides, among=pictures, against=against or (), name=name)
    found.save(out)
    said = made("vae concept", model=model, with_=with_, without=without, among=among, against=against, name=name,
                out=out, strip=strip)  # fmt: skip
    if strip is not None:
        shown = sides[1] if pictures is None else pictures.pixels  # of two folders those that are to get it
        moved = found.moved(*in_rows(vae.encode(shown[:SHOWN]), STRENGTHS))
        images.save(strips(vae.decode(moved), STRENGTHS, found.name), strip, said)
    if json:
        print_json({"concept": str(out), "name": found.name, "with": found.sides[0], "without": found.sides[1], **said})
    else:
        print(out)
