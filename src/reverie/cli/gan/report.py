"""`reverie gan report`: how good a generator is, and whether its samples are copies."""

from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.gan.options import Truncation
from reverie.cli.options import Model, Nearest, Network, Quiet
from reverie.cli.output import print_json


def report(
    model: Model,
    pictures: Annotated[
        Path | None, typer.Argument(metavar="PICTURES", help="Those it was trained on; by default those its run used.")
    ] = None,
    count: Annotated[int, typer.Option(help="Samples, and pictures, to compare.")] = 2000,
    truncation: Truncation = 1.0,
    network: Network = "reverie-dream",
    seed: Annotated[int, typer.Option(help="Same seed, same report.")] = 0,
    sheet: Nearest = None,
    quiet: Quiet = False,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Say how good a generator is, and whether its samples are copies."""
    import reverie
    from reverie import images
    from reverie.cli.pictures import made, read
    from reverie.gan.report import report as measured
    from reverie.pixels.progress import Progress

    if sheet is not None:
        images.output(sheet)
    gan = reverie.open(model, "gan")
    given = None if pictures is None else read(gan, [pictures], gan.config["channels"])[0]
    tell = None if quiet else Progress().say
    result = measured(gan, given, count=count, truncation=truncation, network=network, seed=seed, tell=tell)
    if sheet is not None:
        said = made("gan report", seed, model=model, pictures=pictures, count=count, truncation=truncation,
                    network=network, sheet=sheet)  # fmt: skip
        images.save(result.sheet(), sheet, said)
    if json:
        print_json(result.to_dict())
        return
    for sentence in result.sentences:
        print(sentence)
