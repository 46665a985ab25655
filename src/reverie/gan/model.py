"""A trained generator and its latent space: sample, walk, find real pictures in it, and edit them."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import keras
import numpy as np

from reverie import backend, latent, modelfile
from reverie.errors import ReverieError
from reverie.gan import invert, networks
from reverie.gan.concept import Concept, find
from reverie.gan.invert import STEPS, Inverted, Objective, Progress
from reverie.images.folders import Pictures
from reverie.images.stacking import Sources, stacked
from reverie.latent.batching import BATCH, in_batches, levels
from reverie.pixels.settings import SEED, check

ENGINE = "gan"
LIMITS = {
    "points": (2, 1000, "from 2 to 1,000"),
    "steps": (1, 1000, "from 1 to 1,000"),
    "truncation": (0.0, 100.0, "from 0 to 100, such as 0.8"),
    "strength": (-100.0, 100.0, "from -100 to 100, such as 2"),
    "seed": SEED,
}
STRENGTHS = (-1.5, -1, -0.5, 0, 0.5, 1, 1.5)  # of a strip: beyond that the picture is no longer one of its kind
DESCENT = {"steps": (0, 10_000, "from 0 to 10,000"), "seed": SEED}
Label: TypeAlias = str | int | None


class GAN:
    """A generator with what the model file says of it. Pictures go out as uint8 (n, size, size, 3), grey ones too.

    Latents are float32 (n, latent), around N(0, 1). Those that `invert` finds are wider, (n, latent + style), since an
    offset of the style belongs to each (see `Inverted`); they are taken wherever a latent is.
    Pictures go in as `Pictures`, uint8 arrays (n, height, width, 1 or 3) or of one picture, Pillow images, files, or a
    folder of them: cropped to their middle square, resized, and made grey if the model is.
    A model that was trained with labels takes a label's name, its number, or None, for which labels are drawn as often
    as they occur in the training pictures.
    """

    def __init__(self, generator: keras.Model, document: dict[str, Any], path: Path | None = None) -> None:
        self.generator = generator
        self.document = document
        self.config = networks.checked(document["network"])
        self.path = path  # the file it is in, None if it was never saved
        self._halves = networks.halves(generator)
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
        """Pictures as tensors, float32 in [0, 1], (batch, size, size, channels), from latents and labels, (batch,)."""
        offsets = latents[:, self.latent :]
        inputs = self._inputs(latents[:, : self.latent], labels)
        if self._halves is None or not offsets.shape[1]:
            pictures = self.generator(inputs if len(inputs) > 1 else inputs[0])
        else:
            style = self._halves[0](inputs)
            pictures = self._halves[1]([*inputs, style + keras.ops.cast(offsets, style.dtype)])
        return keras.ops.clip(pictures, 0.0, 1.0)

    def latents(self, count: int = 16, *, truncation: float = 1.0, seed: int = 0) -> np.ndarray:
        """Points drawn from N(0, truncation²) in each dimension: float32 (count, latent)."""
        if count < 1:
            raise ReverieError(f"{count} pictures cannot be sampled.", "Ask for at least 1.")
        check(LIMITS, truncation=truncation, seed=seed)
        noise = np.random.default_rng(seed).standard_normal((count, self.latent), np.float32)
        return np.float32(truncation) * noise

    def decode(self, latents: np.ndarray, label: Label | np.ndarray = None, *, seed: int = 0) -> np.ndarray:
        """The picture at each point: uint8 (n, size, size, 3). label: one for all, or a number for each.

        seed: which labels are drawn where none is given.
        """
        latents = np.atleast_2d(np.asarray(latents, np.float32))
        fits = latents.shape[1:] in ((self.latent,), (self._widest,))
        if not len(latents) or not fits or not np.isfinite(latents).all():
            raise ReverieError(
                f"Latents of shape {latents.shape} do not fit.",
                f"Give finite numbers of shape (n, {self.latent}) or (n, {self._widest}).",
            )
        pixels = levels(self._decode, latents, self.numbers(label, len(latents), seed))
        return np.repeat(pixels, 3 // pixels.shape[3], axis=3)

    def pictures(self, latents: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """The same unrounded, and grey as it is: float32 (n, size, size, channels) in [0, 1]."""
        return in_batches(self._decode, latents, numbers)

    def sample(
        self, count: int = 16, *, truncation: float = 1.0, seed: int = 0, label: Label = None
    ) -> np.ndarray:  # fmt: skip
        """New pictures: uint8 (count, size, size, 3).

        truncation: scales the spread of the latents; below 1 pictures are more typical, and more alike.
        """
        return self.decode(self.latents(count, truncation=truncation, seed=seed), label, seed=seed)

    def walk(
        self, pictures: Sources | None = None, *, points: int = 6, steps: int = 20, truncation: float = 1.0,
        seed: int = 0, label: Label = None, progress: Progress = None,
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
        """The latents that `invert` finds: float32 (n, latent + style)."""
        return self.invert(pictures, label=label).latents

    def invert(
        self, pictures: Sources, *, label: Label | np.ndarray = None, steps: int = STEPS, seed: int = 0,
        progress: Progress = None,
    ) -> Inverted:  # fmt: skip
        """The latents whose pictures are most like the given ones; see `invert.invert`. label: as for `decode`."""
        check(DESCENT, steps=steps, seed=seed)
        pixels = self.pixels(pictures)
        numbers = None if label is None else self.numbers(label, len(pixels), seed)
        return invert.invert(self._objective, pixels, numbers, steps=steps, seed=seed, progress=progress)

    def concept(self, with_: Sources, without: Sources, *, name: str | None = None) -> Concept:
        """What pictures with something have, and pictures without it have not; see `gan.Concept`.

        name: what to call it; by default as the folder of those with it.
        Raises ReverieError if there are too few.
        """
        called = Path(with_).resolve().stem if isinstance(with_, str | Path) else "concept"
        sides = self.pixels(with_), self.pixels(without)
        return find(self._objective.eyes, *sides, name=name or called)

    def check_concept(self, known: Concept, strengths: Sequence[float] | np.ndarray = (0,)) -> None:
        """Raises ReverieError for a concept of pictures of another size, and for strengths that make no sense, or none:
        to be asked before the work, not after it."""
        if not len(strengths):
            raise ReverieError("There is no strength to move pictures by.", "Give at least one, such as 1.")
        for strength in strengths:
            check(LIMITS, strength=strength)
        if [each.shape for each in known.maps] != [each.shape for each in self._objective.none]:
            raise ReverieError(
                f"The concept {known.name} was found in pictures of {known.side} pixels, and those of this model are "
                f"seen at {self._objective.eyes.side}.",
                "Find it again with this model.",
            )

    def edit(
        self, pictures: Sources, concept: Concept, strength: float = 1.0, *, label: Label = None,
        progress: Progress = None,
    ) -> np.ndarray:  # fmt: skip
        """Pictures, as near as the model comes to them, with so much of a concept added, or taken away (see `moved`).

        uint8 (n, size, size, 3).
        """
        self.check_concept(concept, [strength])
        found = self.invert(pictures, label=label, progress=progress)
        strengths = np.full(len(found.latents), strength)
        return self.decode(self.moved(*found[:2], concept, strengths, progress=progress), found.labels)

    def moved(
        self, latents: np.ndarray, numbers: np.ndarray, concept: Concept, strengths: np.ndarray, *,
        progress: Progress = None,
    ) -> np.ndarray:  # fmt: skip
        """Latents, with labels (n,), moved along a concept, each by its strength: float32 (n, latent + style).

        See `invert.move`. At 1 the picture has more of it by three quarters of what the concept's two sides are apart.
        """
        self.check_concept(concept, strengths)
        return invert.move(self._objective, self.widened(latents), numbers, concept, strengths, progress=progress)

    def strip(
        self, picture: Sources, concept: Concept, strengths: Sequence[float] = STRENGTHS, *,
        label: Label | np.ndarray = None, progress: Progress = None,
    ) -> np.ndarray:  # fmt: skip
        """One picture, or latent, at each strength of a concept: uint8 (len(strengths), size, size, 3)."""
        self.check_concept(concept, strengths)
        point, number = self._point(picture, label)
        points, numbers = np.repeat(point[None], len(strengths), axis=0), np.repeat(number, len(strengths))
        return self.decode(self.moved(points, numbers, concept, np.asarray(strengths), progress=progress), numbers)

    def neighbours(
        self, picture: Sources, among: Sources, count: int = 8, network: str = "reverie-dream", *, label: Label = None
    ) -> np.ndarray:
        """The rows of `among` that look most like a picture, or the picture of a latent, to a feature network.

        int (count,), the nearest first.
        """
        from reverie import metrics

        among = among if isinstance(among, Pictures) else self.pixels(among)
        own = self._is_latent(picture)
        shown = (self.decode(np.asarray(picture), label) if own else self.pixels(picture))[:1]
        rows, _ = metrics.nearest(metrics.embed(shown, network), metrics.embed(among, network), min(count, len(among)))
        return np.asarray(rows[0])

    def numbers(self, label: Label | np.ndarray, count: int, seed: int = 0) -> np.ndarray:
        """The label of each of so many pictures: int32 (count,). Raises ReverieError for one it does not know."""
        check(LIMITS, seed=seed)
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
        return {named(weight.path): np.array(backend.to_numpy(weight.value)) for weight in self.generator.weights}

    @cached_property
    def _objective(self) -> Objective:
        return Objective(self)

    def styles(self, latents: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """Into what latents, float32 (n, latent), with labels are mapped: float32 (n, style)."""
        if self._halves is None:
            return np.zeros((len(latents), 0), np.float32)
        style = self._halves[0](self._inputs(latents, numbers))
        styles: np.ndarray = backend.to_numpy(keras.ops.cast(style, "float32"))
        return styles

    def _inputs(self, latents: Any, labels: Any) -> list[Any]:
        return [latents, labels] if self.config["classes"] else [latents]

    def widened(self, latents: np.ndarray) -> np.ndarray:
        """Latents with an offset of the style, which is 0 where they have none: float32 (n, latent + style)."""
        return np.pad(latents, ((0, 0), (0, self._widest - latents.shape[1])))

    @property
    def _widest(self) -> int:
        return self.latent + (0 if self._halves is None else networks.MAPPED)

    def _is_latent(self, given: Any) -> bool:
        return isinstance(given, np.ndarray) and given.dtype != np.uint8 and given.size in (self.latent, self._widest)

    def _point(self, given: Sources, label: Label | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A latent, or that of a picture: float32 (latent + style,), and its label, int32 (1,)."""
        if self._is_latent(given):
            return self.widened(np.asarray(given, np.float32).reshape(1, -1))[0], self.numbers(label, 1)
        found = self.invert(self.pixels(given)[:1], label=label)
        return found.latents[0], found.labels


def named(path: str) -> str:
    """A weight's name in the file: of the generator, whether it is the trained one or its average."""
    return "generator/" + path.partition("/")[2]
