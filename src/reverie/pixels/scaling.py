"""Pictures as the float32 that gradients change, at any size."""

import numpy as np

from reverie import images

ROWS = 64  # worked on at a time


def numbers(picture: np.ndarray) -> np.ndarray:
    """uint8 as float32 in [0, 1]; what is float32 stays as it is."""
    return picture.astype(np.float32) / np.float32(255) if picture.dtype == np.uint8 else picture


def resized(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """uint8, or float32 in [0, 1], (height, width, 3) as float32 (*size, 3) in [0, 1]; maybe the picture itself."""
    if picture.shape[:2] == size:
        return numbers(picture)
    found = images.resize(picture, size)
    if picture.dtype == np.uint8:
        found /= np.float32(255)
    return np.clip(found, 0, 1, out=found)


def add(pixels: np.ndarray, picture: np.ndarray, sign: float = 1.0) -> None:
    """pixels += sign * picture, of the same size, some rows at a time: no copy of the whole is made."""
    scale = np.float32(sign / 255 if picture.dtype == np.uint8 else sign)
    for top in range(0, len(pixels), ROWS):
        pixels[top : top + ROWS] += picture[top : top + ROWS] * scale
