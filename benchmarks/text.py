"""The text engine against nanoGPT's CPU recipe, on tinyshakespeare, characters."""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import nanogpt
from benchmarks.measure import Finished, bar, machine, python, run

TARGET = 1.886  # nats a character: where nanoGPT's recipe ends
STEPS_TO_TARGET = 60  # a run of so many steps, its learning rate annealed at the end, is past the target
# nanoGPT's figures on the 2-core reference machine, where no peer is at hand; the bars are ratios to them.
REFERENCE = {
    "seconds": 109.0, "training_seconds": 105.0, "validation_loss": 1.886, "peak_mb": 560.0,
    "one_stream": 370.0, "64_streams": 993.0,
}  # fmt: skip

SCORE = """
import json, sys, reverie
text = open(sys.argv[2], encoding="utf-8").read()
score = reverie.open(sys.argv[1]).score(text[int(len(text) * 0.9):])
print(json.dumps(score.nats / score.tokens))
"""

WRITE = """
import json, sys, time, reverie
model = reverie.open(sys.argv[1])
figures = {}
for rows, length in ((1, 6000), (64, 1500)):
    best = 0.0
    model.write_many(["\\n"] * rows, length=200, temperature=1.0)
    for seed in range(3):
        began = time.perf_counter()
        texts = model.write_many(["\\n"] * rows, length=length, temperature=1.0, seed=seed)
        best = max(best, sum(map(len, texts)) / (time.perf_counter() - began))
    figures[str(rows)] = best
next(model.stream("ROMEO:", seed=1))
began = time.perf_counter()
next(model.stream("JULIET:", temperature=0.7, seed=2))
figures["first"] = time.perf_counter() - began
print(json.dumps(figures))
"""

IMPORT = "import os; os.environ['KERAS_BACKEND'] = 'tensorflow'; import keras"


def measure(data: Path, peer: Path | None, peer_python: str) -> dict[str, Any]:
    """Runs the peer and Reverie in turn; every time is of a whole process, from its start."""
    text = data / "text" / "tinyshakespeare.txt"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        theirs = nanogpt.measure(peer, text, folder, peer_python) if peer else REFERENCE
        ours = reverie(text, folder, seconds=theirs["seconds"])
    return {
        "machine": machine(),
        "peer": theirs | {"measured": peer is not None},
        "reverie": ours,
        "bars": bars(ours, theirs),
    }


def train(text: Path, out: Path, *budget: str) -> tuple[Finished, dict[str, Any]]:
    """One training run through the command line; what it took, and its run.json."""
    command = [sys.executable, "-m", "reverie", "text", "train", str(text), "--out", str(out), *budget]
    return run(command), json.loads((out / "run.json").read_text())


def reverie(text: Path, folder: Path, seconds: float) -> dict[str, Any]:
    """Reverie's figures: the short run to the target, the run as long as the peer's, writing."""
    # Importing once first brings the libraries from the disk into memory, for us as for the peer.
    python(IMPORT)
    imported = python(IMPORT)
    short, record = train(text, folder / "short", "--steps", str(STEPS_TO_TARGET))
    # The budget counts from the start of training, the bar from the start of the process; and a plan made while the
    # learning rate is level is kept to within a few percent if the machine then slows down.
    minutes = (0.96 * seconds - imported.seconds - 1.0) / 60
    long, long_record = train(text, folder / "long", "--minutes", f"{minutes:.4f}")
    speed = python(WRITE, str(folder / "long")).json()
    return {
        "short_seconds": short.seconds,
        "short_training_seconds": training_seconds(record),
        "short_loss": python(SCORE, str(folder / "short"), str(text)).json(),
        "long_seconds": long.seconds,
        "long_steps": long_record["outcome"]["step"],
        "long_loss": python(SCORE, str(folder / "long"), str(text)).json(),
        "peak_mb": long.peak_mb,
        "backend_import_mb": imported.peak_mb,
        "one_stream": speed["1"],
        "64_streams": speed["64"],
        "first_text_seconds": speed["first"],
    }


def training_seconds(record: dict[str, Any]) -> float:
    """The steps of a run alone: no import, compilation, validation or samples."""
    return float(record["outcome"]["step_seconds"] * record["outcome"]["step"])


def bars(ours: dict[str, Any], theirs: dict[str, Any]) -> list[dict[str, Any]]:
    reached = ours["short_loss"] <= TARGET
    seconds, training = (
        ours[name] if reached else float("inf") for name in ("short_seconds", "short_training_seconds")
    )
    return [
        bar("seconds to validation loss 1.886", seconds, theirs["seconds"] / 5),
        bar("the same without import and compilation", training, theirs["training_seconds"] / 10),
        bar("seconds of the long run", ours["long_seconds"], theirs["seconds"] * 1.01),
        bar("validation loss after nanoGPT's whole time", ours["long_loss"], 1.52),
        bar("characters/s, one stream", ours["one_stream"], 20 * theirs["one_stream"], at_most=False),
        bar("characters/s, 64 streams", ours["64_streams"], 50 * theirs["64_streams"], at_most=False),
        bar("seconds to first text, warm process", ours["first_text_seconds"], 0.3),
        bar("peak training memory, MB", ours["peak_mb"], theirs["peak_mb"] + ours["backend_import_mb"]),
    ]
