"""What a dream will take, before it begins."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reverie.dream.ascent import Ascent
from reverie.pixels.memory import bytes_per_pixel, used
from reverie.pixels.progress import duration


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
    memory = fixed + ascent.whole * whole + bytes_per_pixel(ascent) * largest
    return Estimate(sizes, steps, len(tiles[-1]), seconds * looked_at * steps, memory)
