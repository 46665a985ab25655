"""Generative adversarial networks: pictures from noise, and real pictures found again in the space of noise."""

import reverie.backend  # noqa: F401  settles the backend before Keras is imported
from reverie.gan.adversary import Adversary
from reverie.gan.augment import Augment
from reverie.gan.callbacks import ShowSamples
from reverie.gan.concept import Concept
from reverie.gan.invert import Inverted
from reverie.gan.load import load
from reverie.gan.model import GAN
from reverie.gan.report import Report, report
from reverie.gan.sight import Sight
from reverie.gan.textbook import Textbook
from reverie.gan.train import train
from reverie.gan.watch import Watch

__all__ = [
    "GAN", "Adversary", "Augment", "Concept", "Inverted", "Report", "ShowSamples", "Sight", "Textbook", "Watch", "load",
    "report", "train",
]  # fmt: skip
