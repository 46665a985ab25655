"""Checkpoints: two are kept, the newest whole one counts, and a torn one is never mistaken for it.

A checkpoint is two files, published one after the other: `step-00001200.safetensors` with all arrays and, in its
metadata, everything else; and `step-00001200.json` with its SHA-256, which makes it valid. The best weights are files
of the same kind, `best-00000800`, which stay as long as a checkpoint names them.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as decode

from reverie import modelfile
from reverie.publish import publish

KEPT = 2
Arrays = dict[str, np.ndarray]


def save(folder: Path, step: int, document: dict[str, Any], arrays: Arrays) -> None:
    """Publishes the checkpoint of `step`, then removes those older than the one before it.

    Raises ReverieError if it cannot be written; the earlier ones are then untouched.
    """
    save_pair(folder, f"step-{step:08d}", document, arrays)
    kept = _newest(folder)[:KEPT]
    named = {best_name(_best(path)) for path in kept}
    for path in folder.glob("*.json"):
        if path not in kept and path.stem not in named:
            path.unlink(missing_ok=True)
            path.with_suffix(".safetensors").unlink(missing_ok=True)
    for path in folder.glob("*.safetensors"):  # the first half of a pair whose second half never came
        if not path.with_suffix(".json").exists():
            path.unlink(missing_ok=True)


def newest(folder: Path) -> tuple[dict[str, Any], Arrays] | None:
    """The document and arrays of the newest whole checkpoint (its best weights whole too), or None."""
    for path in _newest(folder):
        pair = load_pair(folder, path.stem)
        if pair is not None and (_best(path) < 0 or load_pair(folder, best_name(_best(path)))):
            return pair
    return None


def best_name(step: int) -> str:
    return f"best-{step:08d}"


def save_pair(folder: Path, name: str, document: dict[str, Any], arrays: Arrays) -> None:
    data = modelfile.encode(document, arrays)
    publish(folder / f"{name}.safetensors", data)
    proof = {"sha256": hashlib.sha256(data).hexdigest(), "best": document.get("best", -1)}
    publish(folder / f"{name}.json", json.dumps(proof).encode())


def load_pair(folder: Path, name: str) -> tuple[dict[str, Any], Arrays] | None:
    """The pair of files called `name`, or None if one is missing or is not what was written."""
    try:
        data = (folder / f"{name}.safetensors").read_bytes()
        proof = json.loads((folder / f"{name}.json").read_text("utf-8"))
        if hashlib.sha256(data).hexdigest() != proof["sha256"]:
            return None
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        return json.loads(header["__metadata__"]["reverie"]), decode(data)
    except (OSError, ValueError, KeyError, TypeError, SafetensorError):
        return None


def _newest(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*.json"), reverse=True)


def _best(path: Path) -> int:
    """The step of the best weights that a checkpoint names, -1 for none."""
    try:
        return int(json.loads(path.read_text("utf-8"))["best"])
    except (OSError, ValueError, KeyError, TypeError):
        return -1
