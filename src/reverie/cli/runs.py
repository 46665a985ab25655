"""`reverie runs`: the training runs in a folder, without loading a backend."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from reverie.cli.output import print_json, print_table
from reverie.runs import listing


def runs(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder that holds the runs.")] = Path("runs"),
    json: Annotated[bool, typer.Option("--json", help="Print the runs as JSON.")] = False,
) -> None:
    """List the training runs in a folder."""
    found = listing(folder)
    if json:
        print_json(found)
    elif not found:
        print(f"There are no runs in {folder}.", file=sys.stderr)
    else:
        print_table(["folder", "engine", "status", "started", "steps", "validation"], [_row(run) for run in found])


def _row(run: dict[str, Any]) -> list[object]:
    """The time it was started is local; validation is the best loss so far."""
    started, best = run.get("started"), run.get("best")
    when = f"{datetime.fromisoformat(started).astimezone():%Y-%m-%d %H:%M}" if started else None
    return [run["folder"], run.get("engine"), run["status"], when, run.get("step"), best and best[1]]
