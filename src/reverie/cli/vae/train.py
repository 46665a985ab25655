"""`reverie vae train`: a space of pictures, learnt from your own."""

from typing import Annotated, Literal

import typer

from reverie.cli.options import Flip, Learned, Quiet, Resolution, Result, Resume, RunFolder, Steps
from reverie.cli.output import print_trained


def train(
    pictures: Learned = None,
    minutes: Annotated[
        float | None, typer.Option(help="How long to train: 10 if neither this nor --steps is given.")
    ] = None,
    steps: Steps = None,
    size: Annotated[
        Literal["tiny", "small", "medium", "large"], typer.Option(help="Width, depth and latents in one.")
    ] = "small",
    preset: Annotated[
        Literal["residual", "hierarchical", "textbook"],
        typer.Option(help="The network: hierarchical has two levels of latents, the textbook's 2 latents."),
    ] = "residual",
    resolution: Resolution = None,
    latent: Annotated[int | None, typer.Option(help="Dimensions of the space, instead of the size's.")] = None,
    likelihood: Annotated[
        Literal["auto", "bernoulli", "gaussian"], typer.Option(help="bernoulli: black and white; auto looks.")
    ] = "auto",
    beta: Annotated[float, typer.Option(help="Weight of the rate; above 1: smoother, simpler.")] = 1.0,
    warmup: Annotated[int, typer.Option(metavar="STEPS", help="Over which beta rises from 0.")] = 0,
    free_bits: Annotated[float, typer.Option(metavar="NATS", help="Of each latent, that cost nothing.")] = 0.0,
    flip: Flip = False,
    shift: Annotated[int, typer.Option(metavar="PX", help="Move pictures by up to so many pixels, at random.")] = 0,
    seed: Annotated[int, typer.Option(help="Same seed, same pictures, same model.")] = 0,
    out: RunFolder = None,
    resume: Resume = None,
    quiet: Quiet = False,
    json: Result = False,
) -> None:
    """Learn a space of pictures from your own. Prints the model's path.

    How far it is can be seen in the run folder, in samples/. Ctrl-C, or a file named "cancel" in the run
    folder, stops and keeps a usable model.
    """
    from reverie import backend, vae

    backend.one_thread_each()

    model = vae.train(
        pictures,
        minutes=minutes,
        steps=steps,
        size=size,
        preset=preset,
        resolution=resolution,
        latent=latent,
        likelihood=likelihood,
        beta=beta,
        warmup=warmup,
        free_bits=free_bits,
        flip=flip,
        shift=shift,
        seed=seed,
        out=out,
        resume=resume,
        quiet=quiet,
    )
    print_trained(model, json, "reverie vae sample {run}")
