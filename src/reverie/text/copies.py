"""Verbatim copies: which stretches of a text stand word for word in the training text.

Spans are counted in characters (Unicode code points), never in bytes, and text is compared exactly as it is:
case, spaces and line breaks count. Two questions are answered, each in the way that suits it:

    compare          after writing: the longest copied span, and the share of text in long copied spans. The
                     training text is read once from start to end, however many the texts; nothing is indexed.
    first_violation  while writing: where does a copy become longer than n characters? An index of every s-th
                     place answers in about a millisecond, without reading the training text again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reverie.errors import ReverieError
from reverie.text.anchors import Anchors

LONG = 50  # characters: from here on a copied span is called long
BLOCK = 2**17  # characters read at a time: their hashes (1 MB) stay in the processor's cache
MULTIPLIER = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2**64


@dataclass(frozen=True)
class Copies:
    """What a group of texts copies from the training text.

    longest: length in characters of the longest span that stands verbatim in the training text; text: that
    span.
    share: fraction of all characters, in [0, 1], that lie in copied spans of at least `long` characters.
    spans: those spans, overlapping ones merged, as (number of the text, start, end) in characters.
    characters: how many characters were looked at. Long texts have longer copies: compare equal amounts only.
    """

    longest: int
    text: str
    share: float
    spans: list[tuple[int, int, int]]
    characters: int
    long: int = LONG

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class CopyIndex:
    """Finds copies of the training text in the UTF-8 file at `path`.

    Raises ReverieError if there is no such file or nothing is in it.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.is_file() or self.path.stat().st_size == 0:
            raise ReverieError(
                f"The training text {self.path} is missing or empty, so copies from it cannot be looked for.",
                "Give the run folder the model was trained in, or the text it was trained on.",
            )
        self._anchors: Anchors | None = None

    def copies(self, texts: Sequence[str], long: int = LONG) -> Copies:
        """What these texts, taken together, copy from the training text."""
        return self.compare([texts], long)[0]

    def compare(self, groups: Sequence[Sequence[str]], long: int = LONG) -> list[Copies]:
        """One `Copies` for each group of texts, all from a single reading of the training text.

        Spans are compared by 64-bit polynomial hashes, so a wrong answer has a chance of about
        (characters of training text x characters asked about) / 2**64: one in a million for 1 GB and 10 kB.
        Time: 15 to 30 ms for each MB of training text; memory: some 10 MB, whatever its size.
        """
        asked = [_Group(texts, long) for texts in groups]
        wanted = max([group.size for group in asked], default=0)
        if wanted:
            spans = _Asked(asked, 1)
            for window in self._windows(wanted - 1):
                # A place matters only if a span there beats a group's longest or is a long one.
                length = min([long] + [group.best + 1 for group in asked if group.best < group.size])
                if length != spans.length:
                    spans = _Asked(asked, length)
                hashes = _Hashes(window)
                _match(hashes, spans.places(hashes), asked, long)
        return [group.result() for group in asked]

    def _windows(self, overlap: int) -> Iterator[np.ndarray]:
        """The training text as code points, in windows that repeat `overlap` characters of the one before."""
        # The first window is small: it finds the short matches that any two texts have, so that the others
        # only look for longer ones.
        size, largest = 2**12, max(BLOCK, 4 * overlap)
        window = np.empty(0, "<u4")
        with self.path.open(encoding="utf-8", errors="replace", newline="") as file:
            while block := file.read(size):
                window = np.concatenate([window[max(0, len(window) - overlap) :], code_points(block)])
                yield window
                size = min(4 * size, largest)

    def first_violation(self, text: str, n: int, start: int = 0) -> int | None:
        """The first character of `text`, from `start` on, at which a copy becomes longer than n characters.

        text: the prompt and all that was written so far; n >= 1; start: where what may still be refused
        begins.
        Returns the index in `text` of the first character i >= start whose n + 1 last characters, itself
        included, stand verbatim in the training text, or None. Exact. Raises ReverieError if n is below 1.

        The first call for an n builds an index (see `Anchors` for what it costs); changing n builds another.
        """
        if n < 1:
            raise ReverieError(
                f"A copy cannot be limited to {n} characters.",
                "Allow at least 1; 50 is a good limit for prose.",
            )
        if self._anchors is None or self._anchors.n != n:
            self._anchors = Anchors(self.path, n)
        # Spans that end before `start` are past changing: only what can be part of a later one is looked at.
        skipped = max(0, start - n)
        found = self._anchors.first_end(text[skipped:])
        return None if found is None else skipped + found


class _Hashes:
    """Polynomial hashes, modulo 2**64, of any span of an array of code points, in constant time for each.

    hash(i, g) = sum of c[i + j] * m**j for j < g: a difference of prefix sums, divided by m**i.
    """

    def __init__(self, points: np.ndarray) -> None:
        self.size = len(points)
        powers, self.inverse = _powers(self.size)
        self.sums = np.zeros(self.size + 1, "uint64")
        np.cumsum(points * powers, out=self.sums[1:])

    def all(self, length: int) -> np.ndarray:
        """Hashes of all spans of `length` characters, uint64 (size - length + 1,)."""
        count = max(0, self.size - length + 1)
        hashes: np.ndarray = (self.sums[length : length + count] - self.sums[:count]) * self.inverse[:count]
        return hashes

    def at(self, starts: np.ndarray, length: int) -> np.ndarray:
        """Hashes of the spans of `length` characters at these starts, which must lie inside."""
        hashes: np.ndarray = (self.sums[starts + length] - self.sums[starts]) * self.inverse[starts]
        return hashes


_table = [np.ones(1, "uint64"), np.ones(1, "uint64")]


def _powers(size: int) -> tuple[np.ndarray, np.ndarray]:
    """m**i and m**-i modulo 2**64 for i < size, each uint64 (size,)."""
    if len(_table[0]) < size:
        for number, factor in enumerate((MULTIPLIER, pow(MULTIPLIER, -1, 2**64))):
            factors = np.full(size, factor, "uint64")
            factors[0] = 1
            _table[number] = np.cumprod(factors)
    return _table[0][:size], _table[1][:size]


class _Group:
    """The texts of one group, and what was found of them so far."""

    def __init__(self, texts: Sequence[str], long: int) -> None:
        self.texts, self.long = texts, long
        self.hashes = [_Hashes(code_points(text)) for text in texts]
        self.size = max([hashes.size for hashes in self.hashes], default=0)
        self.spans: dict[int, np.ndarray] = {}  # sorted hashes of all spans of a length
        self.best, self.best_hash = 0, np.uint64(0)
        self.found = np.zeros(len(self.sorted(long)), bool)  # which of the long spans are copies

    def sorted(self, length: int) -> np.ndarray:
        if length not in self.spans:
            every = [hashes.all(length) for hashes in self.hashes]
            self.spans[length] = np.sort(np.concatenate([np.empty(0, "uint64"), *every]))
        return self.spans[length]

    def result(self) -> Copies:
        characters = sum(hashes.size for hashes in self.hashes)
        copied = self.sorted(self.long)[self.found]
        spans: list[tuple[int, int, int]] = []
        for number, hashes in enumerate(self.hashes):
            for start in np.flatnonzero(_among(hashes.all(self.long), copied)).tolist():
                if spans and spans[-1][0] == number and start <= spans[-1][2]:
                    spans[-1] = (number, spans[-1][1], start + self.long)
                else:
                    spans.append((number, start, start + self.long))
        share = sum(end - start for _, start, end in spans) / max(characters, 1)
        return Copies(self.best, self._best_text(), share, spans, characters, self.long)

    def _best_text(self) -> str:
        for text, hashes in zip(self.texts, self.hashes, strict=True):
            if self.best and len(starts := np.flatnonzero(hashes.all(self.best) == self.best_hash)):
                return text[starts[0] : starts[0] + self.best]
        return ""


class _Asked:
    """All spans of one length in all groups; a table of their first bits rules nearly all others out."""

    def __init__(self, groups: list[_Group], length: int) -> None:
        self.length = length
        self.spans = np.sort(np.concatenate([group.sorted(length) for group in groups]))
        bits = max(16, (16 * len(self.spans)).bit_length())
        self.shift = np.uint64(64 - bits)
        self.table = np.zeros(2**bits, bool)
        self.table[self.spans >> self.shift] = True

    def places(self, window: _Hashes) -> np.ndarray:
        """Where in a window of the training text one of the spans stands."""
        hashes = window.all(self.length)
        places = np.flatnonzero(self.table[hashes >> self.shift])
        return np.asarray(places[_among(hashes[places], self.spans)])


def _match(window: _Hashes, places: np.ndarray, groups: list[_Group], long: int) -> None:
    """Notes in every group which of its spans stand at these places of the training text."""
    for group in groups if len(places) else ():
        there = places[places + long <= window.size]
        group.found |= _among(group.sorted(long), np.sort(window.at(there, long)))
        step = 1
        survivors = places
        while step and group.best < group.size:  # 1, 2, 4... characters more, then ever fewer
            reach = group.best + step
            near = survivors[survivors + reach <= window.size]
            hashes = window.at(near, reach)
            hit = _among(hashes, group.sorted(reach))
            if hit.any():
                group.best, group.best_hash, survivors = reach, hashes[hit][0], near[hit]
                step = 2 * step
            else:
                step = step // 2


def _among(values: np.ndarray, ordered: np.ndarray) -> np.ndarray:
    """Which values are in the sorted array; much faster here than np.isin, which sorts both again."""
    if len(ordered) == 0:
        return np.zeros(len(values), bool)
    nearest = ordered[np.searchsorted(ordered, values).clip(0, len(ordered) - 1)]
    return np.asarray(nearest == values)


def code_points(text: str) -> np.ndarray:
    """The characters of a text as numbers, uint32 (characters,); any str, lone surrogates included."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
