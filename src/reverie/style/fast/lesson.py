"""What the painter is trained by: the losses of `style.transfer`, averaged over the pictures of a batch."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from reverie.style.losses import content_loss, gram_matrix, style_loss

Tensor = Any


class Sight:
    """What a feature network sees in a batch: content of photos, Gram matrices of paintings.

    network: a FeatureNetwork, which stays as it is. content, style: names of its layers. Not a Keras object, so that
    its variables are no part of the model that is trained.
    """

    def __init__(self, network: Any, content: Sequence[str], style: Sequence[str]) -> None:
        names = tuple(dict.fromkeys((*content, *style)))
        self.all, self.deep = network.activations(names), network.activations(tuple(content))
        for layer in self.all.layers:
            layer.trainable = False
        self.content = [names.index(name) for name in content]
        self.style = [names.index(name) for name in style]

    def grams(self, painting: np.ndarray) -> list[np.ndarray]:
        """For each style layer (channels, channels): of a painting, float32 (height, width, 3)."""
        maps = self.all(painting[None], training=False)
        return [ops.convert_to_numpy(gram_matrix(maps[i])) for i in self.style]

    def losses(self, pictures: Tensor, photos: Tensor, grams: list[Tensor]) -> tuple[Tensor, Tensor]:
        """(content, style) losses, the mean of all pictures.

        pictures, photos: (batch, height, width, 3). grams: for each style layer (batch, channels, channels).
        """
        count = photos.shape[0]
        wanted = [ops.unstack(ops.stop_gradient(a), count) for a in self.deep(photos, training=False)]
        seen = [ops.unstack(a, count) for a in self.all(pictures, training=False)]
        content, style = ops.zeros(()), ops.zeros(())
        for i, targets in zip(self.content, wanted, strict=True):
            for a, target in zip(seen[i], targets, strict=True):
                content = content + content_loss(a[None], target[None]) / (count * len(self.content))
        for i, targets in zip(self.style, grams, strict=True):
            for row, a in enumerate(seen[i]):
                style = style + style_loss(gram_matrix(a[None]), targets[row]) / (count * len(self.style))
        return content, style


class Lesson(keras.Model):
    """A painter in training: `fit` on photos, (batch, height, width, 3) in [0, 255], and their style weights.

    grams: of each painting, at its size and at half of it, what `Sight.grams` gives. strength: of the style loss
    against the content loss. Losses are taken at both sizes: at one, the painter learns fine hatching that pleases a
    small feature network and nobody else; long strokes and patches of colour come from the half size.
    The painter is called in `compute_loss`, where it is known which styles a picture is to get.
    """

    def __init__(
        self, painter: keras.Model, sight: Sight, grams: list[list[list[np.ndarray]]], strength: float
    ) -> None:
        super().__init__(name="lesson")
        self.painter, self.strength = painter, strength
        self.sight = sight
        # for each size and layer (styles, channels²)
        self.targets = [
            [np.stack(of_layer).reshape(len(grams), -1) for of_layer in zip(*of_size, strict=True)]
            for of_size in zip(*grams, strict=True)
        ]

    def call(self, photos: Tensor, training: bool | None = None) -> Tensor:
        return photos

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Tensor:
        del y_pred, sample_weight
        photos, y = ops.cast(x, "float32") / 255.0, ops.convert_to_tensor(y)
        painted = self.painter([photos, y], training=training)
        loss = ops.zeros(())
        for targets in self.targets:
            grams = [ops.matmul(y, target) for target in targets]
            sides = [round(target.shape[1] ** 0.5) for target in targets]
            grams = [ops.reshape(gram, (-1, side, side)) for gram, side in zip(grams, sides, strict=True)]
            content, style = self.sight.losses(painted, photos, grams)
            loss = loss + (content + self.strength * style) / len(self.targets)
            painted, photos = (ops.average_pool(a, 2, 2, data_format="channels_last") for a in (painted, photos))
        return loss
