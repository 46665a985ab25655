"""What the verbs print on stdout: JSON or a table of plain columns."""

import json
import sys
from collections.abc import Sequence
from typing import Any


def print_json(document: Any) -> None:
    """One JSON document, indented, every script readable as it is."""
    print(json.dumps(document, ensure_ascii=False, indent=2))


def print_trained(model: Any, json: bool, then: str) -> None:
    """A trained model's path, and on stderr `then`, what to do with it, {run} being its folder; or all as JSON."""
    assert model.path is not None  # training has saved it
    if json:
        print_json({"model": str(model.path), **model.document})
    else:
        print(model.path)
        print(f"Next: {then.format(run=model.path.parent)}", file=sys.stderr)


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Columns wide enough for what is in them: numbers to the right, words to the left, never cut."""
    from rich.cells import cell_len  # a Hangul syllable takes two places

    def shown(value: object) -> str:
        return "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)

    cells = [list(header), *([shown(value) for value in row] for row in rows)]
    widths = [max(cell_len(line[column]) for line in cells) for column in range(len(header))]
    numeric = [all(isinstance(row[column], int | float | None) for row in rows) for column in range(len(header))]
    for line in cells:
        padded = []
        for cell, width, right in zip(line, widths, numeric, strict=True):
            space = " " * (width - cell_len(cell))
            padded.append(space + cell if right else cell + space)
        print("  ".join(padded).rstrip())
