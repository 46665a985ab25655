"""Kills training processes at random moments, and looks at what they leave: `killer.py FOLDER KILLS SEED`.

Every victim is forked from this process, which has imported the backend but never used it, and goes on where the one
before it was killed. Prints what was seen as JSON; an assertion fails if a run is unreadable or has lost too much.
"""

import json
import os
import random
import signal
import sys
import time
import traceback
from pathlib import Path

import trainee

from reverie import modelfile, runs
from reverie.publish import ASIDE
from reverie.training import checkpoint

import keras  # isort: skip


class Report(keras.callbacks.Callback):
    """Tells the killer of every step, as "step 12"."""

    def __init__(self, pipe: int, step: int) -> None:
        super().__init__()
        self.pipe, self.step = pipe, step

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        self.step += 1
        os.write(self.pipe, f"step {self.step}\n".encode())


def victim(folder: Path, pipe: int, checkpoint_seconds: float) -> None:
    save = checkpoint.save

    def reported(place: Path, step: int, *rest: object) -> None:
        os.write(pipe, f"saving {step}\n".encode())
        save(place, step, *rest)
        os.write(pipe, f"saved {step}\n".encode())

    checkpoint.save = reported
    resume = (folder / "run.json").exists()
    step = saved_step(folder) if resume else 0
    trainee.run(folder, resume=resume, checkpoint_seconds=checkpoint_seconds, callbacks=[Report(pipe, step)])


def forked(folder: Path, checkpoint_seconds: float) -> tuple[int, int]:
    """The process that trains in `folder`, and the pipe it reports through."""
    receive, send = os.pipe()
    process = os.fork()
    if process == 0:
        code = 1
        try:
            os.close(receive)
            victim(folder, send, checkpoint_seconds)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(send)
    return process, receive


def attack(folder: Path, dice: random.Random, checkpoint_seconds: float) -> dict[str, bool]:
    """Kills one process at a random moment after its start, or after one of its reports, and checks the folder."""
    process, pipe = forked(folder, checkpoint_seconds)
    early = dice.random() < 0.15
    heard = [] if early else hear(pipe, dice.randint(2, 40))
    time.sleep(dice.uniform(0, 1.5) if early else dice.uniform(0, 0.02))
    os.kill(process, signal.SIGKILL)
    code = os.waitpid(process, 0)[1]
    assert code in (0, signal.SIGKILL), f"the process failed by itself: {code}"
    heard += hear(pipe, None)
    os.close(pipe)
    inside = any(folder.rglob(f".*{ASIDE}"))
    check(folder, heard, checkpoint_seconds)
    return {"killed": code != 0, "early": early, "inside_save": inside}


def hear(pipe: int, lines: int | None) -> list[str]:
    """The next reports, as many as asked for or all there will be."""
    text = b""
    while (lines is None or text.count(b"\n") < lines) and (part := os.read(pipe, 1)):
        text += part
    return text.decode().splitlines()


def check(folder: Path, heard: list[str], checkpoint_seconds: float) -> None:
    if not (folder / "run.json").exists():
        assert not heard, "training began, and run.json is missing"
        return
    assert runs.read_document(folder)["status"] in ("running", "finished")
    (listed,) = runs.listing(folder)
    assert listed["status"] in ("killed", "finished"), listed
    saved = saved_step(folder)
    for word, least in (("saved", 0), ("step", 1)):
        last = max((int(line.split()[1]) for line in heard if line.startswith(f"{word} ")), default=0)
        if word == "saved" or checkpoint_seconds == 0:
            assert saved >= last - least, (word, last, saved)
    if (folder / "model.safetensors").exists():
        modelfile.read(folder / "model.safetensors")


def saved_step(folder: Path) -> int:
    found = checkpoint.newest(folder / "checkpoints")
    return found[0]["step"] if found else 0


def finished(folder: Path) -> tuple[bytes, str]:
    """Lets the run in `folder` end, and gives its weights and metrics."""
    process, pipe = forked(folder, 10)
    hear(pipe, None)
    os.close(pipe)
    assert os.waitpid(process, 0)[1] == 0
    return (folder / "model.safetensors").read_bytes(), (folder / "metrics.csv").read_text()


def main(place: Path, kills: int, seed: int) -> None:
    dice = random.Random(seed)
    whole = finished(place / "whole")
    seen = {"killed": 0, "early": 0, "inside_save": 0, "runs": 1}
    folder = place / "run-1"
    while seen["killed"] < kills:
        attacked = attack(folder, dice, checkpoint_seconds=0 if seen["runs"] % 2 else 0.05)
        for what, happened in attacked.items():
            seen[what] += happened
        if (folder / "run.json").exists() and runs.read_document(folder)["status"] == "finished":
            assert finished(folder) == whole, "a run that was killed ended otherwise than one that was not"
            seen["runs"] += 1
            folder = place / f"run-{seen['runs']}"
    assert finished(folder) == whole, "a run that was killed ended otherwise than one that was not"
    print(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
