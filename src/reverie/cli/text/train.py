"""`reverie text train`: a model from your own text."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from reverie.cli.output import print_json


def train(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILES", help="Text files or folders of them; - is standard input."),
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(help="How long to train: 5 if neither this nor --steps is given.")
    ] = None,
    steps: Annotated[int | None, typer.Option(help="How many steps to train instead.")] = None,
    size: Annotated[
        Literal["tiny", "small", "medium", "large"], typer.Option(help="Width, depth and context in one.")
    ] = "small",
    network: Annotated[
        Literal["transformer", "lstm", "gru"], typer.Option(help="The kind of network.")
    ] = "transformer",
    width: Annotated[int | None, typer.Option(help="Instead of the size's.")] = None,
    depth: Annotated[int | None, typer.Option(help="Instead of the size's, in layers.")] = None,
    context: Annotated[int | None, typer.Option(help="Instead of the size's, in tokens.")] = None,
    tokenizer: Annotated[
        Literal["auto", "characters", "words", "bpe"],
        typer.Option(help="What a token is; auto goes by size."),
    ] = "auto",
    seed: Annotated[int, typer.Option(help="Same seed, same inputs, same model.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(metavar="RUN_FOLDER", help="Where the run is written: by default a new folder in runs/."),
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="RUN_FOLDER", help="Continue a run that stopped, exactly.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Train a language model on your own text.

    Ctrl-C, or a file named "cancel" in the run folder, stops and keeps a usable model. Prints the model's
    path.
    """
    from reverie import text

    model = text.train(
        files or [],
        minutes=minutes,
        steps=steps,
        size=size,
        network=network,
        width=width,
        depth=depth,
        context=context,
        tokenizer=tokenizer,
        seed=seed,
        out=out,
        resume=resume,
        quiet=quiet,
    )
    assert model.path is not None  # training has saved it
    if json:
        print_json({"model": str(model.path), **model.document})
    else:
        print(model.path)
        print(f'Next: reverie text write {model.path.parent} "How it begins"', file=sys.stderr)
