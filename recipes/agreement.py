"""How alike two networks are on photos."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

BATCH = 20


def agreement(student: keras.Model, teacher: keras.Model, images: np.ndarray) -> dict[str, Any]:
    """Compares the lists of outputs of two networks on images (n, height, width, 3).

    correlation: for each layer, Pearson's correlation per channel over all positions of all images, then the mean over
    the channels that vary in the teacher.
    Where the last output is logits (n, classes): top1 is how often both have the same first class; top5 how often the
    teacher's first class is among the student's first five; overlap the share of the teacher's first five classes that
    are among the student's first five.
    """
    moments: list[list[np.ndarray]] = []
    firsts: list[list[np.ndarray]] = []
    for start in range(0, len(images), BATCH):
        ours, theirs = (_outputs(network, images[start : start + BATCH]) for network in (student, teacher))
        moments.append([_moments(a, b) for a, b in zip(ours, theirs, strict=True) if b.ndim == 4])
        if theirs[-1].ndim == 2:
            firsts.append([np.argsort(-output[-1], axis=1)[:, :5] for output in (ours, theirs)])
    result: dict[str, Any] = {"correlation": [_correlation(np.sum(layer, 0)) for layer in zip(*moments, strict=True)]}
    if firsts:
        a, b = (np.concatenate(five) for five in zip(*firsts, strict=True))  # (n, 5) each
        result["top1"] = float(np.mean(a[:, 0] == b[:, 0]))
        result["top5"] = float(np.mean(np.any(a == b[:, :1], axis=1)))
        result["overlap"] = float(np.mean(np.any(a[:, :, None] == b[:, None, :], axis=1)))
    return result


def table(layers: Sequence[str], columns: dict[str, Sequence[float]]) -> str:
    """A Markdown table of a number per layer and column."""
    lines = [["layer", *columns], ["---"] * (1 + len(columns))]
    lines += [
        [name, *("" if np.isnan(x) else f"{x:.3f}" for x in row)]
        for name, *row in zip(layers, *columns.values(), strict=True)
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def describe(found: dict[str, Any], layers: tuple[str, ...]) -> str:
    """One line for the log."""
    parts = [f"{layer} {value:.3f}" for layer, value in zip(layers, found["correlation"], strict=True)]
    return "  ".join(parts + [f"{name} {found[name]:.3f}" for name in ("top1", "top5", "overlap") if name in found])


def _outputs(network: keras.Model, images: np.ndarray) -> list[np.ndarray]:
    return [np.asarray(ops.convert_to_numpy(ops.cast(output, "float32"))) for output in network(images)]


def _moments(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(6, channels): how many, and the sums of a, b, a², b² and ab over all positions."""
    a, b = (x.reshape(-1, x.shape[-1]).astype(np.float64) for x in (a, b))
    return np.stack([np.full(a.shape[1], len(a)), a.sum(0), b.sum(0), (a * a).sum(0), (b * b).sum(0), (a * b).sum(0)])


def _correlation(moments: np.ndarray) -> float:
    n, a, b, aa, bb, ab = moments
    varies = bb / n - (b / n) ** 2 > 1e-12
    variances = np.maximum(aa / n - (a / n) ** 2, 1e-20) * np.maximum(bb / n - (b / n) ** 2, 1e-20)
    return float(np.mean(((ab / n - a * b / n**2) / np.sqrt(variances))[varies]))
