"""Training: what is stopped, what is kept, what is told, and what goes wrong in one sentence."""

import errno
import json
import os
import signal
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import keras
import numpy as np
import pytest

from reverie import modelfile, publish
from reverie.errors import ReverieError
from reverie.runs import Run
from reverie.training import checkpoint, state, stop
from reverie.training.train import train

pytestmark = pytest.mark.backends
FOREVER = 10**6
LAST = "trainee/last/kernel"


def document(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "run.json").read_text())


def test_a_run_leaves_what_it_promises(trainee: ModuleType, tmp_path: Path) -> None:
    outcome = trainee.run(tmp_path)
    assert outcome.sentence == "Training finished after 40 steps."
    assert outcome.step == outcome.total == 40 and outcome.validation < 8.0
    assert document(tmp_path)["status"] == "finished"
    assert document(tmp_path)["outcome"]["best"] == list(outcome.best)
    assert document(tmp_path)["plan"]["total"] == 40
    rows = [line.split(",") for line in (tmp_path / "metrics.csv").read_text().splitlines()]
    assert rows[0] == ["step", "loss", "validation", "learning_rate"]
    assert [int(row[0]) for row in rows[1:]] == [8, 16, 24, 32, 40]
    assert float(rows[5][3]) == pytest.approx(0.01 / 20)  # annealed
    assert modelfile.describe(tmp_path / "model.safetensors")["engine"] == "text"
    assert len(list((tmp_path / "checkpoints").glob("step-*.json"))) <= 2


def test_the_best_weights_are_published(trainee: ModuleType, tmp_path: Path) -> None:
    """Validation is best in the second of five intervals: its weights are in the file and in the network."""
    seen: list[np.ndarray] = []
    values = iter([3.0, 1.0, 2.0, 2.0, 2.0])
    network = trainee.network()

    def validation() -> float:
        state.sync(network)
        seen.append(state.by_path(network)[LAST])
        return next(values)

    outcome = trainee.run(tmp_path, validation=validation)
    assert outcome.best == (16, 1.0) and len(seen) == 5
    published = modelfile.read(tmp_path / "model.safetensors")[1][LAST]
    np.testing.assert_array_equal(published, seen[1])
    np.testing.assert_array_equal(state.by_path(network)[LAST], seen[1])
    assert not np.array_equal(seen[1], seen[4])


def test_it_stops_when_it_memorises(trainee: ModuleType, tmp_path: Path) -> None:
    values = iter([2.0, 1.0, 1.1, 1.2, 1.3, 1.4])
    outcome = trainee.run(tmp_path, steps=FOREVER, validation=lambda: next(values), patience=3)
    assert (outcome.stopped, outcome.step, outcome.best) == ("memorising", 40, (16, 1.0))
    assert outcome.sentence.startswith("It has begun to memorise: validation rose 3 times in a row")
    assert "the weights of step 16" in outcome.sentence
    again = trainee.run(tmp_path, resume=True, patience=3)
    assert (again.stopped, again.step) == ("memorising", 40)


def test_a_callback_can_end_a_run(trainee: ModuleType, tmp_path: Path) -> None:
    class GiveUp(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.model.stop_training = epoch == 1

    outcome = trainee.run(tmp_path, callbacks=[GiveUp()])
    assert (outcome.stopped, outcome.step) == ("given up", 16)
    assert outcome.sentence.startswith("Given up after 16 steps") and document(tmp_path)["status"] == "given up"
    assert modelfile.describe(tmp_path / "model.safetensors")["engine"] == "text"
    again = trainee.run(tmp_path, resume=True)  # whoever wants to, goes on
    assert (again.stopped, again.step) == ("finished", 40)


def test_what_callbacks_change_is_in_the_checkpoint(trainee: ModuleType, tmp_path: Path) -> None:
    """A run that breaks off in the step after the change, and goes on, ends as one that never did."""

    class Change(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if epoch == 0:
                kernel = self.model.get_layer("last").kernel
                kernel.assign(kernel + 1.0)

    def crash() -> None:
        raise RuntimeError

    trainee.run(tmp_path / "whole", steps=16, callbacks=[Change()])
    with pytest.raises(RuntimeError):
        trainee.run(tmp_path / "part", steps=16, checkpoint_seconds=0, callbacks=[Change(), trainee.At(9, crash)])
    saved = checkpoint.newest(tmp_path / "part" / "checkpoints")
    assert saved is not None and saved[0]["step"] == 8
    trainee.run(tmp_path / "part", resume=True, callbacks=[Change()])
    ours, theirs = (checkpoint.newest(tmp_path / name / "checkpoints") for name in ("part", "whole"))
    assert ours is not None and theirs is not None and ours[0]["step"] == theirs[0]["step"] == 16
    assert all((array == theirs[1][name]).all() for name, array in ours[1].items())


def test_without_validation_the_last_weights_are_published(trainee: ModuleType, tmp_path: Path) -> None:
    outcome = trainee.run(tmp_path, validation=None, steps=11)
    assert outcome.best is None and outcome.validation is None and outcome.loss > 0
    assert [line.split(",")[0] for line in (tmp_path / "metrics.csv").read_text().splitlines()] == ["step", "8", "11"]
    assert (tmp_path / "model.safetensors").exists()


def test_the_cancel_file_stops_within_two_seconds(trainee: ModuleType, tmp_path: Path) -> None:
    asked = []

    def cancel() -> None:
        (tmp_path / "cancel").touch()
        asked.append(time.monotonic())

    outcome = trainee.run(tmp_path, steps=FOREVER, validate_every=FOREVER, callbacks=[trainee.At(3, cancel)])
    assert time.monotonic() - asked[0] < 2.0
    assert outcome.stopped == "cancelled" and "can be resumed" in outcome.sentence
    assert modelfile.read(tmp_path / "model.safetensors")[0]["engine"] == "text"
    assert document(tmp_path)["status"] == "cancelled"
    assert not Run.open(tmp_path, engine="text", resume=True).cancel.exists()


def test_the_cancel_file_breaks_off_a_long_validation(trainee: ModuleType, tmp_path: Path) -> None:
    def endless() -> float:
        (tmp_path / "cancel").touch()
        while True:
            threading.Event().wait(0.01)

    begun = time.monotonic()
    outcome = trainee.run(tmp_path, validation=endless)
    assert (outcome.stopped, outcome.step) == ("cancelled", 8) and time.monotonic() - begun < 5.0
    assert (tmp_path / "model.safetensors").exists()


def test_the_second_interrupt_is_immediate(trainee: ModuleType, tmp_path: Path) -> None:
    def twice() -> None:
        trainee.interrupt()
        trainee.interrupt()

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        trainee.run(tmp_path, callbacks=[trainee.At(3, twice)])
    assert document(tmp_path)["status"] == "interrupted"
    assert signal.getsignal(signal.SIGINT) is before


def test_in_another_thread_the_cancel_file_works_too(trainee: ModuleType, tmp_path: Path) -> None:
    outcomes = []
    cancel = trainee.At(3, lambda: (tmp_path / "cancel").touch())
    thread = threading.Thread(target=lambda: outcomes.append(trainee.run(tmp_path, steps=FOREVER, callbacks=[cancel])))
    thread.start()
    thread.join(30)
    assert [outcome.stopped for outcome in outcomes] == ["cancelled"]


def test_a_full_disk_keeps_the_last_checkpoint(
    trainee: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = publish.write

    def full() -> None:
        def half(descriptor: int, data: bytes) -> None:
            write(descriptor, bytes(data)[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(publish, "write", half)

    with pytest.raises(ReverieError, match=r"The disk is full: .* could not be written") as caught:
        trainee.run(tmp_path, checkpoint_seconds=0, callbacks=[trainee.At(5, full)])
    assert "\n" not in str(caught.value)
    monkeypatch.undo()
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith(publish.ASIDE)]
    saved = checkpoint.newest(tmp_path / "checkpoints")
    assert saved is not None and saved[0]["step"] == 4
    assert trainee.run(tmp_path, resume=True).stopped == "finished"


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
def test_a_real_limit_on_file_size(trainee: ModuleType, tmp_path: Path) -> None:
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500, limits[1]))

    try:
        with pytest.raises(ReverieError, match="The disk is full"):
            trainee.run(tmp_path, checkpoint_seconds=0, callbacks=[trainee.At(5, limit)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith(publish.ASIDE)]
    saved = checkpoint.newest(tmp_path / "checkpoints")
    assert saved is not None and saved[0]["step"] == 4


def test_a_loss_that_is_no_number_stops_the_run(trainee: ModuleType, tmp_path: Path) -> None:
    def batches(step: int) -> tuple[np.ndarray, np.ndarray]:
        x, y = trainee.batches(step)
        return x, y * (np.nan if step >= 10 else 1)

    with pytest.raises(ReverieError, match=r"The loss was no longer a number at step 1[12]"):
        trainee.run(tmp_path, checkpoint_seconds=0, batches=batches)
    saved = checkpoint.newest(tmp_path / "checkpoints")
    assert saved is not None and saved[0]["step"] == 10
    assert all(np.isfinite(array).all() for array in saved[1].values())
    assert document(tmp_path)["status"] == "failed" and "no longer a number" in document(tmp_path)["error"]


def test_what_goes_wrong_in_making_a_batch_is_raised_as_it_is(trainee: ModuleType, tmp_path: Path) -> None:
    def batches(step: int) -> tuple[np.ndarray, np.ndarray]:
        if step == 20:
            raise ReverieError("The corpus is gone.")
        return trainee.batches(step)

    with pytest.raises(ReverieError, match=r"^The corpus is gone\.$"):
        trainee.run(tmp_path, batches=batches)


def test_callbacks_see_epochs_with_validation(trainee: ModuleType, tmp_path: Path) -> None:
    told: list[Any] = []

    class Listen(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            assert isinstance(logs["loss"], float)

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            told.append((epoch, sorted(logs)))

    trainee.run(tmp_path, steps=20, callbacks=[Listen()])
    assert told == [(epoch, ["loss", "mae", "val_loss"]) for epoch in range(3)]


def test_minutes_become_steps(trainee: ModuleType, tmp_path: Path) -> None:
    """Three seconds: over in about that time, annealed, and the plan written down."""
    begun = time.monotonic()
    outcome = trainee.run(tmp_path, steps=None, minutes=0.05, started=begun, validate_every=100, patience=10**6)
    assert outcome.stopped == "finished" and outcome.step == outcome.total
    assert document(tmp_path)["plan"] == {"total": outcome.total, "budget": 3.0, "frozen": True}
    last = (tmp_path / "metrics.csv").read_text().splitlines()[-1].split(",")
    assert float(last[3]) <= 0.01 * 2.1 / outcome.total + 1e-9 or outcome.total < 10


def test_a_resumed_run_keeps_its_frozen_plan(trainee: ModuleType, tmp_path: Path) -> None:
    class WhenFrozen(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if document(tmp_path)["plan"]["frozen"] and not stopped:
                stopped.append(document(tmp_path)["plan"])
                trainee.interrupt()

    stopped: list[Any] = []
    first = trainee.run(tmp_path, steps=None, minutes=0.05, patience=10**6, callbacks=[WhenFrozen()])
    assert first.stopped == "interrupted"
    second = trainee.run(tmp_path, resume=True, steps=7, patience=10**6)
    assert second.step == second.total == stopped[0]["total"]


def test_plain_lines_when_stderr_is_no_terminal(
    trainee: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trainee.run(tmp_path / "loud", quiet=False)
    out, err = capsys.readouterr()
    assert out == "" and "step 16  mean loss" in err and "validation" in err and "\x1b" not in err
    assert err.splitlines()[-1] == "Training finished after 40 steps."
    trainee.run(tmp_path / "still", quiet=True)
    assert capsys.readouterr() == ("", "")


def test_keras_average_is_refused(trainee: ModuleType, tmp_path: Path) -> None:
    network = keras.Sequential([keras.Input((8,)), keras.layers.Dense(1)])
    network.compile(keras.optimizers.SGD(0.1, use_ema=True), "mse")
    with Run.open(tmp_path, engine="text") as run, pytest.raises(ValueError, match="EMA"):
        train(network, trainee.batches, run=run, describe_model=lambda o: {}, seed=0, steps=3)


def test_a_stop_in_time_is_noticed_often_enough() -> None:
    assert stop.LOOK <= 0.5
