"""Recurrent language models, the older way: one state carried from token to token."""

from typing import Any

import keras
import numpy as np
from keras import ops

Array = Any
LAYERS = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}


class Recurrent(keras.Model):
    """A stack of LSTM or GRU layers: int32 tokens (batch, time) to float32 logits (batch, time, vocabulary).

    Long short-term memory is Hochreiter and Schmidhuber's (1997), the gated recurrent unit Cho et al.'s
    (arXiv 1406.1078). The layers are Keras' own, each added to the stream it reads so that deep stacks
    train well. `context` is only the length of the training windows: the state itself has no window.
    """

    def __init__(self, vocabulary: int, cell: str, width: int, depth: int, context: int) -> None:
        super().__init__(name=cell)
        self.vocabulary, self.cell, self.width = vocabulary, cell, width
        self.depth, self.context = depth, context
        self.embedding = keras.layers.Embedding(vocabulary, width, name="embedding")
        self.layers_ = [LAYERS[cell](width, return_sequences=True, name=f"{cell}_{i}") for i in range(depth)]
        self.norm = keras.layers.LayerNormalization(name="norm")
        self.head = keras.layers.Dense(vocabulary, name="head")

    def build(self, shape: Any = None) -> None:
        self.embedding.build((None, None))
        for layer in self.layers_:
            layer.build((None, None, self.width))
        self.norm.build((None, None, self.width))
        self.head.build((None, None, self.width))
        self.built = True

    def call(self, tokens: Array) -> Array:
        x = self.embedding(tokens)  # (batch, time, width)
        for layer in self.layers_:
            x = x + layer(x)
        return self.head(self.norm(x))

    @property
    def window(self) -> int:
        """Tokens in a training window."""
        return self.context

    def start(self, batch: int) -> tuple[Array, ...]:
        """The state before the first token: zeros (batch, width), two per LSTM layer, one per GRU layer."""
        states = 2 if self.cell == "lstm" else 1
        return tuple(np.zeros((batch, self.width), "float32") for _ in range(states * self.depth))

    def step(self, token: Array, position: Array, state: tuple[Array, ...]) -> tuple[Array, tuple[Array, ...]]:
        """One token (batch,): logits (batch, vocabulary) and the new state. The position does not matter."""
        del position
        x = self.embedding(token)
        new: list[Array] = []
        states = len(state) // self.depth
        for i, layer in enumerate(self.layers_):
            out, after = layer.cell(x, list(state[states * i : states * (i + 1)]))
            x = x + out
            new += list(after) if isinstance(after, (list, tuple)) else [after]
        return ops.cast(self.head(self.norm(x)), "float32"), tuple(new)

    def get_config(self) -> dict[str, Any]:
        names = ("vocabulary", "cell", "width", "depth", "context")
        return {name: getattr(self, name) for name in names}
