"""How good a generator is: how near its samples are to real pictures, how varied, and whether they are copies."""

import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reverie import images, metrics
from reverie.errors import ReverieError
from reverie.gan.model import GAN, LIMITS
from reverie.images.batches import spread
from reverie.images.folders import Pictures
from reverie.images.sheet import sheet
from reverie.images.stacking import Sources
from reverie.metrics.neighbours import TWINS, to_nearest_other
from reverie.pixels.settings import check

if TYPE_CHECKING:
    from PIL import Image

COMPARED = 2000  # samples, and pictures, for the distances
LOOKED_AT, SHOWN = 256, 8  # samples whose nearest training pictures are sought, and of those on the sheet
COPIED = 0.5  # of the distance between training pictures: a sample nearer than that is a copy
CHANCE = 0.1  # by how much more often samples may be so near than training pictures are to each other
NETWORK = "reverie-dream"
LEFT_ASIDE = ("samples", "nearest")  # pictures: not for JSON


@dataclass(frozen=True, eq=False)
class Report:
    """A generator's samples beside real pictures.

    frechet, kernel: distances of samples to real pictures as `network` sees them, `compared` of each at most.
    frechet_real, kernel_real: of two halves of the real pictures, what cannot be bettered by much (of half as many, so
    a little too large); None if they are too few. kernel_error: the standard error of `kernel`.
    precision: how much of what is made looks real; recall: how much of what is real is made. Both 0 to 1.
    distance: of samples to the nearest training picture, median, in grey levels; between: of training pictures to the
    nearest that is not the same. copied: the share of samples that are nearer to a training picture than half of that;
    alike: the same share of training pictures, to another one.
    known, seen, seconds: how many pictures it was trained on, how many it was shown while training, again and again,
    and how long that took; None if the model file does not say.
    samples, nearest: those nearest to training pictures, and these, uint8 (n, size, size, 3), for `sheet`.
    """

    pictures: int
    compared: int
    frechet: float
    frechet_real: float | None
    kernel: float
    kernel_error: float
    kernel_real: float | None
    precision: float
    recall: float
    distance: float
    between: float
    copied: float
    alike: float
    truncation: float
    network: str
    known: int | None
    seen: int | None
    seconds: float | None
    seed: int
    samples: np.ndarray
    nearest: np.ndarray

    @property
    def copies(self) -> bool:
        """Whether more samples than chance explains are nearly the same as a training picture."""
        return self.copied > self.alike + CHANCE

    @property
    def sentences(self) -> list[str]:
        """The report in plain English."""
        said = []
        if self.known and self.seen is not None and self.seconds is not None:
            said.append(
                f"It was shown {self.seen:,} pictures in {self.seconds:,.0f} seconds, out of {self.known:,}: each "
                f"about {self.seen / self.known:.1f} times."
            )
        said.append(
            f"Samples (truncation {self.truncation:g}) are at Fréchet distance {self.frechet:.2f} and kernel distance "
            f"{1000 * self.kernel:.2f} ± {1000 * self.kernel_error:.2f} thousandths from real pictures, "
            f"{self.compared:,} of each, as the network {self.network} sees them. That is not the published FID or "
            "KID, which another network measures: compare it with numbers from here only."
        )
        if self.frechet_real is not None and self.kernel_real is not None:
            said.append(
                f"Two halves of the real pictures are at {self.frechet_real:.2f} and {1000 * self.kernel_real:.2f}: "
                "no generator can do much better."
            )
        verdict = "look at the sheet for copies" if self.copies else "samples are not copies"
        said += [
            f"{self.precision:.0%} of what it makes looks real (precision), and {self.recall:.0%} of what is real is "
            "within what it makes (recall).",
            f"Half of the samples lie within {self.distance:.1f} grey levels of a training picture; half of the "
            f"training pictures have another within {self.between:.1f}.",
            f"{self.copied:.0%} of the samples lie within half of that, {COPIED * self.between:.1f} grey levels, of a "
            f"training picture; {self.alike:.0%} of the training pictures lie so near to another that is not the same: "
            f"{verdict}.",
        ]
        return said

    def to_dict(self) -> dict[str, Any]:
        """Everything but the pictures, for JSON."""
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in LEFT_ASIDE}
        return {**values, "copies": self.copies, "sentences": self.sentences}

    def sheet(self) -> "Image.Image":
        """The samples that are nearest to training pictures, above these."""
        shown = np.concatenate([self.samples, self.nearest])
        return sheet(shown, len(self.samples), title="The samples nearest to training pictures, and these")


def report(
    model: GAN,
    pictures: Sources | None = None,
    *,
    count: int = COMPARED,
    truncation: float = 1.0,
    network: str = NETWORK,
    seed: int = 0,
    tell: Callable[[str], object] | None = None,
) -> Report:
    """Compares samples of a generator with the pictures it was trained on.

    pictures: those, as the methods of `GAN` take them; a model in its run folder finds them by itself, as long as they
    are where they were. count: samples, and pictures, that are compared; numbers compare for the same count only.
    truncation: as of `GAN.sample`. network: a feature network (`features.load`). tell: is told in words what is being
    done, before each part of the work.
    Raises ReverieError if a value makes no sense or there are too few pictures.
    """
    if count < 8:
        raise ReverieError(f"count cannot be {count}.", "Give a larger number, such as 2000.")
    check(LIMITS, truncation=truncation, seed=seed)
    real = _of_run(model).pixels if pictures is None else model.pixels(pictures)
    if len(real) < 8:
        raise ReverieError(f"{len(real)} pictures say little about a model.", "Give those it was trained on.")
    compared = min(count, len(real))
    rows = np.sort(np.random.default_rng((seed, 2)).permutation(len(real))[:compared])
    tell = tell or str
    tell(f"Drawing {compared:,} samples.")
    samples = model.sample(max(compared, LOOKED_AT), truncation=truncation, seed=seed)
    tell(f"Looking at them, and at as many pictures, through {network}.")
    truth = metrics.embed(real[rows], network)
    made = metrics.embed(samples[:compared], network)
    halves = (truth[::2], truth[1::2]) if compared >= 32 else None
    kernel = metrics.kernel_distance(truth, made)
    found = metrics.precision_recall(truth, made)
    tell(f"Looking for copies of {len(real):,} pictures.")
    looked_at = samples[:LOOKED_AT]
    near, apart, places = _near(looked_at, real)
    between = float(np.median(apart)) if len(apart) else 0.0
    shown = np.argsort(near, kind="stable")[:SHOWN]
    training = _training(model)
    return Report(
        pictures=len(real),
        compared=compared,
        frechet=metrics.frechet_distance(truth, made),
        frechet_real=metrics.frechet_distance(*halves) if halves else None,
        kernel=kernel.distance,
        kernel_error=kernel.error,
        kernel_real=metrics.kernel_distance(*halves).distance if halves else None,
        precision=found.precision,
        recall=found.recall,
        distance=float(np.median(near)),
        between=between,
        copied=float((near <= COPIED * between).mean()),
        alike=float((apart < COPIED * between).mean()) if len(apart) else 0.0,
        truncation=truncation,
        network=network,
        known=training.get("pictures"),
        seen=training.get("seen"),
        seconds=training.get("seconds"),
        seed=seed,
        samples=looked_at[shown],
        nearest=np.repeat(real[places[shown]], 3 // real.shape[3], axis=3),
    )


def _near(samples: np.ndarray, real: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How far each sample lies from the nearest training picture, and as many training pictures from the nearest that
    is not the same, as root mean squares in grey levels; and the rows of those nearest to samples."""
    asked = np.concatenate([samples[..., : real.shape[3]], real[spread(len(real), LOOKED_AT)]])
    flat = asked.reshape(len(asked), -1)
    rows, distances = metrics.nearest(flat, real.reshape(len(real), -1), TWINS)
    levels, count = distances / np.sqrt(flat.shape[1]), len(samples)
    return levels[:count, 0], to_nearest_other(levels[count:]), rows[:count, 0]


def _training(model: GAN) -> dict[str, Any]:
    """What the model file says of its training, if it does."""
    training = model.document.get("training")
    return training if isinstance(training, dict) else {}


def _of_run(model: GAN) -> Pictures:
    """The pictures of the run that made the model."""
    path = None if model.path is None else model.path.parent / "run.json"
    try:
        settings = json.loads(path.read_text("utf-8"))["settings"] if path else {}
        source, resolution = settings["pictures"], settings["resolution"]
    except (OSError, ValueError, KeyError, TypeError):
        source = None
    if not isinstance(source, str) or not Path(source).exists():
        raise ReverieError(
            "Where its pictures are is not known: the model is not in its run folder, or they have been moved.",
            "Give the pictures it was trained on.",
        )
    found = images.folder(source, resolution)
    if found.digest != _training(model).get("digest"):
        raise ReverieError(f"The pictures in {source} are not those the model was trained on.", "Give others.")
    return found
