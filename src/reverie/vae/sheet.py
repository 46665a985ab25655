"""Small pictures on one page."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from reverie import images

SHOWN = 96  # pixels on a side at least


def sheet(
    pictures: np.ndarray, columns: int, captions: Sequence[str] | None = None, title: str | None = None
) -> Image.Image:
    """uint8 (n, size, size, 1 or 3) as `images.grid` lays them out, small ones enlarged by a whole factor."""
    larger = -(-SHOWN // pictures.shape[1])
    shown = pictures.repeat(larger, axis=1).repeat(larger, axis=2).repeat(3 // pictures.shape[3], axis=3)
    return images.grid(list(shown), columns, captions, title)
