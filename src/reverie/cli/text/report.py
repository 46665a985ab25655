"""`reverie text report`: how good a model is, and how much of its text it knows by heart."""

from typing import Annotated

import typer

from reverie.cli.output import print_json
from reverie.cli.text.options import HeldOut, Model, TrainingText


def report(
    model: Model,
    held_out: HeldOut = None,
    training_text: TrainingText = None,
    temperature: Annotated[float, typer.Option(help="Temperature at which it writes.")] = 0.8,
    samples: Annotated[int, typer.Option(metavar="COUNT", help="Texts to write.")] = 16,
    length: Annotated[int, typer.Option(help="Characters of each.")] = 1000,
    seed: Annotated[int, typer.Option(help="Same seed, same report.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Say how good a model is, and how much it copies."""
    import reverie

    result = reverie.text.report(
        reverie.open(model, "text"),
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
