"""The memory that a gradient takes, and the largest tile that a limit on memory allows."""

import math
import os
import sys
from typing import Any, Protocol

import keras

from reverie.errors import ReverieError
from reverie.pixels.tiles import Geometry

# Peak bytes of a gradient over the bytes of the layers' outputs: 1.3, 1.2, 1.1 and 1.2 for GoogLeNet, reverie-dream,
# VGG19 and InceptionV3 at 1024 x 1024 px, on TensorFlow; half of that where it computes in bfloat16.
PEAK = 1.35
SHARE = 0.7  # of the machine's memory, if no limit is given
FOLDED = (keras.layers.BatchNormalization, keras.layers.Activation, keras.layers.ReLU)  # worked out in place
LEAST = 64  # px on a side beside the margins: smaller tiles would mostly compute margins


class Program(Protocol):
    """Layers of a FeatureNetwork on the way to a gradient.

    whole: bytes that a pixel of the picture takes beside it. kept: how often a tile's memory counts; above 1 where
    tiles of several sizes are seen, since TensorFlow keeps buffers for each.
    """

    network: Any
    layers: tuple[str, ...]
    model: keras.Model
    geometry: Geometry
    whole: int
    kept: int


def largest_tile(program: Program, size: tuple[int, int], memory: float | None) -> float:
    """Pixels on a side of the largest tile that keeps the process below `memory` GB; infinity if no tiles are needed.

    memory: None for a share of what the machine has. Raises ReverieError if the limit is too low for this picture.
    """
    limit = memory * 2**30 if memory is not None else machine()
    each, whole = program.kept * bytes_per_pixel(program), math.prod(size)
    fixed = used() + program.whole * whole
    if program.geometry.window is not None or fixed + each * whole <= limit:
        return math.inf
    least = LEAST + 2 * (program.geometry.margin or 0) + 2 * program.geometry.stride
    if limit < fixed + each * least**2:
        needed = (fixed + each * least**2) / 2**30
        raise ReverieError(
            f"{size[1]} x {size[0]} pixels do not fit into {limit / 2**30:.2g} GB.",
            f"Allow at least {math.ceil(needed * 10) / 10:.1f} GB with memory (--memory), or choose a smaller size.",
        )
    return math.sqrt((limit - fixed) / each)


def bytes_per_pixel(program: Program) -> float:
    """What the gradient of a pixel takes at its peak, from the sizes of the outputs of all layers it goes through."""
    network = program.network
    deepest = max(network.layers.index(name) for name in program.layers)
    kept = [layer.name for layer in program.model.layers if not isinstance(layer, FOLDED)]
    names = [name for name in network.layers[: deepest + 1] if name in kept]
    height, width = network.input_size or (512, 512)
    shapes = network.activations(names).compute_output_shape((1, height, width, 3))
    numbers = sum(math.prod(shape[1:]) for shape in shapes)
    half = any(layer.compute_dtype == "bfloat16" for layer in program.model.layers)
    return PEAK * (2 if half else 4) * (3 + float(numbers) / (height * width))


def used() -> float:
    """The most memory this process has taken so far, in bytes; a guess where the system does not say."""
    if sys.platform == "win32":
        return 0.6 * 2**30
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak if sys.platform == "darwin" else peak * 1024)


def machine() -> float:
    """A share of this machine's memory, always the same: the tiles, and so the rounding, depend on it."""
    try:
        return float(SHARE * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):
        return math.inf
