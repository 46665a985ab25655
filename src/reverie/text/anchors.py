"""The index behind `write --no-copy`: does a text run along the training text for more than n characters?"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
NUMBER = np.uint64(0xFFFFFFFF)  # the half of a key that numbers the anchor; the other half is its hash
PAIRS = 4096  # candidates compared at a time


class Anchors:
    """Every s-th place of the training text, found by the w bytes that stand there.

    A copy longer than n characters is at least n + 1 bytes long. With s + w - 1 = n + 1 it contains an anchor
    with all its w bytes, whatever its place, so looking up the w bytes at every place of a text finds every
    such copy; each candidate is then compared byte by byte with the memory-mapped training text. Equal bytes
    are equal characters, for in UTF-8 no character begins inside another. (Sparse sampling with exact
    verification, as in the sparse suffix arrays of Khan et al., 2009, with a sorted table of hashes in place
    of the suffix array.)

    Memory: 8 bytes for each anchor, about 12 / (n + 2) bytes for each byte of training text: for 1 GB and n =
    100, 50, 20 that is 0.11, 0.24, 0.57 GB. Below n = 10 it exceeds the text itself (n = 5: 2 GB), and
    frequent bytes have many candidates: exact still, but slow on a large text, where such an n would leave
    nothing to write.
    """

    def __init__(self, path: Path, n: int) -> None:
        self.n = n
        self.width = max(1, min(32, (n + 2) // 3))
        self.stride = n + 2 - self.width
        self.text = np.memmap(path, np.uint8, "r")
        count = max(0, (len(self.text) - self.width) // self.stride + 1)
        self.keys = np.empty(count, "uint64")
        for first in range(0, count, 2**16):
            last = min(first + 2**16, count)
            places = slice(first * self.stride, (last - 1) * self.stride + self.width)
            self.keys[first:last] = _hash(self.text[places], self.width, self.stride)
            self.keys[first:last] |= np.arange(first, last, dtype="uint64")
        self.keys.sort()

    def first_end(self, text: str) -> int | None:
        """The index of the first character of `text` that ends a copy of n + 1 characters, or None."""
        encoded = text.encode("utf-8", "surrogatepass")
        data = np.frombuffer(encoded, np.uint8)
        # starts[i] is the byte at which character i begins; one more for the end of the last.
        starts = np.append(np.flatnonzero((data & 0xC0) != 0x80), len(data))
        if len(starts) <= self.n + 1:
            return None
        reach = int((starts[self.n + 1 :] - starts[: -self.n - 1]).max())  # bytes of the longest n + 1 characters
        first: int | None = None
        for q, p in self._candidates(data):
            # A copy that ends earlier than the one found holds an anchor within a stride of its beginning.
            if first is not None and q[0] >= starts[first - self.n] + self.stride - 1:
                break
            before, after = self._run(data, q, p, reach)
            begin = np.searchsorted(starts, q - before)
            end = np.searchsorted(starts, q + after, "right") - 1
            copied = begin[end - begin > self.n] + self.n
            if len(copied):
                first = min(int(copied.min()), len(starts) if first is None else first)
        return first

    def _candidates(self, data: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Pairs of a place in `data` and an anchor whose w bytes have the same hash, by place, in blocks."""
        keys = _hash(data, self.width, 1)
        low = np.searchsorted(self.keys, keys)
        counts = np.searchsorted(self.keys, keys | NUMBER, "right") - low
        ends = np.cumsum(counts)
        for block in range(0, int(counts.sum()), PAIRS):
            pair = np.arange(block, min(block + PAIRS, ends[-1]))
            q = np.searchsorted(ends, pair, "right")
            number = self.keys[low[q] + pair - (ends[q] - counts[q])] & NUMBER
            yield q, number.astype("int64") * self.stride

    def _run(self, data: np.ndarray, q: np.ndarray, p: np.ndarray, reach: int) -> tuple[np.ndarray, np.ndarray]:
        """How many bytes before and from each pair of places on are equal, up to stride - 1 and `reach`."""
        offsets = np.arange(1 - self.stride, reach)
        i, j = q[:, None] + offsets, p[:, None] + offsets  # (pairs, bytes compared)
        inside = (i >= 0) & (i < len(data)) & (j >= 0) & (j < len(self.text))
        equal = inside & (data[i.clip(0, len(data) - 1)] == self.text[j.clip(0, len(self.text) - 1)])
        before = np.cumprod(equal[:, self.stride - 2 :: -1] if self.stride > 1 else equal[:, :0], axis=1).sum(1)
        return before, np.cumprod(equal[:, self.stride - 1 :], axis=1).sum(1)


def _hash(data: np.ndarray, width: int, stride: int) -> np.ndarray:
    """A 32-bit hash, in the upper half of uint64, of the `width` bytes at every `stride`-th place."""
    count = max(0, (len(data) - width) // stride + 1)
    total = np.zeros(count, "uint64")
    for offset in range(width):
        total *= MULTIPLIER
        total += data[offset : offset + (count - 1) * stride + 1 : stride][:count]
    total ^= total >> np.uint64(29)  # a last mixing: without it one byte alone would not reach the upper half
    total *= MULTIPLIER
    return total & ~NUMBER
