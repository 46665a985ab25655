"""`reverie text report`: how good a model is, and how much of its text it knows by heart."""

from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.output import print_json


def report(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A model file or a run folder.")],
    held_out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Text the model has not seen; else the run's own.")
    ] = None,
    training_text: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where copies are looked for; else the run's own.")
    ] = None,
    temperature: Annotated[float, typer.Option(help="Temperature at which it writes.")] = 0.8,
    samples: Annotated[int, typer.Option(metavar="COUNT", help="Texts to write.")] = 16,
    length: Annotated[int, typer.Option(help="Characters of each.")] = 1000,
    seed: Annotated[int, typer.Option(help="Same seed, same report.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Say how good a model is, and how much it copies."""
    import reverie

    result = reverie.text.report(
        reverie.open(model),
        held_out,
        training_text=training_text,
        temperature=temperature,
        samples=samples,
        length=length,
        seed=seed,
    )
    if json:
        print_json(result.to_dict())
        return
    for sentence in result.sentences:
        print(sentence)
