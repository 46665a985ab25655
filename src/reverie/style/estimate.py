"""What a painting will take, before it begins."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reverie.pixels.memory import bytes_per_pixel, used
from reverie.pixels.progress import duration
from reverie.style.objective import Objective
from reverie.style.painting import Schedule


@dataclass(frozen=True)
class Estimate:
    """sizes: (height, width) of the canvases; steps: at each; tiles: of the largest; seconds, bytes: of it all."""

    sizes: Sequence[tuple[int, int]]
    steps: Sequence[int]
    tiles: int
    seconds: float
    bytes: float

    @property
    def sentence(self) -> str:
        height, width = self.sizes[-1]
        sizes = "1 size" if len(self.sizes) == 1 else f"{len(self.sizes)} sizes"
        cut = f" in {self.tiles} tiles" if self.tiles > 1 else ""
        steps = " + ".join(map(str, self.steps))
        return (
            f"{width} x {height} pixels{cut}, {sizes}, {steps} steps: "
            f"about {duration(self.seconds)} and {self.bytes / 2**30:.1f} GB of memory"
        )


def estimate(objective: Objective, schedule: Schedule) -> Estimate:
    """Times a gradient of the smallest canvas, and counts the pixels that all steps will look at."""
    size = schedule.sizes[0]
    grey = np.full((*size, 3), 0.5, np.float32)
    targets = objective.targets(grey, objective.grams(grey))
    objective.gradient(grey, targets, schedule.balance)  # traces the graph
    started = time.perf_counter()
    objective.gradient(grey, targets, schedule.balance)
    seconds = (time.perf_counter() - started) / math.prod(size)
    cuts = [objective.tiles(size) for size in schedule.sizes]
    passes = [1 if len(cut) == 1 else 1.4 for cut in cuts]  # the first of two goes forward only
    looked_at = sum(
        n * share * sum(tile.pixels for tile in cut) for n, share, cut in zip(schedule.steps, passes, cuts, strict=True)
    )
    largest = max(tile.pixels for cut in cuts for tile in cut)
    at_tiles = objective.kept * bytes_per_pixel(objective) * largest
    memory = used() + objective.whole * math.prod(schedule.sizes[-1]) + at_tiles
    return Estimate(schedule.sizes, schedule.steps, len(cuts[-1]), seconds * looked_at, memory)
