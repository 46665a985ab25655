"""Which style paints where, and from which part of a painting it is learnt."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reverie import images
from reverie.errors import ReverieError
from reverie.images.picture import Source
from reverie.pixels.scaling import resized
from reverie.style.objective import Maps, Objective


@dataclass(frozen=True)
class Regions:
    """painted: float32 (height, width, styles) in [0, 1], or None if all styles paint everywhere, mixed.

    learnt: for each style a mask over its painting, float32 (height, width), or None.
    """

    painted: np.ndarray | None
    learnt: list[np.ndarray | None]

    @classmethod
    def of(cls, masks: Sequence[Source] | None, style_masks: Sequence[Source] | None, styles: int) -> "Regions":
        """From the user's masks. Raises ReverieError if there is not one for each style, or one is black."""
        learnt: list[np.ndarray | None] = [None] * styles
        if style_masks is not None:
            learnt = list(_read(style_masks, styles, "style mask"))
        if masks is None:
            return cls(None, learnt)
        read = _read(masks, styles, "mask")
        size = max(mask.shape[0] for mask in read), max(mask.shape[1] for mask in read)
        at = [mask if mask.shape == size else images.resize(mask[..., None], size)[..., 0] for mask in read]
        return cls(np.clip(np.stack(at, axis=-1), 0, 1), learnt)

    def grams(self, objective: Objective, paintings: list[np.ndarray], shares: list[float], longest: float) -> Maps:
        """The target Gram matrices of each layer, (regions, channels, channels): each style's own, or their mean.

        paintings: uint8 or float32 (height, width, 3), shown with their longest side about `longest` pixels. shares: of
        each style in the mean.
        """
        of_styles = [
            objective.grams(fitted(painting, longest), mask)
            for painting, mask in zip(paintings, self.learnt, strict=True)
        ]
        layers = [np.concatenate(of_layer) for of_layer in zip(*of_styles, strict=True)]
        if self.painted is not None:
            return layers
        return [np.average(of_layer, axis=0, weights=shares)[None].astype(np.float32) for of_layer in layers]


def fitted(picture: np.ndarray, longest: float) -> np.ndarray:
    """uint8 or float32 (height, width, 3) as float32 with its longest side about so many pixels."""
    scale = longest / max(picture.shape)
    return resized(picture, (max(16, round(picture.shape[0] * scale)), max(16, round(picture.shape[1] * scale))))


def _read(masks: Sequence[Source], styles: int, what: str) -> list[np.ndarray]:
    if len(masks) != styles:
        raise ReverieError(f"There are {styles} styles and {len(masks)} {what}s.", f"Give one {what} for each style.")
    read = [images.decode(mask).rgb.mean(axis=2, dtype=np.float32) / 255 for mask in masks]
    for number, mask in enumerate(read, 1):
        if mask.max() < 0.5:
            raise ReverieError(f"The {what} {number} is black.", "Paint white where it counts.")
    return read
