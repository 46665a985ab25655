"""Concept vectors: ways through latent space that mean something, found from pictures with and without it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from reverie import modelfile
from reverie.errors import ReverieError
from reverie.images.folders import Pictures

ENGINE = "concept"  # in its file, which is a model file that holds two Gaussians
FEWEST = 2  # pictures on either side
OWN = np.linspace(0, 1, 11)  # shares of a side's own covariance that are tried
RIDGE = 1e-4  # of the mean variance, so that a spread in every direction can be inverted


@dataclass(frozen=True, eq=False)
class Concept:
    """How latents lie without something and with it: as two Gaussians, and the shortest way from one to the other.

    means: float32 (2, latent), covariances: float32 (2, latent, latent), both without it and with it. name: what it is.
    sides: how many pictures with and without it was found from.
    """

    means: np.ndarray
    covariances: np.ndarray
    name: str
    sides: tuple[int, int]

    @property
    def vector(self) -> np.ndarray:
        """From the typical picture without to the typical picture with: float32 (latent,)."""
        vector: np.ndarray = self.means[1] - self.means[0]
        return vector

    def at(self, latents: np.ndarray) -> np.ndarray:
        """The concept's vector at each of `latents`, float32 (n, latent). Raises ReverieError if they do not fit.

        A turned head smiles elsewhere in the picture, by other latents: one vector for all is the mean of many. What a
        smile does at z, in second order, is the optimal transport between the Gaussians N(m0, S0) and N(m1, S1)
        without and with it (Knott and Smith 1984; Dowson and Landau 1982), the map between them that moves least:

            T(z) = m1 + (z - m0) A,    A = S0^-1/2 (S0^1/2 S1 S0^1/2)^1/2 S0^-1/2

        The vector is T(z) - z where z is without, z - T^-1(z) where it is with, and between them their mean, weighted
        by the odds of the two Gaussians. Where both spread alike it is `vector` everywhere, as in White (2016).
        """
        if latents.shape[1:] != self.vector.shape:
            raise ReverieError(
                f"The concept has {self.vector.size} numbers and this model {latents.shape[1]} latents.",
                "Use it with the model it was made with.",
            )
        stretch, unstretch = self._stretches
        without, with_ = latents - self.means.astype(np.float64)[:, None]
        forth = self.vector + without @ (stretch - np.eye(len(stretch)))
        back = self.vector + with_ @ (np.eye(len(stretch)) - unstretch)
        logit = _log_density(with_, self.covariances[1]) - _log_density(without, self.covariances[0])
        has = 1 / (1 + np.exp(-np.clip(logit, -50, 50)))[:, None]
        vectors: np.ndarray = (has * back + (1 - has) * forth).astype(np.float32)
        return vectors

    @cached_property
    def _stretches(self) -> tuple[np.ndarray, np.ndarray]:
        """A and its inverse."""
        without, with_ = self.covariances.astype(np.float64)
        root = _root(without)
        inverse = np.linalg.inv(root)
        stretch = inverse @ _root(root @ with_ @ root) @ inverse
        return stretch, np.linalg.inv(stretch)

    def save(self, path: str | Path) -> None:
        """Writes it as a `.safetensors` file, whole or not at all. Raises ReverieError if it cannot be written."""
        document = {"name": self.name, "with": self.sides[0], "without": self.sides[1]}
        modelfile.write(path, ENGINE, document, {"means": self.means, "covariances": self.covariances})

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """What `save` wrote. Raises ReverieError for anything else."""
        document, arrays = modelfile.read(path)
        if document["engine"] != ENGINE:
            raise ReverieError(
                f"{path} holds a model, not a concept.",
                "Give a file of `reverie vae concept`, or of `reverie gan edit --with`.",
            )
        means, covariances, name = arrays.get("means"), arrays.get("covariances"), document.get("name")
        sides: Any = (document.get("with"), document.get("without"))
        if (
            means is None
            or covariances is None
            or not means.dtype == covariances.dtype == np.float32
            or means.ndim != 2
            or len(means) != 2
            or covariances.shape != (2, means.shape[1], means.shape[1])
            or not (np.linalg.eigvalsh(covariances.astype(np.float64)) > 0).all()
            or not isinstance(name, str)
            or not all(type(side) is int for side in sides)
        ):
            raise ReverieError(f"The concept in {path} is damaged.", "Find it again.")
        return cls(means, covariances, name, sides)


def _root(matrix: np.ndarray) -> np.ndarray:
    """The square root of a symmetric positive definite matrix."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    root: np.ndarray = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return root


def _log_density(centred: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """log N(centred; 0, covariance) but for a constant, (n,)."""
    factor = np.linalg.cholesky(covariance.astype(np.float64))
    whitened = np.linalg.solve(factor, centred.T)
    density: np.ndarray = -0.5 * np.square(whitened).sum(axis=0) - np.log(np.diag(factor)).sum()
    return density


def between(with_: np.ndarray, without: np.ndarray, vector: np.ndarray, name: str) -> Concept:
    """The concept of these latents (n, latent) on either side, whose means are to be `vector` apart."""
    everything = np.concatenate([without, with_])
    middle = everything.mean(axis=0)
    share = len(with_) / len(everything)
    means = np.stack([middle - share * vector, middle + (1 - share) * vector])
    spreads = _spreads([side - side.mean(axis=0) for side in (without, with_)])
    return Concept(means.astype(np.float32), spreads.astype(np.float32), name, (len(with_), len(without)))


def _spreads(sides: list[np.ndarray]) -> np.ndarray:
    """The covariances (2, latent, latent) of centred latents: each side's own, as far as it foretells unseen pictures.

    The rest is what both share: regularised discriminant analysis (Friedman 1989). How far is found by the likelihood
    of every second picture under the covariances of the others, and the other way round.
    """

    def spreads(parts: list[np.ndarray], own: float) -> np.ndarray:
        each = np.stack([part.T @ part / len(part) for part in parts])
        both = np.concatenate(parts)
        shared = both.T @ both / len(both)
        ridge = (RIDGE * np.trace(shared) / len(shared) + 1e-12) * np.eye(len(shared))
        mixed: np.ndarray = own * each + (1 - own) * shared + ridge
        return mixed

    def likelihood(own: float) -> float:
        halves = [[side[half::2] for side in sides] for half in (0, 1)]
        return sum(
            float(_log_density(unseen, spread).sum())
            for known, rest in (halves, halves[::-1])
            for unseen, spread in zip(rest, spreads(known, own), strict=True)
        )

    few = min(len(side) for side in sides) < 2 * sides[0].shape[1]  # than which no half has a spread to speak of
    return spreads(sides, 0.0 if few else max(OWN, key=likelihood))


def difference(with_: np.ndarray, without: np.ndarray, name: str = "concept") -> Concept:
    """The concept whose vector is the mean of the latents with it less that of those without (White 2016).

    Latents are float32 (n, latent). What else differs between the two sides on average is in the vector too; where it
    is known, `effect` leaves it out.
    """
    for latents, side in ((with_, "with"), (without, "without")):
        if len(latents) < FEWEST:
            are = "is only one picture" if len(latents) == 1 else f"are only {len(latents)} pictures"
            raise ReverieError(f"There {are} {side} {name}.", f"At least {FEWEST} are needed, better hundreds.")
    with_, without = with_.astype(np.float64), without.astype(np.float64)
    return between(with_, without, with_.mean(axis=0) - without.mean(axis=0), name)


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
    return between(latents[upper], latents[~upper], vector, attribute)


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
