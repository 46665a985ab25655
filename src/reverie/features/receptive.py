"""How far each position of each layer sees: receptive fields, from kernels, strides, dilations and padding."""

import math
from dataclasses import dataclass
from typing import Any

# Each position of the output depends on the same position of the inputs only. By the name of the class: many are
# operations that Keras does not name in public.
POINTWISE = frozenset(
    """
    Activation ReLU LeakyReLU PReLU ELU Relu Relu6 Sigmoid HardSigmoid Silu HardSilu Gelu Tanh Softplus Elu LeakyRelu
    BatchNormalization Normalization Rescaling Dropout SpatialDropout2D GaussianNoise GaussianDropout AlphaDropout
    Identity Dense LayerScale StochasticDepth LocalResponseNormalization Caffe Add Subtract Multiply Divide TrueDivide
    Average Maximum Minimum Power Square Sqrt Rsqrt Exp Log Abs Absolute Negative Cast Clip
    """.split()  # noqa: SIM905
)
CHANNELWISE = frozenset({"Concatenate", "LayerNormalization", "UnitNormalization", "Softmax"})  # if along the last axis


@dataclass(frozen=True)
class Field:
    """What a layer's position i sees along one axis: the pixels i * stride - before to i * stride + after."""

    stride: int = 1
    before: float = 0  # math.inf: unbounded
    after: float = 0

    @property
    def reach(self) -> float:
        """How many pixels it sees beyond its own, which are i * stride to i * stride + stride - 1; the larger side."""
        return max(self.before, self.after - (self.stride - 1), 0)


Fields = tuple[Field, Field]  # along the height, along the width


def fields(layer: Any, inputs: list[Fields]) -> Fields:
    """The fields of a layer's (or operation's) output, from those of its inputs.

    A superset of the truth: where padding depends on the picture's size, both ways are covered, and what a layer not
    known here does counts as unbounded.
    """
    merged = tuple(_union([field[axis] for field in inputs]) for axis in (0, 1))
    return tuple(_through(layer, field, axis) for axis, field in enumerate(merged))  # type: ignore[return-value]


def _union(fields: list[Field]) -> Field:
    return Field(*(max(values) for values in zip(*((f.stride, f.before, f.after) for f in fields), strict=True)))


def _through(layer: Any, field: Field, axis: int) -> Field:
    kind = type(layer).__name__
    if kind in POINTWISE:
        return field
    if kind in CHANNELWISE and layer.axis in (-1, 3, [-1], [3]):
        return field
    if kind in ("ZeroPadding2D", "Cropping2D"):
        before = layer.padding[axis][0] if kind == "ZeroPadding2D" else -layer.cropping[axis][0]
        return _window(field, 1, 1, before, before)
    if kind in ("Conv2D", "Stem", "DepthwiseConv2D", "SeparableConv2D", "MaxPooling2D", "AveragePooling2D"):
        size = layer.pool_size[axis] if kind.endswith("Pooling2D") else layer.kernel_size[axis]
        size = (size - 1) * getattr(layer, "dilation_rate", (1, 1))[axis] + 1
        stride = layer.strides[axis]
        if layer.padding == "same":  # the total is size - stride to size - 1, as the picture's size divides
            return _window(field, size, stride, (size - 1) // 2, max(size - stride, 0) // 2)
        return _window(field, size, stride, 0, 0)
    return Field(field.stride, math.inf, math.inf)


def _window(field: Field, size: int, stride: int, most: int, least: int) -> Field:
    """Through a window over `size` positions, with `least` to `most` positions of padding before the first."""
    return Field(
        field.stride * stride,
        most * field.stride + field.before,
        (size - 1 - least) * field.stride + field.after,
    )
