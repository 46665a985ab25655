"""Changing a picture's size, on the host: Pillow's cubic filter, widened when shrinking so that nothing aliases."""

import numpy as np
from PIL import Image


def resize(array: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """float32 (height, width, channels) -> float32 (*size, channels), any range of values.

    size: (height, width). Cubic convolution (Keys 1981, a = -1/2), its support scaled by the reduction. It
    overshoots at edges by some percent: clip where the values must stay in a range.
    """
    height, width = size
    result = np.empty((height, width, array.shape[2]), np.float32)
    for channel in range(array.shape[2]):
        plane = Image.fromarray(np.ascontiguousarray(array[..., channel], dtype=np.float32))
        result[..., channel] = np.asarray(plane.resize((width, height), Image.Resampling.BICUBIC))
    return result


def small(pictures: np.ndarray, side: int) -> np.ndarray:
    """(n, size, size, channels) -> float32 (n, numbers): means of blocks, to `side` pixels a side or a few more."""
    count, size, _, channels = pictures.shape
    block = max(1, size // side)
    whole = size - size % block
    cut = pictures[:, :whole, :whole].reshape(count, whole // block, block, whole // block, block, channels)
    return np.asarray(cut.mean(axis=(2, 4), dtype=np.float32).reshape(count, -1))


def fit(rgb: np.ndarray, longest: int) -> np.ndarray:
    """uint8 (height, width, 3) -> the same picture with its longest side `longest` pixels, smaller or larger.

    The other side is rounded to whole pixels, at least 1. Lanczos filter, on uint8.
    """
    height, width = rgb.shape[:2]
    scale = longest / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if size == (width, height):
        return rgb
    return np.asarray(Image.fromarray(np.ascontiguousarray(rgb)).resize(size, Image.Resampling.LANCZOS))
