"""From a picture back to the latent that makes one like it."""

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from keras import ops

from reverie import backend, features, metrics
from reverie.images.scaling import small

if TYPE_CHECKING:
    from reverie.gan.model import GAN

STEPS = 150
LAYERS = ("conv2", "inception_3b", "inception_4c")  # of the embedded network: texture, parts, things
LEAST = 64  # pixels on a side that the network sees at least
PIXELS, PRIOR = 1.0, 0.02  # weights beside that of the features, which is 1
RATE, FADE = 0.1, 0.5  # of Adam, and the last share of steps, over which it fades
STARTS, BATCH = 256, 8  # samples among which each picture's start is sought; pictures at a time
SIDE = 8  # pixels on a side, at which samples are compared with pictures


class Inverted(NamedTuple):
    """What was found for each picture. latents: float32 (n, latent). labels: int32 (n,). losses: float32 (n,)."""

    latents: np.ndarray
    labels: np.ndarray
    losses: np.ndarray


def invert(
    objective: "Objective", pixels: np.ndarray, labels: np.ndarray | None, *, steps: int, seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> Inverted:  # fmt: skip
    """The latent z of each picture x, uint8 (n, size, size, channels), by descent (Adam) on

        mean over layers of |F(G(z)) - F(x)|² / |F(x)|²  +  |G(z) - x|² / |x - mean x|²  +  0.02 |z|² / latents

    F the activations of the embedded feature network, G the generator; sums over all numbers of a picture. It starts
    from the most similar of 256 samples, whose label is taken too where none is given. A generator makes what is
    typical of its training pictures: of a picture unlike them only the rough shape is found.
    progress: called with (steps done, all).
    """
    model = objective.model
    latents, chosen = _begin(model, pixels, labels, seed)
    total, count = -(-len(pixels) // BATCH) * (steps + 1), itertools.count(1)

    def told() -> None:
        if progress is not None:
            progress(next(count), total)

    found = []
    for first in range(0, len(pixels), BATCH):
        rows = np.arange(first, min(first + BATCH, len(pixels)))
        filled = np.resize(rows, BATCH)  # always as many, so that nothing is compiled again
        target = pixels[filled].astype(np.float32) / 255
        z, losses = _descend(objective, latents[filled], chosen[filled], target, steps, told)
        found.append(Inverted(z[: len(rows)], chosen[rows], losses[: len(rows)]))
    return Inverted(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


class Objective:
    """The loss above and its gradient with regard to the latents, compiled once."""

    def __init__(self, model: "GAN") -> None:
        self.model = model
        network = features.load()
        self.seen = network.activations(LAYERS)
        variables = [*model.generator.variables, *network.variables]
        self.program = backend.value_and_grad(self._loss, variables)

    def __call__(self, z: np.ndarray, labels: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        _, losses, gradient = self.program(z, labels, target)
        return backend.to_numpy(losses), backend.to_numpy(gradient)

    def _loss(self, z: Any, labels: Any, target: Any) -> tuple[Any, Any]:
        made = self.model.drawn(z, labels)
        axes = (1, 2, 3)
        spread = ops.square(target - ops.mean(target, axis=axes, keepdims=True))
        losses = PIXELS * ops.sum(ops.square(made - target), axis=axes) / (ops.sum(spread, axis=axes) + 1.0)
        for ours, theirs in zip(self._activations(made), self._activations(target), strict=True):
            apart = ops.sum(ops.square(ours - theirs), axis=axes) / (ops.sum(ops.square(theirs), axis=axes) + 1e-3)
            losses = losses + apart / len(LAYERS)
        losses = losses + PRIOR * ops.mean(ops.square(z), axis=1)
        return ops.sum(losses), losses

    def _activations(self, pictures: Any) -> Any:
        side, channels = self.model.size, self.model.config["channels"]
        if channels == 1:
            pictures = ops.repeat(pictures, 3, axis=3)
        if side < LEAST:
            pictures = ops.image.resize(pictures, (LEAST, LEAST), interpolation="bilinear")
        return self.seen(pictures, training=False)


def _begin(model: "GAN", pixels: np.ndarray, labels: np.ndarray | None, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """For each picture the sample most like it, of its label if it has one, in small copies: its latent, and label."""
    starts, targets = model.latents(STARTS, seed=seed), small(pixels, SIDE)

    def nearest(numbers: np.ndarray, targets: np.ndarray) -> np.ndarray:
        made = model.decode(starts, numbers)[..., : pixels.shape[3]]
        return metrics.nearest(targets, small(made, SIDE))[0][:, 0]

    if labels is None:
        numbers = model.numbers(None, STARTS, seed)
        rows = nearest(numbers, targets)
        return starts[rows], numbers[rows]
    rows = np.zeros(len(pixels), np.int64)
    for label in np.unique(labels):
        rows[labels == label] = nearest(np.full(STARTS, label, np.int32), targets[labels == label])
    return starts[rows], labels


def _descend(
    objective: Objective, z: np.ndarray, labels: np.ndarray, target: np.ndarray, steps: int, told: Callable[[], None]
) -> tuple[np.ndarray, np.ndarray]:
    """Adam (Kingma and Ba 2015); of each picture the best point on the way is kept."""
    first, second = np.zeros_like(z), np.zeros_like(z)
    best, kept = np.full(len(z), np.inf, np.float32), z.copy()
    for step in range(steps + 1):
        losses, gradient = objective(z, labels, target)
        better = losses < best
        best[better], kept[better] = losses[better], z[better]
        first += 0.1 * (gradient - first)
        second += 0.01 * (np.square(gradient) - second)
        rate = RATE * min(1.0, (steps - step + 1) / max(1.0, FADE * steps))
        unbiased = first / (1 - 0.9 ** (step + 1)), second / (1 - 0.99 ** (step + 1))
        z = (z - rate * unbiased[0] / (np.sqrt(unbiased[1]) + 1e-8)).astype(np.float32)
        told()
    return kept, best
