"""Augmentation of what the discriminator sees, real and generated alike, that gradients pass through."""

from typing import Any

import keras
from keras import ops

MOVED, CUT = 1 / 8, 1 / 2  # of a side: how far a picture is moved at most, and how wide the hole in it is


class Augment(keras.layers.Layer):
    """Colour, translation and a hole, each done to a picture with probability `strength` (Zhao et al. 2020, arXiv
    2006.10738, DiffAugment, does all three always; the probability is of Karras et al. 2020, arXiv 2006.06676).

    Pictures are float32 (batch, size, size, channels) in [0, 1], or a little beyond. Colour: brightness by up to 0.25
    up or down, then saturation by a factor from 0 to 2, then contrast by one from 0.5 to 1.5. Translation by whole
    pixels, up to an eighth of a side each way; what it leaves free is black, like the hole. With strength 0 nothing
    changes, not a bit.
    Generated pictures are changed as real ones are, so those of a generator that drew borders or holes of its own would
    have more of them than real ones have.
    """

    def __init__(self, strength: float = 0.0, seed: int | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.draws = keras.random.SeedGenerator(seed)
        self.strength = self.add_weight(
            shape=(), initializer=keras.initializers.Constant(strength), trainable=False, name="strength"
        )

    def call(self, pictures: Any) -> Any:
        batch, (_, side, _, channels) = ops.shape(pictures)[0], pictures.shape
        drawn = keras.random.uniform((batch, 10), seed=self.draws)
        coloured, moved, cut = (ops.cast(drawn[:, i] < self.strength, "float32") for i in range(3))
        x = _coloured(pictures, coloured, drawn[:, 3], drawn[:, 4], drawn[:, 5], channels == 1)
        x = _moved(x, moved, drawn[:, 6], drawn[:, 7], side)
        return _cut(x, cut, drawn[:, 8], drawn[:, 9], side)


def _coloured(x: Any, done: Any, brightness: Any, saturation: Any, contrast: Any, grey: bool) -> Any:
    """The three amounts are (batch,), uniform in [0, 1]; done is 0 or 1."""

    def spread(values: Any) -> Any:
        return values[:, None, None, None]

    x = x + spread(done * 0.5 * (brightness - 0.5))
    if not grey:
        mean = ops.mean(x, axis=3, keepdims=True)
        x = x + (x - mean) * spread(done * (2.0 * saturation - 1.0))
    mean = ops.mean(x, axis=(1, 2, 3), keepdims=True)
    return x + (x - mean) * spread(done * (contrast - 0.5))


def _moved(x: Any, done: Any, down: Any, right: Any, side: int) -> Any:
    """By products with matrices of a 1 in each row, whose gradient is as quick as they are; that of a gather is not."""
    most = round(side * MOVED)

    def matrix(amount: Any) -> Any:
        pixels = done * ops.floor(amount * (2 * most + 1) - most)  # (batch,), from -most to most
        places = ops.arange(side, dtype="float32")
        return ops.cast(places[None, None, :] == places[None, :, None] - pixels[:, None, None], "float32")

    _, height, width, channels = x.shape
    x = ops.reshape(ops.matmul(matrix(down), ops.reshape(x, (-1, height, width * channels))), (-1, *x.shape[1:]))
    return ops.einsum("bij,bhjc->bhic", matrix(right), x)


def _cut(x: Any, done: Any, down: Any, right: Any, side: int) -> Any:
    def inside(amount: Any) -> Any:
        places = ops.arange(side, dtype="float32")[None, :] + 0.5
        return ops.cast(ops.abs(places - side * amount[:, None]) < side * CUT / 2, "float32")  # (batch, side)

    hole = inside(down)[:, :, None] * inside(right)[:, None, :] * done[:, None, None]
    return x * (1.0 - hole[..., None])
