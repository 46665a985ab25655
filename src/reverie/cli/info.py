"""`reverie info`: what a model file or a run folder says about itself, without loading a backend."""

from pathlib import Path
from typing import Annotated, Any

import typer

from reverie import modelfile
from reverie.cli.output import print_json
from reverie.runs import read_document


def info(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A model file or a run folder.")],
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Show what a file says about itself."""
    document = read_document(file) if file.is_dir() else modelfile.describe(file)
    if json:
        print_json(document)
        return
    lines = _lines(document)
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        print(f"{name:<{width}}  {value}")


def _lines(document: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Every value under its dotted name; what is too long to read (a vocabulary) is only counted."""
    lines = []
    for name, value in document.items():
        if isinstance(value, dict) and len(value) <= 40:
            lines += _lines(value, f"{prefix}{name}.")
            continue
        text = "-" if value is None else " ".join(str(value).split())
        if len(text) > 120:
            text = f"({len(value):,} {'characters' if isinstance(value, str) else 'entries'})"
        lines.append((prefix + name, text))
    return lines
