"""Pictures while a pair of networks trains."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras

from reverie.gan.model import GAN
from reverie.images.sheet import sheet
from reverie.training.sheets import save_sheet

if TYPE_CHECKING:
    from PIL import Image

COLUMNS, ROWS = 8, 4  # of the sheet


class ShowSamples(keras.callbacks.Callback):
    """At the end of each epoch, `folder/epoch-0001.png` and so on: samples, from the same latents each time.

    settings: of the run; each sheet carries them.
    """

    def __init__(self, model: GAN, folder: Path, seed: int = 0, settings: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.gan, self.folder, self.seed, self.settings = model, folder, seed, settings

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        save_sheet(samples(self.gan, self.seed), self.folder, epoch, "gan train", self.settings)


def samples(model: GAN, seed: int = 0) -> "Image.Image":
    """A sheet of what it makes."""
    return sheet(model.sample(COLUMNS * ROWS, seed=seed), COLUMNS)
