"""A tiny training run for the tests, which also runs as a process of its own: `trainee.py FOLDER [JSON options]`."""

import json
import signal
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from reverie import backend
from reverie.runs import Run
from reverie.training import state
from reverie.training.schedule import Schedule, anneal
from reverie.training.train import Outcome, train

import keras  # isort: skip
import numpy as np  # isort: skip

SEED = 3


@cache
def untrained() -> tuple[keras.Model, state.Arrays]:
    """Small, with everything that has a state: dropout's seed, batch normalisation, Adam."""
    backend.deterministic(SEED)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8,)),
            layers.Dense(16, name="first"),
            layers.BatchNormalization(name="norm"),
            layers.Dropout(0.3, name="dropout"),
            layers.Dense(1, name="last"),
        ],
        name="trainee",
    )
    model.compile(keras.optimizers.Adam(1e-2), "mse", metrics=["mae"])
    anneal(model, Schedule())
    state.build(model, *batches(0))
    return model, state.take(model)


def network() -> keras.Model:
    """As new, but compiled only once in a process."""
    model, arrays = untrained()
    state.restore(model, arrays, "network", "optimizer")
    return model


def batches(step: int) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng([SEED, step]).normal(size=(16, 8)).astype("float32")
    return x, x.sum(axis=1, keepdims=True)


class At(keras.callbacks.Callback):
    """Does something at the end of the given step of this session, counted from 1."""

    def __init__(self, step: int, action: Callable[[], None]) -> None:
        super().__init__()
        self.left, self.action = step, action

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.left -= 1
        if self.left == 0:
            self.action()


def interrupt() -> None:
    """What Ctrl-C does."""
    signal.raise_signal(signal.SIGINT)


def run(folder: Path, *, resume: bool = False, **options: Any) -> Outcome:
    """Trains 40 steps, validated every 8, in `folder`."""
    if "stop_at" in options:
        options["callbacks"] = [At(options.pop("stop_at"), interrupt)]
    given: dict[str, Any] = {"steps": 40, "validate_every": 8, "validation": batches(10**6), "quiet": True}
    with Run.open(folder, engine="text", seed=SEED, resume=resume) as place:
        return train(
            network(),
            options.pop("batches", batches),
            run=place,
            describe_model=lambda outcome: {"network": "trainee"},
            seed=SEED,
            resume=resume,
            **(given | options),
        )


if __name__ == "__main__":
    print(run(Path(sys.argv[1]), **json.loads(sys.argv[2] if len(sys.argv) > 2 else "{}")).stopped)
