"""Language models: networks that give the probability of the next token from the earlier ones."""

import reverie.backend  # noqa: F401  settles the backend before Keras is imported
from reverie.text.callbacks import GenerateText
from reverie.text.model import TextModel, load
from reverie.text.report import report
from reverie.text.temperatures import temperatures
from reverie.text.train import train

__all__ = ["GenerateText", "TextModel", "load", "report", "temperatures", "train"]
