"""What a token is to the network: its own vector, and vectors for the last few tokens together."""

from typing import Any

import keras
from keras import ops

Array = Any

ORDERS = (2, 3, 4, 5)
ROWS = 16381  # for each order; a prime, so that what differs by a round number does not share a row
COLUMNS = 32
# Numbers of runs stay below 2^19 - 1 while they are made, so that no product reaches 2^31. The factor keeps the
# pairs of any 100 neighbouring tokens apart.
MODULUS, FACTOR = 524287, 3440


class NgramEmbedding(keras.layers.Layer):
    """int32 tokens (batch, time) to float32 (batch, time, width).

        x[t] = E[token[t]] + W [ T[h(last 2 tokens)], T[h(last 3)], T[h(last 4)], T[h(last 5)] ]

    E has a row for every token; T has a fixed number of rows for each order, and a hash function h says which
    one a run of tokens shares. A look-up costs next to nothing, and spares the network learning what letters
    follow which: on a small text this saves more than half of the training time.

    Hashed tables of n-grams are those of fastText (arXiv 1607.04606). Where we differ: the table is narrow, and
    one matrix brings it to the width, so that it stays small and learns fast.
    """

    def __init__(self, vocabulary: int, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.vocabulary, self.width = vocabulary, width

    def build(self, shape: Any = None) -> None:
        def normal(deviation: float) -> Any:
            return keras.initializers.RandomNormal(0.0, deviation)

        wide = len(ORDERS) * COLUMNS
        self.tokens = self.add_weight((self.vocabulary, self.width), normal(0.5), name="tokens")
        # All orders in one table: one look-up, one gradient, one update.
        self.table = self.add_weight((len(ORDERS) * ROWS, COLUMNS), normal(0.5), name="ngram_table")
        self.mix = self.add_weight((wide, self.width), normal(wide**-0.5), name="mix")

    def call(self, tokens: Array) -> Array:
        time = tokens.shape[1]
        padded = ops.pad(tokens, ((0, 0), (max(ORDERS) - 1, 0)))
        return self.embed([padded[:, i : i + time] for i in reversed(range(max(ORDERS)))])

    def step(self, token: Array, recent: Array) -> tuple[Array, Array]:
        """token (batch,) and the ones before it, recent (batch, 4), zeros before the first: (batch, width), recent."""
        recent = ops.concatenate([recent, token[:, None]], axis=1)
        return self.embed([recent[:, i] for i in reversed(range(max(ORDERS)))]), recent[:, 1:]

    def embed(self, earlier: list[Array]) -> Array:
        """earlier[k] is the token k places before: equal shapes (...), to (..., width)."""
        if self.vocabulary <= 512:  # the gradient of a product is quicker than that of a look-up
            x = ops.matmul(ops.one_hot(earlier[0], self.vocabulary), self.tokens)
        else:
            x = ops.take(self.tokens, earlier[0], axis=0)
        run, rows = earlier[0], []
        for order, token in enumerate(earlier[1:]):
            run = ops.mod(ops.mod(run, MODULUS) * FACTOR + token, MODULUS)
            rows.append(ops.mod(run, ROWS) + order * ROWS)
        found = ops.take(self.table, ops.stack(rows, axis=-1), axis=0)  # (..., orders, COLUMNS)
        found = ops.reshape(found, (-1, *rows[0].shape[1:], len(ORDERS) * COLUMNS))
        return x + ops.matmul(found, self.mix)
