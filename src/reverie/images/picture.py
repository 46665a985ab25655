"""What a user calls a picture, as arrays; or one sentence that says why it is none."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from PIL import Image

from reverie.errors import ReverieError
from reverie.images.colour import converter
from reverie.images.opening import check_single, check_size, load, one_sentence, opened

Source: TypeAlias = "str | os.PathLike[str] | np.ndarray | Image.Image"

ROWS = 512  # converted at a time, so that no second whole copy is needed

# EXIF orientation: (rows become columns, then reverse the rows, reverse the columns)
ORIENTATIONS = {
    1: (False, False, False),
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}


@dataclass(frozen=True, eq=False)
class Picture:
    """rgb: uint8 (height, width, 3), sRGB, upright. alpha: uint8 (height, width), 0 transparent; None if all opaque."""

    rgb: np.ndarray
    alpha: np.ndarray | None = None


def decode(source: Source) -> Picture:
    """A picture as the user sees it: upright, in sRGB, 8 bits.

    source: a file (PNG, JPEG, WebP, GIF, TIFF or BMP), a Pillow image, or a uint8 array of shape (height, width),
    (height, width, 3) or (height, width, 4); a Boolean array is black and white. The EXIF orientation is applied,
    an ICC profile converted to sRGB (a broken one is ignored); palettes, grey, CMYK and 16 bits become 8-bit RGB.

    Raises ReverieError for a file that is no whole picture in one of these formats, that holds several frames or
    pages, measures less than 8 pixels on a side, more than 16,383, or more than 67,108,864 pixels in all.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, Image.Image):
        with one_sentence("The picture"):
            return _unpacked(source, "The picture")
    path = Path(source)
    with opened(path) as image:
        check_size(image.size, str(path))
        check_single(image, path)
        return _unpacked(image, str(path))


def _unpacked(image: Image.Image, name: str) -> Picture:
    """Converts some rows at a time: only those are in memory besides the image and the result."""
    load(image)
    check_size(image.size, name)  # unpacking can still enlarge a GIF
    width, height = image.size
    convert = converter(image, name)
    rgb = np.empty((height, width, 3), np.uint8)
    alpha: np.ndarray | None = None
    for top in range(0, height, ROWS):
        bottom = min(top + ROWS, height)
        colours, opacity = convert(image.crop((0, top, width, bottom)))
        rgb[top:bottom] = colours
        if opacity is not None:
            alpha = np.empty((height, width), np.uint8) if alpha is None else alpha
            alpha[top:bottom] = opacity
    if alpha is not None and alpha.min() == 255:
        alpha = None  # a channel for it, but nothing shines through
    turn = ORIENTATIONS.get(_orientation(image), ORIENTATIONS[1])
    return Picture(_turned(rgb, *turn), None if alpha is None else _turned(alpha, *turn))


def _orientation(image: Image.Image) -> Any:
    """How the camera was held, 1 to 8. Asked after unpacking: Pillow turns a TIFF itself, and then says 1."""
    with contextlib.suppress(Exception):  # damaged EXIF data says nothing, and is not worth the picture
        return image.getexif().get(0x0112, 1)
    return 1


def _turned(array: np.ndarray, swap: bool, rows: bool, columns: bool) -> np.ndarray:
    if swap:
        array = array.swapaxes(0, 1)
    return np.ascontiguousarray(array[:: -1 if rows else 1, :: -1 if columns else 1])


def _from_array(array: np.ndarray) -> Picture:
    """A copy: what is done to the picture must not be done to the caller's array."""
    if array.dtype == np.bool_:
        array = array.astype(np.uint8) * 255
    channels = array.shape[2] if array.ndim == 3 else 1 if array.ndim == 2 else 0
    if array.dtype != np.uint8 or channels not in (1, 3, 4):
        raise ReverieError(
            f"An array of {array.dtype} with shape {array.shape} is no picture.",
            "Give numbers from 0 to 255 as uint8, of shape (height, width, 3).",
        )
    check_size((array.shape[1], array.shape[0]), "The array")
    array = array.reshape(*array.shape[:2], channels)
    rgb = np.repeat(array, 3, axis=2) if channels == 1 else array[..., :3].copy()
    return Picture(rgb, array[..., 3].copy() if channels == 4 and array[..., 3].min() < 255 else None)
