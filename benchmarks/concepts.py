"""What moving along a concept vector changes, as judged by a classifier that was trained on the truth."""

from typing import Any

import numpy as np

import reverie.backend  # noqa: F401  settles the backend before Keras is imported

# isort: split
import keras
from keras import layers

from reverie.images.folders import Pictures
from reverie.vae import VAE

STRENGTHS = (0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
FACES = ("smile", "glasses", "hair", "hair_colour", "skin", "background", "pose", "freckles")


def edits(
    model: VAE, pictures: Pictures, wanted: str, others: tuple[str, ...], split: list[np.ndarray], epochs: int
) -> dict[str, Any]:
    """How often `wanted` flips and each of the others changes, from a reconstruction to the edited one.

    split: rows to find the vector and train the classifier, to choose the strength, and to measure. The classifier
    learns from the pictures and from the model's reconstructions of them, with the true attributes of both.
    """
    known, chosen, test = split
    truth = {name: codes(pictures, name) for name in (wanted, *others)}
    both = np.concatenate([in_colour(pictures.pixels[known]), model.reconstruct(pictures.pixels[known])])
    judge = classifier(both, {name: np.tile(values[known], 2) for name, values in truth.items()}, epochs)
    among = Pictures(
        pictures.pixels[known], [""] * len(known), attributes={k: v[known] for k, v in pictures.attributes.items()}
    )
    if wanted in pictures.attributes:
        concept = model.concept(wanted, among=among, against=others)
    else:
        has = truth[wanted][known] == 1
        concept = model.concept(among.pixels[has], among.pixels[~has])

    def measured(rows: np.ndarray, strength: float) -> dict[str, float]:
        points = model.encode(pictures.pixels[rows])
        before = seen(judge, model.decode(points))
        sign = np.where(before[wanted] == 1, -1, 1)
        after = seen(judge, model.decode(concept.moved(points, strength * sign)))
        return {name: float((before[name] != after[name]).mean()) for name in truth}

    def worth(strength: float) -> float:
        """How far the bars of 95 % and 5 % are kept, by the one that is kept least."""
        found = measured(chosen, strength)
        return min([found[wanted] - 0.95, *(0.05 - found[name] for name in others)])

    strength = max(STRENGTHS, key=worth)
    shown = pictures.pixels[test]
    right = {
        "pictures": {name: float((found == truth[name][test]).mean()) for name, found in seen(judge, shown).items()},
        "reconstructions": {
            name: float((found == truth[name][test]).mean())
            for name, found in seen(judge, model.reconstruct(shown)).items()
        },
    }
    return {
        "strength": strength,
        "changed": measured(test, strength),
        "by_strength": {each: measured(test, each) for each in STRENGTHS},
        "classifier_right": right,
        "faces": len(test),
    }


def codes(pictures: Pictures, name: str) -> np.ndarray:
    """An attribute, or whether the label is `name`, as whole numbers from 0."""
    if name in pictures.attributes:
        return np.unique(pictures.attributes[name], return_inverse=True)[1]
    assert pictures.labels is not None
    return (pictures.labels == pictures.label_names.index(name)).astype(np.int64)


def in_colour(pixels: np.ndarray) -> np.ndarray:
    return np.repeat(pixels, 3 // pixels.shape[3], axis=3)


def classifier(pixels: np.ndarray, truth: dict[str, np.ndarray], epochs: int) -> keras.Model:
    """Tells attributes, each a whole number, from pictures: uint8 (n, size, size, 3)."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input(pixels.shape[1:])
    x = layers.Rescaling(1 / 127.5, -1)(inputs)
    for wide in (16, 32, 64, 96):
        x = layers.BatchNormalization()(layers.Conv2D(wide, 3, strides=2, padding="same", activation="relu")(x))
    x = layers.Dense(256, activation="relu")(layers.Dropout(0.3)(layers.Flatten()(x)))
    heads = {name: layers.Dense(int(values.max()) + 1, name=name)(x) for name, values in truth.items()}
    judge = keras.Model(inputs, heads)
    loss = {name: keras.losses.SparseCategoricalCrossentropy(from_logits=True) for name in truth}
    steps = max(1, epochs * len(pixels) // 128)
    judge.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(2e-3, steps)), loss=loss)
    judge.fit(pixels, truth, batch_size=128, epochs=epochs, verbose=0)
    return judge


def seen(judge: keras.Model, pictures: np.ndarray) -> dict[str, np.ndarray]:
    """What the classifier tells of each picture."""
    return {
        name: logits.argmax(axis=1)
        for name, logits in judge.predict(in_colour(pictures), batch_size=256, verbose=0).items()
    }
