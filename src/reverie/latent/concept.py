"""Concept vectors: ways through latent space that mean something, found from pictures with and without it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from reverie import modelfile
from reverie.errors import ReverieError
from reverie.images.folders import Pictures
from reverie.latent import transport
from reverie.latent.transport import Clouds

ENGINE = "concept"  # in its file, which is a model file that holds Gaussians
FEWEST = 2  # pictures on either side


@dataclass(frozen=True, eq=False)
class Concept:
    """How latents lie without something and with it, and so the way from one to the other.

    clouds: the latents on both sides as pairs of Gaussians (see `transport`). name: what it is. sides: how many
    pictures with and without it was found from. model: the fingerprint of the model whose latents they are, if known.
    """

    clouds: Clouds
    name: str
    sides: tuple[int, int]
    model: str = ""

    @property
    def vector(self) -> np.ndarray:
        """From the typical picture without to the typical picture with: float32 (latent,)."""
        without, with_ = np.einsum("p,psd->sd", self.clouds.weights, self.clouds.means)
        vector: np.ndarray = with_ - without
        return vector

    def at(self, latents: np.ndarray) -> np.ndarray:
        """The concept's vector at each of `latents`, float32 (n, latent): added once to one without, it leads to with.

        One vector for all of them (White 2016) is the mean of many, since a turned head smiles elsewhere in the
        picture, by other latents. This is the way that moves least, all pictures together; where they are too few to
        tell it is `vector` everywhere. Raises ReverieError if the latents do not fit.
        """
        self.check(latents.shape)
        return transport.at(latents, self.clouds).astype(np.float32)

    def moved(self, latents: np.ndarray, strength: float | np.ndarray = 1.0) -> np.ndarray:
        """`latents`, float32 (n, latent), with so much more of it, or less: each by `strength` of its vectors.

        At 1 what was without is with, at -1 the other way. Where the two sides are far apart little is left beyond
        that: two standard deviations outside of where pictures are, more strength changes nothing more, since a picture
        with a smile twice over is none. strength: one for all, or (n,). Raises ReverieError if the latents do not fit.
        """
        self.check(latents.shape)
        strengths = np.broadcast_to(np.asarray(strength, np.float64), len(latents))
        return transport.moved(latents, strengths, self.clouds).astype(np.float32)

    def check(self, shape: tuple[int, ...], model: str = "") -> None:
        """Raises ReverieError if latents (n, latent) of that shape do not fit, or a model of that fingerprint."""
        hint = "Use it with the model it was made with, or find it again."
        if len(shape) != 2 or shape[1] != self.vector.size:
            raise ReverieError(f"The concept has {self.vector.size} numbers and this model {shape[-1]} latents.", hint)
        if self.model and model and self.model != model:
            raise ReverieError(f"The concept {self.name} was found with another model, or before more training.", hint)

    def save(self, path: str | Path) -> None:
        """Writes it as a `.safetensors` file, whole or not at all. Raises ReverieError if it cannot be written."""
        document = {"name": self.name, "with": self.sides[0], "without": self.sides[1], "model": self.model}
        modelfile.write(path, ENGINE, document, self.clouds._asdict())

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """What `save` wrote. Raises ReverieError for anything else."""
        document, arrays = modelfile.read(path)
        if document["engine"] != ENGINE:
            raise ReverieError(
                f"{path} holds a model, not a concept.",
                "Give a file of `reverie vae concept`.",
            )
        name, model = document.get("name"), document.get("model")
        sides: Any = (document.get("with"), document.get("without"))
        fits = isinstance(name, str) and isinstance(model, str) and all(type(side) is int for side in sides)
        if not fits or arrays.keys() != set(Clouds._fields) or not _sound(Clouds(**arrays)):
            raise ReverieError(f"The concept in {path} is damaged, or one of `reverie gan`.", "Find it again.")
        return cls(Clouds(**arrays), str(name), sides, str(model))


def _sound(clouds: Clouds) -> bool:
    """Whether they are what `transport.fit` gives."""
    parts, latents = clouds.weights.size, clouds.means.shape[-1] if clouds.means.ndim else 0
    shapes = (parts,), (parts, 2, latents), (parts, 2, latents, latents)
    return (
        all(array.dtype == np.float32 and array.shape == shape for array, shape in zip(clouds, shapes, strict=True))
        and parts * latents > 0
        and bool((clouds.weights > 0).all())
        and bool((np.linalg.eigvalsh(clouds.covariances.astype(np.float64)) > 0).all())
    )


def difference(with_: np.ndarray, without: np.ndarray, name: str = "concept") -> Concept:
    """How latents with something differ from those without it (White 2016, who takes the difference of the means).

    Latents are float32 (n, latent). What else differs between the two sides on average is in the vector too; where it
    is known, `effect` leaves it out.
    """
    for latents, side in ((with_, "with"), (without, "without")):
        if len(latents) < FEWEST:
            are = "is only one picture" if len(latents) == 1 else f"are only {len(latents)} pictures"
            raise ReverieError(f"There {are} {side} {name}.", f"At least {FEWEST} are needed, better hundreds.")
    with_, without = with_.astype(np.float64), without.astype(np.float64)
    return Concept(transport.fit(without, with_), name, (len(with_), len(without)))


def effect(
    latents: np.ndarray, pictures: Pictures, attribute: str, without: str | None = None, against: Sequence[str] = ()
) -> Concept:
    """What an attribute changes in the latents (n, latent) of `pictures` while those in `against` stay as they are:

        latents = constant + attribute * vector + against * others + noise

    by least squares, so that a smile found among women only does not make a woman. Without `against` it is the
    difference of means. attribute, against: columns of `pictures.attributes`, "column=value" for one value of a column
    of words, or a label. Columns of numbers that are not 0 and 1 count in steps from their lower half to their upper.
    without: another, so that those which have it are compared with, and not all others.
    Pictures for which one of them is missing are left out.
    """
    wanted = column(pictures, attribute)
    if without is not None:
        wanted = np.where(wanted == 1, 1.0, np.where(column(pictures, without) == 1, 0.0, np.nan))
    others = [np.ones(len(pictures)), *(values for name in against for values in columns(pictures, name))]
    known = np.isfinite([wanted, *others]).all(axis=0)
    wanted, rest, latents = wanted[known], np.stack(others, axis=1)[known], latents[known].astype(np.float64)
    yes_or_no = bool(np.isin(wanted, (0, 1)).all())
    upper = wanted > (0.5 if yes_or_no else (wanted.min() + wanted.max()) / 2)
    if min(upper.sum(), (~upper).sum()) < FEWEST:
        do_not = "do not" if without is None else f"have {without}"
        raise ReverieError(
            f"{upper.sum()} pictures have {attribute}, and {(~upper).sum()} {do_not}.", f"{FEWEST} each are needed."
        )
    alone = wanted - rest @ np.linalg.lstsq(rest, wanted, rcond=None)[0]  # what of it the others do not explain
    if alone.std() < 1e-6 * wanted.std():
        raise ReverieError(
            f"{attribute} cannot be told apart from {' and '.join(against)}: they always come together.",
            "Go against others.",
        )
    step = wanted[upper].mean() - wanted[~upper].mean()
    vector = step * (alone @ latents) / (alone @ alone)  # the coefficient of least squares (Frisch and Waugh 1933)
    # Of each side so many that the others are as frequent on both (overlap weights: Li, Morgan and Zaslavsky 2018), for
    # which the difference of means is the vector but for chance; moved, until it is.
    middle, share = latents.mean(axis=0), upper.mean()
    with_, rest_of_them = latents[_thinned(alone * upper)], latents[_thinned(-alone * ~upper)]
    with_ = with_ - with_.mean(axis=0) + middle + (1 - share) * vector
    rest_of_them = rest_of_them - rest_of_them.mean(axis=0) + middle - share * vector
    return Concept(transport.fit(rest_of_them, with_), attribute, (int(upper.sum()), int((~upper).sum())))


def _thinned(weights: np.ndarray) -> np.ndarray:
    """Rows, each kept as often as its weight is to the largest."""
    heights = np.cumsum(np.maximum(weights, 0)) / weights.max() + 0.5
    rows: np.ndarray = np.flatnonzero(np.diff(np.floor(heights), prepend=0))
    return rows


def column(pictures: Pictures, name: str) -> np.ndarray:
    """One attribute or label as numbers, float64 (n,), nan where it is missing. Raises ReverieError."""
    if name in pictures.attributes:
        values = pictures.attributes[name]
        if values.dtype.kind == "f":
            return values.astype(np.float64)
        found = sorted(set(values.tolist()) - {""})
        raise ReverieError(
            f"{name} is a column of words.", f"Name one: {', '.join(f'{name}={one}' for one in found[:8])}."
        )
    head, _, value = name.partition("=")
    words = pictures.attributes.get(head)
    if value and words is not None and words.dtype.kind == "U":
        if value not in words:
            raise ReverieError(f"No picture has {name}.", f"There is {', '.join(sorted(set(words.tolist()) - {''}))}.")
        return np.where(words == "", np.nan, words == value)
    if name in pictures.label_names and pictures.labels is not None:
        return np.where(pictures.labels < 0, np.nan, pictures.labels == pictures.label_names.index(name))
    known = [*pictures.attributes, *pictures.label_names]
    raise ReverieError(
        f"The pictures have no attribute or label {name!r}.", f"They have: {', '.join(known) or 'none'}."
    )


def columns(pictures: Pictures, name: str) -> list[np.ndarray]:
    """A column as `column` gives it; of words, one for each but the first."""
    words = pictures.attributes.get(name)
    if words is None or words.dtype.kind != "U":
        return [column(pictures, name)]
    return [column(pictures, f"{name}={value}") for value in sorted(set(words.tolist()) - {""})[1:]]
