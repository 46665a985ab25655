"""Training an autoencoder on any folder of pictures: pictures, network, optimizer, `fit`, model file."""

import time
from pathlib import Path
from typing import Any

import keras
import numpy as np

from reverie.errors import ReverieError
from reverie.images.batches import Batches
from reverie.images.folders import Pictures
from reverie.runs import Run
from reverie.training.begin import check_start, settings_of, settled
from reverie.training.pictures import folder_for, note_pictures, pictures_of
from reverie.training.schedule import Schedule
from reverie.training.train import Outcome
from reverie.training.train import train as fit
from reverie.vae.autoencoder import Autoencoder
from reverie.vae.callbacks import ShowPictures
from reverie.vae.evaluate import Bound, Evaluator
from reverie.vae.mixture import fit_to
from reverie.vae.model import ENGINE, VAE
from reverie.vae.networks import design

SETTINGS = {
    "pictures", "minutes", "steps", "size", "preset", "resolution", "latent", "likelihood", "beta", "warmup",
    "free_bits", "flip", "shift", "seed",
}  # fmt: skip
MINUTES = 10.0
BATCH = 128
FEWEST = 16  # pictures
HELD_OUT = 0.1  # of the pictures: never trained on
VALIDATED = 2000  # of those, how many one look takes in
RATE = 2e-3
MIXTURE = 0.15  # minutes kept for fitting it, where there are enough
EXTREME, BINARY = 32, 0.85  # grey levels from black or white; the share of pixels that makes pictures binary


def train(
    pictures: str | Path | Pictures | None = None,
    *,
    minutes: float | None = None,
    steps: int | None = None,
    size: str = "small",
    preset: str = "residual",
    resolution: int | None = None,
    latent: int | None = None,
    likelihood: str = "auto",
    beta: float = 1.0,
    warmup: int = 0,
    free_bits: float = 0.0,
    flip: bool = False,
    shift: int = 0,
    seed: int = 0,
    out: str | Path | None = None,
    resume: str | Path | None = None,
    quiet: bool = False,
) -> VAE:
    """Trains a variational autoencoder on pictures and returns it; everything it writes is in one run folder.

    pictures: a folder or file as `images.folder` takes it, or what it returned. A tenth, drawn by the seed, is held
        out: it is never trained on, and validation is measured on it.
    minutes: how long the whole job may take (10 if neither is given); steps: how many training steps instead.
    size: "tiny", "small", "medium" or "large" networks.
    preset: "residual"; "hierarchical", with a second level of latents; or "textbook", which has 2 latents.
    resolution: pixels on a side, by default 64 (arrays: their own).  latent: dimensions of the latent space.
    likelihood: "gaussian", with learned variance, for pictures; "bernoulli" for black and white; "auto" looks.
    beta: weight of the rate; warmup: steps over which it rises from 0; free_bits: nats a latent that cost nothing.
    flip, shift: mirror pictures left to right, and move them by up to so many pixels, at random.
    seed: same machine, versions, seed, pictures and `steps`: the same model, bit for bit.
    out: the run folder; by default a new one under runs/, named after the pictures.
    resume: a run folder whose training stopped; goes on exactly, with the settings it was started with. `pictures` is
        needed again only if they have moved, or were no file or folder.

    Ctrl-C, or a file named `cancel` in the run folder, stops it within two seconds and keeps a usable model.
    Raises ReverieError for unusable pictures, settings that do not fit, a folder in use and a full disk.
    """
    started = time.monotonic()
    if resume is not None:
        settings = settings_of(Path(resume), SETTINGS)
    else:
        _check(minutes, steps, seed, beta, warmup, free_bits, shift, likelihood)
        settings = settled(
            pictures=None,  # until they are found
            minutes=minutes if steps or minutes else MINUTES, steps=steps, size=size, preset=preset,
            resolution=resolution, latent=latent, likelihood=likelihood, beta=beta, warmup=warmup,
            free_bits=free_bits, flip=flip, shift=shift, seed=seed,
        )  # fmt: skip
        design(settings["resolution"] or _size(pictures), 3, "gaussian", preset, size, settings["latent"])
    found = pictures_of(pictures, settings, fewest=FEWEST, wanted="a space of pictures", quiet=quiet)
    folder = Path(resume or out or folder_for(settings["pictures"]))
    with Run.open(folder, engine=ENGINE, settings=settings, seed=settings["seed"], resume=bool(resume)) as run:
        note_pictures(run, found, settings=settings)
        return _train(run, found, settings, started, resumed=resume is not None, quiet=quiet)


def _train(
    run: Run, pictures: Pictures, settings: dict[str, Any], started: float, *, resumed: bool, quiet: bool
) -> VAE:
    seed, steps, minutes = settings["seed"], settings["steps"], settings["minutes"]
    rows, test = pictures.split(HELD_OUT, seed)
    likelihood = settings["likelihood"]
    if likelihood == "auto":
        likelihood = "bernoulli" if is_binary(pictures.pixels[rows[:: max(1, len(rows) // 500)]]) else "gaussian"
    config = design(
        pictures.size, pictures.channels, likelihood, settings["preset"], settings["size"], settings["latent"]
    )
    keras.utils.set_random_seed(seed)
    network = Autoencoder(
        config, beta=settings["beta"], warmup=settings["warmup"], free_bits=settings["free_bits"], seed=seed
    )
    network.compile(optimizer=keras.optimizers.Adam(RATE), jit_compile=False)  # XLA is slower at convolutions
    batches = Batches(pictures.pixels, BATCH, seed, flip=settings["flip"], shift=settings["shift"], rows=rows)
    held_out = np.asarray(pictures.pixels[test[:VALIDATED]])
    evaluator = Evaluator(network)
    model = VAE(network, {}, path=run.model)

    def batch(step: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = batches(step)
        return chosen, chosen  # the target is the input

    def describe(outcome: Outcome) -> dict[str, Any]:
        model.document.update(_document(config, pictures, run.document["pictures"], evaluator(held_out), outcome))
        return model.document

    epoch = max(50, min(500, len(rows) // BATCH))
    fit(
        network,
        batch,
        run=run,
        describe_model=describe,
        seed=seed,
        steps=steps,
        minutes=minutes and max(minutes - MIXTURE, 0.9 * minutes),
        started=started,
        validation=lambda: evaluator(held_out).loss,
        validate_every=min(epoch, -(-steps // 2)) if steps else epoch,
        callbacks=[ShowPictures(model, held_out, run.samples, settings)],
        schedule=Schedule(decay=0.5),
        resume=resumed,
        quiet=quiet,
    )
    model.mixture = fit_to(network, pictures.pixels, rows, seed)
    model.save(run.model)
    return model


def is_binary(pixels: np.ndarray) -> bool:
    """Whether grey pictures are, but for their edges, black and white."""
    extreme = (pixels < EXTREME) | (pixels > 255 - EXTREME)
    return pixels.shape[3] == 1 and float(extreme.mean()) >= BINARY and bool((pixels > 255 - EXTREME).any())


def _document(
    config: dict[str, Any], pictures: Pictures, digest: str, bound: Bound, outcome: Outcome
) -> dict[str, Any]:
    """What the model file says of itself: how to build it, how well it does, how it was trained."""
    return {
        "network": config,
        "spread": [round(float(value), 6) for value in bound.spread],
        "training": {
            "steps": outcome.step,
            "seconds": round(outcome.seconds, 1),
            "stopped": outcome.stopped,
            "validation": bound.loss,
            "rate": bound.rate,
            "distortion": bound.distortion,
            "active": bound.active,
            "pictures": len(pictures),
            "broken": len(pictures.broken),
            "digest": digest,
        },
    }


def _size(pictures: str | Path | Pictures | None) -> int:
    """The resolution as far as it is known before the pictures are read."""
    return pictures.size if isinstance(pictures, Pictures) else 64


def _check(
    minutes: float | None, steps: int | None, seed: int, beta: float, warmup: int, free_bits: float, shift: int,
    likelihood: str,
) -> None:  # fmt: skip
    check_start(minutes, steps, seed)
    for name, value in (("beta", beta), ("warmup", warmup), ("free_bits", free_bits), ("shift", shift)):
        if not 0 <= value < float("inf"):
            raise ReverieError(f"{name} cannot be {value}.", "Give a number from 0 up.")
    if likelihood not in ("auto", "bernoulli", "gaussian"):
        raise ReverieError(f"There is no likelihood {likelihood!r}.", "Choose auto, bernoulli or gaussian.")
