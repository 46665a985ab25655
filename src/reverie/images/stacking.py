"""Pictures in whatever form they are given, as one array of what a network takes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from PIL import Image

from reverie.errors import ReverieError
from reverie.images.cutting import in_channels, square
from reverie.images.folders import Pictures, folder
from reverie.images.gathering import is_collection
from reverie.images.picture import decode

Sources: TypeAlias = str | Path | Image.Image | np.ndarray | Pictures | Sequence[str | Path | Image.Image]


def stacked(pictures: Sources, size: int, channels: int) -> np.ndarray:
    """uint8 (n, size, size, channels). Raises ReverieError for what is no picture.

    pictures: `Pictures`, a folder or another collection, a uint8 array (n, height, width, 1 or 3) or of one picture, a
    file, a Pillow image, or a sequence of those. What does not fit is cropped to its middle square, resized, and made
    grey or coloured.
    """
    if isinstance(pictures, str | Path) and is_collection(Path(pictures)):
        pictures = folder(pictures, size, channels=channels)
    if isinstance(pictures, Pictures):
        given: Any = pictures.pixels
    elif isinstance(pictures, np.ndarray):
        given = pictures if pictures.ndim == 4 else [pictures]
    else:
        given = [pictures] if isinstance(pictures, str | Path | Image.Image) else pictures
    if len(given) == 0:
        raise ReverieError("There is no picture.", "Give at least one.")
    fits = isinstance(given, np.ndarray) and given.dtype == np.uint8
    if fits and given.shape[1:] == (size, size, channels):
        return np.asarray(given)
    return np.stack([in_channels(square(decode(each), size), channels) for each in given])
