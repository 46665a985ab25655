"""What a variational autoencoder minimises, in nats a picture: every term is summed, so that their sum is a bound.

    -log p(x) <= distortion + rate,    distortion = E_q(z|x) [-log p(x|z)],    rate = KL(q(z|x) || N(0, 1))

All functions take and give float32 tensors with the pictures along the first axis.
"""

import math
from typing import Any

from keras import ops

SMALLEST_VARIANCE = 1e-5  # of the output: about a quantisation step of 8 bits, squared


def rate_by_latent(mean: Any, log_variance: Any) -> Any:
    """KL(N(mean, variance) || N(0, 1)) for each latent, (batch, latent) in nats:

    (mean^2 + variance - 1 - log variance) / 2
    """
    return 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1.0 - log_variance)


def bernoulli(target: Any, logits: Any) -> Any:
    """-log p(target) of pixels that are on with probability sigmoid(logits), summed over the picture: (batch,).

    target: in [0, 1]; between them it is the expectation over a target drawn with that probability.
    """
    lost = ops.relu(logits) - logits * target + ops.log1p(ops.exp(-ops.abs(logits)))
    return ops.sum(lost, axis=tuple(range(1, len(lost.shape))))


def gaussian(target: Any, mean: Any, variance: Any) -> Any:
    """-log p(target) of pixels that are N(mean, variance) around the output, summed over the picture: (batch,).

    variance: a scalar that all pixels share. It is a density: with pixels in [0, 1] it can be below zero.
    """
    squared = ops.square(target - mean)
    axes = tuple(range(1, len(squared.shape)))
    terms = math.prod(squared.shape[1:])
    return 0.5 * (ops.sum(squared, axis=axes) / variance + terms * (ops.log(variance) + math.log(2 * math.pi)))


def best_variance(target: Any, mean: Any) -> Any:
    """The variance under which this batch is likeliest: its mean squared error, a scalar.

    With it the balance between distortion and rate needs no weight: this is the optimal sigma-VAE (Rybkin, Daniilidis
    and Levine 2021, arXiv 2006.13202). The gradient goes through it, as theirs does.
    """
    return ops.maximum(ops.mean(ops.square(target - mean)), SMALLEST_VARIANCE)
