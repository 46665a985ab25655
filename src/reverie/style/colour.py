"""Keeping the photo's colours (Gatys et al. 2016, "Preserving Color in Neural Artistic Style Transfer")."""

import numpy as np

COLOURS = ("painting", "luminance", "histogram")
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as in YIQ and JPEG


def luminance(picture: np.ndarray) -> np.ndarray:
    """float32 (height, width, 3) -> the same picture in grey, (height, width, 3)."""
    return np.repeat((picture @ LUMA)[..., None], 3, axis=2)


def as_bright(painting: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """A grey painting with the mean and the deviation of a grey photo, so that style is not mere brightness."""
    moved = (painting - painting.mean()) * (photo.std() / max(float(painting.std()), 1e-6)) + photo.mean()
    return _in_range(moved)


def coloured(grey: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """The brightness of one picture with the colours of another of the same size.

    What gets out of range is drawn back towards grey, so that the brightness stays what it is.
    """
    bright = (grey @ LUMA)[..., None]
    colour = photo - (photo @ LUMA)[..., None]
    room = np.where(colour > 0, 1 - bright, bright) / np.maximum(np.abs(colour), 1e-6)
    found = bright + colour * np.minimum(1, room.min(axis=-1, keepdims=True))
    return _in_range(found)


def repainted(painting: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """A painting with the photo's histogram in each colour (scikit-image)."""
    from skimage.exposure import match_histograms

    return _in_range(match_histograms(painting, photo, channel_axis=-1))


def _in_range(picture: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.clip(picture, 0, 1).astype(np.float32)
    return found
