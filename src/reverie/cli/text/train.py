"""`reverie text train`: a model from your own text."""

from typing import Annotated, Literal

import typer

from reverie.cli.options import Quiet, Result, Resume, RunFolder, Steps
from reverie.cli.output import print_trained


def train(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILES", help="Text files or folders of them; - is standard input."),
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(help="How long to train: 5 if neither this nor --steps is given.")
    ] = None,
    steps: Steps = None,
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
    out: RunFolder = None,
    resume: Resume = None,
    quiet: Quiet = False,
    json: Result = False,
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
    print_trained(model, json, 'reverie text write {run} "How it begins"')
