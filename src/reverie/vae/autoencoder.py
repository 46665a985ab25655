"""Encoder, sampling and decoder as one `keras.Model`, trained with `compile` and `fit` on pictures alone."""

from typing import Any

import keras
from keras import ops

from reverie import backend
from reverie.vae import losses, networks
from reverie.vae.sampling import Sampling

REMEMBERED = 0.99  # how much of the moving average of the output's variance stays, each step


class Autoencoder(keras.Model):
    """The variational autoencoder (Kingma and Welling 2014; Rezende et al. 2014) over 8-bit pictures.

    Its input, and its target, is uint8 (batch, resolution, resolution, channels). "bernoulli": each pixel is on or
    off; while training, grey pixels are drawn anew each time with their grey as probability (dynamic binarisation).
    "gaussian": pixels in [0, 1] with one variance, that of the batch while training (see `losses.best_variance`) and
    its moving average otherwise.

    beta weighs the rate (Higgins et al. 2017; 1 is the bound itself). warmup: steps over which beta rises from 0.
    free_bits: nats of rate for each latent that cost nothing, on the mean of a batch (Kingma et al. 2016).
    """

    def __init__(
        self,
        config: dict[str, Any],
        *,
        beta: float = 1.0,
        warmup: int = 0,
        free_bits: float = 0.0,
        seed: int | None = None,
    ) -> None:
        super().__init__(name="autoencoder")
        self.config = networks.checked(config)
        self.beta, self.warmup, self.free_bits = beta, warmup, free_bits
        self.sampling = Sampling(seed, name="sampling", dtype="float32")
        hierarchical = self.config["preset"] == "hierarchical"
        convolutional = self.config["preset"] == "textbook" or self.config["resolution"] > networks.DENSE
        with backend.quick_precision(convolutional):  # a dense encoder with its decoder gains nothing by it
            self.encoder = networks.encoder(self.config)
            self.top = networks.top(self.config) if hierarchical else None
            self.finer = networks.finer(self.config) if hierarchical else None
            self.decoder = networks.decoder(self.config, self.top)
        self.binary = self.config["likelihood"] == "bernoulli"
        self.generator = keras.random.SeedGenerator(None if seed is None else seed + 1)
        self.steps = self.add_weight(shape=(), initializer="zeros", trainable=False, name="steps")  # trained so far
        self.variance = self.add_weight(shape=(), initializer="ones", trainable=False, name="variance")
        self.rate = keras.metrics.Mean(name="rate")
        self.distortion = keras.metrics.Mean(name="distortion")
        side = self.config["resolution"]
        self.build((None, side, side, self.config["channels"]))

    @property
    def latents(self) -> int:
        """Dimensions of the latent space, of both levels if there are two."""
        return networks.latents(self.config)

    def build(self, shape: Any) -> None:
        self.built = True

    def call(self, pictures: Any, training: bool = False) -> dict[str, Any]:
        """For pictures as above: their "target", "mean", "log_variance", "latent" and "output" (logits or means).

        A batch goes through the networks in as many parts as `backend.parts` says, side by side.
        """
        batch, parts = pictures.shape[0], backend.parts()
        parts = 1 if batch is None or batch % parts else parts
        found = [self._seen(part, training) for part in ops.split(pictures, parts)]
        return {name: ops.concatenate([each[name] for each in found]) for name in found[0]}

    def _seen(self, pictures: Any, training: bool) -> dict[str, Any]:
        target = ops.cast(pictures, "float32") / 255.0
        if self.binary and training:
            drawn = keras.random.uniform(ops.shape(target), seed=self.generator)
            target = ops.cast(drawn < target, "float32")
        mean, log_variance, latent = self.posterior(target)
        output = self.decoded(latent)
        return {
            "target": target, "mean": mean, "log_variance": log_variance, "latent": latent, "output": output
        }  # fmt: skip

    def posterior(self, target: Any, noise: Any = None) -> tuple[Any, Any, Any]:
        """(mean, log_variance, latent), float32 (batch, latents), of pictures in [0, 1].

        The latent is mean + exp(log_variance / 2) * noise, with N(0, 1) by `sampling` if no noise (batch, latents) is
        given. What a second level says depends on the first one's latent.
        """
        mean, log_variance, *features = self.encoder(target)
        first = self._drawn(mean, log_variance, noise)
        if self.top is None or self.finer is None:
            return first
        mean, log_variance = self.finer([features[0], self.top(first[2])])
        second = self._drawn(mean, log_variance, None if noise is None else noise[:, first[2].shape[1] :])
        mean, log_variance, latent = (ops.concatenate(parts, axis=1) for parts in zip(first, second, strict=True))
        return mean, log_variance, latent

    def middle(self, target: Any) -> Any:
        """The latents of pictures in [0, 1] without noise, float32 (batch, latents)."""
        return self.posterior(target, ops.zeros((ops.shape(target)[0], self.latents)))[0]

    def _drawn(self, mean: Any, log_variance: Any, noise: Any) -> tuple[Any, Any, Any]:
        mean, log_variance = ops.cast(mean, "float32"), ops.cast(log_variance, "float32")
        if noise is None:
            return mean, log_variance, self.sampling((mean, log_variance))
        return mean, log_variance, mean + ops.exp(0.5 * log_variance) * noise[:, : mean.shape[1]]

    def decoded(self, latent: Any) -> Any:
        """Logits, or means in [0, 1], float32 (batch, resolution, resolution, channels)."""
        return ops.cast(self.decoder(latent), "float32")

    def means(self, latent: Any) -> Any:
        """The mean picture, float32 in [0, 1]."""
        output = self.decoded(latent)
        return ops.sigmoid(output) if self.binary else output

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """The batch's mean of distortion + beta * rate, in nats a picture. The target is the input: y is ignored."""
        del x, y, sample_weight
        rates = ops.mean(losses.rate_by_latent(y_pred["mean"], y_pred["log_variance"]), axis=0)  # (latent,)
        distortion = ops.mean(self.distortion_of(y_pred["target"], y_pred["output"], training))
        self.rate.update_state(ops.sum(rates))
        self.distortion.update_state(distortion)
        if not training:
            return distortion + ops.sum(rates)  # the bound, whatever was trained for
        if self.free_bits:
            rates = ops.maximum(rates, self.free_bits)
        beta = self.beta * ops.minimum(1.0, self.steps / max(1, self.warmup)) if self.warmup else self.beta
        self.steps.assign_add(1.0)
        return distortion + beta * ops.sum(rates)

    def distortion_of(self, target: Any, output: Any, training: bool = False) -> Any:
        """-log p(target | latent) in nats, (batch,)."""
        if self.binary:
            return losses.bernoulli(target, output)
        if not training:
            return losses.gaussian(target, output, self.variance)
        variance = losses.best_variance(target, output)
        kept = ops.minimum(REMEMBERED, self.steps / (self.steps + 1.0))  # at first, the mean of all there were
        self.variance.assign(kept * self.variance + (1.0 - kept) * ops.stop_gradient(variance))
        return losses.gaussian(target, output, variance)

    def get_config(self) -> dict[str, Any]:
        return {
            "config": self.config, "beta": self.beta, "warmup": self.warmup, "free_bits": self.free_bits
        }  # fmt: skip
