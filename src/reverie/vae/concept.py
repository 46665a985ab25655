"""Concept vectors: directions in latent space that mean something, found from pictures with and without it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reverie.errors import ReverieError
from reverie.images.folders import Pictures

FEWEST = 2  # pictures on either side


@dataclass(frozen=True, eq=False)
class Concept:
    """A direction: added once, it leads from the typical picture without to the typical picture with.

    vector: float32 (latent,). name: what it is. sides: how many pictures with and without it was found from.
    """

    vector: np.ndarray
    name: str
    sides: tuple[int, int]


def difference(with_: np.ndarray, without: np.ndarray, name: str = "concept") -> Concept:
    """The mean of the latents with the concept less that of those without (White 2016; Larsen et al. 2016).

    Latents are float32 (n, latent). What else differs between the two sides on average is in the vector too; where it
    is known, `effect` leaves it out.
    """
    for latents, side in ((with_, "with"), (without, "without")):
        if len(latents) < FEWEST:
            raise ReverieError(
                f"There are {len(latents)} pictures {side} {name}.", f"At least {FEWEST} are needed, better hundreds."
            )
    vector = with_.mean(axis=0, dtype=np.float64) - without.mean(axis=0, dtype=np.float64)
    return Concept(vector.astype(np.float32), name, (len(with_), len(without)))


def effect(latents: np.ndarray, pictures: Pictures, attribute: str, against: Sequence[str] = ()) -> Concept:
    """What an attribute changes in the latents (n, latent) of `pictures` while those in `against` stay as they are:

        latents = constant + attribute * vector + against * others + noise

    by least squares, so that a smile found among women only does not make a woman. Without `against` it is the
    difference of means. attribute, against: columns of `pictures.attributes`, "column=value" for one value of a column
    of words, or a label. Columns of numbers that are not 0 and 1 count in steps from their lower half to their upper.
    Pictures for which one of them is missing are left out.
    """
    wanted = column(pictures, attribute)
    others = [values for name in against for values in columns(pictures, name)]
    design = np.stack([np.ones(len(pictures)), wanted, *others], axis=1)
    known = np.isfinite(design).all(axis=1)
    design, latents = design[known], latents[known]
    upper = design[:, 1] > (design[:, 1].min() + design[:, 1].max()) / 2
    if min(upper.sum(), (~upper).sum()) < FEWEST:
        raise ReverieError(
            f"{upper.sum()} pictures have {attribute}, and {(~upper).sum()} do not.", f"{FEWEST} each are needed."
        )
    coefficients = np.linalg.lstsq(design, latents.astype(np.float64), rcond=None)[0]
    step = design[upper, 1].mean() - design[~upper, 1].mean()
    return Concept((step * coefficients[1]).astype(np.float32), attribute, (int(upper.sum()), int((~upper).sum())))


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
