"""The command's reference (docs/cli.md), made from its own help: python -m reverie.cli.reference FILE."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from reverie.cli import app

INTRODUCTION = """\
# The `reverie` command

Made from the command's own help by `make docs`; a test compares the two.

Results are printed on stdout, progress and complaints on stderr. What you can put right is one sentence and
exit code 2; Ctrl-C ends with exit code 130. `reverie --install-completion` teaches your shell to complete
all this.
"""


def reference() -> str:
    """The whole reference as Markdown: every command with its help, groups before their commands."""
    sections = [f"\n## `{title}`\n\n```text\n{text}\n```\n" for title, text in helps()]
    return INTRODUCTION + "".join(sections)


def helps() -> Iterator[tuple[str, str]]:
    """Each command's full name and its help, 100 columns wide."""
    pending: list[tuple[Any, Any]] = [(typer.main.get_command(app), None)]
    while pending:
        command, parent = pending.pop(0)
        name = "reverie" if parent is None else command.name
        settings = {**command.context_settings, "terminal_width": 100}
        context = command.context_class(command, info_name=name, parent=parent, **settings)
        yield context.command_path, command.get_help(context).rstrip()
        pending = [(child, context) for child in getattr(command, "commands", {}).values()] + pending


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8")
