"""`reverie info`: what a model, a run folder or a picture says about itself, without loading a backend."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from reverie import modelfile
from reverie.cli.again import command_line, visible
from reverie.cli.output import print_json
from reverie.images.formats import SUFFIXES, is_film, is_picture
from reverie.runs import read_document


def info(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A model file, a run folder, a picture or a film.")],
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Show what a file says about itself; for a picture also the command that makes it again."""
    document = _reader(file)(file)
    if json:
        print_json(document)
        return
    again = document.pop("again", None)
    lines = _lines(document)
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        print(f"{name:<{width}}  {value}")
    if again is not None:
        print(f"\nMake it again:\n{again}")


def _reader(file: Path) -> Callable[[Path], dict[str, Any]]:
    """What reads this file: told by its content, or by its name, so that a damaged picture is called a picture."""
    with contextlib.suppress(OSError):  # whoever reads it says what is wrong
        if file.is_dir():
            return read_document
        if file.is_file():  # a pipe would make us wait
            with file.open("rb") as opened:
                start = opened.read(12)
            if is_picture(start) or is_film(start):
                return _picture
    return _picture if file.suffix.lower() in SUFFIXES else modelfile.describe


def _picture(file: Path) -> dict[str, Any]:
    """What the picture is, the settings it carries, and under "again" the command that makes it again."""
    from reverie.cli import app
    from reverie.images.metadata import describe

    document = describe(file)
    settings = document.pop("settings")
    if settings is None:
        return {**document, "settings": None}
    return {**document, **settings, "again": command_line(settings, app)}


def _lines(document: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Every value under its dotted name; what is too long to read (a vocabulary) is only counted."""
    lines = []
    for name, value in document.items():
        if isinstance(value, dict) and len(value) <= 40:
            lines += _lines(value, f"{prefix}{name}.")
            continue
        text = "-" if value is None else visible(" ".join(str(value).split()))
        if len(text) > 120:
            text = f"({len(value):,} {'characters' if isinstance(value, str) else 'entries'})"
        lines.append((visible(prefix + name), text))
    return lines
