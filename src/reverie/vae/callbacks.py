"""Pictures while a model trains."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from reverie import images
from reverie.vae.model import VAE

SHOWN = 96  # pixels on a side at least, on the sheet


class ShowPictures(keras.callbacks.Callback):
    """At the end of each epoch, `folder/epoch-0001.png` and so on: pictures above their reconstructions, then samples.

    pictures: uint8 (n, size, size, channels), held out; half a dozen or so. The samples come from the same points of
    the prior each time, so that epochs differ by what was learned only.
    """

    def __init__(self, model: VAE, pictures: np.ndarray, folder: Path) -> None:
        super().__init__()
        self.vae, self.pictures, self.folder = model, np.asarray(pictures), folder

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        count = len(self.pictures)
        rows = np.concatenate(
            [
                np.repeat(self.pictures, 3 // self.pictures.shape[3], axis=3),
                self.vae.reconstruct(self.pictures),
                self.vae.sample(count),
            ]
        )
        larger = -(-SHOWN // self.vae.size)
        rows = rows.repeat(larger, axis=1).repeat(larger, axis=2)
        title = "Held out, reconstructed, and new"
        images.save(images.grid(list(rows), count, title=title), self.folder / f"epoch-{epoch + 1:04d}.png")
