"""The textbook's adversarial network, as one `keras.Model` for `compile` and `fit` on every backend."""

from typing import Any

import keras
from keras import ops

from reverie.gan import networks

NOISE = 0.05  # added to labels, uniform in [0, NOISE]
REAL, MADE = 0.0, 1.0  # the textbook's labels


class Textbook(keras.Model):
    """As Chollet's Deep Learning with Python has it, for pictures uint8 (batch, resolution, resolution, channels):

    1. Latents are drawn from N(0, 1), and the generator turns them into pictures.
    2. The discriminator learns from generated and real pictures, mixed, which is which; its labels are noisy.
    3. The generator learns through the discriminator, whose weights are constants meanwhile, with misleading labels
       that say "these are all real".

    Both losses are binary cross-entropies. We differ in that both networks take their step at once rather than one
    after the other; that dropout is on while training, as the text wants it (with Keras 3 the book's code, which does
    not pass `training`, leaves it off); that the discriminator gives logits, exact where a sigmoid saturates; and, in
    `train`, that the learning rate rises at the beginning and falls at the end.
    The target that `fit` passes is ignored.
    """

    def __init__(self, config: dict[str, Any], *, seed: int | None = None) -> None:
        super().__init__(name="textbook")
        self.config = networks.checked(config)
        self.generator = networks.generator(self.config)
        self.discriminator = networks.discriminator(self.config)
        self.draws = keras.random.SeedGenerator(seed)
        self.measured = {name: keras.metrics.Mean(name=name) for name in ("generator", "discriminator")}
        self.build(None)

    @property
    def average(self) -> keras.Model:
        """What samples are drawn from: the book takes no average."""
        return self.generator

    def build(self, shape: Any) -> None:
        self.built = True

    def call(self, pictures: Any, training: bool = False) -> Any:
        """Latents for two batches, one to show the discriminator and one to learn by: (2, batch, latent)."""
        shape = (2, ops.shape(pictures)[0], self.config["latent"])
        return keras.random.normal(shape, seed=self.draws)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """The sum of both losses."""
        del y, sample_weight, training
        losses = self.contest(x, y_pred)
        for name, value in losses.items():
            self.measured[name].update_state(value)
        return losses["generator"] + losses["discriminator"]

    def contest(self, pictures: Any, latents: Any) -> dict[str, Any]:
        """The loss of each network, for real pictures, uint8, and the latents of as many generated ones, twice."""
        real = ops.cast(pictures, "float32") / 255.0
        made = ops.stop_gradient(self.generator(latents[0], training=True))
        mixed = ops.concatenate([made, real])
        labels = ops.concatenate([ops.full_like(made[:, 0, 0, 0], MADE), ops.full_like(real[:, 0, 0, 0], REAL)])
        labels = labels + NOISE * keras.random.uniform(ops.shape(labels), seed=self.draws)
        fake = self.generator(latents[1], training=True)
        judged = frozen(self.discriminator, fake)
        return {
            "generator": _cross_entropy(ops.full_like(judged, REAL), judged),
            "discriminator": _cross_entropy(labels, self.discriminator(mixed, training=True)),
        }

    def get_config(self) -> dict[str, Any]:
        return {"config": self.config}


def frozen(network: keras.Model, inputs: Any) -> Any:
    """A network's output with its weights as constants: gradients pass through it and leave it as it is.

    What else it holds, such as the state of its dropout, goes on as in any other call with training=True.
    """
    others = network.non_trainable_variables
    outputs, after = network.stateless_call(
        [ops.stop_gradient(variable.value) for variable in network.trainable_variables],
        [variable.value for variable in others],
        inputs,
        training=True,
    )
    for variable, value in zip(others, after, strict=True):
        variable.assign(value)
    return outputs


def _cross_entropy(labels: Any, logits: Any) -> Any:
    return ops.mean(ops.binary_crossentropy(labels, logits, from_logits=True))
