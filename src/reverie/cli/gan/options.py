"""Options that several verbs of the GAN take."""

from typing import Annotated

import typer

Truncation = Annotated[float, typer.Option(help="Below 1: more typical, and more alike; above: stranger.")]
Label = Annotated[str | None, typer.Option(metavar="LABEL", help="Which, if the model was trained with labels.")]
