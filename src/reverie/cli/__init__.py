"""The command line: a thin face over the public functions, one small file per verb.

Results go to stdout, progress and complaints to stderr. What the user can put right (`ReverieError`) is one
line on stderr and exit code 2, as is a wrong option. The verbs import the library inside their functions, so
that `--help`, `info` and `runs` answer without loading a backend.
"""

import sys
from typing import Annotated

import typer

import reverie
from reverie.cli import dream, gan, info, runs, style, text, tour, vae, weights
from reverie.errors import ReverieError

app = typer.Typer(
    name="reverie",
    help="Make new text and pictures from your own.",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help: it costs half the time to show and fits any terminal
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"reverie {reverie.__version__}")
        raise typer.Exit


@app.callback()
def _reverie(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and stop.")
    ] = False,
) -> None:
    pass


app.add_typer(text.app)
app.add_typer(dream.app)
app.add_typer(style.app)
app.add_typer(vae.app)
app.add_typer(gan.app)
app.command("info")(info.info)
app.command("runs")(runs.runs)
app.command("tour")(tour.tour)
app.command("weights")(weights.weights)


def main() -> None:
    """The `reverie` command. Typer ends Ctrl-C with exit code 130 and a closed pipe with 1, both quietly."""
    try:
        app(prog_name="reverie")
    except ReverieError as error:
        print(f"reverie: {error}", file=sys.stderr)
        sys.exit(2)
