"""`train`: paintings and a folder of photos in, a network that repaints in one pass out."""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from reverie import backend, features, images
from reverie.errors import ReverieError
from reverie.images.batches import Batches
from reverie.images.folders import Pictures, folder
from reverie.images.picture import Source
from reverie.pixels.scaling import numbers
from reverie.runs import Run
from reverie.style import presets
from reverie.style.fast.lesson import Lesson, Sight
from reverie.style.fast.model import ENGINE, FastStyle, built
from reverie.style.fast.samples import Samples
from reverie.style.limits import check
from reverie.style.regions import fitted
from reverie.training.begin import check_start, new_folder, settings_of, settled
from reverie.training.schedule import Schedule
from reverie.training.train import Outcome
from reverie.training.train import train as fit

SETTINGS = {"paintings", "photos", "minutes", "steps", "strength", "style_scale", "seed", "out"}
MINUTES = 60.0
SIZE = 512  # px: longest side of the paintings, and so the size at which repainted photos have their strokes
PHOTO, CROP = 288, 256  # px: photos are kept as squares of one size, and trained on in smaller ones
BATCH = 2  # more steps of fewer photos learn faster
HELD_OUT = 8  # photos
VALIDATE_EVERY = 200  # steps
RATE = 2e-3
LEARNT = 10.0  # what strength 1 multiplies the style loss with; half of `transfer`, which is given the photo's detail
NETWORK = {"width": 64, "blocks": 5}


def train(
    paintings: "Source | Sequence[Source]" = (),
    photos: str | os.PathLike[str] | None = None,
    *,
    minutes: float | None = None,
    steps: int | None = None,
    strength: float = 1.0,
    style_scale: float = 1.0,
    seed: int = 0,
    out: str | os.PathLike[str] | None = None,
    resume: str | os.PathLike[str] | None = None,
    quiet: bool = False,
) -> FastStyle:
    """Trains a network that repaints any photo in one pass, in the style of one or several paintings.

    It learns to make in one pass what `transfer` looks for step by step: the losses and the feature network are the
    same. Everything it writes on the way is in a run folder, with samples that show how far it is.

    paintings: one picture or several; the model mixes them at will. photos: a folder of any photos, a thousand or so;
        or a zip file of one.
    minutes: how long the whole job may take (60 if neither is given); steps: how many training steps instead.
    strength: how much style counts against content. style_scale: above 1, larger strokes.
    seed: same machine, versions, seed and inputs, and the same `steps`: the same model, bit for bit.
    out: the model file; its run folder is runs/NAME. By default the model is only in that folder.
    resume: a run folder whose training stopped; goes on exactly, with the settings it was started with.

    Ctrl-C, or a file named `cancel` in the run folder, stops it within two seconds and keeps a usable model.
    Raises ReverieError for unusable pictures, settings that do not fit, a folder in use and a full disk.
    """
    started = time.monotonic()
    if resume is not None:
        settings = settings_of(Path(resume), SETTINGS)
    else:
        _check(minutes, steps, strength, style_scale, seed, photos, out)
        settings = settled(
            paintings=_names(paintings), photos=str(photos), minutes=minutes if steps or minutes else MINUTES,
            steps=steps, strength=strength, style_scale=style_scale, seed=seed,
            out=None if out is None else os.fspath(out),
        )  # fmt: skip
    place = Path(resume or new_folder(Path(settings["out"] or settings["paintings"][0]).stem, "style"))
    with Run.open(place, engine=ENGINE, settings=settings, seed=settings["seed"], resume=resume is not None) as run:
        shown = _paintings(run, paintings, settings, resumed=resume is not None)
        model = _train(run, shown, settings, started, resumed=resume is not None, quiet=quiet)
    if settings["out"] is not None:
        model.save(settings["out"])
    return model


def _train(
    run: Run, paintings: list[np.ndarray], settings: dict[str, Any], started: float, *, resumed: bool, quiet: bool
) -> FastStyle:
    seed = settings["seed"]
    photos = _photos(run, settings["photos"], quiet)
    keras.utils.set_random_seed(seed)
    preset = presets.PRESETS["reverie"]
    network = features.load(preset.network, quick=True)
    sight = Sight(network, *presets.layers(preset, network))
    grams = [[sight.grams(fitted(p, max(p.shape) / share)) for share in (1, 2)] for p in paintings]
    config = {"styles": len(paintings), **NETWORK}
    model = FastStyle(
        built(config), {"network": config, "styles": [Path(n).stem for n in settings["paintings"]]}, path=run.model
    )
    lesson = Lesson(model.painter, sight, grams, LEARNT * settings["strength"])
    lesson.compile(keras.optimizers.Adam(RATE), jit_compile=False)  # convolutions: XLA is slower on a CPU
    crops = Crops(photos, len(paintings), seed)

    def describe(outcome: Outcome) -> dict[str, Any]:
        model.document["training"] = {
            "steps": outcome.step,
            "seconds": round(outcome.seconds, 1),
            "stopped": outcome.stopped,
            "validation": outcome.best[1] if outcome.best else None,
            "photos": len(photos),
            "strength": settings["strength"],
            "style_scale": settings["style_scale"],
        }
        return model.document

    steps = settings["steps"]
    fit(
        lesson,
        crops.batch,
        run=run,
        describe_model=describe,
        seed=seed,
        steps=steps,
        minutes=settings["minutes"],
        started=started,
        validation=crops.validation(lesson),
        validate_every=min(VALIDATE_EVERY, -(-steps // 2) if steps else VALIDATE_EVERY),
        callbacks=[Samples(model, photos.pixels[crops.held_out[0]], run.samples, settings)],
        schedule=Schedule(decay=0.5),
        resume=resumed,
        quiet=quiet,
    )
    return model


class Crops:
    """What a step is trained on, a function of the step alone: crops of photos, each with one of the styles."""

    def __init__(self, photos: Pictures, styles: int, seed: int) -> None:
        self.pixels, self.styles, self.seed = photos.pixels, styles, seed
        order = np.random.default_rng(seed).permutation(len(photos))
        count = min(HELD_OUT, len(photos) // 2)
        self.held_out, rows = order[:count], order[count:]
        self.photos = Batches(photos.pixels, BATCH, seed, flip=True, rows=rows)

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """(photos uint8 (BATCH, CROP, CROP, 3), style weights float32 (BATCH, styles))."""
        random = np.random.default_rng((self.seed, 2, step))
        corners = random.integers(0, PHOTO - CROP + 1, (BATCH, 2))
        photos = [p[y : y + CROP, x : x + CROP] for p, (y, x) in zip(self.photos(step), corners, strict=True)]
        which = (step * BATCH + np.arange(BATCH)) % self.styles
        return np.stack(photos), np.eye(self.styles, dtype=np.float32)[which]

    def validation(self, lesson: Lesson) -> Any:
        """A function that gives the loss of photos held out, each in one style."""
        loss = backend.compiled(
            lambda x, y: lesson.compute_loss(x=x, y=y, training=False), lesson.variables, quick=True
        )
        half = (PHOTO - CROP) // 2
        photos = self.pixels[self.held_out, half : half + CROP, half : half + CROP]
        which = np.eye(self.styles, dtype=np.float32)[np.arange(len(photos)) % self.styles]

        def validate() -> float:
            parts = [loss(photos[i : i + 1], which[i : i + 1]) for i in range(len(photos))]
            return float(np.mean([backend.to_numpy(part) for part in parts]))

        return validate


def _photos(run: Run, source: str, quiet: bool) -> Pictures:
    """The photos, as squares. A resumed run must find the same ones. Raises ReverieError if they are too few."""

    def progress(done: int, total: int) -> None:
        if not quiet and (done == total or done % 500 == 0):
            print(f"{done} of {total} photos read", file=sys.stderr)

    photos = folder(source, PHOTO, channels=3, progress=progress)
    if len(photos) < 2:
        raise ReverieError(f"{source} holds one photo, which is not enough.", "Give a folder of many photos.")
    if run.document.setdefault("photos", photos.digest) != photos.digest:
        raise ReverieError(f"The photos in {source} have changed since the run began.", "Start a new run.")
    return photos


def _paintings(run: Run, sources: Any, settings: dict[str, Any], *, resumed: bool) -> list[np.ndarray]:
    """The paintings at the size they are learnt at, float32; kept in the run folder, where a resumed run finds them."""
    place = run.folder / "paintings"
    files = [place / f"{number}.png" for number in range(1, len(settings["paintings"]) + 1)]
    if not (resumed and all(file.exists() for file in files)):
        listed = sources if isinstance(sources, list | tuple) else [sources]
        if resumed:
            listed = settings["paintings"]
        decoded = [numbers(images.decode(source).rgb) for source in listed]
        place.mkdir(exist_ok=True)
        for painting, file in zip(decoded, files, strict=True):
            images.save(fitted(painting, SIZE * settings["style_scale"]), file)
    return [numbers(images.decode(file).rgb) for file in files]


def _check(
    minutes: float | None, steps: int | None, strength: float, style_scale: float, seed: int, photos: Any, out: Any
) -> None:
    check(steps=steps, strength=strength, style_scale=style_scale, seed=seed)
    check_start(minutes, steps, seed)
    if photos is None:
        raise ReverieError("There are no photos to learn on.", "Give a folder of photos after the paintings.")
    if out is not None and Path(out).suffix != ".safetensors":
        raise ReverieError(f"{out} cannot be the model: its name must end in .safetensors.", "Choose another name.")
    if out is not None and not Path(out).parent.is_dir():
        raise ReverieError(f"{out} cannot be written: there is no folder {Path(out).parent}.", "Make it first.")


def _names(paintings: Any) -> list[str]:
    """What the styles are called. Raises ReverieError if there is none."""
    sources = list(paintings) if isinstance(paintings, list | tuple) else [paintings]
    if not sources:
        raise ReverieError("There is no painting.", "Give at least one, then the folder of photos.")
    return [
        os.fspath(source) if isinstance(source, str | os.PathLike) else f"style {number}"
        for number, source in enumerate(sources, 1)
    ]
