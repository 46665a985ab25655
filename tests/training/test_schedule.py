"""The learning rate's course, and the plan that turns minutes into steps."""

from itertools import pairwise

import numpy as np
import pytest

from reverie import backend
from reverie.training.pace import Pace
from reverie.training.schedule import Plan, Schedule


def test_up_level_down() -> None:
    schedule = Schedule(decay=0.5)
    course = backend.to_numpy(schedule(np.arange(4001), 4000))
    assert course[0] == pytest.approx(0.01) and course[98] < 1.0
    assert set(course[99:2001].tolist()) == {1.0}
    assert course[3000] == pytest.approx(0.5) and course[3999] == pytest.approx(1 / 2000) and course[4000] == 0
    assert np.allclose(np.diff(course[2000:]), -1 / 2000, atol=1e-6)


def test_a_short_run_warms_up_for_a_twentieth() -> None:
    assert [round(Schedule().at(step, 80), 3) for step in range(4)] == [0.25, 0.5, 0.75, 1.0]
    assert Schedule().at(0, 1) == 1.0


def test_the_share_that_decays_is_the_callers() -> None:
    assert Schedule(decay=0.2).at(79, 100) == 1.0
    assert Schedule(decay=0.2).at(90, 100) == pytest.approx(0.5)
    assert Schedule(decay=0.2).decay_start(100) == 80


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def drive(budget: float, compiling: float, step_time: float, pause: float, every: int, decay: float) -> tuple:
    """A whole run by a fake clock: (steps, seconds, multipliers)."""
    clock, schedule = Clock(), Schedule(decay)
    pace, plan = Pace(clock() - 3.0, clock), Plan.of(None, budget / 60)  # the job began 3 s ago
    step, course, first_pause = 0, [], 2.0
    while not (plan.frozen and step >= plan.total):
        if step % 100 == 99:
            course.append(schedule.at(step, plan.total))
        clock.seconds += compiling if step == 0 else step_time
        step += 1
        pace.count()
        if step % every == 0:
            pace.pause()
            clock.seconds += pause + first_pause
            first_pause = 0.0
            pace.go_on()
        if pace.counted >= 3:
            times = {"step_time": pace.step_seconds, "pause": pace.pause_seconds}
            plan.refine(schedule, step=step, elapsed=pace.elapsed(), every=every, **times)
    course.append(schedule.at(step - 1, plan.total))
    return step, pace.elapsed() + (pause if step % every else 0), course


@pytest.mark.parametrize("decay", [0.2, 0.5, 0.9])
@pytest.mark.parametrize(("step_time", "pause"), [(0.04, 0.0), (0.04, 1.5), (0.5, 5.0)])
def test_the_job_ends_when_the_time_is_up(decay: float, step_time: float, pause: float) -> None:
    every = 50
    steps, seconds, course = drive(300, 12.0, step_time, pause, every, decay)
    spare = 300 - seconds
    # Compilation and all pauses are in the budget. Estimates err to the safe side by the first, slower pause.
    assert -0.01 * 300 <= spare <= 0.1 * 300 + pause + step_time
    assert course[-1] <= 1.01 / (decay * steps)  # annealed
    assert max(course) == 1.0 or decay == 0.9  # sampled too seldom to see the short level part
    assert all(later <= earlier + 1e-6 for earlier, later in pairwise(course[1:]))


def test_a_plan_is_frozen_when_the_decay_begins() -> None:
    plan, schedule = Plan.of(None, 1.0), Schedule(0.5)
    assert plan.refine(schedule, step=10, elapsed=10, step_time=0.1, pause=0, every=100)
    assert (plan.total, plan.frozen) == (510, False)
    assert plan.refine(schedule, step=260, elapsed=34, step_time=0.1, pause=0, every=100)
    assert (plan.total, plan.frozen) == (520, True)
    assert not plan.refine(schedule, step=270, elapsed=59, step_time=0.1, pause=0, every=100)
    assert plan.total == 520


def test_time_for_the_last_pause_is_kept() -> None:
    plan = Plan.of(None, 1.0)
    plan.refine(Schedule(), step=0, elapsed=0, step_time=0.1, pause=2.0, every=50)
    assert plan.total == int(58 / (0.1 + 2 / 50))


def test_a_budget_that_is_spent_ends_with_the_next_step() -> None:
    plan = Plan.of(None, 0.01)
    plan.refine(Schedule(), step=7, elapsed=5, step_time=0.1, pause=0, every=10)
    assert (plan.total, plan.frozen) == (8, True)


def test_steps_or_minutes_but_not_both() -> None:
    assert Plan.of(30, None) == Plan(30, None, True)
    for steps, minutes in ((None, None), (3, 3.0)):
        with pytest.raises(ValueError, match="either steps or minutes"):
            Plan.of(steps, minutes)


def test_the_pace_leaves_out_compilation_and_pauses() -> None:
    clock = Clock()
    pace = Pace(clock(), clock)
    for seconds in (20.0, 1.0, 3.0):
        clock.seconds += seconds
        pace.count()
    pace.pause()
    clock.seconds += 7
    pace.go_on()
    clock.seconds += 2
    pace.count()
    assert (pace.compile_seconds, pace.step_seconds, pace.pause_seconds) == (20.0, 2.0, 7.0)
    assert pace.elapsed() == 33.0
