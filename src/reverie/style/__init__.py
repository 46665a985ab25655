"""Neural style transfer: a photo repainted in the style of paintings."""

import reverie.backend  # noqa: F401  settles the backend before Keras is imported

# isort: split
from reverie.pixels.progress import Progress
from reverie.style.fast.model import FastStyle, apply, load
from reverie.style.fast.train import train
from reverie.style.film import film
from reverie.style.flow import flicker
from reverie.style.losses import content_loss, gram_matrix, style_loss, total_variation
from reverie.style.presets import PRESETS
from reverie.style.report import report
from reverie.style.sheet import sheet
from reverie.style.texture import texture
from reverie.style.transfer import transfer

__all__ = [
    "PRESETS", "FastStyle", "Progress", "apply", "content_loss", "film", "flicker", "gram_matrix", "load", "report",
    "sheet", "style_loss", "texture", "total_variation", "train", "transfer",
]  # fmt: skip
