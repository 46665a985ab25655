"""A trained autoencoder and its latent space: sample, encode, decode, and everything in between."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from reverie import backend, latent, modelfile
from reverie.errors import ReverieError
from reverie.images.folders import Pictures, folder
from reverie.images.stacking import Sources, stacked
from reverie.latent.batching import BATCH, in_batches, levels
from reverie.latent.concept import Concept, difference, effect
from reverie.pixels.settings import SEED, check
from reverie.vae import networks
from reverie.vae.autoencoder import Autoencoder
from reverie.vae.mixture import Mixture, restored

ENGINE = "vae"
PRIORS = ("normal", "mixture")
STRENGTHS = (-3, -2, -1, 0, 1, 2, 3)  # of a strip
LIMITS = {
    "points": (2, 1000, "from 2 to 1,000"),
    "steps": (1, 1000, "from 1 to 1,000"),
    "temperature": (0.0, 100.0, "from 0 to 100, such as 0.8"),
    "rows": (1, 100, "from 1 to 100"),
    "seed": SEED,
}


class VAE:
    """A network with what the model file says of it. Pictures go out as uint8 (n, size, size, 3), grey ones too.

    Latents are float32 (n, latent). Pictures go in as `Pictures`, uint8 arrays (n, height, width, 1 or 3) or of one
    picture, Pillow images, files, or a folder of them: cropped to their middle square, resized, and made grey if the
    model is.
    """

    def __init__(
        self, network: Autoencoder, document: dict[str, Any], path: Path | None = None, mixture: Mixture | None = None
    ) -> None:
        self.network = network
        self.document = document
        self.path = path  # the file it is in, None if it was never saved
        self.mixture = mixture  # where in latent space its training pictures lie
        variables = network.variables
        self._encode = backend.compiled(network.middle, variables, quick=True)
        self._decode = backend.compiled(lambda points: network.means(points), variables, quick=True)

    @property
    def size(self) -> int:
        """Pixels on a side of its pictures."""
        return int(self.network.config["resolution"])

    @property
    def latent(self) -> int:
        """Dimensions of its latent space."""
        return self.network.latents

    def encode(self, pictures: Sources) -> np.ndarray:
        """The middle of each picture's cloud: float32 (n, latent). Raises ReverieError for what is no picture."""
        return in_batches(lambda rows: self._encode(rows.astype(np.float32) / 255), self.pixels(pictures))

    def decode(self, latents: np.ndarray) -> np.ndarray:
        """The mean picture at each point: uint8 (n, size, size, 3)."""
        latents = np.atleast_2d(np.asarray(latents, np.float32))
        if latents.shape[1:] != (self.latent,) or not len(latents) or not np.isfinite(latents).all():
            raise ReverieError(
                f"Latents of shape {latents.shape} do not fit.", f"Give finite numbers of shape (n, {self.latent})."
            )
        pixels = levels(self._decode, latents)
        return np.repeat(pixels, 3 // pixels.shape[3], axis=3)

    @property
    def prior(self) -> str:
        """Where samples come from unless it is said: the mixture, if the model has one."""
        return "normal" if self.mixture is None else "mixture"

    def sample(
        self, count: int = 16, *, prior: str | None = None, temperature: float = 1.0, seed: int = 0
    ) -> np.ndarray:
        """New pictures: uint8 (count, size, size, 3).

        prior: where their points come from. "mixture", the default where there is one: Gaussians fitted to where the
        training pictures lie, and the network has learned to decode. "normal": N(0, 1) in each dimension, which is
        what the bound assumes.
        temperature: scales the spread; below 1 pictures are more typical.
        """
        if count < 1:
            raise ReverieError(f"{count} pictures cannot be sampled.", "Ask for at least 1.")
        return self.decode(self._drawn(count, prior, temperature, seed))

    def reconstruct(self, pictures: Sources) -> np.ndarray:
        """Each picture as the model sees it: through the middle of its cloud and back."""
        return self.decode(self.encode(pictures))

    def interpolate(self, one: Sources, other: Sources, steps: int = 8) -> np.ndarray:
        """From one picture, or latent, to another, both included, along the arc between them (`latent.spherical`)."""
        return self.decode(latent.spherical(self._point(one), self._point(other), np.linspace(0, 1, max(2, steps))))

    def walk(
        self, pictures: Sources | None = None, *, points: int = 6, steps: int = 20, prior: str | None = None,
        temperature: float = 1.0, seed: int = 0,
    ) -> Iterator[np.ndarray]:  # fmt: skip
        """A walk that ends where it began, in pictures one after the other, for `reverie.images.video.write`.

        It passes by samples, or by `pictures`: by all that are listed, by the first of a collection.
        points: how many to pass by.  steps: pictures from each to the next, along the arc (`latent.walk`).
        prior, temperature, seed: of the samples, as in `sample`.
        Each picture is uint8 (size, size, 3). Raises ReverieError before the first.
        """
        check(LIMITS, points=points, steps=steps)
        if pictures is None:
            passed = self._drawn(points, prior, temperature, seed)
        else:
            pixels = self.pixels(pictures)
            passed = self.encode(pixels[:points] if isinstance(pictures, str | Path | Pictures) else pixels)
            if len(passed) < 2:
                raise ReverieError("There is nowhere to walk to from one picture.", "Give at least two.")
        path = latent.walk(passed, steps)
        parts = (path[first : first + BATCH] for first in range(0, len(path), BATCH))
        return (picture for part in parts for picture in self.decode(part))

    def traverse(
        self, picture: Sources, dimension: int, values: Sequence[float] = (-3, -2, -1, 0, 1, 2, 3)
    ) -> np.ndarray:
        """One picture, or latent, with one of its latent numbers set to each value."""
        if not 0 <= dimension < self.latent:
            raise ReverieError(f"There is no dimension {dimension}.", f"Choose one from 0 to {self.latent - 1}.")
        points = np.tile(self._point(picture), (len(values), 1))
        points[:, dimension] = values
        return self.decode(points)

    def manifold(self, rows: int = 20, dimensions: tuple[int, int] | None = None, *, seed: int = 0) -> np.ndarray:
        """A map on which neighbours look alike: uint8 (rows, rows, size, size, 3).

        dimensions: two, for the textbook's grid. Its places are the Gaussian's quantiles, so that every picture stands
        for as much of the prior; the second dimension grows upwards, and all others are 0. A space that has no more
        than two is shown so in any case. But 0 in many dimensions is far from every picture: by default the map is
        spanned by arcs between four samples in its corners, drawn by the seed (White 2016, arXiv 1609.04468).
        """
        check(LIMITS, rows=rows)
        if dimensions is None and self.latent > 2:
            corners = self._drawn(4, None, 1.0, seed)
            shares = np.linspace(0, 1, rows)
            sides = [latent.spherical(corners[side], corners[side + 2], shares) for side in (0, 1)]
            points = np.stack([latent.spherical(one, other, shares) for one, other in zip(*sides, strict=True)])
        else:
            across, up = dimensions or (0, self.latent - 1)
            if not (0 <= across < self.latent and 0 <= up < self.latent):
                raise ReverieError(
                    f"There are no dimensions {across} and {up}.", f"They go from 0 to {self.latent - 1}."
                )
            places = latent.quantiles(rows)
            points = np.zeros((rows, rows, self.latent), np.float32)
            points[..., up] = places[::-1, None]
            points[..., across] = places
        return self.decode(points.reshape(-1, self.latent)).reshape(rows, rows, self.size, self.size, 3)

    def concept(
        self, with_: Sources, without: Sources | None = None, *, among: str | Path | Pictures | None = None,
        against: Sequence[str] = (), name: str | None = None,
    ) -> Concept:  # fmt: skip
        """How pictures with something differ from pictures without it.

        Either two sets of pictures; or the name of an attribute or label of the pictures `among`, against all others or
        those with another label. Then what it shares with the attributes in `against` is left out (see
        `concept.effect`).
        name: what to call it; by default the attribute, or the folder of those with it.
        Raises ReverieError if there are too few.
        """
        if among is not None:
            pictures = self._collection(among)
            rest = None if without is None else str(without)
            found = effect(self.encode(pictures), pictures, str(with_), rest, against)
        elif without is not None and not against:
            called = Path(with_).resolve().stem if isinstance(with_, str | Path) else "concept"
            found = difference(self.encode(with_), self.encode(without), name or called)
        else:
            raise ReverieError(
                "A concept needs pictures with it and pictures without.",
                "Give two sets of them; or an attribute and those among which it is known, and others to go against.",
            )
        return replace(found, name=name or found.name, model=modelfile.fingerprint(self._weights()))

    def check_concept(self, concept: Concept) -> None:
        """Raises ReverieError for a concept of another model: to be asked before the work, not after it."""
        concept.check((1, self.latent), modelfile.fingerprint(self._weights()))

    def edit(self, pictures: Sources, concept: Concept, strength: float = 1.0) -> np.ndarray:
        """Pictures with so much of a concept added, or taken away: uint8 (n, size, size, 3)."""
        self.check_concept(concept)
        return self.decode(concept.moved(self.encode(pictures), strength))

    def strip(self, picture: Sources, concept: Concept, strengths: Sequence[float] = STRENGTHS) -> np.ndarray:
        """One picture at each strength of a concept: uint8 (len(strengths), size, size, 3)."""
        self.check_concept(concept)
        points = np.repeat(self._point(picture)[None], len(strengths), axis=0)
        return self.decode(concept.moved(points, np.asarray(strengths)))

    def neighbours(self, picture: Sources, among: str | Path | Pictures, count: int = 8) -> np.ndarray:
        """The rows of `among` nearest in latent space to a picture, or latent: int (count,), the nearest first."""
        distances = np.linalg.norm(self.encode(among) - self._point(picture), axis=1)
        return np.argsort(distances, kind="stable")[:count]

    def active(self) -> tuple[int, ...]:
        """All dimensions, those that say most about the pictures first, as they were when training ended."""
        spread = self.document.get("spread")
        if not isinstance(spread, list) or len(spread) != self.latent:
            return tuple(range(self.latent))
        return tuple(np.argsort(-np.array(spread, float), kind="stable").tolist())

    def pixels(self, pictures: Sources) -> np.ndarray:
        """As the network takes them: uint8 (n, size, size, channels). Raises ReverieError for what is no picture."""
        return stacked(pictures, self.size, self.network.config["channels"])

    def save(self, path: str | Path) -> None:
        """Writes the model file, whole or not at all. Raises ReverieError if it cannot be written."""
        mixture = self.mixture.arrays() if self.mixture else {}
        modelfile.write(path, ENGINE, self.document, self._weights() | mixture)
        self.path = Path(path)

    def _weights(self) -> dict[str, np.ndarray]:
        return {weight.path: np.array(backend.to_numpy(weight.value)) for weight in self.network.weights}

    def _drawn(self, count: int, prior: str | None, temperature: float, seed: int) -> np.ndarray:
        """Points as `sample` takes them."""
        check(LIMITS, temperature=temperature, seed=seed)
        prior = prior or self.prior
        if prior not in PRIORS:
            raise ReverieError(f"There is no prior {prior!r}.", f"Choose one of: {', '.join(PRIORS)}.")
        if prior == "normal":
            return np.float32(temperature) * np.random.default_rng(seed).standard_normal(
                (count, self.latent), np.float32
            )
        if self.mixture is None:
            raise ReverieError("This model was saved without a mixture.", 'Use the prior "normal".')
        return self.mixture.sample(count, seed, temperature)

    def _collection(self, source: str | Path | Pictures) -> Pictures:
        """With all that is known of them: names, labels, attributes."""
        if isinstance(source, Pictures):
            return source
        return folder(source, self.size, channels=self.network.config["channels"])

    def _point(self, given: Sources) -> np.ndarray:
        """A latent as it is, or that of a picture: float32 (latent,)."""
        if isinstance(given, np.ndarray) and given.dtype != np.uint8 and given.size == self.latent:
            return np.asarray(given.reshape(-1), np.float32)
        return np.asarray(self.encode(given)[0])


def load(document: dict[str, Any], arrays: dict[str, np.ndarray]) -> VAE:
    """The model that a model file's document and arrays describe. Raises ReverieError if they do not fit."""
    weights = {name: array for name, array in arrays.items() if not name.startswith("mixture/")}
    config = document.get("network")
    if not isinstance(config, dict) or networks.least(config) > sum(array.size for array in weights.values()):
        raise modelfile.misfit()
    network = Autoencoder(config)
    modelfile.fill(network, weights)
    try:
        return VAE(network, document, mixture=restored(arrays, network.latents))
    except ValueError:  # a mixture of other latents
        raise modelfile.misfit() from None
