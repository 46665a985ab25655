"""Text from tokens, for the tokenizers that spell."""

import codecs
from collections.abc import Iterable, Sequence

import numpy as np


class Decoder:
    """Text from tokens that arrive a few at a time.

    `feed` holds back only an incomplete UTF-8 sequence, so a Hangul syllable appears with its last byte and a
    letter at once. The joined results equal `decode` of all the tokens, however they were cut.
    """

    def __init__(self, pieces: Sequence[bytes], digits: int) -> None:
        self._pieces = pieces
        self._digits = digits
        self._high: int | None = None  # the first digit of a spelled byte, waiting for the second
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, ids: Iterable[int]) -> str:
        """The text that `ids` complete. An id outside the vocabulary: IndexError."""
        data = bytearray()
        for token in ids.tolist() if isinstance(ids, np.ndarray) else ids:
            if not 0 <= token < self._digits + len(self._pieces):
                raise IndexError(f"token {token} is outside the vocabulary")
            if token >= self._digits:
                data += self._broken() + self._pieces[token - self._digits]
            elif self._high is None:
                self._high = token
            else:
                data.append(16 * self._high + token)
                self._high = None
        return self._utf8.decode(bytes(data))

    def finish(self) -> str:
        """What was held back, as U+FFFD, or nothing."""
        return self._utf8.decode(self._broken(), final=True)

    def _broken(self) -> bytes:
        """A digit without its second: a byte that no UTF-8 contains, to be shown as U+FFFD."""
        if self._high is None:
            return b""
        self._high = None
        return b"\xff"
