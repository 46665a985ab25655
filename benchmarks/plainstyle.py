"""What Reverie's style transfer is judged against: 500 steps of Adam at one size, with the quarter-width VGG.

Written out plainly, and with nothing of Reverie's engine, but with the same losses at the same balance: the photo at
512 px is changed by Adam until the network of Wang et al. 2020 sees the style of the painting in it. Layers are those
of Gatys et al.: content at conv4_2, style at conv1_1 to conv5_1.
"""

from pathlib import Path
from typing import Any

import numpy as np

import reverie.backend  # noqa: F401  settles the backend before Keras is imported

# isort: split
from keras import ops

from reverie import backend, features, images
from reverie.features import vgg
from reverie.style.transfer import STYLE

SIZE, STEPS = 512, 500
RATE, LAST = 0.02, 0.004  # a step's length, from first to last; larger ones end noisier, smaller ones unfinished
STYLES, CONTENT = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"), "conv4_2"


class Plain:
    """weights: vgg19_quarter_to_conv5_1.npz."""

    def __init__(self, weights: Path) -> None:
        network = features.load(vgg.quarter(weights))
        self.model = network.activations((*STYLES, CONTENT))
        self.program = backend.value_and_grad(self.loss, network.variables)

    def __call__(self, photo: Path, painting: Path, strength: float = 1.0) -> np.ndarray:
        """float32 (height, width, 3) in [0, 1]."""
        canvas, style = (
            images.fit(images.decode(p).rgb, SIZE)[None].astype(np.float32) / 255 for p in (photo, painting)
        )
        *_, content = self.model(canvas, training=False)
        grams = [gram(a) for a in self.model(style, training=False)[:-1]]
        targets = [backend.to_numpy(a) for a in (content, *grams)]
        m, v = np.zeros_like(canvas), np.zeros_like(canvas)
        for step in range(1, STEPS + 1):
            _, _, gradient = self.program(canvas, np.float32(STYLE * strength), *targets)
            g = backend.to_numpy(gradient)
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            rate = RATE + (LAST - RATE) * step / STEPS
            canvas = canvas - rate * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-12)
            canvas = np.clip(canvas, 0, 1)
        return canvas[0]  # type: ignore[no-any-return]

    def loss(self, x: Any, strength: Any, photo: Any, *targets: Any) -> tuple[Any, Any]:
        *maps, content = self.model(x, training=False)
        loss = ops.sum(ops.square(content - photo)) / ops.sum(ops.square(photo))
        for a, target in zip(maps, targets, strict=True):
            loss += strength / len(STYLES) * ops.sum(ops.square(gram(a) - target)) / ops.sum(ops.square(target))
        return loss, ops.zeros(())


def gram(maps: Any) -> Any:
    rows = ops.reshape(maps, (-1, maps.shape[-1]))
    return ops.matmul(ops.transpose(rows), rows) / ops.cast(ops.shape(rows)[0], "float32")
