"""How large networks may be for the time there is: by measurement of this machine, and counting of products."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from reverie import backend
from reverie.gan import networks, sight
from reverie.gan.adversary import BATCH, PART

# A training step multiplies, for each picture, 3 times as much as the generator does for one (forward, and twice
# backward); as often as much as the frozen network (forward for both pictures, backward for one); and so many times as
# much as the discriminator: 3 for the real picture, 4 for the generated one, and 12 sixteenths for the perturbed ones.
OF_GENERATOR, OF_SIGHT, OF_DISCRIMINATOR = 3.0, 3.0, 7.75
WANTED = 400_000  # pictures that networks larger than small should see at least
ROUND = 16, 16, 64  # what is measured: pictures, pixels on a side, channels
MEASURED = 2.0  # seconds: at its best, for a moment, a machine is up to twice as fast as it then goes on
KEPT = 0.65  # of the measured pace is left in training, which has more to do than to multiply, and goes on for longer


def fitting_size(config: dict[str, Any], minutes: float, rate: float | None = None) -> str:
    """The largest networks that see enough pictures in that time, or else small ones: what counts first is how many
    pictures they see, but tiny ones learn less from more (benchmarks/README.md).

    config: a design of any size for the pictures at hand. rate: products a second, by default measured.
    """
    rate = rate or products_per_second()
    chosen = "small"
    for size in ("medium", "large"):
        sized = networks.checked({**config, **networks.SIZES[size]})
        if 60 * minutes * rate / products(sized) >= WANTED:
            chosen = size
    return chosen


def products(config: dict[str, Any]) -> float:
    """Multiplications (with their additions) for each picture of a training step."""
    made, judged = (arithmetic(build(config)) for build in (networks.generator, networks.discriminator))
    return OF_GENERATOR * made + OF_SIGHT * sight.products(config["resolution"]) + OF_DISCRIMINATOR * judged


def arithmetic(network: keras.Model) -> int:
    """Multiplications of one picture's way through a network, in its convolutions and dense layers."""
    total = 0
    for layer in network.layers:
        if isinstance(layer, layers.Conv2DTranspose):  # each number of its input meets the whole kernel
            total += int(np.prod(layer.input.shape[1:3]) * np.prod(layer.kernel.shape))
        elif isinstance(layer, layers.Conv2D | layers.Dense):
            total += int(np.prod(layer.output.shape[1:-1]) * np.prod(layer.kernel.shape))
    return total


def products_per_second() -> float:
    """In training on this machine, from two seconds of a convolution typical of these networks, there and back.

    Where a convolution has one core, as many run side by side, as in training.
    """
    count, side, channels = ROUND
    convolution = layers.Conv2D(channels, 3, padding="same")
    convolution.build((None, side, side, channels))

    def squares(x: Any) -> tuple[Any, Any]:
        loss = ops.sum(ops.square(convolution(x)))
        return loss, loss

    program = backend.value_and_grad(squares, convolution.variables)
    x = np.ones((count, side, side, channels), np.float32)
    backend.to_numpy(program(x)[2])  # compiled
    begun = time.perf_counter()

    def rounds(_: int) -> int:
        done = 0
        while time.perf_counter() - begun < MEASURED:
            backend.to_numpy(program(x)[2])
            done += 1
        return done

    together = min(backend.parts(), BATCH // PART)
    with ThreadPoolExecutor(together) as pool:
        done = sum(pool.map(rounds, range(together)))
    return KEPT * done * 2 * count * side**2 * 9 * channels**2 / (time.perf_counter() - begun)
