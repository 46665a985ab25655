"""Beam search: the most likely text, searched for instead of drawn."""

from collections.abc import Sequence
from itertools import count
from typing import Any

import keras
import numpy as np
from keras import ops

from reverie import backend
from reverie.text.loop import never
from reverie.text.stream import Row

Array = Any


class Beam:
    """Keeps the `beam` most likely beginnings, token by token; with one it is greedy.

    Beginnings of the same number of tokens are compared by log p(tokens | prompt). A beginning is complete
    when it has the length wanted or meets a stop string; it then competes by its mean log-probability per
    token, so that a short one has no advantage. (Wu et al. 2016, arXiv 1609.08144, divide by a power of the
    length; theirs with power 1.) The search ends when `beam` texts are complete.
    """

    def __init__(self, network: keras.Model, tokenizer: Any) -> None:
        self.network, self.tokenizer = network, tokenizer
        self.step = backend.compiled(self._step, network.variables)

    def _step(self, parent: Array, token: Array, position: Array, state: Any) -> tuple[Array, Any]:
        # Row i goes on from what row parent[i] was, with token[i].
        state = tuple(ops.take(array, parent, axis=0) for array in state)
        logits, state = self.network.step(token, position, state)
        return ops.log_softmax(logits[:, : self.tokenizer.vocabulary] + never(self.tokenizer)), state

    def search(self, prompt: list[int], beam: int, length: int = 400, stop: Sequence[str] = ()) -> str:
        """The text after the tokens of `prompt`, of `length` characters or up to a string of `stop`."""
        rows = max(4, beam)  # as in `loop`: matrix-vector kernels round differently from matrix-matrix ones
        state = tuple(self.network.start(rows))
        parent = np.arange(rows, dtype="int32")
        for position, token in enumerate(prompt):
            log_probability, state = self.step(parent, np.full(rows, token, "int32"), np.int32(position), state)
        live: list[tuple[float, list[int]]] = [(0.0, [])]  # log-probability and tokens; row i of the batch each
        complete: list[tuple[float, str]] = []
        for position in count(len(prompt)):
            scores = np.array([score for score, _ in live])[:, None]
            scores = scores + backend.to_numpy(log_probability)[: len(live)].astype("float64")
            best = np.argsort(-scores, axis=None, kind="stable")[: 2 * beam]
            going: list[tuple[float, list[int]]] = []
            parents: list[int] = []
            for r, token in zip(*np.unravel_index(best, scores.shape), strict=True):
                tokens = [*live[r][1], int(token)]
                text = Row(self.tokenizer, "", length, stop)
                text.feed(tokens)
                if text.done:
                    complete.append((float(scores[r, token]) / len(tokens), text.text))
                elif len(going) < beam:
                    going.append((float(scores[r, token]), tokens))
                    parents.append(int(r))
            if len(complete) >= beam or not going:
                break
            live = going
            parent = np.resize(np.array(parents, "int32"), rows)
            last = np.resize(np.array([tokens[-1] for _, tokens in live], "int32"), rows)
            log_probability, state = self.step(parent, last, np.int32(position), state)
        return max(complete)[1]
