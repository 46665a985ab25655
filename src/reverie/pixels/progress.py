"""What a picture in the making shows, on stderr: one line that is rewritten on a terminal, few lines elsewhere."""

import sys
import time
from typing import Protocol, TextIO

PLAIN_SECONDS = 5.0  # at least, between two lines that stay
WIDTH = 78


class Moment(Protocol):
    """A moment of the work. done: share of it, in (0, 1]. line: where it is, in words."""

    done: float

    @property
    def line(self) -> str: ...


class Progress:
    """First what the work will take, then where it is and, from the second step on, how long it will last.

    what: said before each count, such as "Reading picture".
    """

    def __init__(self, stream: TextIO | None = None, what: str = "") -> None:
        self.stream = stream or sys.stderr
        self.what = what
        self._live = self.stream.isatty()
        self._shown = time.monotonic()
        self._first: tuple[float, float] | None = None  # when the first step was over, and which share of all it was

    def begin(self, sentence: str) -> None:
        """Before the first step."""
        print(sentence, file=self.stream, flush=True)
        self._shown, self._first = time.monotonic(), None

    def show(self, moment: Moment) -> None:
        """After each step."""
        self._line(moment.line, moment.done)

    def count(self, done: int, total: int) -> None:
        """After each of many equal parts."""
        self._line(f"{self.what} {done} of {total}".lstrip(), done / total)

    def say(self, sentence: str) -> None:
        """Something the user should know."""
        print(sentence.ljust(WIDTH) if self._live else sentence, file=self.stream, flush=True)

    def _line(self, text: str, done: float) -> None:
        now = time.monotonic()
        since, first = self._first or (now, done)
        self._first = (since, first) if done < 1 else None  # what is counted next begins anew
        if not self._live and now - self._shown < PLAIN_SECONDS:
            return
        self._shown = now
        if done > first:  # the first step compiles: it says nothing of how long the others take
            text += f"  {duration((now - since) * (1 - done) / (done - first))} left"
        end = "\r" if self._live and done < 1 else "\n"
        print(text.ljust(WIDTH) if self._live else text, end=end, file=self.stream, flush=True)


def duration(seconds: float) -> str:
    """Like 0:07, 12:34 or 1:02:03."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
