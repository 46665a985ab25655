"""Training: Keras `fit`, with everything around it that a run needs to be stopped, continued and trusted."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np

from reverie import backend, modelfile
from reverie.errors import ReverieError
from reverie.runs import Run
from reverie.training import checkpoint, state
from reverie.training.hooks import Hooks
from reverie.training.loop import Loop
from reverie.training.pace import Pace
from reverie.training.progress import Progress
from reverie.training.schedule import Plan, Schedule, anneal
from reverie.training.stop import Stop

Batch = tuple[Any, Any]
Validation = tuple[np.ndarray, np.ndarray] | Callable[[], float]

SENTENCES = {
    "finished": "Training finished after {step} steps.",
    "interrupted": "Interrupted after {step} steps: the run can be resumed, and its model used as it is.",
    "cancelled": "Cancelled after {step} steps: the run can be resumed, and its model used as it is.",
    "given up": "Given up after {step} steps, since more would not help: its model can be used as it is.",
    "memorising": "It has begun to memorise: validation rose {patience} times in a row while training loss fell. "
    "Training stopped after {step} steps, and the weights of step {best}, the best, were kept.",
}


@dataclass(frozen=True)
class Outcome:
    """How a run ended. Losses are those of the network's loss function; times are in seconds."""

    stopped: str  # "finished", "interrupted", "cancelled", "memorising", or "given up" by a callback
    sentence: str
    step: int  # steps done since the run began
    total: int | None  # steps planned, None if it stopped before the time budget was turned into steps
    loss: float | None  # mean training loss over the last interval
    validation: float | None  # the last one
    best: tuple[int, float] | None  # step and loss of the best validation; its weights are those published
    seconds: float  # since the run began, all its sessions together
    compile_seconds: float  # of this session, up to the end of its first step
    step_seconds: float  # mean of this session, without validation


def train(
    network: keras.Model,
    batches: Callable[[int], Batch],
    *,
    run: Run,
    describe_model: Callable[[Outcome], dict[str, Any]],
    seed: int,
    steps: int | None = None,
    minutes: float | None = None,
    started: float | None = None,
    validation: Validation | None = None,
    validate_every: int | None = None,
    patience: int = 5,
    checkpoint_seconds: float = 10.0,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    schedule: Schedule | None = None,
    resume: bool = False,
    quiet: bool = False,
) -> Outcome:
    """Trains a built and compiled `network` in the folder `run`, and publishes it as run.model.

    `batches(step)` gives the (x, y) of a step from 0; it is a function of the step alone, with one shape, and may
    be called ahead of time and from another thread. Exactly one of `steps` and `minutes` is given. A time budget
    counts from `started`, a `time.monotonic()`, includes the last validation and the saving, and becomes a number
    of steps by measurement (see `schedule.Plan`). The optimizer's learning rate is the peak that `schedule`
    scales.

    Every `validate_every` steps (default: 250, or a tenth of `steps` if that is less) make an epoch to Keras: then
    `validation`, a function or (x, y) for `evaluate` (in whole batches of the training size), gives a loss, the best
    weights are kept, and `callbacks` are told. After `patience` rising validations the run may be found to memorise
    (see `history.History`).

    With `resume`, the run goes on from its newest whole checkpoint by the plan recorded there; `steps` and
    `minutes` are then not looked at. On a CPU the result is, bit for bit, that of a run that never stopped, if
    the number of steps was given or already fixed.

    Returns the outcome, with the published weights in `network`. Ctrl-C or the file run.cancel stop after the step
    at hand. Raises ReverieError if the disk is full, if the loss is no longer finite, or if there is nothing to
    resume; the last checkpoint is then still there.
    """
    if network.optimizer.use_ema:
        raise ValueError("Keras' EMA overwrites the weights when fit ends. Keep averages as variables of the model.")
    backend.deterministic(seed)
    backend.compile_lean()
    plan = Plan.of(steps, minutes)
    every = validate_every or min(250, max(1, plan.total // 10))
    annealed = anneal(network, schedule or Schedule())
    network.optimizer.build(network.trainable_variables)
    pace = Pace(started)
    with Progress(quiet) as progress, Stop(run.cancel) as stop, _noting_failure(run):
        loop = Loop(
            network,
            run,
            seed=seed,
            plan=plan,
            annealed=annealed,
            validate=_validator(validation, batches),
            every=every,
            patience=patience,
            checkpoint_seconds=checkpoint_seconds,
            pace=pace,
            progress=progress,
            stop=stop,
        )
        saved = _saved(run) if resume else None
        if saved is not None:
            state.build(network, *batches(0))
        loop.start(saved)
        _fit(network, batches, loop, Hooks(loop, callbacks))
        outcome = _outcome(loop)
        _publish(network, run, loop, outcome, describe_model)
        progress.end(outcome.sentence)
    return outcome


def _fit(network: keras.Model, batches: Callable[[int], Batch], loop: Loop, hooks: Hooks) -> None:
    """One call of `fit`, or two if the run continues within an interval."""
    if loop.pending is not None:  # stopped in the pause between two intervals
        hooks.on_train_begin()
        hooks.on_epoch_end((loop.step - 1) // loop.every, loop.pending)
        hooks.on_train_end()
    while loop.stopped is None:
        epoch, within = divmod(loop.step, loop.every)
        feed = Feed(batches, loop.step)
        try:
            network.fit(
                backend.feed(feed.generator(), batches(loop.step)),
                initial_epoch=epoch,
                epochs=epoch + 1 if within else 10**9,  # the loop says when it is over
                steps_per_epoch=loop.every - within,
                shuffle=False,
                callbacks=hooks,
                verbose=0,
            )
        except Exception:
            if feed.error is not None:  # TensorFlow wraps it
                raise feed.error from None
            raise


class Feed:
    """The batches from a step on, without end; `error` is what making one raised."""

    def __init__(self, batches: Callable[[int], Batch], step: int) -> None:
        self.batches = batches
        self.step = step
        self.error: Exception | None = None

    def generator(self) -> Iterator[Batch]:
        while True:
            try:
                batch = self.batches(self.step)
            except Exception as error:
                self.error = error
                raise
            self.step += 1
            yield batch


def _validator(
    validation: Validation | None, batches: Callable[[int], Batch]
) -> Callable[[keras.Model, list[Any]], float] | None:
    """A function of the network and of callbacks that gives the validation loss."""
    if validation is None:
        return None
    if callable(validation):
        return lambda network, callbacks: float(validation())
    x, y = validation
    size = min(len(x), len(batches(0)[0]))
    whole = len(x) - len(x) % size  # a last smaller batch would compile the network once more

    def evaluate(network: keras.Model, callbacks: list[Any]) -> float:
        logs = network.evaluate(x[:whole], y[:whole], batch_size=size, verbose=0, callbacks=callbacks, return_dict=True)
        return float(logs["loss"])

    return evaluate


def _saved(run: Run) -> tuple[dict[str, Any], state.Arrays] | None:
    """The newest whole checkpoint, or None if the run was stopped before its first."""
    found = checkpoint.newest(run.checkpoints)
    if found is None and "checkpoint" in run.document:
        raise ReverieError(f"The run in {run.folder} has no whole checkpoint left.", "Start it again elsewhere.")
    return found


def _outcome(loop: Loop) -> Outcome:
    last = loop.history.rows[-1] if loop.history.rows else (0, None, None, 0.0)
    best = loop.history.best
    stopped = loop.stopped or "finished"
    return Outcome(
        stopped=stopped,
        sentence=SENTENCES[stopped].format(step=loop.step, patience=loop.patience, best=best[0] if best else loop.step),
        step=loop.step,
        total=loop.plan.total if loop.plan.frozen else None,
        loss=last[1],
        validation=last[2],
        best=best,
        seconds=loop.pace.elapsed(),
        compile_seconds=loop.pace.compile_seconds,
        step_seconds=loop.pace.step_seconds,
    )


def _publish(
    network: keras.Model,
    run: Run,
    loop: Loop,
    outcome: Outcome,
    describe_model: Callable[[Outcome], dict[str, Any]],
) -> None:
    """Puts the best weights, if any were validated, into the network, and the network into its file."""
    if outcome.best is not None:
        pair = checkpoint.load_pair(run.checkpoints, checkpoint.best_name(outcome.best[0]))
        if pair is None:
            raise ReverieError(f"The best weights of the run in {run.folder} are gone.", "Resume the run.")
        state.restore(network, pair[1], "network")
    modelfile.write(run.model, run.document["engine"], describe_model(outcome), state.by_path(network))
    run.update(status=outcome.stopped, plan=asdict(loop.plan), outcome=asdict(outcome))


@contextlib.contextmanager
def _noting_failure(run: Run) -> Iterator[None]:
    """Lets run.json say how the run ended if it ends by an error, as far as it still can be written."""
    try:
        yield
    except BaseException as error:
        status = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
        with contextlib.suppress(ReverieError):
            run.update(status=status, error=str(error) or type(error).__name__)
        raise
