"""Little faces with known attributes, drawn by code: to learn from, to look at, to measure against the truth.

draw       any number of them -> Pictures with attributes
describe   one of them, as a Face: dataclasses.replace changes it
portrait   a Face as pixels
"""

from reverie.faces.description import Face
from reverie.faces.drawing import describe, draw
from reverie.faces.painting import portrait

__all__ = ["Face", "describe", "draw", "portrait"]
