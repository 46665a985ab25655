"""How well a network predicts a text: negative log-likelihood, bits per byte, perplexity."""

from dataclasses import dataclass
from math import log
from typing import Any

import keras
import numpy as np
from keras import ops

from reverie import backend

ROWS = 16  # windows scored at a time


@dataclass(frozen=True)
class Score:
    """What a model makes of a text it has not seen.

    bits_per_byte: negative log2-likelihood of the text over its UTF-8 bytes; comparable between tokenizers.
    perplexity: exp of the mean negative log-likelihood of a token; comparable for one tokenizer only.
    entropy: mean entropy, in bits, of the model's own distribution over the next token, at temperature 1.
    nats: summed negative log-likelihood; tokens and bytes: how many of them were scored.
    """

    bits_per_byte: float
    perplexity: float
    entropy: float
    nats: float
    tokens: int
    bytes: int


class Scorer:
    """The network's forward pass, compiled once, over any number of tokens.

    Windows of the training length overlap by half, and only the second half of each counts (all of the
    first), so that every token but the first few is predicted from at least half a window.
    """

    def __init__(self, network: keras.Model) -> None:
        self.network = network
        self.length = network.window
        self.forward = backend.compiled(self._forward, network.variables, quick=True)

    def _forward(self, tokens: Any, targets: Any) -> tuple[Any, Any]:
        # (rows, length) twice -> loss and entropy of each position, in nats
        log_probability = ops.log_softmax(self.network(tokens))
        loss = -ops.take_along_axis(log_probability, targets[..., None], axis=-1)[..., 0]
        return loss, -ops.sum(ops.exp(log_probability) * log_probability, axis=-1)

    def __call__(self, tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Loss and entropy in nats of tokens[1:], each float32 of shape (len(tokens) - 1,)."""
        targets = len(tokens) - 1
        half = self.length // 2
        starts = np.arange(0, max(targets - self.length, 0) + half, half)
        loss, entropy = np.zeros((2, targets), "float32")
        for first in range(0, len(starts), ROWS):
            rows = starts[first : first + ROWS]
            # The last window runs past the end, and the last batch is not full: both are padded by repeating,
            # so that one compiled shape serves all; what is padded is never counted.
            index = np.minimum(np.resize(rows, ROWS)[:, None] + np.arange(self.length + 1), targets)
            window = np.asarray(tokens[index], "int32")
            part = [backend.to_numpy(a) for a in self.forward(window[:, :-1], window[:, 1:])]
            for row, start in enumerate(rows):
                skip = 0 if start == 0 else half
                end = min(start + self.length, targets)
                loss[start + skip : end] = part[0][row, skip : end - start]
                entropy[start + skip : end] = part[1][row, skip : end - start]
        return loss, entropy

    def score(self, tokens: np.ndarray, size: int) -> Score:
        """The score of a text given as its tokens and its size in bytes."""
        loss, entropy = self(tokens)
        nats = float(loss.sum(dtype="float64"))
        return Score(
            bits_per_byte=nats / log(2) / max(size, 1),
            perplexity=float(np.exp(nats / max(len(loss), 1))),
            entropy=float(entropy.mean(dtype="float64") / log(2)) if len(entropy) else 0.0,
            nats=nats,
            tokens=len(loss),
            bytes=size,
        )
