"""`filters`: what each channel of a layer looks for, from noise, on one sheet."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops
from PIL import Image

from reverie import backend, features, images
from reverie.dream import fourier
from reverie.dream.limits import check
from reverie.dream.objectives import flat
from reverie.errors import ReverieError
from reverie.pixels.settings import settings

Tensor = Any
JITTER = 8.0  # px, to each side
RATE = 0.05  # what Adam changes a coefficient at each step, at most
BATCH = 16  # channels at once
# Behind a ReLU a channel that is silent has no gradient. So a trace of the whole layer is in the objective: Adam makes
# full steps of it as long as there is nothing else, and next to the gradient of a channel it vanishes.
WAKE = 1e-6


def filters(
    layer: str,
    network: Any = "reverie-dream",
    *,
    first: int = 0,
    count: int = 16,
    columns: int = 4,
    weights: str | Path | None = None,
    size: int = 128,
    steps: int = 100,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Image.Image:
    """A contact sheet of channels of a layer: for each, a picture from noise that excites it.

    Gradient ascent (Adam) on the mean activation of the channel, in the Fourier coefficients of decorrelated colours,
    the picture moved at random by up to 8 pixels at each step. After Olah, Mordvintsev and Schubert, Feature
    Visualization (2017), without their random scaling and rotation.

    layer, network, weights: as in `render`. first, count: which channels; fewer if the layer has no more. size: pixels
    on a side of each picture. steps: of ascent. seed: of the noise and the moves; a channel's picture does not depend
    on the others. progress(done, all): called after each step. Ctrl-C leaves the pictures as they are.

    The settings are in the sheet's `info["reverie"]`. Raises ReverieError for what the network does not have.
    """
    check(first=first, count=count, columns=columns, size=size, steps=steps, seed=seed)
    loaded = features.load(network, weights, quick=True)
    if loaded.input_size is not None:
        size = loaded.input_size[0]
    available = loaded.channels(layer)
    if first >= available:
        raise ReverieError(f"{layer} of {loaded.name} has no channel {first}.", f"It has 0 to {available - 1}.")
    channels = list(range(first, min(first + count, available)))
    pictures = _excite(loaded, layer, channels, size, steps, seed, progress)
    sheet = images.grid(
        [images.encode(picture) for picture in pictures],
        columns,
        captions=[f"{layer} {channel}" for channel in channels],
        title=f"{loaded.name}: {layer}",
    )
    sheet.info["reverie"] = settings(
        "dream filters", seed, layer=layer, network=loaded.name, first=first, count=len(channels), columns=columns,
        weights=weights, size=size, steps=steps,
    )  # fmt: skip
    return sheet


def _excite(
    network: Any,
    layer: str,
    channels: list[int],
    size: int,
    steps: int,
    seed: int,
    progress: Callable[[int, int], None] | None,
) -> list[np.ndarray]:
    """A picture for each channel, float32 (size, size, 3)."""
    model = network.activations((layer,))
    amplitudes = fourier.amplitudes(size)

    def score(coefficients: Tensor, amplitudes: Tensor, move: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
        pictures = fourier.picture(coefficients, amplitudes, move)
        activations = flat(model(pictures, training=False)[0])  # (batch, positions, channels)
        means = ops.mean(activations, axis=1)
        return ops.sum(means * chosen) + WAKE * ops.sum(ops.mean(ops.square(activations), axis=(1, 2))), means

    program = backend.value_and_grad(score, network.variables)
    batches = [channels[i : i + BATCH] for i in range(0, len(channels), BATCH)]
    starts = {c: fourier.noise(np.random.default_rng((seed, c)), size) for c in channels}
    result = []
    try:
        for number, batch in enumerate(batches):
            random = np.random.default_rng(seed)  # every batch moves alike
            coefficients = np.stack([starts[channel] for channel in batch])
            adam = Adam(coefficients)
            chosen = np.eye(network.channels(layer), dtype=np.float32)[batch]
            for step in range(steps):
                move = fourier.moves(size, *random.uniform(-JITTER, JITTER, 2))
                _, _, gradient = program(coefficients, amplitudes, move, chosen)
                coefficients += adam.step(backend.to_numpy(gradient))
                if progress is not None:
                    progress(number * steps + step + 1, len(batches) * steps)
            result += list(coefficients)
    except KeyboardInterrupt:
        done = [*result, *coefficients]
        result = done + [starts[channel] for channel in channels[len(done) :]]
    still = fourier.moves(size, 0, 0)
    return [backend.to_numpy(fourier.picture(c[None], amplitudes, still))[0] for c in result]


class Adam:
    """Kingma and Ba (2014), uphill. Keras' own keeps its state in variables of a backend; here all is NumPy."""

    def __init__(self, example: np.ndarray) -> None:
        self.count, self.mean, self.square = 0, np.zeros_like(example), np.zeros_like(example)

    def step(self, gradient: np.ndarray, rate: float = RATE, beta1: float = 0.9, beta2: float = 0.999) -> np.ndarray:
        """What to add to the variables."""
        self.count += 1
        self.mean += (1 - beta1) * (gradient - self.mean)
        self.square += (1 - beta2) * (gradient**2 - self.square)
        mean, square = self.mean / (1 - beta1**self.count), self.square / (1 - beta2**self.count)
        return rate * mean / (np.sqrt(square) + 1e-12)
