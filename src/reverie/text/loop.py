"""The compiled loop over tokens: a block of them per call, the network's state carried along."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from reverie import backend
from reverie.errors import ReverieError
from reverie.text.sampling import MEMORY, NEVER, RepetitionPenalty, Sampler, sample

Array = Any
BLOCK = 256  # tokens per call of the compiled loop at most: a call costs as much as ten tokens
# Rows of the smallest and the largest batch. XLA computes a row of 2 to 32 with the same kernels, so that its bits
# are the same in all of them, but a single row and 64 with others. Up to 16 rows, keys and values also stay in a
# core's cache; more rows are more batches, side by side on the cores.
FEWEST, ROWS = 2, 16


def program(network: keras.Model, tokenizer: Any, samplers: Sequence[Sampler], banning: bool) -> Callable[..., Any]:
    """The function to compile: continues all rows by `count` tokens.

    It takes count and position (int32), forced (BLOCK, batch) int32 with -1 where a token is to be drawn, u
    (BLOCK, batch) uniform numbers, one (batch,) array of values per sampler, and the state; with `banning`
    also offset (batch,) and banned (batch, vocabulary): what may not be drawn at that offset. It returns
    (BLOCK, batch) int32, the tokens that follow, and the new state: the last token, the position at which
    each token of the vocabulary was last read, (batch, vocabulary), and the network's own.
    """
    vocabulary, silent = tokenizer.vocabulary, never(tokenizer)
    penalised = any(isinstance(sampler, RepetitionPenalty) for sampler in samplers)

    def run(
        count: Array,
        position: Array,
        forced: Array,
        u: Array,
        values: tuple[Array, ...],
        bans: tuple[Array, ...],
        state: tuple[Array, ...],
    ) -> tuple[Array, tuple[Array, ...]]:
        batch = forced.shape[1]

        def one(i: Array, written: Array, token: Array, seen: Array, inner: Array) -> tuple[Array, ...]:
            logits, inner = network.step(token, position + i, inner)
            logits = logits[:, :vocabulary] + silent
            if banning:
                offset, banned = bans
                logits = ops.where(ops.logical_and(banned, (offset == i)[:, None]), NEVER, logits)
            recent = None
            if penalised:
                seen = ops.where(token[:, None] == ops.arange(vocabulary), position + i, seen)
                recent = position + i - seen < MEMORY
            drawn = sample(samplers, values, logits, recent, row(u, i))
            token = ops.where(row(forced, i) < 0, drawn, row(forced, i))
            return i + 1, ops.slice_update(written, (i, 0), token[None]), token, seen, inner

        def row(array: Array, i: Array) -> Array:
            return ops.reshape(ops.slice(array, (i, 0), (1, batch)), (batch,))

        start = (ops.zeros((), "int32"), ops.zeros((BLOCK, batch), "int32"), *state)
        _, written, *after = ops.while_loop(lambda i, *_: i < count, one, start)
        return written, tuple(after)

    return run


def never(tokenizer: Any) -> Array:
    """What is added to the logits, float32 (vocabulary,): 0, or NEVER for tokens the training text never had."""
    added = np.zeros(tokenizer.vocabulary, "float32")
    added[tokenizer.unused] = NEVER
    return ops.convert_to_tensor(added)


class Batch:
    """Prompts that are read and continued together, one row each.

    All rows start at position 0 and prompts are read by the same steps that write, so a row's numbers do not
    depend on the others' lengths. Rows that only fill the batch up are continued too, and never looked at.
    """

    def __init__(
        self,
        compiled: Callable[..., Any],
        network: keras.Model,
        vocabulary: int,
        prompts: list[list[int]],
        values: list[np.ndarray],
        random: list[np.random.Generator | None],
    ) -> None:
        """values: a (prompts,) array per sampler; random: where each row's numbers come from, None if greedy."""
        self.compiled, self.prompts, self.random = compiled, prompts, random
        self.size = max(FEWEST, 1 << (len(prompts) - 1).bit_length())
        self.values = tuple(np.resize(v, self.size).astype("float32") for v in values)
        self.position = 0  # of the token that is read next
        first = np.zeros(self.size, "int32")
        first[: len(prompts)] = [prompt[0] for prompt in prompts]
        seen = np.full((self.size, vocabulary), -MEMORY, "int32")
        self.state: tuple[Array, ...] = (first, seen, tuple(network.start(self.size)))

    def prompted(self, row: int) -> int:
        """How many of the tokens that come next still belong to the row's prompt."""
        return max(0, len(self.prompts[row]) - 1 - self.position)

    def next(self, count: int, check: Callable[[np.ndarray], Sequence[int | None]] | None = None) -> np.ndarray:
        """The next tokens of each row, int32 (count, rows), the prompts' own included.

        check: takes the tokens and returns per row the offset of one that is refused, or None. The block is
        then written again from its start, as it was up to that token, without that token. Raises
        ReverieError if every token has been refused at one place.
        """
        rows = len(self.prompts)
        forced = np.full((BLOCK, self.size), -1, "int32")
        u = np.full((BLOCK, self.size), 0.5, "float32")
        for r, (prompt, random) in enumerate(zip(self.prompts, self.random, strict=True)):
            known = prompt[self.position + 1 : self.position + 1 + count]
            forced[: len(known), r] = known
            # 22 bits and a half: never 0, which means greedy, nor so near 1 that it could round up to it.
            u[:count, r] = (np.floor(random.random(count) * 2**22) + 0.5) / 2**22 if random else 0
        offset = np.full(self.size, -1, "int32")
        banned = np.zeros((self.size, self.state[1].shape[1] if check else 0), bool)
        while True:
            bans = (offset, banned) if check else ()
            arguments = (np.int32(count), np.int32(self.position), forced, u, self.values, bans, self.state)
            written, state = self.compiled(*arguments)
            tokens: np.ndarray = backend.to_numpy(written)[:count, :rows]
            refused = check(tokens) if check else []
            if all(at is None for at in refused):
                self.state, self.position = state, self.position + count
                return tokens
            for r, at in enumerate(refused):
                forced[: count if at is None else at, r] = tokens[:at, r]
                if at is not None:
                    banned[r] &= offset[r] == at
                    banned[r, tokens[at, r]] = True
                    offset[r] = at
            if banned.all(axis=1).any():
                raise ReverieError("Every continuation is refused.", "Allow longer copies.")
