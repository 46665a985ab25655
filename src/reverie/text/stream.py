"""From tokens to the text that may be shown: decoding, length, stop strings, copies."""

from collections.abc import Sequence
from typing import Any


class Row:
    """The text of one prompt as it grows.

    Only two things are held back: an incomplete UTF-8 sequence, and an end that may become a stop string.
    """

    def __init__(self, tokenizer: Any, prompt: str, length: int, stop: Sequence[str]) -> None:
        self.tokenizer, self.prompt, self.length = tokenizer, prompt, length
        self.stop = [string for string in stop if string]
        self.text = ""  # what was written after the prompt
        self.done = False
        self._decoder = tokenizer.decoder()
        self._tokens: list[int] = []
        self._shown = 0

    def feed(self, tokens: list[int]) -> str:
        """Takes the next tokens and returns the text to show now; "" once the text is complete."""
        if self.done:
            return ""
        self._tokens += tokens
        searched = len(self.text)
        # Cut before searching: the text must not depend on how many tokens came at a time.
        self.text = (self.text + self._decoder.feed(tokens))[: self.length]
        found = [self.text.find(string, max(0, searched - len(string) + 1)) for string in self.stop]
        ends = [at for at in found if at >= 0]
        if ends:
            self.text = self.text[: min(ends)]
        self.done = bool(ends) or len(self.text) == self.length
        start, self._shown = self._shown, len(self.text) - (0 if self.done else self._undecided())
        return self.text[start : self._shown]

    def _undecided(self) -> int:
        """Characters at the end that may be the beginning of a stop string."""
        lengths = (n for string in self.stop for n in range(1, len(string)) if self.text.endswith(string[:n]))
        return max(lengths, default=0)

    def copied(self, tokens: list[int], skip: int, index: Any, n: int) -> int | None:
        """The first of tokens[skip:] with which a copy becomes longer than n characters, as its place in tokens.

        index: the `CopyIndex`. The prompt counts as part of the text.
        """
        if self.done:
            return None
        decoder = self.tokenizer.decoder()
        decoder.feed(self._tokens)
        pieces = [decoder.feed([token]) for token in tokens[skip:]]
        before = self.prompt + self.text
        at = index.first_violation(before + "".join(pieces), n, len(before))
        if at is None:
            return None
        ends = len(before)
        for place, piece in enumerate(pieces):
            ends += len(piece)
            if ends > at:
                return skip + place
        return None
