"""Any picture as a square of a given size: its middle, resized."""

import numpy as np
from PIL import Image

from reverie.images.picture import Picture


def square(picture: Picture | np.ndarray, size: int) -> np.ndarray:
    """The middle square as uint8 (size, size, channels): Lanczos filter, on uint8, at once with the cropping.

    picture: a Picture, put on white where it is transparent, or a uint8 array (height, width, 1 or 3).
    """
    pixels = _on_white(picture) if isinstance(picture, Picture) else picture
    height, width, channels = pixels.shape
    side = min(height, width)
    top, left = (height - side) / 2, (width - side) / 2
    if side == size:
        return pixels[int(top) : int(top) + side, int(left) : int(left) + side]
    image = Image.fromarray(np.ascontiguousarray(pixels if channels == 3 else pixels[..., 0]))
    box = (left, top, left + side, top + side)
    return np.asarray(image.resize((size, size), Image.Resampling.LANCZOS, box)).reshape(size, size, channels)


def in_channels(picture: np.ndarray, channels: int) -> np.ndarray:
    """As grey, by its luma (ITU-R 601, as Pillow has it), or as RGB."""
    if picture.shape[2] == channels:
        return picture
    if channels == 3:
        return np.repeat(picture, 3, axis=2)
    luma = (picture @ np.array([19595, 38470, 7471], np.uint32) + 0x8000) >> 16
    return luma.astype(np.uint8)[..., None]


def _on_white(picture: Picture) -> np.ndarray:
    if picture.alpha is None:
        return picture.rgb
    alpha = picture.alpha[..., None].astype(np.uint16)
    return ((picture.rgb * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
