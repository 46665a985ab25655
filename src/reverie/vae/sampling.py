"""The layer that makes an autoencoder variational."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("reverie")
class Sampling(keras.layers.Layer):
    """A point of latent space, drawn from the Gaussian that the encoder names (Kingma and Welling 2014):

        z = mean + exp(log_variance / 2) * noise,    noise ~ N(0, 1)

    Inputs: (mean, log_variance), each float32 (batch, latent). The randomness is a layer's own, held in a variable, so
    that a run which is resumed draws the noise it would have drawn. With training=False it draws too: give `mean`
    itself to the decoder for the middle of the cloud.
    """

    def __init__(self, seed: int | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: tuple[Any, Any]) -> Any:
        mean, log_variance = inputs
        noise = keras.random.normal(ops.shape(mean), dtype=mean.dtype, seed=self.generator)
        return mean + ops.exp(0.5 * log_variance) * noise

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed}
