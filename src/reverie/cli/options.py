"""Arguments and options that verbs of several engines take, and how files are called after a model."""

from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[Path, typer.Argument(metavar="MODEL", help="A model file or a run folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print what was made as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress.")]


def name(model: Path) -> str:
    """What a model is called: as its file, or as the folder of its run."""
    if model.name == "model.safetensors" and model.resolve().parent.name:
        return model.resolve().parent.name
    return model.resolve().name if model.is_dir() else model.stem
