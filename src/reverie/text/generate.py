"""Writing with a language model, piece by piece or at once."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from math import inf
from typing import Any

import keras
import numpy as np

from reverie import backend
from reverie.errors import ReverieError
from reverie.text.beam import Beam
from reverie.text.loop import BLOCK, ROWS, Batch, program
from reverie.text.sampling import SAMPLERS, check
from reverie.text.stream import Row

PIECE = 64  # tokens of a piece of text
FIRST = 8  # tokens of the first piece, so that it appears at once


def generate(network: keras.Model, tokenizer: Any, prompts: Sequence[str], **settings: Any) -> list[str]:
    """`Generator(network, tokenizer).write(prompts, ...)`, for writing once: each call compiles anew."""
    return Generator(network, tokenizer).write(prompts, **settings)


class Generator:
    """Writes with a language model and its tokenizer.

    One program is compiled for each batch size (2, 4, 8, 16; more rows are several batches) and set of samplers in use,
    at its first use. Nothing else compiles: not values, not lengths, not prompts. The network may go on
    learning in between.
    """

    def __init__(self, network: keras.Model, tokenizer: Any) -> None:
        self.network, self.tokenizer = network, tokenizer
        self._programs: dict[tuple[str, ...], Callable[..., Any]] = {}
        self._beam = Beam(network, tokenizer)

    def write(self, prompts: Sequence[str], *, beam: int = 1, **settings: Any) -> list[str]:
        """What follows each prompt, without the prompt. Takes the arguments of `stream`, and

        beam: above 1, the text is not drawn but searched for: see `Beam`, which knows `length` and `stop`
            only. At most 64.
        """
        limit("beam", beam, 1, 64)
        pieces = self.stream(prompts, **{"block": BLOCK} | settings)  # checks the settings, whoever writes
        if beam == 1:
            return ["".join(row) for row in zip([""] * len(prompts), *pieces, strict=True)]
        if settings.get("no_copy") is not None:
            raise ReverieError("A beam search cannot refuse copies.", "Leave out beam or no_copy.")
        allowed = {name: settings[name] for name in ("length", "stop") if name in settings}
        return [self._beam.search(self._read(prompt), beam, **allowed) for prompt in prompts]

    def stream(
        self,
        prompts: Sequence[str],
        *,
        length: int = 400,
        temperature: float | Sequence[float] = 0.8,
        top_k: int | Sequence[int] = 0,
        top_p: float | Sequence[float] = 1.0,
        min_p: float | Sequence[float] = 0.0,
        repetition_penalty: float | Sequence[float] = 1.0,
        seed: int = 0,
        row: int = 0,
        stop: Sequence[str] = (),
        no_copy: tuple[Any, int] | None = None,
        block: int = PIECE,
    ) -> Iterator[list[str]]:
        """Yields lists with the next piece of each prompt's text (possibly ""), until all texts are complete.

        prompts: one per row. An empty prompt counts as a line break. Of a long one only the last
            4 * network.context tokens are read.
        length: characters to write per row, at least 1.
        temperature, top_k, top_p, min_p, repetition_penalty: see `sampling`; one value, or one per prompt.
        seed, row: prompt i is drawn from the random stream (seed, row + i), and its text depends on no other
            row, nor on `block`: `stream(prompts[3:4], seed=s, row=3)` writes what row 3 of the batch wrote.
        stop: a text ends before the first of these strings.
        no_copy: (index, n) with the `CopyIndex` of a training text: no verbatim copy of it becomes longer
            than n characters, those in the prompt included. A token that would make one is drawn again.
        block: tokens between two pieces, 1 to 256.

        Raises ReverieError, before the first piece, if a value does not fit.
        """
        given = (repetition_penalty, temperature, top_k, top_p, min_p)
        values = {s.name: check(s, v, len(prompts)) for s, v in zip(SAMPLERS, given, strict=True)}
        limit("length", length, 1, inf)
        limit("block", block, 1, BLOCK)
        limit("seed", seed, 0, 2**64 - 1)
        limit("row", row, 0, 2**63)
        if no_copy:
            limit("no_copy", no_copy[1], 1, inf)
        stop = [stop] if isinstance(stop, str) else list(stop)
        rows = [Row(self.tokenizer, prompt, length, stop) for prompt in prompts]
        if not rows:
            return iter(())
        random = [
            np.random.Generator(np.random.Philox(key=np.array([seed, row + i], "uint64"))) if t > 0 else None
            for i, t in enumerate(values["temperature"])
        ]
        used = [s for s in SAMPLERS if any(value != s.neutral for value in values[s.name])]
        name = (*(s.name for s in used), "no_copy" if no_copy else "")
        if name not in self._programs:
            function = program(self.network, self.tokenizer, used, no_copy is not None)
            self._programs[name] = backend.compiled(function, self.network.variables)
        tokens = [self._read(prompt) for prompt in prompts]
        batches = [
            Batch(
                self._programs[name],
                self.network,
                self.tokenizer.vocabulary,
                tokens[part],
                [np.asarray(values[s.name][part]) for s in used],
                random[part],
            )
            for part in (slice(first, first + ROWS) for first in range(0, len(rows), ROWS))
        ]
        return _pieces(batches, rows, block, no_copy)

    def _read(self, prompt: str) -> list[int]:
        return [int(t) for t in self.tokenizer.encode(prompt or "\n")][-4 * self.network.context :]


def _pieces(batches: list[Batch], rows: list[Row], block: int, no_copy: tuple[Any, int] | None) -> Iterator[list[str]]:
    """The batches side by side, a block at a time; `rows` are the rows of all of them."""
    parts = [(batch, [rows.pop(0) for _ in batch.prompts]) for batch in batches]

    def piece(part: tuple[Batch, list[Row]], count: int) -> list[str]:
        batch, rows = part
        if all(row.done for row in rows):
            return [""] * len(rows)
        prompted = [batch.prompted(r) for r in range(len(rows))]

        def refused(tokens: np.ndarray) -> list[int | None]:
            assert no_copy
            return [row.copied(tokens[:, r].tolist(), prompted[r], *no_copy) for r, row in enumerate(rows)]

        tokens = batch.next(count, refused if no_copy else None)
        return [row.feed(tokens[prompted[r] :, r].tolist()) for r, row in enumerate(rows)]

    # Short prompts are read quickly, and the first piece is shown at once.
    count = min(block, min(batch.prompted(r) for batch in batches for r in range(len(batch.prompts))) + FIRST)
    with ThreadPoolExecutor(1 if no_copy else os.cpu_count()) as threads:
        while not all(row.done for _, rows in parts for row in rows):
            pieces = [p for part in threads.map(piece, parts, repeat(count)) for p in part]
            if any(pieces):
                yield pieces
            count = block


def limit(name: str, value: Any, least: float, most: float) -> None:
    """Raises ReverieError unless value is a whole number from least to most."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not least <= value <= most:
        end = f"to {most}" if most < inf else "up"
        raise ReverieError(f"{name} cannot be {value}.", f"Give a whole number from {least} {end}.")
