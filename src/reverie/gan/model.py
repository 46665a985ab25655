"""A trained generator and its latent space: sample, walk, find real pictures in it, and edit them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import keras
import numpy as np

from reverie import backend, latent, modelfile
from reverie.errors import ReverieError
from reverie.gan import invert, networks
from reverie.gan.invert import STEPS, Inverted, Objective
from reverie.images.folders import Pictures
from reverie.images.stacking import Sources, stacked
from reverie.latent.batching import BATCH, in_batches
from reverie.latent.concept import FEWEST, Concept, difference
from reverie.pixels.settings import check

ENGINE = "gan"
LIMITS = {
    "points": (2, 1000, "from 2 to 1,000"),
    "steps": (1, 1000, "from 1 to 1,000"),
    "truncation": (0.0, 100.0, "from 0 to 100, such as 0.8"),
    "strength": (-100.0, 100.0, "from -100 to 100, such as 2"),
}
DESCENT = {"steps": (0, 10_000, "from 0 to 10,000")}
Label: TypeAlias = str | int | None
Progress: TypeAlias = Callable[[int, int], None]  # called with (steps done, all)


class GAN:
    """A generator with what the model file says of it. Pictures go out as uint8 (n, size, size, 3), grey ones too.

    Latents are float32 (n, latent), around N(0, 1). Pictures go in as `Pictures`, uint8 arrays (n, height, width, 1 or
    3) or of one picture, Pillow images, files, or a folder of them: cropped to their middle square, resized, and made
    grey if the model is. A model that was trained with labels takes a label's name, its number, or None, for which
    labels are drawn as often as they occur in the training pictures.
    """

    def __init__(self, generator: keras.Model, document: dict[str, Any], path: Path | None = None) -> None:
        self.generator = generator
        self.document = document
        self.config = networks.checked(document["network"])
        self.path = path  # the file it is in, None if it was never saved
        self._decode = backend.compiled(lambda *inputs: self.drawn(*inputs), generator.variables, quick=True)

    @property
    def size(self) -> int:
        """Pixels on a side of its pictures."""
        return int(self.config["resolution"])

    @property
    def latent(self) -> int:
        """Dimensions of its latent space."""
        return int(self.config["latent"])

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels it knows, in the order of their numbers; none if it was trained without."""
        return tuple(self.document.get("labels", ()))[: self.config["classes"]]

    def drawn(self, latents: Any, labels: Any) -> Any:
        """Pictures as tensors, float32 in [0, 1], (batch, size, size, channels), from (batch, latent) and (batch,)."""
        pictures = self.generator([latents, labels] if self.config["classes"] else latents)
        return keras.ops.clip(pictures, 0.0, 1.0)

    def latents(self, count: int = 16, *, truncation: float = 1.0, seed: int = 0) -> np.ndarray:
        """Points drawn from N(0, truncation²) in each dimension: float32 (count, latent)."""
        if count < 1:
            raise ReverieError(f"{count} pictures cannot be sampled.", "Ask for at least 1.")
        check(LIMITS, truncation=truncation)
        noise = np.random.default_rng(seed).standard_normal((count, self.latent), np.float32)
        return np.float32(truncation) * noise

    def decode(self, latents: np.ndarray, label: Label | np.ndarray = None, *, seed: int = 0) -> np.ndarray:
        """The picture at each point: uint8 (n, size, size, 3). label: one for all, or a number for each.

        seed: which labels are drawn where none is given.
        """
        latents = np.atleast_2d(np.asarray(latents, np.float32))
        if not len(latents) or latents.shape[1:] != (self.latent,) or not np.isfinite(latents).all():
            raise ReverieError(
                f"Latents of shape {latents.shape} do not fit.", f"Give finite numbers of shape (n, {self.latent})."
            )
        numbers = self.numbers(label, len(latents), seed)
        pixels = np.rint(255 * in_batches(self._decode, latents, numbers)).astype(np.uint8)
        return np.repeat(pixels, 3 // pixels.shape[3], axis=3)

    def sample(
        self, count: int = 16, *, truncation: float = 1.0, seed: int = 0, label: Label = None
    ) -> np.ndarray:  # fmt: skip
        """New pictures: uint8 (count, size, size, 3).

        truncation: scales the spread of the latents; below 1 pictures are more typical, and more alike.
        """
        return self.decode(self.latents(count, truncation=truncation, seed=seed), label, seed=seed)

    def walk(
        self, pictures: Sources | None = None, *, points: int = 6, steps: int = 20, truncation: float = 1.0,
        seed: int = 0, label: Label = None, progress: Progress | None = None,
    ) -> Iterator[np.ndarray]:  # fmt: skip
        """A walk that ends where it began, in pictures one after the other, for `reverie.images.video.write`.

        It passes by samples, or by `pictures`, as near as the model comes to them: by all that are listed, by the
        first of a collection.
        points: how many to pass by.  steps: pictures from each to the next, along the arc (`latent.walk`).
        truncation, seed: of the samples, as in `sample`.  label: all the way; by default that of the first.
        Each picture is uint8 (size, size, 3). Raises ReverieError before the first.
        """
        check(LIMITS, points=points, steps=steps)
        if pictures is None:
            passed, numbers = self.latents(points, truncation=truncation, seed=seed), self.numbers(label, 1, seed)
        else:
            pixels = self.pixels(pictures)
            pixels = pixels[:points] if isinstance(pictures, str | Path | Pictures) else pixels
            if len(pixels) < 2:
                raise ReverieError("There is nowhere to walk to from one picture.", "Give at least two.")
            if label is None and self.labels:
                label = self.invert(pixels[:1], steps=0, seed=seed).labels[0]
            passed, numbers, _ = self.invert(pixels, label=label, seed=seed, progress=progress)
        path = latent.walk(passed, steps)
        parts = (path[first : first + BATCH] for first in range(0, len(path), BATCH))
        return (picture for part in parts for picture in self.decode(part, np.repeat(numbers[:1], len(part))))

    def interpolate(self, one: Sources, other: Sources, steps: int = 8, *, label: Label = None) -> np.ndarray:
        """From one picture, or latent, to another, both included, along the arc between them (`latent.spherical`).

        Without a label that of the first is kept.
        """
        start, number = self._point(one, label)
        end, _ = self._point(other, number)
        points = latent.spherical(start, end, np.linspace(0, 1, max(2, steps)))
        return self.decode(points, np.repeat(number, len(points)))

    def encode(self, pictures: Sources, *, label: Label | np.ndarray = None) -> np.ndarray:
        """The latents that `invert` finds: float32 (n, latent)."""
        return self.invert(pictures, label=label).latents

    def invert(
        self, pictures: Sources, *, label: Label | np.ndarray = None, steps: int = STEPS, seed: int = 0,
        progress: Progress | None = None,
    ) -> Inverted:  # fmt: skip
        """The latents whose pictures are most like the given ones; see `invert.invert`. label: as for `decode`."""
        check(DESCENT, steps=steps)
        pixels = self.pixels(pictures)
        numbers = None if label is None else self.numbers(label, len(pixels), seed)
        return invert.invert(self._objective, pixels, numbers, steps=steps, seed=seed, progress=progress)

    def concept(
        self, with_: Sources, without: Sources, *, name: str | None = None, seed: int = 0,
        progress: Progress | None = None,
    ) -> Concept:  # fmt: skip
        """How pictures with something differ from pictures without it, by way of their latents.

        name: what to call it; by default as the folder of those with it.
        Raises ReverieError if there are too few.
        """
        both = self.pixels(with_), self.pixels(without)
        if min(map(len, both)) < FEWEST:
            raise ReverieError(f"A concept needs {FEWEST} pictures with it, and {FEWEST} without.", "Better dozens.")
        found = self.invert(np.concatenate(both), seed=seed, progress=progress).latents
        called = Path(with_).resolve().stem if isinstance(with_, str | Path) else "concept"
        known = difference(found[: len(both[0])], found[len(both[0]) :], name or called)
        return replace(known, model=modelfile.fingerprint(self._weights()))

    def check_concept(self, concept: Concept) -> None:
        """Raises ReverieError for a concept of another model: to be asked before the work, not after it."""
        concept.check((1, self.latent), modelfile.fingerprint(self._weights()))

    def edit(
        self, pictures: Sources, concept: Concept, strength: float = 1.0, *, label: Label = None,
        progress: Progress | None = None,
    ) -> np.ndarray:  # fmt: skip
        """Pictures, as near as the model comes to them, with so much of a concept added, or taken away.

        uint8 (n, size, size, 3).
        """
        check(LIMITS, strength=strength)
        self.check_concept(concept)
        found = self.invert(pictures, label=label, progress=progress)
        return self.decode(concept.moved(found.latents, strength), found.labels)

    def strip(
        self, picture: Sources, concept: Concept, strengths: Sequence[float] = (-3, -2, -1, 0, 1, 2, 3), *,
        label: Label | np.ndarray = None,
    ) -> np.ndarray:  # fmt: skip
        """One picture, or latent, at each strength of a concept: uint8 (len(strengths), size, size, 3)."""
        self.check_concept(concept)
        point, number = self._point(picture, label)
        points = np.repeat(point[None], len(strengths), axis=0)
        return self.decode(concept.moved(points, np.asarray(strengths)), np.repeat(number, len(points)))

    def neighbours(
        self, picture: Sources, among: Pictures, count: int = 8, network: str = "reverie-dream"
    ) -> np.ndarray:
        """The rows of `among` that look most like a picture, or the picture of a latent, to a feature network.

        int (count,), the nearest first.
        """
        from reverie import metrics

        own = _is_latent(picture, self.latent)
        shown = (self.decode(np.asarray(picture)) if own else self.pixels(picture))[:1]
        rows, _ = metrics.nearest(metrics.embed(shown, network), metrics.embed(among, network), min(count, len(among)))
        return np.asarray(rows[0])

    def numbers(self, label: Label | np.ndarray, count: int, seed: int = 0) -> np.ndarray:
        """The label of each of so many pictures: int32 (count,). Raises ReverieError for one it does not know."""
        known = self.labels
        if isinstance(label, np.ndarray):
            if label.shape != (count,) or (known and not ((label >= 0) & (label < len(known))).all()):
                raise ReverieError("The labels do not fit the latents.", "Give the number of a label for each.")
            return label.astype(np.int32)
        if label is None:
            if not known:
                return np.zeros(count, np.int32)
            shares = np.array(self.document["shares"])
            drawn = np.random.default_rng((seed, 1)).choice(len(known), count, p=shares / shares.sum())
            return drawn.astype(np.int32)
        number = known.index(label) if isinstance(label, str) and label in known else label
        if not isinstance(number, int | np.integer) or not 0 <= number < len(known):
            has = f"It knows: {', '.join(known)}." if known else "It was trained without labels: give none."
            raise ReverieError(f"The model knows no label {label!r}.", has)
        return np.full(count, number, np.int32)

    def pixels(self, pictures: Sources) -> np.ndarray:
        """As the generator makes them: uint8 (n, size, size, channels). Raises ReverieError for what is no picture."""
        return stacked(pictures, self.size, self.config["channels"])

    def save(self, path: str | Path) -> None:
        """Writes the model file, whole or not at all. Raises ReverieError if it cannot be written."""
        modelfile.write(path, ENGINE, self.document, self._weights())
        self.path = Path(path)

    def _weights(self) -> dict[str, np.ndarray]:
        return {_named(weight.path): np.array(backend.to_numpy(weight.value)) for weight in self.generator.weights}

    @cached_property
    def _objective(self) -> Objective:
        return Objective(self)

    def _point(self, given: Sources, label: Label | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A latent as it is, or that of a picture: float32 (latent,), and its label, int32 (1,)."""
        if _is_latent(given, self.latent):
            return np.asarray(given, np.float32).reshape(-1), self.numbers(label, 1)
        found = self.invert(self.pixels(given)[:1], label=label)
        return found.latents[0], found.labels


def load(document: dict[str, Any], arrays: dict[str, np.ndarray]) -> GAN:
    """The model that a model file's document and arrays describe. Raises ReverieError if they do not fit.

    A file that training wrote, but did not live to tidy, holds the discriminator too: it is left aside.
    """
    config = document.get("network")
    for kept in ("average/", "generator/"):
        weights = {_named(name): array for name, array in arrays.items() if name.startswith(kept)}
        if weights:
            break
    if not isinstance(config, dict) or networks.least(config) > sum(array.size for array in weights.values()):
        raise _misfit()
    _check_labels(document, networks.checked(config)["classes"])
    generator = networks.generator(networks.checked(config))
    wanted = {weight.path: weight for weight in generator.weights}
    if wanted.keys() != weights.keys() or any(
        tuple(weight.shape) != weights[name].shape for name, weight in wanted.items()
    ):
        raise _misfit()
    for name, weight in wanted.items():
        weight.assign(weights[name])
    return GAN(generator, document)


def _check_labels(document: dict[str, Any], classes: int) -> None:
    """Names and shares of labels, where there are any, are as many, are strings, and add up."""
    names, shares = document.get("labels", []), document.get("shares", [])
    fits = isinstance(names, list) and isinstance(shares, list) and len(names) == len(shares) == classes
    fits = fits and all(isinstance(name, str) for name in names)
    fits = fits and all(isinstance(share, float) and 0 <= share <= 1 for share in shares)
    if not fits or (classes and abs(sum(shares) - 1) > 1e-6):
        raise ReverieError(
            "The labels in the model file are not those of the network it describes.",
            "The file is damaged: train or download it again.",
        )


def _is_latent(given: Any, size: int) -> bool:
    return isinstance(given, np.ndarray) and given.dtype != np.uint8 and given.size == size


def _named(path: str) -> str:
    """A weight's name in the file: of the generator, whether it is the trained one or its average."""
    return "generator/" + path.partition("/")[2]


def _misfit() -> ReverieError:
    return ReverieError(
        "The weights in the model file are not those of the network it describes.",
        "The file is damaged: train or download it again.",
    )
