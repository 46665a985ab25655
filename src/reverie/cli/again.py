"""From the settings in a picture to the command line that makes it again."""

import os
import shlex
from typing import Any

import typer


def command_line(settings: dict[str, Any], app: typer.Typer) -> str | None:
    """The line to type, quoted for a shell; None if this version has no such command.

    settings: {"command": "dream render", "arguments": {...}, "seed": 0}, the arguments under the names of the
    command's parameters. Which are positional, what the options are called and which may be left out, having their
    default, is asked of `app`. A positional argument without a value (a picture that came from memory, not from a
    file) is shown by its name, in capitals. An argument this version does not know is shown as an option all the
    same: better a line that is refused than one that makes another picture.
    """
    names = str(settings.get("command")).split()
    command: Any = typer.main.get_command(app)
    for name in names:
        command = getattr(command, "commands", {}).get(name)
    if command is None or hasattr(command, "commands"):
        return None
    values = settings.get("arguments")
    values = dict(values) if isinstance(values, dict) else {}
    values.setdefault("seed", settings.get("seed"))

    positional: list[str] = []
    options: list[str] = []
    for parameter in command.params:
        value = values.pop(parameter.name, None)
        if parameter.param_type_name == "argument":
            positional += _words(value) or [parameter.metavar or parameter.name.upper()] * parameter.required
        elif value is not None and value != _plain(parameter.default):
            options += _option(parameter, value)
    for name, value in values.items():
        options += [f"--{name.replace('_', '-')}={word}" for word in _words(value)]
    if any(word.startswith("-") for word in positional):  # else they would pass for options
        return " ".join(map(_quoted, ["reverie", *names, *options, "--", *positional]))
    return " ".join(map(_quoted, ["reverie", *names, *positional, *options]))


def _option(parameter: Any, value: Any) -> list[str]:
    if parameter.is_flag:
        return list(parameter.opts if value else parameter.secondary_opts)[:1]
    words = _words(value)
    if parameter.nargs != 1:
        return [parameter.opts[0], *words]
    return [part for word in words for part in _named(parameter.opts[0], word)]


def _named(option: str, word: str) -> list[str]:
    return [f"{option}={word}"] if word.startswith("-") else [option, word]


def _words(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _plain(default: Any) -> Any:
    """A default as JSON holds it."""
    if isinstance(default, os.PathLike):
        return os.fspath(default)
    return list(default) if isinstance(default, tuple) else default


def _quoted(word: str) -> str:
    """One word for a shell. What no terminal should print (it might move the cursor) is written as an escape."""
    if word.isprintable():
        return shlex.quote(word)
    return "$'" + visible(word.replace("\\", "\\\\").replace("'", "\\'")) + "'"


def visible(text: str) -> str:
    """`text` with escapes for what cannot be seen: whoever made a file must not write on the reader's terminal."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )
