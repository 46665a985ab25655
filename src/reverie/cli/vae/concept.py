"""`reverie vae concept`: a direction in latent space that means something."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.output import print_json
from reverie.cli.vae.options import Model

SHOWN = 4  # pictures in the strip


def concept(
    model: Model,
    with_: Annotated[
        str, typer.Argument(metavar="WITH", help="A folder of pictures that have it; or an attribute of --among.")
    ],
    without: Annotated[
        Path | None, typer.Argument(metavar="WITHOUT", help="A folder of pictures that do not, but are else alike.")
    ] = None,
    among: Annotated[
        Path | None,
        typer.Option(metavar="PICTURES", help="Pictures with attributes or labels, instead of two folders."),
    ] = None,
    against: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="An attribute to leave as it is. May be given again.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="By default WITH.concept.safetensors, here.")
    ] = None,
    strip: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also a picture of what it does: some of them, from -3 to +3.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Find what some pictures have and others have not.

    It is a direction in latent space, from two folders or from an attribute. Prints the path of its file, for
    `reverie vae edit`.
    """
    import reverie
    from reverie import images
    from reverie.cli.vae import concepts
    from reverie.cli.vae.pictures import made, read
    from reverie.errors import ReverieError

    out = images.output(out or Path(f"{Path(with_).resolve().stem}.concept.safetensors"), (".safetensors",))
    if strip is not None:
        images.output(strip)
    if (among is None) == (without is None):
        raise ReverieError(
            "A concept needs pictures with it and pictures without.",
            "Give two folders, or an attribute and --among its pictures.",
        )
    vae = reverie.open(model, "vae")
    if among is not None:
        pictures = images.folder(among, vae.size, channels=vae.network.config["channels"])
        found = vae.concept(with_, among=pictures, against=against or ())
        some = pictures.pixels[:SHOWN]
    else:
        if against:
            raise ReverieError("Two folders do not say what else differs.", "Give --against together with --among.")
        assert without is not None
        found = replace(vae.concept(Path(with_), without), name=Path(with_).resolve().stem)
        some = read(vae, [without])[0][:SHOWN]
    concepts.write(found, out)
    said = made("vae concept", model=model, with_=with_, without=without, among=among, against=against,
                out=out, strip=strip)  # fmt: skip
    if strip is not None:
        images.save(concepts.sheet(vae, some, found), strip, said)
    if json:
        print_json({"concept": str(out), "name": found.name, "with": found.sides[0], "without": found.sides[1], **said})
    else:
        print(out)
