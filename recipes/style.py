"""Trains `reverie-style` from random weights to have the features of a VGG-19 of a quarter of its width.

    python -m recipes.style --data DIR --minutes 20                                          each stage alone
    python -m recipes.style --data DIR --minutes 20 --resume --rate 0.002 --forcing 0        then all of them in a chain
    python -m recipes.style --data DIR --export CHECKPOINT    writes the weights that ship
    python -m recipes.style --data DIR --evaluate             prints the figures of the weights that ship

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
from reverie.features import embedded, vgg

NAME = "reverie-style"
SIZE, BATCH, SEED = 128, 24, 19
CALIBRATION = 8  # batches
TAPS = vgg.TAPS


def main() -> None:
    options = arguments.parse(NAME)
    if options.export:
        print(state.export(NAME, folded(*state.read(options.export))))
    elif options.evaluate:
        print(figures(options.data))
    else:
        train(options)


def train(options: argparse.Namespace) -> None:
    pictures, held_out = photos.read(options.data)
    file = options.data / "weights" / "vgg19_quarter_to_conv5_1.npz"
    model = distillation(file, pictures)
    images = photos.centre_crops(held_out)
    teacher, plain = outputs_of(vgg.quarter(file), TAPS), vgg.build()  # both in single precision

    def evaluate() -> str:
        state.fill(plain, state.averaged(model))
        return describe(agreement(outputs_of(plain, TAPS), teacher, images), TAPS)

    def batches(start: int) -> photos.Batches:
        return photos.batches(pictures, SIZE, BATCH, SEED, start)

    sitting.train(model, batches, evaluate, options)


def distillation(file: Path, pictures: list[np.ndarray]) -> Distillation:
    """The teacher, from its file of weights, and the student, both in half precision, ready to be trained."""
    keras.utils.set_random_seed(SEED)
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    teacher = outputs_of(vgg.quarter(file), TAPS)
    stages = stages_of(vgg.build(), TAPS)
    keras.mixed_precision.set_dtype_policy("float32")
    feed = photos.batches(pictures, SIZE, BATCH, SEED + 1)
    scales = deviations(teacher, TAPS, [next(feed) for _ in range(CALIBRATION)])
    return Distillation(stages, teacher, scales, SEED)


def figures(data: Path) -> str:
    """How the weights that ship agree with the teacher, and with VGG-19, on the photos held out, in Markdown."""
    pictures, held_out = photos.read(data)
    images = photos.centre_crops(held_out)
    student, teacher = embedded.build(NAME), vgg.quarter(data / "weights" / "vgg19_quarter_to_conv5_1.npz")
    found = agreement(outputs_of(student, TAPS), outputs_of(teacher, TAPS), images)["correlation"]

    vgg19 = outputs_of(vgg.normalised(data / "weights" / "vgg19_normalised_to_conv3_1.npz"), TAPS[:3])
    feed = photos.batches(pictures, SIZE, BATCH, SEED + 1)
    full = [agreement(widened(m, teacher, next(feed)), vgg19, images)["correlation"] for m in (student, teacher)]
    full = [[*values, np.nan, np.nan] for values in full]

    chance = vgg.build()
    kernels = [likeness(chain(), kernels_of(m), teachers_kernels(teacher)) for m in (student, chance)]
    columns = {"correlation": found, "with VGG-19": full[0], "teacher with VGG-19": full[1]}
    columns |= {name: [k[tap] for tap in TAPS] for name, k in zip(("kernels", "random kernels"), kernels, strict=True)}
    return f"{len(images)} photos\n\n{table(TAPS, columns)}"


def widened(network: keras.Model, teacher: keras.Model, images: np.ndarray) -> keras.Model:
    """The first three taps of a network through the teacher's linear maps to VGG-19's width.

    A channel that is the teacher's but for a factor is brought to its mean on `images` first.
    """
    outputs = []
    for tap in TAPS[:3]:
        ours, theirs = (means(m, tap, images) for m in (network, teacher))
        ratio = theirs / ops.maximum(ours, 0.01 * ops.mean(ours))  # some channels are never active
        outputs.append(teacher.get_layer(f"{tap}_full")(network.get_layer(tap).output * ratio))
    return keras.Model(network.input, outputs)


def means(network: keras.Model, layer: str, images: np.ndarray) -> np.ndarray:
    """A layer's mean activation per channel."""
    return ops.mean(keras.Model(network.input, network.get_layer(layer).output)(images), (0, 1, 2))


def chain() -> list[Layer]:
    """The layers with kernels, for `likeness`."""
    names = convolutions(vgg.build())
    return [(name, names[max(0, i - 1) : i], name in TAPS) for i, name in enumerate(names)]


def teachers_kernels(teacher: keras.Model) -> dict[str, np.ndarray]:
    """With the first, linear layer in the second."""
    kernels = kernels_of(teacher)
    return kernels | {"conv1_1": np.einsum("ci,hwio->hwco", kernels["conv0"][0, 0], kernels["conv1_1"])}


def convolutions(network: keras.Model) -> tuple[str, ...]:
    return tuple(layer.name for layer in network.layers if layer.name.startswith("conv"))


def folded(weights: dict[str, np.ndarray], scales: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The student's weights in the units of the teacher: what each channel was divided by goes into the kernels.

    ReLU and pooling commute with a positive factor, so the next kernel can be divided by what a kernel is multiplied
    with. A mean activation of 1 in every channel, as Gatys et al. normalised VGG-19, was tried: it lifts channels that
    hardly carry anything, and pictures came out speckled.
    """
    weights = dict(weights)
    before = np.ones(3, np.float32)
    for name in convolutions(vgg.build()):
        after = scales.get(name, np.ones(weights[f"{name}/bias"].shape, np.float32))
        weights[f"{name}/kernel"] = weights[f"{name}/kernel"] / before[:, None] * after
        weights[f"{name}/bias"] = weights[f"{name}/bias"] * after
        before = after
    return weights


if __name__ == "__main__":
    main()
