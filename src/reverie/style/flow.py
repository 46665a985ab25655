"""What moved from one picture to the next: optical flow, a picture carried along by it, and where it can be trusted."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from reverie import images
from reverie.style.colour import LUMA

ALIKE = 0.01  # of the longest side: around a pixel
SIZE = 256  # px, longest side of the pictures that the flow is found in at last


def flow(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Where each pixel of `after` was in `before`: float32 (height, width, 2), pixels down and to the right.

    before, after: float32 (height, width, 3) in [0, 1]. after[y, x] looks like before[y + f[y, x, 0], x + f[y, x, 1]].
    TV-L1 (Zach, Pock and Bischof 2007, by scikit-image), on brightness: first at 64 pixels, with many steps, which
    finds movement by up to a tenth of the picture, then what is left at 256.
    """
    rough = _found(before, after, 64, warps=15)
    rest = _found(warped(before, rough), after, SIZE, warps=3)
    found: np.ndarray = rest + _fetched(rough, rest, order=1)
    return found


def _found(before: np.ndarray, after: np.ndarray, longest: int, warps: int) -> np.ndarray:
    """The flow of pictures made smaller, to so many pixels on the longest side; in pixels of the large ones."""
    from skimage import registration  # half a second

    size = before.shape[0], before.shape[1]
    scale = min(1, longest / max(size))
    small = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    one, other = (images.resize((picture @ LUMA)[..., None], small)[..., 0] for picture in (before, after))
    tv_l1: Any = registration.optical_flow_tvl1
    wide = images.resize(np.moveaxis(tv_l1(other, one, num_warp=warps, num_iter=10, dtype=np.float32), 0, -1), size)
    wide *= np.array([size[0] / small[0], size[1] / small[1]], np.float32)
    return wide


def warped(picture: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """A picture, float32 (height, width, channels), carried along: each pixel is fetched from where it was.

    Cubic, for linear interpolation would blur the strokes a little more with every frame; in the range of the picture.
    """
    found: np.ndarray = np.clip(_fetched(picture, moved, order=3), picture.min(), picture.max())
    return found


def consistent(moved: np.ndarray, back: np.ndarray) -> np.ndarray:
    """Where a flow can be trusted: float32 (height, width), 1 or 0.

    moved: from `after` to `before`; back: from `before` to `after`. A pixel that goes there and back must arrive where
    it was; what was hidden in `before`, or out of the picture, does not:

        |f + b(p + f)|² < 0.01 (|f|² + |b(p + f)|²) + 0.5

    and a pixel where the flow itself changes abruptly, |∇f|² > 0.01 |f|² + 0.002, is on an edge of what moves.
    Sundaram, Brox and Keutzer 2010, as Ruder, Dosovitskiy and Brox 2016 use it.
    """
    there, places = _fetched(back, moved, order=1), _places(moved)
    energy = np.square(moved).sum(-1)
    missed = np.square(moved + there).sum(-1) > 0.01 * (energy + np.square(there).sum(-1)) + 0.5
    bend = sum(np.square(np.gradient(moved[..., i], axis=axis)) for i in range(2) for axis in range(2))
    height, width = moved.shape[:2]
    outside = (places[0] < 0) | (places[0] > height - 1) | (places[1] < 0) | (places[1] > width - 1)
    sure: np.ndarray = 1 - (missed | outside | (bend > 0.01 * energy + 0.002)).astype(np.float32)
    return sure


def flicker(frames: Iterable[np.ndarray], originals: Iterable[np.ndarray]) -> float:
    """How much a repainted film flickers: the mean absolute difference, in [0, 1], between each frame and the one
    before it carried along by the flow of the original film, where that flow can be trusted.

    frames, originals: uint8 (height, width, 3), all of one size. Pictures that move as one with the film have 0.
    """
    total, count = 0.0, 0.0
    last: tuple[np.ndarray, np.ndarray] | None = None
    for frame, original in zip(frames, originals, strict=True):
        painted, photo = (np.asarray(picture, np.float32) / np.float32(255) for picture in (frame, original))
        if last is not None:
            moved, sure = followed(last[1], photo)
            total += float((np.abs(painted - warped(last[0], moved)).mean(-1) * sure).sum())
            count += float(sure.sum())
        last = painted, photo
    return total / count if count else 0.0


def followed(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(`flow`, where it is `consistent`, and the pictures look alike) of two pictures.

    Alike: what is carried along differs by less than 0.1 from what is there, around each pixel. Movement too fast to be
    found can be consistent: nowhere at all.
    """
    from scipy.ndimage import gaussian_filter

    moved = flow(before, after)
    sure = consistent(moved, flow(after, before))
    apart = gaussian_filter(np.abs(warped(before, moved) - after).mean(-1), ALIKE * max(sure.shape))
    return moved, sure * (apart < 0.1)


def _fetched(picture: np.ndarray, moved: np.ndarray, order: int) -> np.ndarray:
    from scipy import ndimage

    spline: Any = ndimage.map_coordinates
    places = _places(moved)
    planes = [spline(picture[..., c], places, order=order, mode="nearest") for c in range(picture.shape[2])]
    return np.stack(planes, axis=-1)


def _places(moved: np.ndarray) -> np.ndarray:
    height, width = moved.shape[:2]
    return np.stack([np.arange(height)[:, None] + moved[..., 0], np.arange(width)[None] + moved[..., 1]])
