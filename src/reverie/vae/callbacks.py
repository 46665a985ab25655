"""Pictures while a model trains."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from reverie.images.sheet import sheet
from reverie.training.sheets import save_sheet
from reverie.vae.mixture import fit
from reverie.vae.model import VAE

COLUMNS = 8  # on the sheet
FITTED = 512  # pictures that say where to sample


class ShowPictures(keras.callbacks.Callback):
    """At the end of each epoch, `folder/epoch-0001.png` and so on: pictures above their reconstructions, then samples.

    pictures: uint8 (n, size, size, channels), held out. The samples come from one Gaussian fitted to where these lie in
    latent space, with the same noise each time, so that epochs differ by what was learned only. settings: of the run;
    each sheet carries them.
    """

    def __init__(
        self, model: VAE, pictures: np.ndarray, folder: Path, settings: dict[str, Any] | None = None
    ) -> None:  # fmt: skip
        super().__init__()
        self.vae, self.pictures, self.folder = model, np.asarray(pictures[:FITTED]), folder
        self.settings = settings

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        latents = self.vae.encode(self.pictures)
        shown = self.pictures[:COLUMNS]
        rows = np.concatenate(
            [
                np.repeat(shown, 3 // shown.shape[3], axis=3),
                self.vae.decode(latents[:COLUMNS]),
                self.vae.decode(fit(latents, 1).sample(len(shown))),
            ]
        )
        title = "Held out, reconstructed, and new"
        save_sheet(sheet(rows, len(shown), title=title), self.folder, epoch, "vae train", self.settings)
