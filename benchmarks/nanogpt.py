"""nanoGPT's own CPU recipe, run from a copy of its checkout."""

import json
import pickle
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import python, run

# The recipe of its README for machines without a GPU, word for word.
FLAGS = [
    "--device=cpu",
    "--compile=False",
    "--eval_iters=20",
    "--log_interval=1",
    "--block_size=64",
    "--batch_size=12",
    "--n_layer=4",
    "--n_head=4",
    "--n_embd=128",
    "--max_iters=2000",
    "--lr_decay_iters=2000",
    "--dropout=0.0",
]

# Its `generate` is called as its sample.py does, at temperature 1 with no top-k.
GENERATE = """
import json, sys, time, torch
from model import GPT, GPTConfig
checkpoint = torch.load("out-shakespeare-char/ckpt.pt", map_location="cpu", weights_only=False)
model = GPT(GPTConfig(**checkpoint["model_args"]))
model.load_state_dict(checkpoint["model"])
model.eval()
figures = {}
for rows, length in ((1, 600), (64, 150)):
    start = torch.zeros((rows, 1), dtype=torch.long)
    with torch.no_grad():
        model.generate(start, 20)
        began = time.perf_counter()
        model.generate(start, length)
    figures[str(rows)] = rows * length / (time.perf_counter() - began)
print(json.dumps(figures))
"""


def prepare(checkout: Path, text: Path, folder: Path) -> Path:
    """A copy of the checkout with the text encoded as its prepare.py does it, without the download."""
    copy = folder / "nanogpt"
    shutil.copytree(checkout, copy, ignore=shutil.ignore_patterns(".git"))
    characters = text.read_text(encoding="utf-8")
    alphabet = sorted(set(characters))
    number = {character: i for i, character in enumerate(alphabet)}
    ids = np.array([number[character] for character in characters], dtype=np.uint16)
    data = copy / "data" / "shakespeare_char"
    cut = int(len(ids) * 0.9)
    ids[:cut].tofile(data / "train.bin")
    ids[cut:].tofile(data / "val.bin")
    meta = {"vocab_size": len(alphabet), "itos": dict(enumerate(alphabet)), "stoi": number}
    (data / "meta.pkl").write_bytes(pickle.dumps(meta))
    return copy


def measure(checkout: Path, text: Path, folder: Path, interpreter: str) -> dict[str, Any]:
    """Seconds, memory and loss of its training; characters a second of its `generate`, 1 and 64 streams."""
    copy = prepare(checkout, text, folder)
    python("import torch, numpy", interpreter=interpreter)  # from the disk into memory, before the clock runs
    done = run([interpreter, "train.py", "config/train_shakespeare_char.py", *FLAGS], cwd=copy)
    steps = [float(ms) for ms in re.findall(r"iter \d+: loss [\d.]+, time ([\d.]+)ms", done.output)]
    losses = [float(loss) for loss in re.findall(r"step \d+: train loss [\d.]+, val loss ([\d.]+)", done.output)]
    speed = json.loads(python(GENERATE, interpreter=interpreter, cwd=copy).output.strip().splitlines()[-1])
    return {
        "seconds": done.seconds,
        "training_seconds": sum(steps) / 1000,
        "validation_loss": min(losses),
        "peak_mb": done.peak_mb,
        "one_stream": speed["1"],
        "64_streams": speed["64"],
    }
