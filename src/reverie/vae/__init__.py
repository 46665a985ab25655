"""Variational autoencoders: a space of pictures to sample from, to walk in and to edit with."""

import reverie.backend  # noqa: F401  settles the backend before Keras is imported
from reverie.latent.concept import Concept
from reverie.vae.autoencoder import Autoencoder
from reverie.vae.callbacks import ShowPictures
from reverie.vae.model import VAE, load
from reverie.vae.report import Report, report
from reverie.vae.sampling import Sampling
from reverie.vae.train import train

__all__ = ["VAE", "Autoencoder", "Concept", "Report", "Sampling", "ShowPictures", "load", "report", "train"]
