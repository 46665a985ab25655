"""Training an adversarial pair on any folder of pictures: pictures, networks, optimizer, `fit`, model file."""

import math
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np

from reverie.errors import ReverieError
from reverie.gan.adversary import BATCH, Adversary
from reverie.gan.callbacks import ShowSamples
from reverie.gan.effort import fitting_size
from reverie.gan.model import ENGINE, GAN
from reverie.gan.networks import LIMITS, SIZES, design
from reverie.gan.textbook import Textbook
from reverie.gan.watch import Watch
from reverie.images.batches import Batches
from reverie.images.folders import Pictures
from reverie.pixels.progress import Progress
from reverie.runs import Run
from reverie.training.begin import check_start, settings_of, settled
from reverie.training.pictures import folder_for, note_pictures, pictures_of
from reverie.training.schedule import Schedule
from reverie.training.train import Outcome
from reverie.training.train import train as fit

SETTINGS = {
    "pictures", "minutes", "steps", "size", "preset", "resolution", "labels", "gamma", "flip", "augment", "seed",
}  # fmt: skip
MINUTES = 20.0
FEWEST = 8  # pictures
LOOKS = 20, 200  # steps between two looks at samples, at least and at most
EACH_MINUTE, OF_ALL = 10, 1 / 25  # and how many for each minute there is, or of all steps
RATES = {"projected": 1e-3, "textbook": 1e-4}
BETAS = {"projected": (0.5, 0.99), "textbook": (0.9, 0.999)}
DECAY = {"projected": 0.5, "textbook": 0.05}  # the share of the run in which the learning rate falls; in the book, none
FEW, MANY = 500, 20_000  # pictures, up to which augmentation is at full strength, and from which on there is none


def train(
    pictures: str | Path | Pictures | None = None,
    *,
    minutes: float | None = None,
    steps: int | None = None,
    size: str = "auto",
    preset: str = "projected",
    resolution: int | None = None,
    labels: bool = True,
    gamma: float | None = None,
    flip: bool = False,
    augment: float | None = None,
    seed: int = 0,
    out: str | Path | None = None,
    resume: str | Path | None = None,
    quiet: bool = False,
) -> GAN:
    """Trains a generative adversarial network on pictures and returns it; everything it writes is in one run folder.

    pictures: a folder or file as `images.folder` takes it, or what it returned; 8 or more, a thousand is a good start.
    minutes: how long the whole job may take (20 if neither is given); steps: how many training steps instead.
    size: "tiny", "small", "medium" or "large" networks; "auto": small, or larger if the minutes suffice.
    preset: "projected", or "textbook", which has one size, knows no labels, and neither penalty nor augmentation.
    resolution: pixels on a side, by default 64 (arrays: their own).
    labels: whether the network learns the labels, where all pictures have one.
    gamma: strength of the gradient penalty; by default it steers itself (see `Adversary`).
    flip: mirror pictures left to right at random.
    augment: how often the discriminator sees pictures changed in colour and place (see `Augment`), 0 to 1; by default
        the more often the fewer pictures there are, and more often yet if the network is seen to copy them.
    seed: same machine, versions, seed, pictures, size and `steps`: the same model, bit for bit; the command, which
        spreads its work otherwise over the cores, gives another one.
    out: the run folder; by default a new one under runs/, named after the pictures.
    resume: a run folder whose training stopped; goes on exactly, with the settings it was started with. `pictures` is
        needed again only if they have moved, or were no file or folder.

    Ctrl-C, or a file named `cancel` in the run folder, stops it after the step at hand and keeps a usable model.
    Raises ReverieError for unusable pictures, settings that do not fit, a folder in use and a full disk.
    """
    started = time.monotonic()
    if resume is not None:
        settings = settings_of(Path(resume), SETTINGS)
    else:
        design(64, 3, preset)
        _check(minutes, steps, seed, preset, size, gamma, augment, resolution)
        settings = settled(
            pictures=None,  # until they are found
            minutes=minutes if steps or minutes else MINUTES, steps=steps, size=size, preset=preset,
            resolution=resolution, labels=labels, gamma=gamma, flip=flip, augment=augment, seed=seed,
        )  # fmt: skip
    found = _pictures(pictures, settings, quiet)
    if settings["size"] == "auto":
        config = _config(found, {**settings, "size": "small"})
        steps, minutes, preset = settings["steps"], settings["minutes"], settings["preset"]
        settings["size"] = "small" if steps or preset == "textbook" else fitting_size(config, minutes)
    folder = Path(resume or out or folder_for(settings["pictures"]))
    with Run.open(folder, engine=ENGINE, settings=settings, seed=settings["seed"], resume=bool(resume)) as run:
        return _train(run, found, settings, started, resumed=resume is not None, quiet=quiet)


def _train(
    run: Run, pictures: Pictures, settings: dict[str, Any], started: float, *, resumed: bool, quiet: bool
) -> GAN:
    seed, steps, preset = settings["seed"], settings["steps"], settings["preset"]
    config = _config(pictures, settings)
    note_pictures(run, pictures, labelled=config["classes"] > 0, settings=settings)
    keras.utils.set_random_seed(seed)
    network: Any
    if preset == "textbook":
        network = Textbook(config, seed=seed)
    else:
        strength = _strength(len(pictures)) if settings["augment"] is None else settings["augment"]
        network = Adversary(config, gamma=settings["gamma"], strength=strength, seed=seed)
    first, second = BETAS[preset]
    optimizer = keras.optimizers.Adam(RATES[preset], beta_1=first, beta_2=second)
    network.compile(optimizer=optimizer, jit_compile=False)  # XLA is slower at convolutions
    batches = Batches(pictures.pixels, BATCH, seed, flip=settings["flip"])
    known = np.zeros(len(pictures), np.int32)
    if config["classes"] and pictures.labels is not None:
        known = pictures.labels.astype(np.int32)

    def batch(step: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = known[batches.chosen(step)]
        if not config["classes"]:
            return batches(step), chosen
        # Equal labels side by side, beginning with any: pictures of one label are compared with each other in E.
        order = np.roll(np.argsort(chosen, kind="stable"), 7 * step)
        return batches(step)[order], chosen[order]

    model = GAN(network.average, _document(config, pictures), path=run.model)

    def describe(outcome: Outcome) -> dict[str, Any]:
        model.document["training"] = {
            "steps": outcome.step,
            "seen": outcome.step * BATCH,
            "seconds": round(outcome.seconds, 1),
            "stopped": outcome.stopped,
            "pictures": len(pictures),
            "broken": len(pictures.broken),
            "digest": run.document["pictures"],
        }
        return model.document

    watch = Watch(model, pictures.pixels, run, flip=settings["flip"], adapt=settings["augment"] is None, quiet=quiet)
    fit(
        network,
        batch,
        run=run,
        describe_model=describe,
        seed=seed,
        steps=steps,
        minutes=settings["minutes"],
        started=started,
        validate_every=_epoch(steps, settings["minutes"]),
        callbacks=[ShowSamples(model, run.samples, settings=settings), watch],
        schedule=Schedule(decay=DECAY[preset]),
        resume=resumed,
        quiet=quiet,
    )
    model.save(run.model)
    return model


def _config(pictures: Pictures, settings: dict[str, Any]) -> dict[str, Any]:
    labelled = settings["labels"] and pictures.labels is not None and bool((pictures.labels >= 0).all())
    classes = len(pictures.label_names) if labelled and len(pictures.label_names) > 1 else 0
    return design(pictures.size, pictures.channels, settings["preset"], settings["size"], classes)


def _document(config: dict[str, Any], pictures: Pictures) -> dict[str, Any]:
    """What the model file says of itself: how to build it, and which labels it knows."""
    document: dict[str, Any] = {"network": config}
    if config["classes"] and pictures.labels is not None:
        counts = np.bincount(pictures.labels, minlength=config["classes"])
        document |= {"labels": pictures.label_names, "shares": (counts / counts.sum()).tolist()}
    return document


def _epoch(steps: int | None, minutes: float) -> int:
    """How many steps there are between two looks: a short run is looked at more often."""
    least, most = LOOKS
    if steps:
        return int(min(most, max(least, OF_ALL * steps), math.ceil(steps / 2)))
    return int(min(most, max(least, EACH_MINUTE * minutes)))


def _strength(count: int) -> float:
    """How often the discriminator sees so many pictures changed: always if they are few, never if they are many."""
    few = 1 - math.log(max(count, 1) / FEW) / math.log(MANY / FEW)
    return round(min(1.0, max(0.0, few)), 3)


def _pictures(given: str | Path | Pictures | None, settings: dict[str, Any], quiet: bool) -> Pictures:
    """The pictures of the run. Raises ReverieError if they are too few, too small or all the same."""
    found = pictures_of(given, settings, fewest=FEWEST, wanted="an adversarial network", quiet=quiet)
    least, most = LIMITS["resolution"]
    if not least <= found.size <= most:
        raise ReverieError(
            f"The pictures measure {found.size} pixels on a side.", f"Choose a resolution from {least} to {most}."
        )
    if all((picture == found.pixels[0]).all() for picture in found.pixels):
        raise ReverieError(f"All {len(found)} pictures are the same.", "Give pictures that differ.")
    if settings["labels"] and settings["preset"] != "textbook" and found.labels is not None and not quiet:
        without = int((found.labels < 0).sum())
        if 0 < without < len(found):
            Progress().say(f"{without} of {len(found)} pictures have no label: all labels are left aside.")
    return found


def _check(
    minutes: float | None, steps: int | None, seed: int, preset: str, size: str, gamma: float | None,
    augment: float | None, resolution: int | None,
) -> None:  # fmt: skip
    check_start(minutes, steps, seed)
    if size not in ("auto", *SIZES):
        raise ReverieError(f"There is no size {size!r}.", f"Choose one of: auto, {', '.join(SIZES)}.")
    if preset == "textbook" and (size != "auto" or gamma is not None or augment is not None):
        raise ReverieError("The textbook's networks have no size, gamma or augmentation to set.", "Leave them out.")
    if gamma is not None and not 0 <= gamma < float("inf"):
        raise ReverieError(f"gamma cannot be {gamma}.", "Give a number from 0 up, or leave it out.")
    if augment is not None and not 0 <= augment <= 1:
        raise ReverieError(f"augment cannot be {augment}.", "Give a number from 0 to 1, or leave it out.")
    least, most = LIMITS["resolution"]
    if resolution is not None and not least <= resolution <= most:
        raise ReverieError(f"Pictures of {resolution} pixels are not made.", f"Choose from {least} to {most}.")
