"""What a dream shows while it lasts, on stderr: one line that is rewritten on a terminal, few lines elsewhere."""

import sys
import time
from typing import TextIO

from reverie.dream.estimate import Estimate, duration
from reverie.dream.octaves import Moment

PLAIN_SECONDS = 5.0  # at least, between two lines that stay
WIDTH = 78


class Progress:
    """First what the work will take, then where it is and how long it will last."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self._live = self.stream.isatty()
        self._started = self._shown = time.monotonic()

    def begin(self, estimate: Estimate) -> None:
        """Before the first step."""
        print(estimate.sentence, file=self.stream, flush=True)
        self._started = self._shown = time.monotonic()

    def show(self, moment: Moment) -> None:
        """After each step."""
        height, width = moment.size
        self._line(
            f"octave {moment.octave}/{moment.octaves} ({width} x {height})  step {moment.step}/{moment.steps}  "
            f"objective {moment.score:.4g}",
            moment.done,
        )

    def count(self, done: int, total: int) -> None:
        """After each of many equal parts."""
        self._line(f"{done} of {total}", done / total)

    def _line(self, text: str, done: float) -> None:
        now = time.monotonic()
        if not self._live and now - self._shown < PLAIN_SECONDS:
            return
        self._shown = now
        line = f"{text}  {duration((now - self._started) * (1 / done - 1))} left"
        end = "\r" if self._live and done < 1 else "\n"
        print(line.ljust(WIDTH) if self._live else line, end=end, file=self.stream, flush=True)

    def say(self, sentence: str) -> None:
        """Something the user should know."""
        print(sentence.ljust(WIDTH) if self._live else sentence, file=self.stream, flush=True)
