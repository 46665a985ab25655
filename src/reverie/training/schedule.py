"""How the learning rate goes over a run, and how long a run is."""

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from reverie import backend

WARMUP_STEPS = 100
WARMUP_SHARE = 0.05


@dataclass(frozen=True)
class Schedule:
    """What multiplies the peak learning rate at a step: up, level, down to zero ("trapezoidal").

        multiplier = min(1, (step + 1) / warmup, (total - step) / (decay * total))

    with a warm-up of min(100, 5 % of total) steps. The last `decay` share of the run anneals. The level part does
    not depend on `total`, so a run can find out how long it will be while it is on its way (the reason why
    Haegele et al. 2024, arXiv 2405.18392, prefer it to a cosine, whose every step depends on the end).
    """

    decay: float = 0.5

    def __call__(self, step: Any, total: Any) -> Any:
        """float32 scalar in [0, 1]; `step` (from 0) and `total` are numbers or scalar tensors."""
        step, total = ops.cast(step, "float32"), ops.cast(total, "float32")
        warmup = ops.maximum(1.0, ops.minimum(float(WARMUP_STEPS), WARMUP_SHARE * total))
        rise = (step + 1.0) / warmup
        fall = (total - step) / ops.maximum(1.0, self.decay * total)
        return ops.clip(ops.minimum(rise, fall), 0.0, 1.0)

    def at(self, step: int, total: int) -> float:
        """The same on the host."""
        return float(backend.to_numpy(self(step, total)))

    def decay_start(self, total: int) -> int:
        """The first step of the last `decay` share, from which on `total` must not change."""
        return int(total * (1 - self.decay))


class Annealed(keras.optimizers.schedules.LearningRateSchedule):
    """The optimizer's learning rate as a function of its iterations and of a variable that holds the run's length.

    The variable is the optimizer's own, so the compiled training step reads it anew each time, and the step neither
    recompiles nor waits for the host when the estimate of the run's length changes.
    """

    def __init__(self, peak: float, schedule: Schedule, optimizer: Any) -> None:
        self.peak = peak
        self.schedule = schedule
        self.total = optimizer.add_variable(shape=(), dtype="float32", name="total_steps")

    def __call__(self, step: Any) -> Any:
        return self.peak * self.schedule(step, self.total)

    def get_config(self) -> dict[str, Any]:
        return {"peak": self.peak, "decay": self.schedule.decay}


def anneal(network: keras.Model, schedule: Schedule) -> Annealed:
    """Puts `schedule` over the learning rate of the network's optimizer, whose present value becomes the peak.

    A network that is trained once more keeps its peak, and its compiled step if the schedule is the same.
    """
    optimizer = network.optimizer
    annealed: Annealed | None = getattr(optimizer, "annealed", None)
    if annealed is None:
        peak = optimizer.learning_rate
        annealed = Annealed(float(backend.to_numpy(getattr(peak, "value", peak))), schedule, optimizer)
        optimizer.learning_rate = optimizer.annealed = annealed
    if annealed.schedule != schedule:
        annealed.schedule = schedule
        network.train_function = None  # Keras traces it anew
    return annealed


@dataclass
class Plan:
    """How many steps a run takes: given, or found from a time budget while the learning rate is level.

    Every time is in seconds. Once `frozen`, which is when the learning rate starts to fall, `total` stays.
    """

    total: int
    budget: float | None  # seconds for the whole job, or None if the steps were given
    frozen: bool

    @classmethod
    def of(cls, steps: int | None, minutes: float | None) -> "Plan":
        if (steps is None) == (minutes is None):
            raise ValueError("Give either steps or minutes.")
        if steps is not None:
            return cls(steps, None, True)
        return cls(10**9, 60 * float(minutes or 0), False)

    def refine(
        self, schedule: Schedule, *, step: int, elapsed: float, step_time: float, pause: float, every: int
    ) -> bool:
        """Estimates `total` anew; true if it changed.

        `step` steps are done and `elapsed` seconds of the budget gone; a step takes `step_time`; each `every` steps
        there is a pause (validation, samples) of `pause`, and one more at the end, which saves the model too:

            (total - step) * (step_time + pause / every) + pause = budget - elapsed
        """
        if self.frozen or self.budget is None:
            return False
        left = self.budget - elapsed - pause
        total = step + max(1, int(left / (step_time + pause / every)))
        changed, self.total = total != self.total, total
        self.frozen = step >= schedule.decay_start(total)
        return changed
