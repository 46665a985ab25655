"""Options that several verbs of the text engine take."""

from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[Path, typer.Argument(metavar="MODEL", help="A model file or a run folder.")]
HeldOut = Annotated[Path | None, typer.Option(metavar="FILE", help="Text the model has not seen; else the run's own.")]
TrainingText = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Where copies are looked for; else the run's own.")
]
