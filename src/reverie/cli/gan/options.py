"""Options that several verbs of the GAN take."""

from typing import Annotated

import typer

Truncation = Annotated[float, typer.Option(help="Below 1: more typical, and more alike; above: stranger.")]
Label = Annotated[str | None, typer.Option(metavar="LABEL", help="Which label to make, if it was trained with labels.")]
Known = Annotated[
    str | None,
    typer.Option("--label", metavar="LABEL", help="The pictures' label; by default the most similar sample's."),
]
