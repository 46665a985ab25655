"""A run that was stopped and continued ends in the same bits as one that never stopped."""

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import keras
import numpy as np
import pytest

from reverie import modelfile
from reverie.errors import ReverieError
from reverie.runs import Run
from reverie.training import checkpoint

pytestmark = pytest.mark.backends


@pytest.fixture(scope="module")
def whole(trainee: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that never stopped."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    assert trainee.run(folder).stopped == "finished"
    return folder


class AtEpochEnd(keras.callbacks.Callback):
    def __init__(self, epoch: int, action: Any) -> None:
        super().__init__()
        self.epoch, self.action = epoch, action

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if epoch == self.epoch:
            self.action()


def fail() -> None:
    raise RuntimeError("power cut")


def assert_same(folder: Path, whole: Path) -> None:
    assert (folder / "metrics.csv").read_text() == (whole / "metrics.csv").read_text()
    assert (folder / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    ours, theirs = checkpoint.newest(folder / "checkpoints"), checkpoint.newest(whole / "checkpoints")
    assert ours is not None and theirs is not None and ours[0]["step"] == theirs[0]["step"] == 40
    assert everything(ours[1]) == everything(theirs[1])


def everything(arrays: dict[str, np.ndarray]) -> dict[str, bytes]:
    """All but the metrics, which mean nothing once their interval is over."""
    return {name: array.tobytes() for name, array in arrays.items() if not name.startswith("metric/")}


@pytest.mark.parametrize("step", [3, 8, 39, 40])
def test_an_interrupted_run_continues_exactly(trainee: ModuleType, whole: Path, tmp_path: Path, step: int) -> None:
    outcome = trainee.run(tmp_path / "run", callbacks=[trainee.At(step, trainee.interrupt)])
    assert (outcome.stopped, outcome.step) == ("interrupted", step)
    assert modelfile.describe(tmp_path / "run" / "model.safetensors")["network"] == "trainee"
    assert trainee.run(tmp_path / "run", resume=True).stopped == "finished"
    assert_same(tmp_path / "run", whole)


def test_a_crash_loses_at_most_what_came_after_the_checkpoint(trainee: ModuleType, whole: Path, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="power cut"):
        trainee.run(tmp_path / "run", checkpoint_seconds=0, callbacks=[trainee.At(13, fail)])
    saved = checkpoint.newest(tmp_path / "run" / "checkpoints")
    assert saved is not None and saved[0]["step"] == 12
    with pytest.raises(RuntimeError, match="power cut"):
        trainee.run(tmp_path / "run", resume=True, checkpoint_seconds=0, callbacks=[trainee.At(13, fail)])
    trainee.run(tmp_path / "run", resume=True)
    assert_same(tmp_path / "run", whole)


def test_a_crash_before_the_first_checkpoint_starts_again(trainee: ModuleType, whole: Path, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="power cut"):
        trainee.run(tmp_path / "run", callbacks=[trainee.At(9, fail)])
    assert checkpoint.newest(tmp_path / "run" / "checkpoints") is None
    trainee.run(tmp_path / "run", resume=True)
    assert_same(tmp_path / "run", whole)


def test_a_validation_that_is_broken_off_is_done_again(trainee: ModuleType, whole: Path, tmp_path: Path) -> None:
    class InTheMiddle(keras.callbacks.Callback):
        """Interrupts the second validation, within `evaluate`."""

        def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
            trainee.interrupt()

    import reverie.training.train as module

    validator = module._validator

    def interrupted(validation: Any, batches: Any) -> Any:
        evaluate = validator(validation, batches)
        calls = []

        def validate(network: keras.Model, callbacks: list[Any]) -> float:
            calls.append(1)
            return evaluate(network, callbacks + ([InTheMiddle()] if len(calls) == 2 else []))

        return validate

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_validator", interrupted)
        outcome = trainee.run(tmp_path / "run")
    assert (outcome.stopped, outcome.step, outcome.best[0]) == ("interrupted", 16, 8)
    trainee.run(tmp_path / "run", resume=True)
    assert_same(tmp_path / "run", whole)


def test_an_interrupt_while_samples_are_made(trainee: ModuleType, whole: Path, tmp_path: Path) -> None:
    outcome = trainee.run(tmp_path / "run", callbacks=[AtEpochEnd(1, trainee.interrupt)])
    assert (outcome.stopped, outcome.step) == ("interrupted", 16)
    assert len((tmp_path / "run" / "metrics.csv").read_text().splitlines()) == 3
    trainee.run(tmp_path / "run", resume=True)
    assert_same(tmp_path / "run", whole)


def test_what_a_callback_does_to_the_network_is_done_once(trainee: ModuleType, tmp_path: Path) -> None:
    class Nudges(keras.callbacks.Callback):
        """Changes a weight after each interval; the second time it is interrupted when half done."""

        def __init__(self, interrupted: bool) -> None:
            super().__init__()
            self.interrupted, self.told = interrupted, []

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.told.append((epoch, logs))
            bias = self.model.layers[-1].bias
            bias.assign(bias + 1)
            if self.interrupted and epoch == 1:
                trainee.interrupt()
            bias.assign(bias * 0.5)

    whole, first, second = Nudges(False), Nudges(True), Nudges(False)
    trainee.run(tmp_path / "whole", callbacks=[whole])
    assert trainee.run(tmp_path / "run", callbacks=[first]).stopped == "interrupted"
    trainee.run(tmp_path / "run", resume=True, callbacks=[second])
    assert_same(tmp_path / "run", tmp_path / "whole")
    assert [epoch for epoch, _ in whole.told] == list(range(5))
    assert [first.told[0], *second.told] == whole.told and "val_loss" in second.told[0][1]


def test_a_corrupt_checkpoint_is_skipped(trainee: ModuleType, whole: Path, tmp_path: Path) -> None:
    trainee.run(tmp_path / "run", checkpoint_seconds=0, callbacks=[trainee.At(14, trainee.interrupt)])
    *_, last = sorted((tmp_path / "run" / "checkpoints").glob("step-*.safetensors"))
    data = bytearray(last.read_bytes())
    data[-3] ^= 1
    last.write_bytes(data)
    saved = checkpoint.newest(tmp_path / "run" / "checkpoints")
    assert saved is not None and saved[0]["step"] == 13
    trainee.run(tmp_path / "run", resume=True)
    assert_same(tmp_path / "run", whole)


def test_without_a_whole_checkpoint_there_is_one_sentence(trainee: ModuleType, tmp_path: Path) -> None:
    trainee.run(tmp_path / "run", callbacks=[trainee.At(5, trainee.interrupt)])
    for path in (tmp_path / "run" / "checkpoints").glob("*.safetensors"):
        path.write_bytes(b"")
    with pytest.raises(ReverieError, match="no whole checkpoint left"):
        trainee.run(tmp_path / "run", resume=True)


def test_another_network_is_refused(trainee: ModuleType, tmp_path: Path) -> None:
    trainee.run(tmp_path / "run", callbacks=[trainee.At(5, trainee.interrupt)])
    other = keras.Sequential([keras.Input((8,)), keras.layers.Dense(1)])
    other.compile("adam", "mse")
    from reverie.training.train import train

    with (
        Run.open(tmp_path / "run", engine="text", resume=True) as run,
        pytest.raises(ReverieError, match="another network"),
    ):
        train(other, trainee.batches, run=run, describe_model=lambda o: {}, seed=0, steps=9, resume=True, quiet=True)


def test_resuming_a_finished_run_publishes_it_again(trainee: ModuleType, whole: Path, tmp_path: Path) -> None:
    trainee.run(tmp_path / "run")
    (tmp_path / "run" / "model.safetensors").unlink()
    assert trainee.run(tmp_path / "run", resume=True).stopped == "finished"
    assert_same(tmp_path / "run", whole)


def test_the_same_in_processes_of_their_own(whole: Path, tmp_path: Path) -> None:
    """Started in one process, interrupted there, finished in another."""
    script = Path(__file__).with_name("trainee.py")

    def process(**options: Any) -> str:
        return subprocess.run(
            [sys.executable, script, tmp_path / "run", json.dumps(options)],
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    assert process(stop_at=11) == "interrupted\n"
    assert process(resume=True) == "finished\n"
    assert_same(tmp_path / "run", whole)
