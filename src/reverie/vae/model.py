"""A trained autoencoder and its latent space: sample, encode, decode, and everything in between."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from PIL import Image

from reverie import backend, modelfile
from reverie.errors import ReverieError
from reverie.images.cutting import in_channels, square
from reverie.images.folders import Pictures, folder
from reverie.images.gathering import is_collection
from reverie.images.picture import decode
from reverie.vae import latent, networks
from reverie.vae.autoencoder import Autoencoder
from reverie.vae.concept import Concept, difference, effect
from reverie.vae.mixture import Mixture, restored

ENGINE = "vae"
PRIORS = ("normal", "mixture")
BATCH = 64  # always so many at a time, filled up where there are fewer: the same bits in whatever number
Sources: TypeAlias = str | Path | Image.Image | np.ndarray | Pictures | Sequence[str | Path | Image.Image]


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
        self._encode = backend.compiled(lambda target: network.encoded(target)[0], variables, quick=True)
        self._decode = backend.compiled(lambda points: network.means(points), variables, quick=True)

    @property
    def size(self) -> int:
        """Pixels on a side of its pictures."""
        return int(self.network.config["resolution"])

    @property
    def latent(self) -> int:
        """Dimensions of its latent space."""
        return int(self.network.config["latent"])

    def encode(self, pictures: Sources) -> np.ndarray:
        """The middle of each picture's cloud: float32 (n, latent). Raises ReverieError for what is no picture."""
        return _in_batches(self._encode, self.pixels(pictures), lambda rows: rows.astype(np.float32) / 255)

    def decode(self, latents: np.ndarray) -> np.ndarray:
        """The mean picture at each point: uint8 (n, size, size, 3)."""
        latents = np.atleast_2d(np.asarray(latents, np.float32))
        if latents.shape[1:] != (self.latent,) or not np.isfinite(latents).all():
            raise ReverieError(
                f"Latents of shape {latents.shape} do not fit.", f"Give finite numbers of shape (n, {self.latent})."
            )
        pixels = np.rint(255 * _in_batches(self._decode, latents, np.asarray)).astype(np.uint8)
        return np.repeat(pixels, 3 // pixels.shape[3], axis=3)

    def sample(self, count: int = 16, *, prior: str = "normal", temperature: float = 1.0, seed: int = 0) -> np.ndarray:
        """New pictures: uint8 (count, size, size, 3).

        prior: where their points come from. "normal": N(0, 1) in each dimension, which is what the bound assumes.
        "mixture": Gaussians fitted to where the training pictures lie, and the network has learned to decode.
        temperature: scales the spread; below 1 pictures are more typical.
        """
        if count < 1:
            raise ReverieError(f"{count} pictures cannot be sampled.", "Ask for at least 1.")
        if not 0 <= temperature < float("inf"):
            raise ReverieError(f"The temperature cannot be {temperature}.", "Give a number from 0 up, such as 0.8.")
        if prior not in PRIORS:
            raise ReverieError(f"There is no prior {prior!r}.", f"Choose one of: {', '.join(PRIORS)}.")
        if prior == "mixture":
            if self.mixture is None:
                raise ReverieError("This model was saved without a mixture.", 'Use the prior "normal".')
            return self.decode(self.mixture.sample(count, seed, temperature))
        noise = np.random.default_rng(seed).standard_normal((count, self.latent), np.float32)
        return self.decode(temperature * noise)

    def reconstruct(self, pictures: Sources) -> np.ndarray:
        """Each picture as the model sees it: through the middle of its cloud and back."""
        return self.decode(self.encode(pictures))

    def interpolate(self, one: Sources, other: Sources, steps: int = 8) -> np.ndarray:
        """From one picture, or latent, to another, both included, along the arc between them (`latent.spherical`)."""
        return self.decode(latent.spherical(self._point(one), self._point(other), np.linspace(0, 1, max(2, steps))))

    def traverse(
        self, picture: Sources, dimension: int, values: Sequence[float] = (-3, -2, -1, 0, 1, 2, 3)
    ) -> np.ndarray:
        """One picture, or latent, with one of its latent numbers set to each value."""
        if not 0 <= dimension < self.latent:
            raise ReverieError(f"There is no dimension {dimension}.", f"Choose one from 0 to {self.latent - 1}.")
        points = np.tile(self._point(picture), (len(values), 1))
        points[:, dimension] = values
        return self.decode(points)

    def manifold(self, rows: int = 20, dimensions: tuple[int, int] | None = None) -> np.ndarray:
        """The textbook's grid: uint8 (rows, rows, size, size, 3) over two dimensions, by default the two most active.

        Its places are the Gaussian's quantiles, so that every picture stands for as much of the prior; the second
        dimension grows upwards. All other dimensions are 0.
        """
        across, up = dimensions or self.active()[:2] if self.latent > 1 else (0, 0)
        if not (0 <= across < self.latent and 0 <= up < self.latent):
            raise ReverieError(f"There are no dimensions {across} and {up}.", f"They go from 0 to {self.latent - 1}.")
        places = latent.quantiles(rows)
        points = np.zeros((rows, rows, self.latent), np.float32)
        points[..., up] = places[::-1, None]
        points[..., across] = places
        return self.decode(points.reshape(-1, self.latent)).reshape(rows, rows, self.size, self.size, 3)

    def concept(
        self, with_: Sources, without: Sources | None = None, *, among: Pictures | None = None,
        against: Sequence[str] = (),
    ) -> Concept:  # fmt: skip
        """The direction from pictures without something to pictures with it.

        Either two sets of pictures, or the name of an attribute or label of the pictures `among`; then what it shares
        with the attributes in `against` is left out (see `concept.effect`). Raises ReverieError if there are too few.
        """
        if among is not None:
            return effect(self.encode(among), among, str(with_), against)
        if without is None:
            raise ReverieError(
                "Pictures without the concept are missing.", "Give two sets, or an attribute and `among`."
            )
        return difference(self.encode(with_), self.encode(without))

    def edit(self, pictures: Sources, concept: Concept, strength: float = 1.0) -> np.ndarray:
        """Pictures with so much of a concept added, or taken away: uint8 (n, size, size, 3)."""
        return self.decode(self.encode(pictures) + self._fitting(concept) * np.float32(strength))

    def strip(
        self, picture: Sources, concept: Concept, strengths: Sequence[float] = (-3, -2, -1, 0, 1, 2, 3)
    ) -> np.ndarray:
        """One picture at each strength of a concept: uint8 (len(strengths), size, size, 3)."""
        return self.decode(self._point(picture) + np.outer(np.asarray(strengths, np.float32), self._fitting(concept)))

    def neighbours(self, picture: Sources, among: Pictures, count: int = 8) -> np.ndarray:
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
        channels = self.network.config["channels"]
        if isinstance(pictures, str | Path) and is_collection(Path(pictures)):
            pictures = folder(pictures, self.size, channels=channels)
        if isinstance(pictures, Pictures):
            given: Any = pictures.pixels
        elif isinstance(pictures, np.ndarray):
            given = pictures if pictures.ndim == 4 else [pictures]
        else:
            given = [pictures] if isinstance(pictures, str | Path | Image.Image) else pictures
        fits = isinstance(given, np.ndarray) and given.dtype == np.uint8
        if fits and given.shape[1:] == (self.size, self.size, channels):
            return np.asarray(given)
        if len(given) == 0:
            raise ReverieError("There is no picture.", "Give at least one.")
        return np.stack([in_channels(square(decode(each), self.size), channels) for each in given])

    def save(self, path: str | Path) -> None:
        """Writes the model file, whole or not at all. Raises ReverieError if it cannot be written."""
        arrays = {weight.path: np.array(backend.to_numpy(weight.value)) for weight in self.network.weights}
        modelfile.write(path, ENGINE, self.document, arrays | (self.mixture.arrays() if self.mixture else {}))
        self.path = Path(path)

    def _fitting(self, concept: Concept) -> np.ndarray:
        if concept.vector.shape != (self.latent,):
            raise ReverieError(
                f"The concept has {concept.vector.size} numbers and this model {self.latent} latents.",
                "Use it with the model it was made with.",
            )
        return concept.vector

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
        raise _misfit()
    network = Autoencoder(config)
    wanted = {weight.path: weight for weight in network.weights}
    if wanted.keys() != weights.keys() or any(
        tuple(weight.shape) != weights[name].shape for name, weight in wanted.items()
    ):
        raise _misfit()
    for name, weight in wanted.items():
        weight.assign(weights[name])
    try:
        return VAE(network, document, mixture=restored(arrays, network.config["latent"]))
    except ValueError as error:
        raise _misfit() from error


def _in_batches(program: Any, rows: np.ndarray, prepare: Any) -> np.ndarray:
    found = []
    for first in range(0, len(rows), BATCH):
        part = prepare(np.asarray(rows[first : first + BATCH]))
        filled = np.concatenate([part, np.zeros((BATCH - len(part), *part.shape[1:]), part.dtype)])
        found.append(backend.to_numpy(program(filled))[: len(part)])
    return np.concatenate(found)


def _misfit() -> ReverieError:
    return ReverieError(
        "The weights in the model file are not those of the network it describes.",
        "The file is damaged: train or download it again.",
    )
