"""A photo repainted while the painter learns."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from reverie import images
from reverie.pixels.scaling import numbers
from reverie.style.fast.model import FastStyle
from reverie.training.sheets import save_sheet


class Samples(keras.callbacks.Callback):
    """Writes, at the end of each epoch, the same photo in each style: `folder/epoch-0001.png` and so on.

    photo: uint8 (height, width, 3). settings: of the run; each sheet carries them.
    """

    def __init__(self, model: FastStyle, photo: np.ndarray, folder: Path, settings: dict[str, Any]) -> None:
        super().__init__()
        self.painter, self.folder, self.settings = model, folder, settings
        self.photo = numbers(photo)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        weights = np.eye(len(self.painter.styles), dtype=np.float32)
        paintings = [self.painter.repaint(self.photo[None], row[None])[0] for row in weights]
        sheet = images.grid([self.photo, *paintings], columns=4, captions=["photo", *self.painter.styles])
        save_sheet(sheet, self.folder, epoch, "style train", self.settings)
