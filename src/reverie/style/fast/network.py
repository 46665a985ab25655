"""The painter: photo in, painting out, in one pass; one network for several styles.

Johnson, Alahi and Fei-Fei 2016 (arXiv 1603.08155), with a style's own scale and shift after each normalisation, as
Dumoulin, Shlens and Kudlur 2017 (arXiv 1610.07629). Ours is at a quarter of the photo's size from its first layer on,
and narrow, which is what makes it light; what that size cannot show of the photo is handed to the last layer.
"""

from typing import Any

import reverie.backend  # noqa: F401  settles the backend before Keras is imported

# isort: split
import keras
from keras import layers, ops

Tensor = Any

STRIDE = 4  # px: sides are whole multiples of it


def build(styles: int, width: int = 64, blocks: int = 5) -> keras.Model:
    """Photos (batch, height, width, 3) in [0, 1] and style weights (batch, styles) to paintings like the photos.

    Sides are multiples of STRIDE. width: channels at a quarter of the size. blocks: residual blocks there.
    """
    photos = keras.Input((None, None, 3), name="photos")
    weights = keras.Input((styles,), name="weights")

    def styled(x: Tensor, name: str) -> Tensor:
        return StyledNormalization(name=f"{name}_norm")([x, weights])

    def convolved(x: Tensor, name: str, channels: int, size: int = 3, **options: Any) -> Tensor:
        return styled(layers.Conv2D(channels, size, padding="same", use_bias=False, name=name, **options)(x), name)

    centred = layers.Rescaling(4.0, -2.0, name="centred")(photos)
    x = layers.ReLU()(convolved(centred, "see", width, 8, strides=STRIDE))  # (batch, height / 4, width / 4, width)
    for number in range(1, blocks + 1):
        y = layers.ReLU()(convolved(x, f"block{number}_1", width))
        x = layers.Add()([x, convolved(y, f"block{number}_2", width)])
    # Enlarged by repetition: where sub-pixels were tried the network learnt a fine mesh, which pleases a small feature
    # network and nobody else.
    x = layers.ReLU()(convolved(layers.UpSampling2D()(x), "half", width // 2))  # (batch, height / 2, width / 2, ...)
    x = layers.ReLU()(convolved(layers.UpSampling2D()(x), "whole", width // 4))  # (batch, height, width, ...)
    x = layers.Concatenate()([x, styled(centred, "photo")])
    x = layers.Conv2D(3, 5, padding="same", name="paint")(x)
    return keras.Model([photos, weights], layers.Activation("sigmoid", dtype="float32")(x), name="painter")


@keras.saving.register_keras_serializable("reverie")
class StyledNormalization(layers.Layer):
    """Conditional instance normalisation: each channel of each picture to mean 0 and deviation 1, then

        y = x * (1 + w · scale) + w · shift

    with the picture's style weights w, (styles,), and `scale` and `shift`, (styles, channels). So a mixture of styles
    is a mixture of these few numbers; all else is shared. Statistics are taken in float32.

    Called with x, (batch, height, width, channels), and w, (batch, styles).
    """

    def build(self, shapes: Any) -> None:
        (*_, channels), (_, styles) = shapes
        self.scale = self.add_weight(shape=(styles, channels), initializer="zeros", name="scale")
        self.shift = self.add_weight(shape=(styles, channels), initializer="zeros", name="shift")

    def call(self, inputs: Any) -> Tensor:
        x, w = inputs
        mean, variance = ops.moments(ops.cast(x, "float32"), axes=(1, 2), keepdims=True)
        w = ops.cast(w, "float32")
        scale = 1.0 + ops.matmul(w, ops.cast(self.scale, "float32"))[:, None, None]
        shift = ops.matmul(w, ops.cast(self.shift, "float32"))[:, None, None]
        scale = scale * ops.rsqrt(variance + 1e-3)
        # One product and one sum over the map: it is what takes time here.
        return x * ops.cast(scale, x.dtype) + ops.cast(shift - mean * scale, x.dtype)

    def compute_output_shape(self, shapes: Any) -> Any:
        return shapes[0]
