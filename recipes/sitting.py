"""One sitting of a distillation: so many minutes of `fit`, with a log, figures and checkpoints."""

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

from recipes import state
from recipes.distillation import Distillation
from recipes.muon import Muon

WARM_UP = 40  # steps in which the rate rises, at the very beginning
AVERAGING = 0.99  # of the weights: over the last hundred steps
LOG = 20  # steps between two lines of the log
EVERY = 300  # seconds between two checkpoints


def train(
    model: Distillation,
    batches: Callable[[int], Iterator[np.ndarray]],
    evaluate: Callable[[], str],
    options: argparse.Namespace,
) -> None:
    """Trains as `arguments` says; `batches(n)` starts at batch number n, `evaluate` returns a line for the log.

    The rate falls evenly to nothing at the end of the sitting. Every five minutes and at the end
    `options.out`/last.safetensors is written, from which `options.resume` goes on: with the weights, the optimizer,
    the step and the randomness as they were.
    """
    checkpoint = options.out / "last.safetensors"
    options.out.mkdir(parents=True, exist_ok=True)
    optimizer = Muon(options.rate, use_ema=True, ema_momentum=AVERAGING, ema_overwrite_frequency=None)
    model.compile(optimizer=optimizer, jit_compile=False)
    optimizer.build(model.trainable_variables)
    if options.resume:
        state.load(checkpoint, model)
    model.forcing.assign(options.forcing)
    feed = ((images, None) for images in batches(int(optimizer.iterations)))
    hook = Sitting(checkpoint, options.minutes * 60, options.rate, evaluate)
    model.fit(feed, steps_per_epoch=LOG, epochs=10**6, callbacks=[hook], shuffle=False, verbose=0)


class Sitting(keras.callbacks.Callback):
    """Sets the rate before each step, writes what there is to write, and stops in time."""

    def __init__(self, path: Path, seconds: float, rate: float, evaluate: Callable[[], str]) -> None:
        super().__init__()
        self.path, self.seconds, self.rate, self.evaluate = path, seconds, rate, evaluate
        self.began = self.saved = time.monotonic()

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        left = 1 - (time.monotonic() - self.began) / self.seconds
        self.model.optimizer.learning_rate = self.rate * min((self.step + 1) / WARM_UP, max(0.02, left))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        now = time.monotonic()
        losses = " ".join(f"{logs[mean.name]:.3f}" for mean in self.model.metrics)
        rate, forcing = float(self.model.optimizer.learning_rate), float(self.model.forcing)
        minutes = (now - self.began) / 60
        print(f"{minutes:6.1f} min  step {self.step:6d}  forcing {forcing:.2f}  rate {rate:.4f}  {losses}", flush=True)
        over = now - self.began >= self.seconds
        if over or now - self.saved >= EVERY:
            state.save(self.path, self.model)
            print(f"    held out: {self.evaluate()}", flush=True)
            self.saved = time.monotonic()
        self.model.stop_training = over

    @property
    def step(self) -> int:
        return int(self.model.optimizer.iterations)
