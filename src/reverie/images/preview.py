"""A picture of work in progress: written from time to time, whole each time, for whoever looks on."""

import os
import time
from collections.abc import Callable

import numpy as np
from PIL import Image

from reverie.images.saving import output, save


class Preview:
    """Called as often as the work likes, with a function that makes the picture; it is asked only when one is due.

    preview = Preview("dream.preview.png", every=5)
    preview(lambda: encode(pixels))

    path: .png, .jpg or .webp; a reader sees a whole picture at any moment. every: seconds between two pictures; the
    first comes at once. Raises ReverieError at the start if `path` cannot be written, and later if the disk is full.
    """

    def __init__(self, path: str | os.PathLike[str], every: float = 5.0) -> None:
        self.path = output(path)
        self.every = every
        self._due = -float("inf")

    def __call__(self, picture: Callable[[], Image.Image | np.ndarray]) -> None:
        now = time.monotonic()
        if now < self._due:
            return
        save(picture(), self.path)
        # Counted from the end of writing: a slow disk must not take the time from the work.
        self._due = time.monotonic() + self.every
