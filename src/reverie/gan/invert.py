"""From a picture back to the latent that makes one like it, and on from there along a concept."""

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from keras import ops

from reverie import backend, metrics
from reverie.gan.concept import LAYERS, Concept, Eyes
from reverie.images.scaling import small

if TYPE_CHECKING:
    from reverie.gan.model import GAN

STEPS, MOVES = 150, 100  # of the descent to a picture, and along a concept
PIXELS, PRIOR = 1.0, 0.02  # weights beside that of the features, which is 1
PULL = 0.3  # the weight of a concept
UNIT = 1.5  # of a concept's score, for a strength of 1: three quarters of what its two sides are apart
RATE, FADE = 0.1, 0.5  # of Adam, and the last share of steps, over which it fades
STARTS, BATCH = 256, 8  # samples among which each picture's start is sought; pictures at a time
SIDE = 8  # pixels on a side, at which samples are compared with pictures
Progress = Callable[[int, int], None] | None  # called with (steps done, all)


class Inverted(NamedTuple):
    """What was found for each picture. latents: float32 (n, latent + style). labels: int32 (n,). losses: float32 (n,).

    To a latent z belongs an offset of the style, which is added to the numbers into which the generator maps z. The
    textbook's generator has no style: (n, latent).
    """

    latents: np.ndarray
    labels: np.ndarray
    losses: np.ndarray


def invert(
    objective: "Objective", pixels: np.ndarray, labels: np.ndarray | None, *, steps: int, seed: int,
    progress: Progress = None,
) -> Inverted:  # fmt: skip
    """The latent of each picture x, uint8 (n, size, size, channels), by descent (Adam) on

        mean over layers of |F(G(z)) - F(x)|² / |F(x)|²  +  |G(z) - x|² / |x - mean x|²  +  0.02 |z|² / dim z

    F the activations of the embedded feature network, G the generator; sums over all numbers of a picture. z is the
    latent, and with it an offset of the style that it is mapped to, in standard deviations of styles: more than a
    latent alone can say, by which a quarter of all glasses were not found (Abdal et al. 2019, arXiv 1904.03189, search
    styles only). It starts from the most similar of 256 samples, whose label is taken too where none is given. A
    generator makes what is typical of its training pictures: of a picture unlike them only the rough shape is found.
    """
    latents, chosen = _begin(objective.model, pixels, labels, seed)
    targets, still = pixels.astype(np.float32) / 255, np.zeros(len(pixels))
    return _descend(objective, latents, chosen, targets, objective.none, still, steps=steps, progress=progress)


def move(
    objective: "Objective", latents: np.ndarray, labels: np.ndarray, concept: Concept, strengths: np.ndarray, *,
    progress: Progress = None,
) -> np.ndarray:  # fmt: skip
    """Latents, float32 (n, latent + style), with so much more of a concept, strengths (n,), by descent on the above and

        0.3 (score of G(z) - score of x - 1.5 strength)²

    where x is the picture at the latent given: all that the feature network sees is to stay as it is, but for the
    concept. One vector for all pictures (White 2016), in latents or in styles, changed the backgrounds of most when it
    had put glasses on two thirds; this way none.
    """
    targets = objective.model.pictures(latents, labels)
    maps = list(concept.maps)
    found = _descend(objective, latents, labels, targets, maps, strengths, steps=MOVES, progress=progress)
    return np.where(strengths[:, None] == 0, latents, found.latents)  # no more and no less: as it is


class Objective:
    """The losses above and their gradient with regard to the latents, compiled once."""

    def __init__(self, model: "GAN") -> None:
        self.model = model
        self.eyes = Eyes(model.size)
        spread = model.styles(model.latents(STARTS), model.numbers(None, STARTS)).std(axis=0)
        # Offsets are searched in standard deviations of the style.
        self.scale = np.concatenate([np.ones(model.latent, np.float32), spread + 1e-6])
        variables = [*model.generator.variables, *self.eyes.network.variables]
        self.program = backend.value_and_grad(self._loss, variables)
        nothing = np.zeros((1, model.size, model.size, model.config["channels"]), np.float32)
        self.none = [np.zeros(each.shape[1:], np.float32) for each in self.eyes.seen(nothing)]  # maps of no concept

    def __call__(
        self, z: np.ndarray, labels: np.ndarray, target: np.ndarray, seen: list[np.ndarray], maps: list[np.ndarray],
        strengths: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
        """seen: what the network sees of the target, which is the same at every step. maps: of a concept."""
        _, losses, gradient = self.program(z, labels, target, seen, maps, strengths)
        return backend.to_numpy(losses), backend.to_numpy(gradient)

    def _loss(
        self, z: Any, labels: Any, target: Any, seen: list[Any], maps: list[Any], strengths: Any
    ) -> tuple[Any, Any]:  # fmt: skip
        made = self.model.drawn(ops.multiply(z, self.scale), labels)
        axes = (1, 2, 3)
        spread = ops.square(target - ops.mean(target, axis=axes, keepdims=True))
        losses = PIXELS * ops.sum(ops.square(made - target), axis=axes) / (ops.sum(spread, axis=axes) + 1.0)
        more = -UNIT * strengths
        for ours, theirs, normal in zip(self.eyes(made), seen, maps, strict=True):
            change = ours - theirs
            losses = losses + ops.sum(ops.square(change), axis=axes) / (
                len(LAYERS) * (ops.sum(ops.square(theirs), axis=axes) + 1e-3)
            )
            more = more + ops.sum(change * normal, axis=axes)
        losses = losses + PULL * ops.square(more) + PRIOR * ops.mean(ops.square(z), axis=1)
        return ops.sum(losses), losses


def _begin(model: "GAN", pixels: np.ndarray, labels: np.ndarray | None, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """For each picture the sample most like it, of its label if it has one, in small copies: its latent, and label."""
    starts, targets = model.widened(model.latents(STARTS, seed=seed)), small(pixels, SIDE)

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
    objective: Objective, latents: np.ndarray, labels: np.ndarray, targets: np.ndarray, maps: list[np.ndarray],
    strengths: np.ndarray, *, steps: int, progress: Progress,
) -> Inverted:  # fmt: skip
    """BATCH pictures at a time. targets: float32 (n, size, size, channels) in [0, 1]."""
    total, count = -(-len(latents) // BATCH) * (steps + 1), itertools.count(1)

    def told() -> None:
        if progress is not None:
            progress(next(count), total)

    found = []
    for first in range(0, len(latents), BATCH):
        rows = np.arange(first, min(first + BATCH, len(latents)))
        filled = np.resize(rows, BATCH)  # always as many, so that nothing is compiled again
        target = targets[filled]
        rest = labels[filled], target, objective.eyes.seen(target), maps, strengths[filled].astype(np.float32)
        z, losses = _adam(objective, latents[filled] / objective.scale, rest, steps, told)
        found.append(Inverted(z[: len(rows)] * objective.scale, labels[rows], losses[: len(rows)]))
    return Inverted(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def _adam(
    objective: Objective, z: np.ndarray, rest: tuple[Any, ...], steps: int, told: Callable[[], None]
) -> tuple[np.ndarray, np.ndarray]:
    """Kingma and Ba 2015; of each picture the best point on the way is kept."""
    first, second = np.zeros_like(z), np.zeros_like(z)
    best, kept = np.full(len(z), np.inf, np.float32), z.copy()
    for step in range(steps + 1):
        losses, gradient = objective(z, *rest)
        better = losses < best
        best[better], kept[better] = losses[better], z[better]
        first += 0.1 * (gradient - first)
        second += 0.01 * (np.square(gradient) - second)
        rate = RATE * min(1.0, (steps - step + 1) / max(1.0, FADE * steps))
        unbiased = first / (1 - 0.9 ** (step + 1)), second / (1 - 0.99 ** (step + 1))
        z = (z - rate * unbiased[0] / (np.sqrt(unbiased[1]) + 1e-8)).astype(np.float32)
        told()
    return kept, best
