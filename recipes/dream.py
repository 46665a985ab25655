"""Trains `reverie-dream` from random weights to have GoogLeNet's features.

    python -m recipes.dream --data DIR --minutes 60                                          each stage alone
    python -m recipes.dream --data DIR --minutes 60 --resume --rate 0.002 --forcing 0        then all of them in a chain
    python -m recipes.dream --data DIR --export CHECKPOINT    writes the weights that ship
    python -m recipes.dream --data DIR --evaluate             prints the figures of the weights that ship

See README.md beside this file for the plan and what it reached.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import reverie.backend  # noqa: F401  settles the backend before Keras is imported

# isort: split
import keras
import numpy as np
from keras import ops

from recipes import arguments, photos, sitting, state
from recipes.agreement import agreement, describe, table
from recipes.distillation import Distillation, deviations, outputs_of, stages_of
from recipes.likeness import Layer, kernels_of, likeness
from reverie.features import embedded, googlenet, inception

NAME = "reverie-dream"
SIZE, BATCH, SEED = 128, 48, 20
CALIBRATION = 16  # batches
STAGES = inception.STAGES
TARGETS = tuple("norm2" if stage == "conv2" else stage for stage in STAGES)  # the student does not normalise


def main() -> None:
    options = arguments.parse(NAME)
    if options.export:
        weights = folded(*state.read(options.export))
        print(state.export(NAME, weights, classes=classes(options.data)))
    elif options.evaluate:
        print(figures(options.data))
    else:
        train(options)


def train(options: argparse.Namespace) -> None:
    pictures, held_out = photos.read(options.data)
    file = options.data / "weights" / "googlenet.npz"
    model = distillation(file, pictures)
    images = photos.centre_crops(held_out)
    teacher, plain = outputs_of(googlenet.build(file), TARGETS), inception.build()  # both in single precision

    def evaluate() -> str:
        scales = {name: ops.convert_to_numpy(scale) for name, scale in model.scales.items()}
        state.fill(plain, folded(state.averaged(model), scales))
        return describe(agreement(outputs_of(plain, STAGES), teacher, images), STAGES[:-1])

    def batches(start: int) -> photos.Batches:
        return photos.batches(pictures, SIZE, BATCH, SEED, start)

    sitting.train(model, batches, evaluate, options)


def distillation(file: Path, pictures: list[np.ndarray]) -> Distillation:
    """The teacher, from its file of weights, and the student, both in half precision, ready to be trained."""
    keras.utils.set_random_seed(SEED)
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    teacher = outputs_of(googlenet.build(file), TARGETS)
    stages = stages_of(inception.build(), STAGES)
    keras.mixed_precision.set_dtype_policy("float32")
    feed = photos.batches(pictures, SIZE, BATCH, SEED + 1)
    scales = deviations(teacher, STAGES, [next(feed) for _ in range(CALIBRATION)])
    return Distillation(stages, teacher, scales, SEED)


def folded(weights: dict[str, np.ndarray], scales: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The student's weights in the units of the teacher: what each channel was divided by goes into the kernels.

    ReLU and pooling commute with a positive factor. One factor per layer stays, which makes its mean deviation 1; the
    logits are exactly the teacher's.
    """
    weights = dict(weights)
    before = np.ones(3, np.float32)
    for stage in STAGES:
        after = scales[stage] / (1 if stage == "logits" else scales[stage].mean())
        readers, writers = inception.ends(stage)
        for reader in readers:
            weights[f"{reader}/kernel"] = weights[f"{reader}/kernel"] / before[:, None]
        widths = [weights[f"{writer}/bias"].shape[0] for writer in writers]
        factors = np.split(np.broadcast_to(after, (sum(widths),)), np.cumsum(widths)[:-1])
        for writer, factor in zip(writers, factors, strict=True):
            for part in ("kernel", "bias"):
                weights[f"{writer}/{part}"] = weights[f"{writer}/{part}"] * factor
        before = after
    return weights


def figures(data: Path) -> str:
    """How the weights that ship agree with the teacher on the photos held out, in Markdown."""
    _, held_out = photos.read(data)
    student, teacher = embedded.build(NAME), googlenet.build(data / "weights" / "googlenet.npz")
    images = photos.centre_crops(held_out)
    found = agreement(outputs_of(student, STAGES), outputs_of(teacher, TARGETS), images)
    kernels, chance = (
        by_stage(likeness(chain(), *map(kernels_of, (m, teacher)))) for m in (student, inception.build())
    )
    columns = {"correlation": [*found["correlation"], np.nan], "kernels": kernels, "random kernels": chance}
    numbers = (f"{name} {found[name]:.2f}" for name in ("top1", "top5", "overlap"))
    return f"{len(images)} photos\n\n{table(STAGES, columns)}\n\nlogits: {', '.join(numbers)}"


def chain() -> list[Layer]:
    """The layers with kernels, for `likeness`."""
    layers: list[Layer] = []
    before: tuple[str, ...] = ()
    for stage in STAGES:
        readers, writers = inception.ends(stage)
        layers += [(name, before, name in writers) for name in readers]
        layers += [(name, (f"{name}_reduce",), True) for name in writers if name not in readers]
        before = tuple(writers)
    return layers


def by_stage(found: dict[str, float]) -> list[float]:
    """The mean over the layers of each stage."""
    return [float(np.mean([found[name] for name in found if name.startswith(stage)])) for stage in STAGES]


def classes(data: Path) -> list[str]:
    """The names of the thousand classes, without their WordNet numbers."""
    lines = (data / "weights" / "imagenet_classes.txt").read_text().splitlines()
    return [line.split(" ", 1)[1] for line in lines]


if __name__ == "__main__":
    main()
