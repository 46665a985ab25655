"""Distillation stage by stage: what the two recipes share.

A stage is the part of the student between two layers that have counterparts in the teacher. At first every stage is
trained alone, on the teacher's input to it; then more and more of the inputs are the student's own, until all of it
is one chain.
"""

import itertools
from typing import Any

import keras
import numpy as np
from keras import ops

Array = Any


class Distillation(keras.Model):
    """Trains `stages`, keras.Models that follow each other, to have the activations of `teacher`.

    teacher: gives a list with the activations wanted of each stage: (batch, height, width, channels) or, for logits,
    (batch, classes). scales: by the stages' names, in their order, what these are divided by, their deviation per
    channel, so that every channel of every layer weighs the same: the loss of a stage is 1 - R², averaged over
    channels.

    `forcing`, in [0, 1], is how probable it is that a sample's input to a stage is the teacher's; for every sample and
    every stage a coin is thrown. Where it is the student's own, the gradient flows on into the stage before.
    """

    def __init__(
        self, stages: list[keras.Model], teacher: keras.Model, scales: dict[str, np.ndarray], seed: int
    ) -> None:
        super().__init__()
        self.stages, self.teacher = stages, teacher
        self.teacher.trainable = False
        self.scales = {name: ops.convert_to_tensor(scale, "float32") for name, scale in scales.items()}
        self.forcing = self.add_weight(shape=(), initializer="ones", trainable=False, name="forcing")
        self.seeds = keras.random.SeedGenerator(seed)
        self.means = [keras.metrics.Mean(name=name) for name in scales]

    @property
    def metrics(self) -> list[Any]:
        return self.means

    def call(self, images: Array, training: bool = False) -> list[Array]:
        """The loss of each stage."""
        x, before, losses = images, None, []
        for stage, scale, target in zip(self.stages, self.scales.values(), self.teacher(images), strict=True):
            if before is not None:
                forced = keras.random.uniform((ops.shape(x)[0], 1, 1, 1), seed=self.seeds) < self.forcing
                x = ops.where(forced, ops.cast(before, x.dtype), x)
            x, before = stage(x, training=training), ops.cast(target, "float32") / scale
            losses.append(distance(ops.cast(x, "float32"), before))
        return losses

    def compute_loss(self, x: Any = None, y: Any = None, y_pred: Any = None, *_: Any, **__: Any) -> Array:
        for mean, loss in zip(self.means, y_pred, strict=True):
            mean.update_state(loss)
        return ops.sum(ops.stack(y_pred))


def distance(student: Array, teacher: Array) -> Array:
    """Mean squared difference; for logits about their mean, and with the divergence of the classes' probabilities."""
    if len(student.shape) == 4:
        return ops.mean(ops.square(student - teacher))
    student = student - ops.mean(student, axis=-1, keepdims=True)
    teacher = teacher - ops.mean(teacher, axis=-1, keepdims=True)
    logarithms = ops.log_softmax(teacher) - ops.log_softmax(student)
    divergence = ops.sum(ops.softmax(teacher) * logarithms, axis=-1)
    return ops.mean(ops.square(student - teacher)) + 0.3 * ops.mean(divergence)


def stages_of(network: keras.Model, layers: tuple[str, ...]) -> list[keras.Model]:
    """The parts of a network: from its input to the first of these layers, from there to the second, and so on."""
    ends = [network.input, *(network.get_layer(layer).output for layer in layers)]
    return [keras.Model(start, end) for start, end in itertools.pairwise(ends)]


def outputs_of(network: keras.Model, layers: tuple[str, ...]) -> keras.Model:
    """The network with the outputs of these layers, a list."""
    return keras.Model(network.input, [network.get_layer(layer).output for layer in layers])


def deviations(teacher: keras.Model, names: tuple[str, ...], batches: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Of each of the teacher's outputs, by name, the standard deviation per channel.

    It is taken for at least a tenth of the layer's mean one. Logits have one deviation for all, so that
    classes keep their distance from each other.
    """
    sums: list[list[np.ndarray]] = []
    for batch in batches:
        flat = [_flat(np.asarray(ops.convert_to_numpy(ops.cast(o, "float32")))) for o in teacher(batch)]
        sums.append([np.stack([o.mean(0), np.square(o).mean(0)]) for o in flat])
    means = [np.mean(output, axis=0) for output in zip(*sums, strict=True)]
    found = [np.sqrt(np.maximum(mean[1] - mean[0] ** 2, 0)) for mean in means]
    return {n: np.maximum(f, 0.1 * f.mean()).astype(np.float32) for n, f in zip(names, found, strict=True)}


def _flat(output: np.ndarray) -> np.ndarray:
    output = output.astype(np.float64)
    if output.ndim == 4:
        return output.reshape(-1, output.shape[-1])
    return (output - output.mean(1, keepdims=True)).reshape(-1, 1)
