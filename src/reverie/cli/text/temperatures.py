"""`reverie text temperatures`: which temperature suits a model."""

from pathlib import Path
from typing import Annotated

import typer

from reverie.cli.output import print_json, print_table
from reverie.cli.text.options import HeldOut, Model, TrainingText

# What fits a terminal 80 columns wide; --json has everything.
COLUMNS = {
    "distinct-1": "distinct_1", "-2": "distinct_2", "-3": "distinct_3", "repeats": "repetition",
    "loops": "loops", "entropy": "entropy", "bits/byte": "bits_per_byte", "copy": "longest_copy",
}  # fmt: skip


def temperatures(
    model: Model,
    held_out: HeldOut = None,
    training_text: TrainingText = None,
    plot: Annotated[Path | None, typer.Option(metavar="PNG", help="Draw the table into this picture.")] = None,
    samples: Annotated[int, typer.Option(metavar="COUNT", help="Texts to write at each temperature.")] = 8,
    length: Annotated[int, typer.Option(help="Characters of each.")] = 400,
    seed: Annotated[int, typer.Option(help="Same seed, same table.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    """Find the temperature that suits a model.

    Writes at many, compares each with real text, recommends one.
    """
    import reverie

    table = reverie.text.temperatures(
        reverie.open(model, "text"),
        held_out,
        training_text=training_text,
        samples=samples,
        length=length,
        seed=seed,
    )
    if plot is not None:
        table.plot(plot)
    if json:
        print_json(table.to_dict())
        return
    rows = [
        ["held-out" if row.temperature is None else f"{row.temperature:g}"]
        + [getattr(row, field) for field in COLUMNS.values()]
        for row in (*table.rows, table.human)
    ]
    print_table(["temperature", *COLUMNS], rows)
    print(f"\n{table.sentence}")
