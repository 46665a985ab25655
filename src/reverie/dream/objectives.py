"""What a dream maximises: layers, channels, neurons, classes or a likeness, added, multiplied and masked.

    layer("inception_4c") + 2 * channel("inception_4d", 12)
    logit("goldfish").masked(painted) + layer("inception_3b").masked(1 - painted)

The algebra is Lucid's (Olah et al., The Building Blocks of Interpretability, 2018). Here every objective is a smooth
function of means over the positions of layers, and of nothing else: so a picture that does not fit into memory is
taken in tiles, whose sums add up to the same means (`tiles.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from keras import ops

from reverie import backend, images
from reverie.errors import ReverieError
from reverie.images.picture import Source

Tensor: TypeAlias = Any
Network: TypeAlias = Any  # a FeatureNetwork
CLASSIFIER = ""  # as a layer's name: the network's layer of class logits, whatever it is called
GUIDE_SIZE = 224  # longest side, px: at the deepest layers some dozen positions, at conv2 three thousand


@dataclass(frozen=True, eq=False)
class Mean:
    """The mean over the positions of a layer of `density(activations, constant)`.

    density: (batch, positions, channels) and the constant, to (batch, positions). constant(network): an array of
    rank 2, made once. mask: float32 (height, width) in [0, 1] over the picture, or None; positions count by it.
    place: (down, right) in [0, 1]: only the position there counts.
    """

    layer: str
    density: Callable[[Tensor, Tensor], Tensor]
    constant: Callable[[Network], np.ndarray]
    mask: np.ndarray | None = None
    place: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class Objective:
    """`value` of the means; larger is dreamier. Objectives and numbers add, subtract and multiply.

    linear: whether `value` is a sum of the means with fixed weights. text: how to write it, as `parse` reads it.
    """

    means: tuple[Mean, ...]
    value: Callable[[Sequence[Tensor]], Tensor]
    text: str
    linear: bool = True

    def __add__(self, other: "Objective | float") -> "Objective":
        other = _objective(other)
        ours = len(self.means)
        return Objective(
            self.means + other.means,
            lambda means: self.value(means[:ours]) + other.value(means[ours:]),
            f"{self.text} + {other.text}",
            self.linear and other.linear,
        )

    def __mul__(self, other: "Objective | float") -> "Objective":
        other = _objective(other)
        ours = len(self.means)
        return Objective(
            self.means + other.means,
            lambda means: self.value(means[:ours]) * other.value(means[ours:]),
            f"{_factor(self)} * {_factor(other)}",
            (self.linear and not other.means) or (other.linear and not self.means),
        )

    def __neg__(self) -> "Objective":
        return -1.0 * self

    def __sub__(self, other: "Objective | float") -> "Objective":
        return self + -_objective(other)

    def __radd__(self, other: float) -> "Objective":
        return _objective(other) + self

    def __rmul__(self, other: float) -> "Objective":
        return _objective(other) * self

    def __rsub__(self, other: float) -> "Objective":
        return _objective(other) - self

    def masked(self, mask: Source) -> "Objective":
        """Counts only where the mask is white. mask: a picture of any size, laid over the whole dreamt picture."""
        weights = grey(mask)
        if not weights.any():
            raise ReverieError("The mask is black: nothing would count.", "Paint white what is to count.")
        means = tuple(replace(m, mask=weights if m.mask is None else _both(m.mask, weights)) for m in self.means)
        return replace(self, means=means, text=f"({self.text}).masked(...)")

    def __str__(self) -> str:
        return self.text


def layer(name: str) -> Objective:
    """The mean squared activation of a layer: whatever it sees, more of it (Mordvintsev et al., 2015)."""
    return _mean(Mean(name, lambda a, _: ops.mean(ops.square(a), axis=-1), _nothing), _name(name))


def channel(name: str, index: int) -> Objective:
    """The mean activation of one channel of a layer."""
    return _mean(Mean(name, _linear, _one_of(name, index)), f"channel({name!r}, {index})")


def neuron(name: str, index: int, down: float = 0.5, right: float = 0.5) -> Objective:
    """The activation of one channel at one place; `down` and `right` in [0, 1], by default the middle."""
    if not (0 <= down <= 1 and 0 <= right <= 1):
        raise ReverieError(f"A neuron at ({down}, {right}) is outside the picture.", "Give two numbers from 0 to 1.")
    mean = Mean(name, _linear, _one_of(name, index), place=(down, right))
    return _mean(mean, f"neuron({name!r}, {index}, {down:g}, {right:g})")


def logit(which: str | int) -> Objective:
    """The score of a class, by its number or a name that fits one class only, such as "goldfish"."""

    def constant(network: Network) -> np.ndarray:
        return _one_of(classifier(network), class_number(network, which))(network)

    return _mean(Mean(CLASSIFIER, _linear, constant), f"logit({which!r})")


def like(guide: Source, name: str) -> Objective:
    """Likeness to a guide picture: each position's features times those of the guide's position that fit it best.

    mean over p of max over q of a_p . g_q / channels, as in the guided dreams of the DeepDream notebook. The guide's
    features are divided by their root mean square, so that a faint guide counts as much as a strong one.
    """

    def constant(network: Network) -> np.ndarray:
        picture = images.fit(images.decode(guide).rgb, GUIDE_SIZE).astype(np.float32) / 255
        if network.input_size is not None:
            picture = images.resize(picture, network.input_size)
        found = network.activations([name])(picture[None], training=False)[0]
        features: np.ndarray = backend.to_numpy(flat(found))[0]  # (positions, channels)
        return features / max(float(np.sqrt(np.mean(features**2))), 1e-12)

    def density(a: Tensor, guide: Tensor) -> Tensor:
        return ops.max(ops.matmul(a, ops.transpose(guide)), axis=-1) / a.shape[-1]

    shown = repr(str(guide)) if isinstance(guide, str) or hasattr(guide, "__fspath__") else "..."
    return _mean(Mean(name, density, constant), f"like({shown}, {name!r})")


def flat(activations: Tensor) -> Tensor:
    """Feature maps, tokens or logits, as (batch, positions, channels)."""
    if len(activations.shape) == 2:
        return ops.expand_dims(activations, 1)
    if len(activations.shape) == 3:
        return activations
    shape = ops.shape(activations)
    return ops.reshape(activations, (shape[0], shape[1] * shape[2], activations.shape[3]))


def grey(mask: Source) -> np.ndarray:
    """A mask as float32 (height, width) in [0, 1]: a picture's brightness, 1 where it is white, 0 where transparent."""
    if isinstance(mask, np.ndarray) and mask.ndim == 2 and mask.dtype.kind == "f":
        if not (np.isfinite(mask).all() and mask.min() >= 0 and mask.max() <= 1):
            raise ReverieError("The mask has numbers outside 0 to 1.", "Give 0 where nothing counts, 1 where all does.")
        return mask.astype(np.float32)
    picture = images.decode(mask)
    weights = picture.rgb.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32) / 255
    return weights if picture.alpha is None else weights * (picture.alpha.astype(np.float32) / 255)


def classifier(network: Network) -> str:
    """The name of the network's layer of class logits. Raises ReverieError if it has none."""
    if network.classifier is None:
        raise ReverieError(f"The network {network.name} has no classes.", "Dream of a layer or a channel instead.")
    return str(network.classifier)


def class_number(network: Network, which: str | int) -> int:
    """The number of a class; a name may be part of the full one, if no other class has it too."""
    if isinstance(which, int):
        return which
    names = [name.lower() for name in network.classes or ()]
    wanted = which.lower()
    found = [i for i, name in enumerate(names) if wanted in [part.strip() for part in name.split(",")]]
    found = found or [i for i, name in enumerate(names) if wanted in name]
    if len(found) == 1:
        return found[0]
    if not names:
        raise ReverieError(f"The names of {network.name}'s classes are not known.", "Give the number of a class.")
    hint = f"Be more exact: {'; '.join(names[i] for i in found[:5])}." if found else "Give another name, or a number."
    raise ReverieError(f"{len(found) or 'No'} classes of {network.name} are called {which!r}.", hint)


def _mean(mean: Mean, text: str) -> Objective:
    return Objective((mean,), lambda means: means[0], text)


def _objective(value: "Objective | float") -> Objective:
    if isinstance(value, Objective):
        return value
    return Objective((), lambda means: float(value), f"{value:g}")


def _linear(activations: Tensor, constant: Tensor) -> Tensor:
    return ops.matmul(activations, constant)[..., 0]


def _nothing(network: Network) -> np.ndarray:
    return np.zeros((1, 1), np.float32)


def _one_of(name: str, index: int) -> Callable[[Network], np.ndarray]:
    """The constant that picks one channel: a column of zeros with a one. So another channel is no other graph."""

    def constant(network: Network) -> np.ndarray:
        count = network.channels(name)
        if not 0 <= index < count:
            what = f"channel {index} in {name}" if name != network.classifier else f"class {index}"
            raise ReverieError(f"{network.name} has no {what}.", f"Give a number from 0 to {count - 1}.")
        return np.eye(count, 1, -index, dtype=np.float32)

    return constant


def _both(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Two masks of any sizes, multiplied at the first one's size."""
    result: np.ndarray = one * np.clip(images.resize(other[..., None], (one.shape[0], one.shape[1]))[..., 0], 0, 1)
    return result


def _name(name: str) -> str:
    return name if name.isidentifier() else f"layer({name!r})"


def _factor(objective: Objective) -> str:
    return f"({objective.text})" if len(objective.means) > 1 and " + " in objective.text else objective.text
