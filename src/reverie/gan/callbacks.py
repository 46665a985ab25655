"""Pictures while a pair of networks trains."""

from pathlib import Path
from typing import Any

import keras

from reverie import images
from reverie.gan.model import GAN

COLUMNS, ROWS, SHOWN = 8, 4, 64  # pictures on the sheet, and pixels on a side at least


class ShowSamples(keras.callbacks.Callback):
    """At the end of each epoch, `folder/epoch-0001.png` and so on: samples, from the same latents each time."""

    def __init__(self, model: GAN, folder: Path, seed: int = 0) -> None:
        super().__init__()
        self.gan, self.folder, self.seed = model, folder, seed

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        made = self.gan.sample(COLUMNS * ROWS, seed=self.seed)
        larger = -(-SHOWN // self.gan.size)
        made = made.repeat(larger, axis=1).repeat(larger, axis=2)
        images.save(images.grid(list(made), COLUMNS), self.folder / f"epoch-{epoch + 1:04d}.png")
