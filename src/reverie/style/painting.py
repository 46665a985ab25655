"""A canvas painted from small to large, at each size with targets of that size."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from reverie import images
from reverie.errors import ReverieError
from reverie.pixels.scaling import add, resized
from reverie.style.descent import Adam, l_bfgs
from reverie.style.objective import Balance, Objective, Targets

LAST = 0.2  # of the rate, at a size's last step
ROLL = 64  # px; with `roll` the network looks at the canvas moved by up to so far


@dataclass(frozen=True)
class Schedule:
    """How a canvas is painted.

    sizes: (height, width), small to large. steps: at each. rates: what a step of Adam changes, where 1 is from black to
    white; it comes down to a fifth over the steps of a size. optimizer: "adam" or "lbfgs". roll: whether each step
    looks at the canvas moved around by a random distance, so that its edges meet. seed: of the moves.
    """

    sizes: Sequence[tuple[int, int]]
    steps: Sequence[int]
    rates: Sequence[float]
    balance: Balance
    optimizer: str = "adam"
    roll: bool = False
    seed: int = 0


@dataclass
class Moment:
    """Where a painting is, after a step.

    scale, scales: which size of how many; size: (height, width). done: share of the work, in [0, 1]. losses: content,
    style and smoothness before the step. picture(): what there is, float32 at full size.
    """

    scale: int
    scales: int
    step: int
    steps: int
    size: tuple[int, int]
    done: float
    losses: tuple[float, float, float]
    picture: Callable[[], np.ndarray] = field(default=lambda: np.zeros(0), repr=False)

    @property
    def line(self) -> str:
        height, width = self.size
        content, style, _ = self.losses
        return (
            f"size {self.scale}/{self.scales} ({width} x {height})  step {self.step}/{self.steps}  "
            f"content {content:.3f}  style {style:.4f}"
        )

    @property
    def where(self) -> str:
        return f"size {self.scale} of {self.scales}, step {self.step}"


def paint(
    canvas: np.ndarray,
    targets: Callable[[tuple[int, int]], Targets],
    objective: Objective,
    schedule: Schedule,
    photo: np.ndarray | None = None,
    watch: Callable[[Moment], None] = lambda moment: None,
) -> tuple[np.ndarray, Moment | None]:
    """Paints from a canvas, float32 (height, width, 3) in [0, 1], resized to the first size; returns the last.

    targets: makes those of a size, once for each. photo: uint8 or float32, as the canvas; then each size but the first
    gets the detail of the photo that the smaller one could not hold:

        canvas = enlarged(smaller canvas) + photo - enlarged(smaller photo)

    watch: called after each step.
    Ctrl-C ends it early: then the second value returned is the moment it was, else None.
    Raises ReverieError if numbers are not finite.
    """
    work, first = _Work(objective, schedule, watch), canvas
    try:
        for scale, (size, steps) in enumerate(zip(schedule.sizes, schedule.steps, strict=True)):
            canvas = resized(canvas, size) if photo is None or not scale else enlarged(canvas, photo, size)
            if canvas is first:
                canvas = canvas.copy()  # the caller's, which may be the photo itself
            canvas = work.at(canvas, targets(size), scale, steps)
    except KeyboardInterrupt:
        if work.moment is None:
            raise
        return work.moment.picture(), work.moment
    return canvas, None


class _Work:
    """What lasts from size to size: Adam's memory, the random moves, and where we are."""

    def __init__(self, objective: Objective, schedule: Schedule, watch: Callable[[Moment], None]) -> None:
        self.objective, self.schedule, self.watch = objective, schedule, watch
        self.adam = Adam()
        self.random = np.random.default_rng(schedule.seed)
        self.losses = np.zeros(3)
        self.moment: Moment | None = None
        self.areas = [height * width * n for (height, width), n in zip(schedule.sizes, schedule.steps, strict=True)]

    def at(self, canvas: np.ndarray, targets: Targets, scale: int, steps: int) -> np.ndarray:
        """All steps at one size."""
        count = 0

        def after(x: np.ndarray) -> None:
            nonlocal count
            count += 1
            self._tell(x, targets.size, scale, min(count, steps), steps)

        if self.schedule.optimizer == "lbfgs":
            return l_bfgs(canvas, functools.partial(self._loss, targets), steps, after)
        self.adam.resize(targets.size)
        for step in range(steps):
            _, gradient = self._loss(targets, canvas)
            rate = self.schedule.rates[scale] * (1 - (1 - LAST) * step / max(1, steps - 1))
            self.adam.step(canvas, gradient, rate)
            after(canvas)
        return canvas

    def _loss(self, targets: Targets, canvas: np.ndarray) -> tuple[float, np.ndarray]:
        balance, shift = self.schedule.balance, (0, 0)
        if self.schedule.roll:
            down, right = self.random.integers(-ROLL, ROLL + 1, 2)
            shift = int(down), int(right)
            canvas = np.roll(canvas, shift, (0, 1))
        self.losses, gradient = self.objective.gradient(canvas, targets, balance)
        if not np.isfinite(self.losses).all():
            raise ReverieError("The network answers with numbers that are not finite.", "Use another network.")
        if self.schedule.roll:
            gradient = np.roll(gradient, (-shift[0], -shift[1]), (0, 1))
        return float(np.dot(self.losses, (balance.content, balance.style, balance.smoothness))), gradient

    def _tell(self, canvas: np.ndarray, size: tuple[int, int], scale: int, step: int, steps: int) -> None:
        done = (sum(self.areas[:scale]) + self.areas[scale] * step / steps) / sum(self.areas)
        content, style, smoothness = map(float, self.losses)
        self.moment = Moment(
            scale + 1, len(self.areas), step, steps, size, done, (content, style, smoothness),
            functools.partial(resized, canvas, self.schedule.sizes[-1]),
        )  # fmt: skip
        self.watch(self.moment)


def enlarged(canvas: np.ndarray, photo: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A canvas at a larger size, with the photo's detail."""
    found = images.resize(canvas - resized(photo, (canvas.shape[0], canvas.shape[1])), size)
    add(found, photo if photo.shape[:2] == size else resized(photo, size))
    return np.clip(found, 0, 1, out=found)
