"""What happens between the steps of `fit`: count, measure, save, validate, stop."""

import math
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import keras

from reverie import backend
from reverie.errors import ReverieError
from reverie.publish import publish
from reverie.runs import Run
from reverie.training import checkpoint, state
from reverie.training.history import History
from reverie.training.pace import Pace
from reverie.training.progress import Progress
from reverie.training.schedule import Annealed, Plan
from reverie.training.stop import Stop, Stopped

LOOK = 0.25  # seconds between two estimates of the time left
KINDS = ("network", "optimizer")
Validator = Callable[[keras.Model, list[Any]], float]


class Loop:
    """One session of a run. `stopped` is None until it is over, then says why."""

    def __init__(
        self,
        network: keras.Model,
        run: Run,
        *,
        seed: int,
        plan: Plan,
        annealed: Annealed,
        validate: Validator | None,
        every: int,
        patience: int,
        checkpoint_seconds: float,
        pace: Pace,
        progress: Progress,
        stop: Stop,
    ) -> None:
        self.network = network
        self.run = run
        self.seed = seed
        self.plan = plan
        self.annealed = annealed
        self.validate = validate
        self.every = every
        self.patience = patience
        self.checkpoint_seconds = checkpoint_seconds
        self.pace = pace
        self.progress = progress
        self.stop = stop
        self.step = 0
        self.stopped: str | None = None
        self.history = History()
        self.pending: dict[str, float] | None = None  # metrics of an interval that is over, but not closed
        self._metrics: state.Arrays = {}  # metrics of the interval that a resumed run continues
        self._loss: Any = None  # of the step before, perhaps still on its way
        self._snapshot: tuple[dict[str, Any], state.Arrays] | None = None
        self._saved = self._looked = pace.now()

    def start(self, saved: tuple[dict[str, Any], state.Arrays] | None) -> None:
        """Begins, or goes on from what `checkpoint.newest` gave."""
        self.network.stop_training = False  # of an earlier run
        if saved is not None:
            document, arrays = saved
            state.restore(self.network, arrays, *KINDS)
            self.step, self.every = document["step"], document["every"]
            self.plan = Plan(**document["plan"])
            self.history = History([(s, loss, v, rate) for s, loss, v, rate in document["history"]])
            self.pending = document["pending"]
            self.pace.before = document["seconds"]
            self._metrics = {name: array for name, array in arrays.items() if name.startswith("metric/")}
            if self.history.memorising(self.patience) and self.pending is None:
                self.stopped = "memorising"
            elif self.step >= self.plan.total and self.pending is None:
                self.stopped = "finished"
        else:
            state.variable(self.network.optimizer, "iteration").assign(0)  # the schedule counts this run's steps
        self._write_metrics()
        self.annealed.total.assign(self.plan.total)
        self.run.update(plan=asdict(self.plan))

    def begin_interval(self) -> None:
        if self._metrics:
            if self.step % self.every:
                state.restore(self.network, self._metrics, "metric")  # `fit` has just set them to zero
            self._metrics = {}
        if self.history.rows:
            backend.release()  # what compiling the validation and the samples has used
        self.pace.go_on()
        self.progress.show_sample(self.run.samples)

    def before_step(self) -> None:
        backend.reseed((1_000_003 * self.seed + self.step) % 2**32)

    def after_step(self, logs: dict[str, Any]) -> None:
        self.step += 1
        self.pace.count()
        if self.pace.counted == 0:
            backend.release()  # what compiling the step has used
            if not self.network.jit_compile:  # XLA plans a step's memory as a whole
                backend.reuse()
        loss = self._previous_loss(logs)
        if self.plan.frozen and self.step >= self.plan.total:
            self.network.stop_training = True  # which ends the interval too
        elif self.step % self.every == 0:
            return
        elif self.stop.asked:
            self._end(self.stop.asked)
            self._save(self._document(), state.take(self.network))
        else:
            now = self.pace.now()
            if now - self._saved >= self.checkpoint_seconds:
                self._save(self._document(), state.take(self.network))
            level = not self.plan.frozen and self.step >= self.annealed.schedule.decay_start(self.plan.total)
            if level or now - self._looked >= LOOK or self.pace.counted == 3:
                self._looked = now
                self._refine()
                self.progress.show_step(self.step, self.plan, loss, self.pace)

    def end_interval(self, logs: dict[str, float]) -> None:
        """Validates, keeps the best weights, and decides whether to go on. Adds "val_loss" to `logs`.

        Once that is recorded it stays so: if what follows is broken off, a resumed run begins with the callbacks.
        """
        self.pace.pause()
        arrays = state.take(self.network)
        self.pending = logs
        if not self.history.rows or self.history.rows[-1][0] < self.step:
            self._snapshot = self._document(), arrays
            try:
                with self.stop.breakable():
                    validation = self.validate(self.network, [_Break(self.stop)]) if self.validate else None
            except Stopped:
                self.break_off()
                return
            self._record(logs["loss"], validation, arrays)
            if validation is not None:
                logs["val_loss"] = validation
        if self.history.memorising(self.patience):
            self._end("memorising")
        elif self.plan.frozen and self.step >= self.plan.total:
            self._end("finished")
        self._snapshot = self._document(), arrays

    def close_interval(self) -> None:
        """After the callbacks, which may have changed the network, or asked Keras to stop."""
        self.pending = None
        if self.network.stop_training and self.stopped is None:
            self._end("given up")
        if self.stopped or self.pace.now() - self._saved >= self.checkpoint_seconds:
            self._save(self._document(), state.take(self.network))

    def break_off(self) -> None:
        """Undoes what was broken off in the pause between two intervals (on JAX, variables are then without values)."""
        assert self._snapshot is not None
        state.restore(self.network, self._snapshot[1], *KINDS, "metric")
        if self.stopped is None:
            self._end(self.stop.asked or "interrupted")
        self._save(*self._snapshot)

    def _end(self, why: str) -> None:
        self.stopped = why
        self.network.stop_training = True

    def _previous_loss(self, logs: dict[str, Any]) -> float | None:
        """The loss after the step before this one: by now it is there, so the device need not be waited for."""
        previous, self._loss = self._loss, logs["loss"]
        if previous is None:
            return None
        return self._finite(float(keras.ops.convert_to_numpy(previous)))

    def _finite(self, loss: float) -> float:
        if not math.isfinite(loss):
            raise ReverieError(
                f"The loss was no longer a number at step {self.step}: training has diverged.",
                "Start again with another seed.",
            )
        return loss

    def _record(self, loss: float, validation: float | None, arrays: state.Arrays) -> None:
        self._loss = None
        rate = self.annealed.peak * self.annealed.schedule.at(self.step - 1, self.plan.total)
        self.history.rows.append((self.step, self._finite(loss), validation, rate))
        best = self.history.best
        if best is not None and best[0] == self.step:
            weights = {name: array for name, array in arrays.items() if name.startswith("network/")}
            checkpoint.save_pair(self.run.checkpoints, checkpoint.best_name(self.step), {}, weights)
        self._write_metrics()
        self.run.update(step=self.step, loss=loss, validation=validation, best=best, seconds=self.pace.elapsed())
        self.progress.show_interval(self.step, loss, validation)

    def _write_metrics(self) -> None:
        publish(self.run.metrics, self.history.csv().encode())

    def _document(self) -> dict[str, Any]:
        best = self.history.best
        return {
            "step": self.step,
            "every": self.every,
            "plan": asdict(self.plan),
            "history": list(self.history.rows),
            "best": best[0] if best else -1,
            "pending": self.pending and dict(self.pending),
            "seconds": self.pace.elapsed(),
        }

    def _save(self, document: dict[str, Any], arrays: state.Arrays) -> None:
        if self._loss is not None:
            self._finite(float(keras.ops.convert_to_numpy(self._loss)))
        checkpoint.save(self.run.checkpoints, self.step, document, arrays)
        if "checkpoint" not in self.run.document:
            self.run.update(checkpoint=True)  # from now on, a run without one is damaged
        self._saved = self.pace.now()

    def _refine(self) -> None:
        """Turns the time that is left into steps, as long as the learning rate is level."""
        if self.plan.frozen or self.pace.counted < 3:
            return
        changed = self.plan.refine(
            self.annealed.schedule,
            step=self.step,
            elapsed=self.pace.elapsed(),
            step_time=self.pace.step_seconds,
            pause=self.pace.pause_seconds,
            every=self.every,
        )
        if changed:
            state.sync(self.network)
            self.annealed.total.assign(self.plan.total)
        if self.plan.frozen:
            self.run.update(plan=asdict(self.plan))


class _Break(keras.callbacks.Callback):
    """Breaks off `evaluate` in a thread that no signal reaches."""

    def __init__(self, stop: Stop) -> None:
        super().__init__()
        self.stop = stop

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.stop.check()
