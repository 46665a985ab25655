"""`reverie vae report`: how good a model is, and whether its samples are copies."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from reverie.cli.options import Model, Nearest, Network, Quiet
from reverie.cli.output import print_json


def report(
    model: Model,
    pictures: Annotated[
        Path | None, typer.Argument(metavar="PICTURES", help="Those it has not seen; else what its run held out.")
    ] = None,
    training: Annotated[
        Path | None, typer.Option(metavar="PICTURES", help="Where copies are looked for; else the run's own.")
    ] = None,
    count: Annotated[int, typer.Option(help="Samples, and pictures, to compare.")] = 1000,
    scored: Annotated[int, typer.Option(help="Pictures whose likelihood is estimated.")] = 200,
    points: Annotated[int, typer.Option(help="Of latent space, for each of those.")] = 500,
    prior: Annotated[Literal["normal", "mixture"] | None, typer.Option(help="As for sample.")] = None,
    temperature: Annotated[float, typer.Option(help="As for sample.")] = 1.0,
    network: Network = "reverie-dream",
    seed: Annotated[int, typer.Option(help="Same seed, same report.")] = 0,
    sheet: Nearest = None,
    quiet: Quiet = False,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Say how good a model is, and whether its samples are copies."""
    import reverie
    from reverie import images
    from reverie.cli.pictures import made, read
    from reverie.pixels.progress import Progress
    from reverie.vae.report import report as measured

    if sheet is not None:
        images.output(sheet)
    vae = reverie.open(model, "vae")
    channels = vae.network.config["channels"]
    given, known = (None if source is None else read(vae, [source], channels)[0] for source in (pictures, training))
    tell = None if quiet else Progress().say
    result = measured(
        vae,
        given,
        training=known,
        count=count,
        scored=scored,
        points=points,
        prior=prior,
        temperature=temperature,
        network=network,
        seed=seed,
        tell=tell,
    )
    if sheet is not None:
        said = made("vae report", seed, model=model, pictures=pictures, training=training, count=count, scored=scored,
                    points=points, prior=prior, temperature=temperature, network=network, sheet=sheet)  # fmt: skip
        images.save(result.sheet(), sheet, said)
    if json:
        print_json(result.to_dict())
        return
    for sentence in result.sentences:
        print(sentence)
