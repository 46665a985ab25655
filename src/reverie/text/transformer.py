"""A decoder-only Transformer, trained sequence to sequence: the target is the input shifted by one."""

from typing import Any

import keras
import numpy as np
from keras import ops

from reverie.text.embedding import ORDERS, NgramEmbedding

Array = Any

HEAD = 64  # width of an attention head
CAP = 15.0  # no logit leaves (-CAP, CAP)
SHARPNESS = 0.2  # of attention: queries and keys have length sqrt(HEAD), so scores stay within 0.2 * HEAD
HIDDEN = 3  # width of the perceptron's hidden layer, in widths of the stream


def rms_norm(x: Array) -> Array:
    """x / RMS(x) over the last axis, without learned parameters: (..., width) to (..., width)."""
    return x * ops.rsqrt(ops.mean(ops.square(x), axis=-1, keepdims=True) + 1e-6)


def angles(positions: Array) -> tuple[Array, Array]:
    """The rotary angles' factors of a pair's own half and of its other half: (time,) to (time, 1, 2, HEAD / 2) each."""
    frequencies = ops.convert_to_tensor((1 / 1000) ** (np.arange(HEAD // 2, dtype="float32") / (HEAD // 2)))
    turns = ops.cast(positions, "float32")[:, None, None] * frequencies  # (time, 1, HEAD / 2)
    cosine, sine = ops.cos(turns), ops.sin(turns)
    return ops.stack([cosine, cosine], axis=-2), ops.stack([-sine, sine], axis=-2)


def rotate(x: Array, own: Array, other: Array) -> Array:
    """Rotary positions (arXiv 2104.09864): turns each pair (x[i], x[i + half]) by its angle; (..., HEAD)."""
    pairs = ops.reshape(x, (-1, *x.shape[1:-1], 2, HEAD // 2))
    # A flip, where the textbook splits and joins: XLA makes one loop of it.
    return ops.reshape(pairs * own + ops.flip(pairs, axis=-2) * other, (-1, *x.shape[1:]))


class Block(keras.layers.Layer):
    """Attention over the last `context` positions, then a perceptron with ReLU^2; both add to the stream.

    (batch, time, width), twice: the stream and the embedding it began with; to (batch, time, width).

    From the Transformer (arXiv 1706.03762) it differs as small networks trained fast do: normalisation before each
    part and without parameters, rotary positions, normalised queries and keys (arXiv 2010.04245), ReLU^2
    (arXiv 2109.08668), output kernels that begin at zero, and a learned share of the first embedding in the stream.
    """

    def __init__(self, width: int, context: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width, self.context, self.heads = width, context, width // HEAD

    def build(self, shape: Any = None) -> None:
        c = self.width

        def uniform() -> Any:
            return keras.initializers.RandomUniform(-((3 / c) ** 0.5), (3 / c) ** 0.5)

        self.qkv = self.add_weight((c, 3 * c), uniform(), name="query_key_value")
        self.out = self.add_weight((c, c), "zeros", name="out")
        self.up = self.add_weight((c, HIDDEN * c), uniform(), name="up")
        self.down = self.add_weight((HIDDEN * c, c), "zeros", name="down")
        self.keep = self.add_weight((c,), "ones", name="keep")
        self.again = self.add_weight((c,), "zeros", name="again")

    def call(self, x: Array, first: Array) -> Array:
        time = x.shape[1]
        x = self.keep * x + self.again * first
        query, key, value = self.project(x, *angles(ops.arange(time)))  # (batch, time, heads, HEAD)
        distance = np.arange(time)[:, None] - np.arange(time)[None]
        seen = (distance >= 0) & (distance < self.context)
        hidden = ops.convert_to_tensor(np.where(seen, 0.0, -1e9).astype("float32"))
        query, value = (ops.transpose(a, (0, 2, 1, 3)) for a in (query, value))
        scores = ops.matmul(query, ops.transpose(key, (0, 2, 3, 1)))  # (batch, heads, time, time)
        mixed = ops.matmul(ops.softmax(SHARPNESS * scores + hidden), value)
        mixed = ops.reshape(ops.transpose(mixed, (0, 2, 1, 3)), (-1, time, self.width))
        return self.perceptron(x + ops.matmul(mixed, self.out))

    def step(self, x: Array, first: Array, position: Array, keys: Array, values: Array) -> tuple[Array, Array, Array]:
        """One position: x and first (batch, width); keys and values (batch, heads, context, HEAD), ring buffers."""
        x = self.keep * x + self.again * first
        query, key, value = self.project(x, *(a[0] for a in angles(ops.reshape(position, (1,)))))
        slot = ops.mod(position, self.context)
        keys = ops.slice_update(keys, (0, 0, slot, 0), key[:, :, None])
        values = ops.slice_update(values, (0, 0, slot, 0), value[:, :, None])
        scores = ops.squeeze(ops.matmul(keys, query[..., None]), -1)  # (batch, heads, context)
        empty = ops.where(ops.arange(self.context) > position, -1e9, 0.0)
        # A softmax without subtracting the maximum: scores are bounded, and each operation costs a microsecond.
        weights = ops.exp(SHARPNESS * scores + empty)
        total = ops.sum(weights, axis=-1, keepdims=True)
        mixed = ops.squeeze(ops.matmul(weights[:, :, None], values), 2) / total  # (batch, heads, HEAD)
        mixed = ops.reshape(mixed, (-1, self.width))
        return self.perceptron(x + ops.matmul(mixed, self.out)), keys, values

    def project(self, x: Array, own: Array, other: Array) -> tuple[Array, Array, Array]:
        """The stream (..., width) to query, key and value (..., heads, HEAD), the first two normalised and turned."""
        qkv = ops.reshape(ops.matmul(rms_norm(x), self.qkv), (-1, *x.shape[1:-1], 3 * self.heads, HEAD))
        turned = rotate(rms_norm(qkv[..., : 2 * self.heads, :]), own, other)
        query, key = ops.split(turned, 2, axis=-2)
        return query, key, qkv[..., 2 * self.heads :, :]

    def perceptron(self, x: Array) -> Array:
        return x + ops.matmul(ops.square(ops.relu(ops.matmul(rms_norm(x), self.up))), self.down)


class Transformer(keras.Model):
    """A language model: int32 tokens (batch, time) to float32 logits (batch, time, vocabulary).

    `width` is a multiple of 64. Every position attends to itself and the `context` - 1 before it.
    """

    def __init__(self, vocabulary: int, width: int, depth: int, context: int) -> None:
        super().__init__(name="transformer")
        self.vocabulary, self.width, self.depth, self.context = vocabulary, width, depth, context
        self.embedding = NgramEmbedding(vocabulary, width, name="embedding")
        self.blocks = [Block(width, context, name=f"block_{i}") for i in range(depth)]

    def build(self, shape: Any = None) -> None:
        self.embedding.build()
        for block in self.blocks:
            block.build()
        self.head = self.add_weight((self.width, self.vocabulary), "zeros", name="head")
        self.built = True

    @property
    def window(self) -> int:
        """Tokens in a training window: twice the context, so that the band of attention is met in training as it
        will be when writing goes on past it."""
        return 2 * self.context

    def call(self, tokens: Array) -> Array:
        x = first = rms_norm(self.embedding(tokens))
        for block in self.blocks:
            x = block(x, first)
        return self.logits(x)

    def logits(self, x: Array) -> Array:
        return CAP * ops.tanh(ops.matmul(rms_norm(x), self.head) / CAP)

    def start(self, batch: int) -> tuple[Array, ...]:
        """The state before the first token: recent tokens, then a ring of keys and one of values per block."""
        ring = np.zeros((batch, self.width // HEAD, self.context, HEAD), "float32")
        return (np.zeros((batch, max(ORDERS) - 1), "int32"), *[ring] * (2 * self.depth))

    def step(self, token: Array, position: Array, state: tuple[Array, ...]) -> tuple[Array, tuple[Array, ...]]:
        """One token (batch,) at `position` (any, the rings turn): logits (batch, vocabulary), new state."""
        x, recent = self.embedding.step(token, state[0])
        x = first = rms_norm(x)
        new = [recent]
        for i, block in enumerate(self.blocks):
            x, keys, values = block.step(x, first, position, *state[1 + 2 * i : 3 + 2 * i])
            new += [keys, values]
        return self.logits(x), tuple(new)

    def get_config(self) -> dict[str, Any]:
        names = ("vocabulary", "width", "depth", "context")
        return {name: getattr(self, name) for name in names}
