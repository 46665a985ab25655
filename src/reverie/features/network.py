"""A feature network: a frozen Keras model, its layers by name, and what each of them sees."""

import difflib
import math
from collections.abc import Sequence
from typing import Any

import reverie.backend  # noqa: F401  settles the backend before Keras is imported

# isort: split
import keras

from reverie.errors import ReverieError
from reverie.features.receptive import Field, Fields, fields

CLASSIFIERS = ("logits", "predictions")  # names of layers that give a number for each class

Tensor = Any


class FeatureNetwork:
    """A Keras model whose layers' activations can be asked for by name.

    The model takes pictures, float32 (batch, height, width, 3) in [0, 1], RGB; whatever else it wants (a mean to
    subtract, another range) it does in its own first layers. A model of one channel is given the mean of the three.
    Models inside the model are opened: their layers have names here like all others. Layers are shared with the
    caller's model, not copied, and nothing here trains them.

    name: a name for messages. classes: the names of the classes in the order of the logits, or None. licence, source:
    the terms of the weights and where they come from, in sentences, or "".
    layers: the names that can be asked for, in the order of computation: every layer whose output is a feature map
    (batch, height, width, channels) or tokens (batch, tokens, channels), and the layer of class logits, which is
    called "logits" or "predictions", if there is one. A layer called several times stands for its last call.
    input_size: (height, width), or None if any size will do.

    Raises ReverieError for what is not a built model from one picture, or has two layers of one name.
    """

    def __init__(
        self,
        model: keras.Model,
        name: str = "",
        *,
        classes: Sequence[str] | None = None,
        licence: str = "",
        source: str = "",
    ) -> None:
        _check(model)
        self.name = name or str(model.name)
        self.classes: tuple[str, ...] | None = None
        self.licence, self.source = licence, source
        _, height, width, channels = model.inputs[0].shape
        self.input_size = (height, width) if height and width else None
        self._images = keras.Input((height, width, 3), name="pictures")
        seen = self._images if channels == 3 else keras.ops.mean(self._images, axis=-1, keepdims=True)
        self._outputs, self._fields = _trace(model, seen)
        self.layers = tuple(name for name, output in self._outputs.items() if _askable(name, output))
        if classes and self.classifier and len(classes) == self.channels(self.classifier):
            self.classes = tuple(classes)
        self._models: dict[tuple[tuple[str, ...], bool], keras.Model] = {}
        self.variables: list[Any] = model.variables

    def activations(self, names: str | Sequence[str], half: bool = False) -> keras.Model:
        """A model from pictures to the list of those layers' outputs, float32, in the order asked for.

        It computes nothing beyond the layers asked for. Asking again for the same gives the same model.
        half: whether outputs of a network that computes in bfloat16 stay so.
        Raises ReverieError for a name that is not in `layers`.
        """
        wanted = (names,) if isinstance(names, str) else tuple(names)
        for name in wanted:
            self._known(name)
        if (wanted, half) not in self._models:
            outputs = [self._outputs[name] for name in wanted]
            floats = [x if half or x.dtype == "float32" else keras.ops.cast(x, "float32") for x in outputs]
            self._models[wanted, half] = Activations(self._images, floats, name=f"{self.name}_activations")
        return self._models[wanted, half]

    def channels(self, layer: str) -> int:
        """How many channels a layer has; of the classifier, how many classes."""
        return int(self._known(layer).shape[-1])

    def stride(self, layer: str) -> int:
        """How many pixels a layer's neighbouring positions are apart; of tokens, those of the patches they began as."""
        self._known(layer)
        return max(field.stride for field in self._fields[layer])

    def reach(self, layer: str) -> int | None:
        """How many pixels beyond its own a position of the layer sees, to each side; None if the whole picture.

        Position i's own pixels are i * stride to i * stride + stride - 1. The number is never too small; it is an
        upper bound where padding depends on the picture's size, or differs from side to side.
        """
        self._known(layer)
        reach = max(field.reach for field in self._fields[layer])
        return None if math.isinf(reach) else int(reach)

    @property
    def classifier(self) -> str | None:
        """The name of the layer of class logits, or None."""
        return next((name for name in CLASSIFIERS if name in self.layers), None)

    def _known(self, layer: str) -> Tensor:
        if layer not in self.layers:
            near = difflib.get_close_matches(layer, self.layers, n=3) or self.layers
            names = ", ".join(near) if len(near) < 20 else f"{', '.join(near[:: len(near) // 10])} and more"
            raise ReverieError(f"The network {self.name} has no layer {layer!r}.", f"It has {names}.")
        return self._outputs[layer]


class Activations(keras.Model):
    """A functional model whose output is always a list; Keras hands out a list of one bare."""

    def call(self, images: Tensor, training: bool | None = None, mask: Tensor | None = None) -> list[Tensor]:
        outputs = super().call(images, training=training, mask=mask)
        return outputs if isinstance(outputs, list) else [outputs]


def _check(model: Any) -> None:
    """One sentence for everything that cannot be a feature network."""
    if not isinstance(model, keras.Model):
        raise ReverieError(
            f"A network is a name or a keras.Model, and this is {type(model).__name__}.",
            "`reverie weights` lists the names.",
        )
    if not _openable(model):
        raise ReverieError(
            f"The model {model.name} does not show how its layers are connected: it is a subclass, or was never built.",
            "Give a functional model, or a Sequential one that begins with keras.Input.",
        )
    shapes = [tuple(tensor.shape) for tensor in model.inputs]
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][-1] not in (1, 3):
        raise ReverieError(
            f"The model {model.name} takes {', '.join(map(str, shapes))}, and a picture is (batch, height, width, 3).",
            "Give a model of one picture, channels last, three of them or one.",
        )


def _openable(layer: Any) -> bool:
    """Whether a layer is a model whose graph of layers is known: functional, or Sequential and built."""
    return isinstance(layer, keras.Model) and bool(getattr(layer, "inputs", None) and getattr(layer, "outputs", None))


def _askable(name: str, output: Tensor) -> bool:
    return len(output.shape) in (3, 4) or (name in CLASSIFIERS and len(output.shape) == 2)


def _trace(model: keras.Model, images: Tensor) -> tuple[dict[str, Tensor], dict[str, Fields]]:
    """Calls a model's layers anew on `images`, one by one: the output of each layer by name, and what it sees."""
    outputs: dict[str, Tensor] = {}
    seen: dict[int, Fields] = {id(images): (Field(), Field())}

    def opened(model: keras.Model, inputs: list[Tensor]) -> list[Tensor]:
        """The model's outputs as its own layers' outputs; `clone_model` calls them, but returns copies of tensors."""
        ends = [keras.layers.Identity(name=f"reverie_end_{i}") for i in range(len(model.outputs))]
        graph = keras.Model(model.inputs, [end(x) for end, x in zip(ends, model.outputs, strict=True)])
        results = {}

        def visit(layer: Any, *arguments: Any, **options: Any) -> Any:
            if layer in ends:
                results[ends.index(layer)] = arguments[0]
                return arguments[0]
            return call(layer, *arguments, **options)

        keras.models.clone_model(graph, inputs, clone_function=lambda layer: layer, call_function=visit)
        return [results[i] for i in range(len(ends))]

    def call(layer: Any, *arguments: Any, **options: Any) -> Any:
        inputs = [x for x in keras.tree.flatten((arguments, options)) if isinstance(x, keras.KerasTensor)]
        if _openable(layer):
            results = opened(layer, inputs)
        else:
            results = layer(*arguments, **options)
            field = fields(layer, [seen[id(x)] for x in inputs])
            seen.update((id(x), field) for x in keras.tree.flatten(results))
        first, *others = keras.tree.flatten(results)
        if isinstance(layer, keras.Layer) and not others:
            outputs.pop(layer.name, None)
            outputs[layer.name] = first
        return results

    try:
        opened(model, [images])
    except ValueError as error:
        if "unique" not in str(error):
            raise
        raise ReverieError(
            f"The model {model.name} has two layers of the same name, one of them in a model inside it.",
            "Rename one of them.",
        ) from error
    return outputs, {name: seen[id(tensor)] for name, tensor in outputs.items()}
