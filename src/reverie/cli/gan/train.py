"""`reverie gan train`: a generator of pictures like your own."""

from typing import Annotated, Literal

import typer

from reverie.cli.options import Flip, Learned, Quiet, Resolution, Result, Resume, RunFolder, Steps
from reverie.cli.output import print_trained


def train(
    pictures: Learned = None,
    minutes: Annotated[
        float | None, typer.Option(help="How long to train: 20 if neither this nor --steps is given.")
    ] = None,
    steps: Steps = None,
    size: Annotated[
        Literal["auto", "tiny", "small", "medium", "large"],
        typer.Option(help="Of the networks; auto: small, or larger if the minutes suffice on this machine."),
    ] = "auto",
    preset: Annotated[
        Literal["projected", "textbook"],
        typer.Option(help="The networks, and what they learn by; the textbook's know no labels."),
    ] = "projected",
    resolution: Resolution = None,
    labels: Annotated[
        bool, typer.Option(help="Learn the labels (sub-folders, or an array's), if every picture has one.")
    ] = True,
    gamma: Annotated[
        float | None, typer.Option(help="Strength of the gradient penalty; by default it steers itself.")
    ] = None,
    flip: Flip = False,
    augment: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            help="How often pictures are changed before they are judged, 0 to 1; the more often the fewer, by default.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed, pictures, size and steps: same model.")] = 0,
    out: RunFolder = None,
    resume: Resume = None,
    quiet: Quiet = False,
    json: Result = False,
) -> None:
    """Learn to make pictures like your own. Prints the model's path.

    How far it is can be seen in the run folder, in samples/. Ctrl-C, or a file named "cancel" in the run
    folder, stops and keeps a usable model.
    """
    from reverie import backend, gan
    from reverie.gan.train import SETTINGS
    from reverie.training.begin import settings_of

    if resume is not None:
        preset = settings_of(resume, SETTINGS)["preset"]
    if preset == "projected":  # the textbook's batch has one part only
        backend.one_thread_each()

    model = gan.train(
        pictures,
        minutes=minutes,
        steps=steps,
        size=size,
        preset=preset,
        resolution=resolution,
        labels=labels,
        gamma=gamma,
        flip=flip,
        augment=augment,
        seed=seed,
        out=out,
        resume=resume,
        quiet=quiet,
    )
    print_trained(model, json, "reverie gan sample {run}")
