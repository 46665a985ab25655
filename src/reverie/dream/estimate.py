"""What a dream will take, before it begins; and the largest tile that a limit on memory allows."""

import math
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np

from reverie.dream.ascent import Ascent
from reverie.errors import ReverieError

# Peak bytes of a gradient over the bytes of the layers' outputs: 1.3, 1.2, 1.1 and 1.2 for GoogLeNet, reverie-dream,
# VGG19 and InceptionV3 at 1024 x 1024 px, on TensorFlow; half of that where it computes in bfloat16.
PEAK = 1.35
WHOLE = 3 + 4 * 12  # bytes a pixel of the whole picture takes: 8-bit, and four float32 arrays when octaves change
SHARE = 0.7  # of the machine's memory, if no limit is given
FOLDED = (keras.layers.BatchNormalization, keras.layers.Activation, keras.layers.ReLU)  # worked out in place
LEAST = 64  # px on a side beside the margins: smaller tiles would mostly compute margins


@dataclass(frozen=True)
class Estimate:
    """sizes: (height, width) of the octaves; tiles: of the largest; seconds, bytes: of the whole dream."""

    sizes: Sequence[tuple[int, int]]
    steps: int
    tiles: int
    seconds: float
    bytes: float

    @property
    def sentence(self) -> str:
        height, width = self.sizes[-1]
        octaves = "1 octave" if len(self.sizes) == 1 else f"{len(self.sizes)} octaves"
        cut = f" in {self.tiles} tiles" if self.tiles > 1 else ""
        return (
            f"{width} x {height} pixels{cut}, {octaves} of {self.steps} steps: "
            f"about {duration(self.seconds)} and {self.bytes / 2**30:.1f} GB of memory"
        )


def estimate(ascent: Ascent, sizes: Sequence[tuple[int, int]], steps: int) -> Estimate:
    """Times a gradient of the smallest octave's first tile, and counts the pixels all octaves will look at."""
    fixed = used()
    first = ascent.views(*sizes[0])[:1]
    picture = np.full((*sizes[0], 3), 0.5, np.float32)
    ascent.gradient(picture, first)  # traces the graph
    started = time.perf_counter()
    ascent.gradient(picture, first)
    seconds = (time.perf_counter() - started) / first[0].tile.pixels
    tiles = [ascent.tiles(*size) for size in sizes]
    passes = 1 if ascent.objective.linear else 2
    looked_at = sum(tile.pixels * (passes if len(cut) > 1 else 1) for cut in tiles for tile in cut)
    whole, largest = math.prod(sizes[-1]), max(tile.pixels for cut in tiles for tile in cut)
    memory = fixed + WHOLE * whole + bytes_per_pixel(ascent) * largest
    return Estimate(sizes, steps, len(tiles[-1]), seconds * looked_at * steps, memory)


def largest_tile(ascent: Ascent, size: tuple[int, int], memory: float | None) -> float:
    """Pixels on a side of the largest tile that keeps the process below `memory` GB; infinity if no tiles are needed.

    memory: None for a share of what the machine has. Raises ReverieError if the limit is too low for this picture.
    """
    limit = memory * 2**30 if memory is not None else _machine()
    each, whole = bytes_per_pixel(ascent), math.prod(size)
    fixed = used() + WHOLE * whole
    if ascent.geometry.window is not None or fixed + each * whole <= limit:
        return math.inf
    least = LEAST + 2 * (ascent.geometry.margin or 0) + 2 * ascent.geometry.stride
    if limit < fixed + each * least**2:
        needed = (fixed + each * least**2) / 2**30
        raise ReverieError(
            f"{size[1]} x {size[0]} pixels do not fit into {limit / 2**30:.2g} GB.",
            f"Allow at least {math.ceil(needed * 10) / 10:.1f} GB with memory (--memory), or choose a smaller size.",
        )
    return math.sqrt((limit - fixed) / each)


def bytes_per_pixel(ascent: Ascent) -> float:
    """What the gradient of a pixel takes at its peak, from the sizes of the outputs of all layers it goes through."""
    network = ascent.network
    deepest = max(network.layers.index(name) for name in ascent.layers)
    kept = [layer.name for layer in ascent.model.layers if not isinstance(layer, FOLDED)]
    names = [name for name in network.layers[: deepest + 1] if name in kept]
    height, width = network.input_size or (512, 512)
    shapes = network.activations(names).compute_output_shape((1, height, width, 3))
    numbers = sum(math.prod(shape[1:]) for shape in shapes)
    half = any(layer.compute_dtype == "bfloat16" for layer in ascent.model.layers)
    return PEAK * (2 if half else 4) * (3 + float(numbers) / (height * width))


def used() -> float:
    """The most memory this process has taken so far, in bytes; a guess where the system does not say."""
    if sys.platform == "win32":
        return 0.6 * 2**30
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak if sys.platform == "darwin" else peak * 1024)


def duration(seconds: float) -> str:
    """Like 0:07, 12:34 or 1:02:03."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _machine() -> float:
    """A share of this machine's memory, always the same: the tiles, and so the rounding, depend on it."""
    try:
        return float(SHARE * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):
        return math.inf
