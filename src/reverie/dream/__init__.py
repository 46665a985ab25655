"""DeepDream: pictures in which a network sees more of what it already sees."""

import reverie.backend  # noqa: F401  settles the backend before Keras is imported

# isort: split
from reverie.dream.filters import filters
from reverie.dream.objectives import Objective, channel, layer, like, logit, neuron
from reverie.dream.presets import PRESETS
from reverie.dream.render import render
from reverie.dream.sheet import sheet
from reverie.dream.sound import Sound, render_sound
from reverie.dream.zoom import zoom
from reverie.pixels.progress import Progress

__all__ = [
    "PRESETS", "Objective", "Progress", "Sound", "channel", "filters", "layer", "like", "logit", "neuron", "render",
    "render_sound", "sheet", "zoom",
]  # fmt: skip
