"""Latent spaces, for every engine that has one: arcs through them, and directions that mean something."""

from reverie.latent.arcs import quantiles, spherical, walk
from reverie.latent.concept import Concept, difference, effect

__all__ = ["Concept", "difference", "effect", "quantiles", "spherical", "walk"]
