"""A teacher and a student small enough to train in a test, and pictures drawn here."""

import keras
import numpy as np
import pytest
from keras import layers

from recipes.distillation import Distillation, deviations, outputs_of, stages_of
from recipes.muon import Muon

NAMES = ("first", "second", "logits")


def network(seed: int) -> keras.Model:
    """Two convolutions and five classes, random but for its seed."""
    keras.utils.set_random_seed(seed)
    images = keras.Input((None, None, 3))
    x = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu", name="first")(images)
    x = layers.Conv2D(12, 3, padding="same", activation="relu", name="second")(x)
    x = layers.Dense(5, name="logits")(layers.GlobalAveragePooling2D()(x))
    return keras.Model(images, x)


@pytest.fixture
def pictures() -> list[np.ndarray]:
    """Coloured discs on slopes of colour: uint8, of several sizes."""
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(12):
        height, width = rng.integers(24, 48, 2)
        y, x = np.mgrid[0:height, 0:width]
        slope = np.stack([x / width, y / height, (x + y) / (width + height)], -1) * rng.uniform(0.2, 1, 3)
        disc = (x - rng.uniform(0, width)) ** 2 + (y - rng.uniform(0, height)) ** 2 < rng.uniform(20, 200)
        drawn.append((255 * np.where(disc[..., None], rng.uniform(0, 1, 3), slope)).astype(np.uint8))
    return drawn


@pytest.fixture
def distillation():
    """Makes a compiled Distillation, always the same."""

    def make(batches: list[np.ndarray], student: int = 2) -> Distillation:
        teacher = outputs_of(network(1), NAMES)
        stages = stages_of(network(student), NAMES)
        model = Distillation(stages, teacher, deviations(teacher, NAMES, batches), seed=3)
        optimizer = Muon(0.03, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=None)
        model.compile(optimizer=optimizer, jit_compile=False)
        optimizer.build(model.trainable_variables)
        return model

    return make
