"""How good a model is on pictures: the same figures for the same pictures, whatever the network was doing before."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops
from scipy.special import logsumexp

from reverie import backend
from reverie.vae import losses
from reverie.vae.autoencoder import Autoencoder

BATCH = 128  # pictures at a time
FEW, SAMPLES = 8, 50  # of importance sampling: pictures, and points for each of them, at a time
ACTIVE = 0.01  # variance of a latent's mean over the pictures, from which on it counts as used (Burda et al. 2016)


@dataclass(frozen=True)
class Bound:
    """In nats a picture, means over the pictures; loss = distortion + rate is the bound. active: latents in use."""

    distortion: float
    rate: float
    active: int
    spread: np.ndarray  # of each latent: the variance of its mean over the pictures

    @property
    def loss(self) -> float:
        return self.distortion + self.rate


class Evaluator:
    """Measures a network on uint8 pictures (n, resolution, resolution, channels).

    Binary networks see each pixel on or off, drawn once with its grey as probability. The noise is drawn by `seed`, so
    that two calls compare, and nothing that training draws from is touched.
    """

    def __init__(self, network: Autoencoder, seed: int = 0) -> None:
        self.network = network
        self.seed = seed
        self._bound = backend.compiled(self._terms, network.variables, quick=True)
        self._weights = backend.compiled(self._importance, network.variables, quick=True)

    def __call__(self, pixels: np.ndarray) -> Bound:
        """The bound that training lowers, with one point of latent space for each picture."""
        kept: tuple[list[np.ndarray], ...] = [], [], []
        random = np.random.default_rng((self.seed, 0))
        for target, real in self._batches(pixels, BATCH):
            noise = random.standard_normal((BATCH, self.network.latents), np.float32)
            for parts, array in zip(kept, self._bound(target, noise), strict=True):
                parts.append(backend.to_numpy(array)[:real])
        distortions, rates, means = (np.concatenate(parts) for parts in kept)
        spread = np.var(means, axis=0)
        return Bound(
            distortion=float(distortions.mean(dtype=np.float64)),
            rate=float(rates.mean(dtype=np.float64)),
            active=int((spread > ACTIVE).sum()),
            spread=spread,
        )

    def likelihood(self, pixels: np.ndarray, samples: int = 500) -> float:
        """-log p(x) in nats a picture, by importance sampling (Rezende et al. 2014; Burda et al. 2016):

            log p(x) >= E log mean_k [ p(x|z_k) p(z_k) / q(z_k|x) ],    z_k ~ q(z|x),    k = 1 ... samples

        which tightens as `samples` grows. Rounded up to whole passes of 50.
        """
        random = np.random.default_rng((self.seed, 1))
        shape = (FEW, SAMPLES, self.network.latents)
        found = []
        for target, real in self._batches(pixels, FEW):
            passes = range(-(-samples // SAMPLES))
            logs = [backend.to_numpy(self._weights(target, random.standard_normal(shape, np.float32))) for _ in passes]
            drawn = np.concatenate(logs, axis=1)[:real].astype(np.float64)  # (pictures, samples)
            found.append(logsumexp(drawn, axis=1) - math.log(drawn.shape[1]))
        return float(-np.concatenate(found).mean())

    def _batches(self, pixels: np.ndarray, size: int) -> Any:
        """Targets in [0, 1] and how many of them are real: the last are filled up, so that one program does for all."""
        random = np.random.default_rng((self.seed, 2))
        for first in range(0, len(pixels), size):
            rows = np.asarray(pixels[first : first + size])
            target = np.zeros((size, *rows.shape[1:]), np.float32)
            target[: len(rows)] = rows / np.float32(255)
            if self.network.binary:
                target = (random.random(target.shape, np.float32) < target).astype(np.float32)
            yield target, len(rows)

    def _terms(self, target: Any, noise: Any) -> tuple[Any, Any, Any]:
        network = self.network
        mean, log_variance, latent = network.posterior(target, noise)
        output = network.decoded(latent)
        rate = ops.sum(losses.rate_by_latent(mean, log_variance), axis=1)
        return network.distortion_of(target, output), rate, mean

    def _importance(self, target: Any, noise: Any) -> Any:
        """log p(x|z) + log p(z) - log q(z|x), (pictures, samples)."""
        target = ops.repeat(target, SAMPLES, axis=0)
        noise = ops.reshape(noise, (FEW * SAMPLES, -1))
        _, log_variance, latent = self.network.posterior(target, noise)
        lost = self.network.distortion_of(target, self.network.decoded(latent))
        prior_over_posterior = 0.5 * ops.sum(ops.square(noise) + log_variance - ops.square(latent), axis=1)
        return ops.reshape(prior_over_posterior - lost, (FEW, SAMPLES))
