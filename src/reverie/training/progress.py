"""What a run shows while it trains, on stderr: a live display on a terminal, plain lines elsewhere."""

import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from reverie.training.pace import Pace
from reverie.training.schedule import Plan

PLAIN_SECONDS = 5.0  # at least, between two plain lines
SAMPLE_LINES = 6


class Progress:
    """Step, loss, validation, speed, time left and the last sample. Shows nothing if `quiet`."""

    def __init__(self, quiet: bool = False, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.quiet = quiet
        self.validation = ""
        self.sample = ""
        self._live: Any = None
        self._shown = -PLAIN_SECONDS

    def __enter__(self) -> Self:
        if not self.quiet and self.stream.isatty():
            from rich.console import Console
            from rich.live import Live

            self._live = Live(console=Console(file=self.stream), auto_refresh=False)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
        self._live = None

    def show_step(self, step: int, plan: Plan, loss: float | None, pace: Pace) -> None:
        """Called a few times a second."""
        if self.quiet or loss is None or not pace.step_seconds:
            return
        if self._live is None and time.monotonic() - self._shown < PLAIN_SECONDS:
            return
        self._shown = time.monotonic()
        of, left = "", ""
        if plan.total < 10**9:
            left = f"  {_duration((plan.total - step) * pace.step_seconds)} left"
            of = f"/{plan.total}" if plan.frozen else f"/~{plan.total}"
        self._show(f"step {step}{of}  loss {loss:.4f}{self.validation}  {1 / pace.step_seconds:.1f} steps/s{left}")

    def show_interval(self, step: int, loss: float, validation: float | None) -> None:
        """A validation interval is over."""
        if validation is not None:
            self.validation = f"  validation {validation:.4f}"
        if self._live is None and not self.quiet:
            self._print(f"step {step}  mean loss {loss:.4f}{self.validation}")

    def show_sample(self, samples: Path) -> None:
        """The newest text in the folder of samples."""
        if self._live is None:
            return
        texts = sorted(samples.glob("*.txt"))
        if texts:
            lines = texts[-1].read_text("utf-8", errors="replace").strip().splitlines()
            self.sample = "\n".join(lines[:SAMPLE_LINES])

    def end(self, sentence: str) -> None:
        if not self.quiet:
            self._print(sentence)

    def _show(self, line: str) -> None:
        if self._live is None:
            self._print(line)
        else:
            from rich.text import Text

            self._live.update(Text(f"{line}\n{self.sample}".rstrip()), refresh=True)

    def _print(self, line: str) -> None:
        if self._live is None:
            print(line, file=self.stream, flush=True)
        else:
            self._live.console.print(line, markup=False, highlight=False)


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
