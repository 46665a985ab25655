"""A dream from small to large: ascent at several sizes, with the picture's own detail put back at each.

At every size but the first the change made so far is enlarged and laid on the original of that size:

    picture = original + enlarged(smaller picture - smaller original)

The textbook enlarges the smaller picture and adds the detail lost in shrinking the original, original -
enlarged(smaller original): the same, in two resizes instead of one.
"""

import functools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from reverie import images
from reverie.dream.ascent import Ascent
from reverie.errors import ReverieError
from reverie.pixels.scaling import add, resized

JITTER = 32  # px; a roll is at most so far to each side, as in the DeepDream notebook


@dataclass(frozen=True)
class Schedule:
    """How far to climb.

    octaves sizes, each octave_scale times the one before, the last the picture's own; steps at each. strength: what
    a step changes, root mean square over the pixels' values in [0, 1]. roll: whether each step looks at the picture
    rolled by a random distance, so that the edges of positions and tiles leave no pattern. seed: of the rolls.
    grey: whether the three colours change alike.
    """

    octaves: int = 4
    octave_scale: float = 1.4
    steps: int = 20
    strength: float = 0.01
    roll: bool = True
    seed: int = 0
    grey: bool = False


@dataclass
class Moment:
    """Where a dream is, after a step.

    done: share of the work, in [0, 1]. score: of the objective, before the step. picture(): what there is of the
    dream, float32 at full size.
    """

    octave: int
    octaves: int
    step: int
    steps: int
    size: tuple[int, int]
    done: float
    score: float = 0.0
    picture: Callable[[], np.ndarray] = field(default=lambda: np.zeros(0), repr=False)

    @property
    def line(self) -> str:
        height, width = self.size
        return (
            f"octave {self.octave}/{self.octaves} ({width} x {height})  step {self.step}/{self.steps}  "
            f"objective {self.score:.4g}"
        )


def dream(
    original: np.ndarray,
    ascent: Ascent,
    schedule: Schedule,
    mask: np.ndarray | None = None,
    watch: Callable[[Moment], None] = lambda moment: None,
) -> tuple[np.ndarray, Moment | None]:
    """Climbs from a picture, uint8 (height, width, 3), and returns what became of it, float32 in [0, 1].

    mask: float32 (height, width) in [0, 1]: where it is 0 the picture stays as it is. watch: called after each step.
    Ctrl-C ends the dream early: then the second value returned is the moment it was, else None.
    Raises ReverieError if the picture is too small for the network, or its numbers are not finite.
    """
    sizes = octave_sizes(original.shape[:2], schedule, ascent)
    random = np.random.default_rng(schedule.seed)
    moments = _moments(sizes, schedule.steps)
    picture, moment = resized(original, sizes[0]), None
    try:
        for size in sizes:
            picture = enlarged(picture, original, size, mask)
            views = ascent.views(*size)
            painted = None if mask is None else _mask_at(mask, size)
            for _ in range(schedule.steps):
                score, gradient = ascent.gradient(picture, views, _shift(random) if schedule.roll else (0, 0))
                if schedule.grey:
                    gradient[:] = gradient.mean(axis=-1, keepdims=True)
                climb(picture, gradient, schedule.strength, painted)
                moment = next(moments)
                moment.score = score
                moment.picture = functools.partial(enlarged, picture, original, sizes[-1], mask)
                watch(moment)
    except KeyboardInterrupt:
        if moment is None:
            raise
        return enlarged(picture, original, sizes[-1], mask), moment
    return picture, None


def climb(picture: np.ndarray, gradient: np.ndarray, strength: float, mask: np.ndarray | None = None) -> None:
    """picture += strength * gradient / RMS(gradient), kept in [0, 1]; both arrays are overwritten.

    The textbook divides by the gradient's length instead, so that a step changes a pixel of a large picture less
    than one of a small picture. With a mask the root mean square is that of the gradient behind it, weighted by it.
    """
    if mask is not None:
        gradient *= mask[..., None]
    # Row by row in double precision: a whole picture's sum of squares is too long for single precision.
    total = sum(float(np.vdot(row, row)) for row in gradient)
    size = gradient.size if mask is None else 3 * float(np.square(mask, dtype=np.float64).sum())
    if not math.isfinite(total):
        raise ReverieError("The network answers with numbers that are not finite.", "Use another network or weights.")
    if total > 0:
        gradient *= strength / math.sqrt(total / size)
    picture += gradient
    np.clip(picture, 0, 1, out=picture)


def enlarged(picture: np.ndarray, original: np.ndarray, size: tuple[int, int], mask: np.ndarray | None) -> np.ndarray:
    """A picture dreamt at a smaller size, float32, at `size`, with the original's detail; nothing beyond the mask."""
    before = picture.shape[:2]
    if before == size:
        return picture
    change = images.resize(picture - resized(original, before), size)
    if mask is not None:
        change *= (_mask_at(mask, size) > 0)[..., None]
    add(change, original if original.shape[:2] == size else resized(original, size))
    return np.clip(change, 0, 1, out=change)


def octave_sizes(size: tuple[int, int], schedule: Schedule, ascent: Ascent) -> list[tuple[int, int]]:
    """(height, width) from small to large. Those too small for the network are left out.

    Raises ReverieError if the picture itself is too small.
    """
    height, width = size
    ascent.tiles(height, width)  # says so if it is too small
    scales = [schedule.octave_scale**octave for octave in reversed(range(schedule.octaves))]
    sizes = dict.fromkeys((max(1, round(height / scale)), max(1, round(width / scale))) for scale in scales)
    return [size for size in sizes if ascent.fits(*size)]


def _mask_at(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if mask.shape == size:
        return mask
    smooth = np.clip(images.resize(mask[..., None], size)[..., 0], 0, 1)
    return np.where(smooth < 1 / 255, np.float32(0), smooth)  # a cubic filter never quite gets to zero


def _shift(random: np.random.Generator) -> tuple[int, int]:
    down, right = random.integers(-JITTER, JITTER + 1, 2)
    return int(down), int(right)


def _moments(sizes: list[tuple[int, int]], steps: int) -> Iterator[Moment]:
    work = [height * width for height, width in sizes]
    for octave, size in enumerate(sizes):
        for step in range(1, steps + 1):
            done = (sum(work[:octave]) + work[octave] * step / steps) / sum(work)
            yield Moment(octave + 1, len(sizes), step, steps, size, done)
