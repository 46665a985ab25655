"""How good a space of pictures is: what a picture costs, how much of the space is used, how real samples look."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reverie import backend, images, metrics
from reverie.errors import ReverieError
from reverie.images.folders import Pictures
from reverie.images.sheet import sheet
from reverie.images.stacking import Sources
from reverie.pixels.settings import check
from reverie.vae.evaluate import Evaluator
from reverie.vae.model import LIMITS, VAE

if TYPE_CHECKING:
    from PIL import Image

SCORED, COMPARED = 200, 1000  # pictures: for the likelihood, and samples for the Fréchet distance
LOOKED_AT, SHOWN = 64, 8  # samples whose nearest training pictures are sought, and of those on the sheet
NEARER = 0.9  # of how far held-out pictures lie: samples nearer than that are near copies
BLOCK = 4096  # training pictures in memory at a time
NETWORK = "reverie-dream"
LEFT_ASIDE = ("samples", "nearest")  # pictures: not for JSON


@dataclass(frozen=True, eq=False)
class Report:
    """A model on held-out pictures, and its samples beside them. Costs are in nats a picture.

    bound: rate + distortion, which training lowers and the true cost is below. likelihood: a closer estimate of that
    cost, -log p(x), by importance sampling with `points` for each of `scored` pictures. bits_per_dimension: of that
    estimate, for each number in a picture; of pixels on or off if `binary`, else of 8-bit levels.
    active: latents in use, of `latent`.
    frechet: distance of samples to held-out pictures; frechet_real: of as many training pictures, what cannot be
    bettered by much; None without them. network: what saw the pictures.
    distance: of samples to their nearest training picture, median, in grey levels; distance_real: the same of held-out
    pictures as the model reconstructs them, so that both are equally smooth; None without training pictures.
    samples, nearest: uint8 (n, size, size, 3), for `sheet`.
    """

    pictures: int
    rate: float
    distortion: float
    bound: float
    likelihood: float
    scored: int
    points: int
    bits_per_dimension: float
    binary: bool
    active: int
    latent: int
    prior: str
    temperature: float
    frechet: float
    frechet_real: float | None
    compared: int
    network: str
    distance: float | None
    distance_real: float | None
    training_pictures: int
    seed: int
    samples: np.ndarray
    nearest: np.ndarray | None

    @property
    def sentences(self) -> list[str]:
        """The report in plain English."""
        kind = "on or off" if self.binary else "of 256 levels"
        said = [
            f"A picture it has not seen costs the model at most {self.bound:.2f} nats (its bound, the negative ELBO; "
            f"mean of {self.pictures:,}).",
            f"Of these, {self.rate:.2f} say where in its space the picture is (the rate, KL), and "
            f"{self.distortion:.2f} what is still wrong when it is drawn from there (the distortion, reconstruction).",
            f"Its negative log-likelihood is about {self.likelihood:.2f} nats (importance sampling, {self.points} "
            f"points for each of {self.scored:,} pictures): {self.bits_per_dimension:.3f} bits for each number {kind}.",
            self._use(),
            f"Samples (prior: {self.prior}, temperature {self.temperature:g}) are at Fréchet distance "
            f"{self.frechet:.2f} from held-out pictures, {self.compared:,} of each, as the network {self.network} sees "
            "them. That is not the published FID, which another network measures: compare it with numbers from "
            "here only.",
        ]
        if self.frechet_real is not None:
            said.append(f"As many training pictures are at {self.frechet_real:.2f}: no sampler can do much better.")
        if self.distance is None or self.distance_real is None:
            return [*said, "Copies were not looked for: the training pictures are not at hand."]
        said.append(
            f"Half of the samples lie within {self.distance:.1f} grey levels of a training picture, "
            f"out of {self.training_pictures:,}; of held-out pictures as the model draws them, within "
            f"{self.distance_real:.1f}."
        )
        near = self.distance < NEARER * self.distance_real
        said.append(
            "Samples are nearer to training pictures than new pictures are: look at the sheet for copies."
            if near
            else "So samples are no nearer to training pictures than new pictures are: they are not copies."
        )
        return said

    def _use(self) -> str:
        share = self.active / self.latent
        said = f"It uses {self.active} of its {self.latent} latent dimensions"
        if self.active == 0:
            return f"{said}: its space is empty. Train it for longer, or with --warmup or --free-bits."
        if share < 0.5:
            return f"{said}; the others hold nothing, which does no harm."
        return f"{said}."

    def to_dict(self) -> dict[str, Any]:
        """Everything but the pictures, for JSON."""
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in LEFT_ASIDE}
        return {**values, "sentences": self.sentences}

    def sheet(self) -> "Image.Image":
        """Samples above the training pictures nearest to them."""
        rows = [self.samples] if self.nearest is None else [self.samples, self.nearest]
        title = "Samples" if self.nearest is None else "Samples, and the training pictures nearest to them"
        return sheet(np.concatenate(rows), len(self.samples), title=title)


def report(
    model: VAE,
    pictures: Sources | None = None,
    *,
    training: Sources | None = None,
    count: int = COMPARED,
    scored: int = SCORED,
    points: int = 500,
    prior: str | None = None,
    temperature: float = 1.0,
    network: str = NETWORK,
    seed: int = 0,
    tell: Callable[[str], object] | None = None,
) -> Report:
    """Measures a model on pictures it was not trained on, and compares its samples with them.

    pictures: held-out ones, as the methods of `VAE` take them. training: those it was trained on. A model in its run
    folder finds both by itself, as long as the pictures are where they were.
    count: samples, and held-out pictures, for the Fréchet distance; numbers compare for the same count only.
    scored, points: pictures for importance sampling, and points for each: 10,000 and 500 are usual in papers.
    prior, temperature: as of `VAE.sample`. network: a feature network (`features.load`). tell: is told in words what is
    being done, before each part of the work.
    Raises ReverieError if a value makes no sense or there are no pictures.
    """
    for name, value in (("count", count), ("scored", scored), ("points", points)):
        if value < (2 if name == "count" else 1):
            raise ReverieError(f"{name} cannot be {value}.", "Give a larger number.")
    check(LIMITS, temperature=temperature, seed=seed)
    if pictures is None:
        found, rows, test = _of_run(model)
        known: np.ndarray | None = found.pixels
        held_out = found.pixels[test]
    else:
        held_out = model.pixels(pictures)
        known = None if training is None else model.pixels(training)
        rows = np.arange(0 if known is None else len(known))
    if len(held_out) < 2:
        raise ReverieError("One picture says nothing about a model.", "Give dozens that it was not trained on.")
    prior = prior or model.prior
    compared = min(count, len(held_out))
    tell = tell or str
    tell(f"Drawing {compared:,} samples.")
    samples = model.sample(max(compared, LOOKED_AT), prior=prior, temperature=temperature, seed=seed)
    tell(f"Encoding {len(held_out):,} pictures, and estimating the likelihood of {min(scored, len(held_out)):,}.")
    evaluator = Evaluator(model.network, seed)
    bound = evaluator(held_out)
    likelihood = evaluator.likelihood(held_out[:scored], points)
    tell(f"Looking at samples, and at as many pictures, through {network}.")
    real = metrics.embed(held_out[:compared], network)
    made = metrics.embed(samples[:compared], network)
    between = near = None
    if known is not None:
        between = _between(real, known, rows, network, seed)
        tell(f"Looking for copies of {len(rows):,} pictures.")
        near = _near(model, samples[:LOOKED_AT], held_out[:LOOKED_AT], known, rows)
    return Report(
        pictures=len(held_out),
        rate=bound.rate,
        distortion=bound.distortion,
        bound=bound.loss,
        likelihood=likelihood,
        scored=min(scored, len(held_out)),
        points=-(-points // 50) * 50,
        bits_per_dimension=bits(likelihood, math.prod(held_out.shape[1:]), _variance(model)),
        binary=model.network.binary,
        active=bound.active,
        latent=model.latent,
        prior=prior,
        temperature=temperature,
        frechet=metrics.frechet_distance(real, made),
        frechet_real=between,
        compared=compared,
        network=network,
        distance=near[0] if near else None,
        distance_real=near[1] if near else None,
        training_pictures=len(rows),
        seed=seed,
        samples=samples[:SHOWN],
        nearest=near[2] if near else None,
    )


def bits(nats: float, numbers: int, variance: float | None) -> float:
    """Bits for each number of a picture: as they are where pixels are on or off (variance None), else of 8-bit levels.

    `nats` are then of a density over [0, 1], Gaussians of that variance, at the levels themselves. Averaged over a
    level, 1/255 wide, their logarithm is lower by 1 / (24 * 255² * variance): so it is a bound, as noise that is drawn
    within the levels gives it (Theis et al. 2016).
    """
    if variance is None:
        return nats / (numbers * math.log(2))
    return (nats / numbers + 1 / (24 * 255**2 * variance)) / math.log(2) + math.log2(255)


def _variance(model: VAE) -> float | None:
    network = model.network
    return None if network.binary else float(backend.to_numpy(network.variance.value))


def _near(
    model: VAE, samples: np.ndarray, held_out: np.ndarray, known: np.ndarray, rows: np.ndarray
) -> tuple[float, float, np.ndarray]:
    """How far samples, and held-out pictures as the model draws them, lie from the nearest training pictures; and those
    of the first samples. Distances are root mean squares, in grey levels."""
    made = np.concatenate([samples, model.reconstruct(held_out)])[..., : known.shape[3]]
    flat = made.reshape(len(made), -1)
    best, places = np.full(len(flat), np.inf), np.zeros(len(flat), np.int64)
    for first in range(0, len(rows), BLOCK):
        part = rows[first : first + BLOCK]
        found, distances = metrics.nearest(flat, known[part].reshape(len(part), -1))
        nearer = distances[:, 0] < best
        best[nearer], places[nearer] = distances[nearer, 0], part[found[nearer, 0]]
    levels = best / math.sqrt(flat.shape[1])
    nearest = np.repeat(known[places[: min(SHOWN, len(samples))]], 3 // known.shape[3], axis=3)
    return float(np.median(levels[: len(samples)])), float(np.median(levels[len(samples) :])), nearest


def _between(real: np.ndarray, known: np.ndarray, rows: np.ndarray, network: str, seed: int) -> float | None:
    """The Fréchet distance of as many training pictures, None if there are too few."""
    if len(rows) < len(real):
        return None
    chosen = np.sort(np.random.default_rng((seed, 4)).permutation(rows)[: len(real)])
    return metrics.frechet_distance(real, metrics.embed(known[chosen], network))


def _of_run(model: VAE) -> tuple[Pictures, np.ndarray, np.ndarray]:
    """The pictures of the run that made the model: all, the rows it was trained on, and those held out."""
    from reverie.vae.train import HELD_OUT

    path = None if model.path is None else model.path.parent / "run.json"
    try:
        settings = json.loads(path.read_text("utf-8"))["settings"] if path else {}
        source, resolution, seed = settings["pictures"], settings["resolution"], settings["seed"]
    except (OSError, ValueError, KeyError, TypeError):
        source = None
    if not isinstance(source, str) or not Path(source).exists():
        raise ReverieError(
            "Where its pictures are is not known: the model is not in its run folder, or they have been moved.",
            "Give pictures that it was not trained on.",
        )
    found = images.folder(source, resolution)
    training = model.document.get("training")
    if not isinstance(training, dict) or found.digest != training.get("digest"):
        raise ReverieError(f"The pictures in {source} are not those the model was trained on.", "Give others.")
    rows, test = found.split(HELD_OUT, seed)
    return found, rows, test
