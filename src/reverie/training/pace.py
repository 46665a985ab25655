"""How fast a run goes. All times are in seconds."""

import time
from collections.abc import Callable


class Pace:
    """Measures a session: its first step apart, since that compiles, and the pauses between intervals apart.

    `before` are the seconds that earlier sessions of the run took; `started` is when this one began, by `clock`.
    """

    def __init__(self, started: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.now = clock
        self.started = clock() if started is None else started
        self.before = 0.0
        self.counted = 0  # steps of this session after its first
        self.compile_seconds = 0.0  # from `started` to the end of the first step
        self.pause_seconds = 0.0  # of the last pause
        self._stepping = 0.0
        self._last: float | None = None  # when the last step ended, None before the first one of the session
        self._paused: float | None = None
        self._compiled = False

    def elapsed(self) -> float:
        """Of the whole run, up to now."""
        return self.before + self.now() - self.started

    @property
    def step_seconds(self) -> float:
        """The mean step of this session, with the checkpoints in between."""
        return self._stepping / self.counted if self.counted else 0.0

    def count(self) -> None:
        """A step has ended."""
        now = self.now()
        if not self._compiled:
            self._compiled, self.compile_seconds = True, now - self.started
        elif self._last is not None:
            self._stepping += now - self._last
            self.counted += 1
        self._last = now

    def pause(self) -> None:
        """An interval has ended: validation and samples follow."""
        self._paused = self.now()

    def go_on(self) -> None:
        """An interval begins."""
        if self._paused is not None:
            self.pause_seconds = self.now() - self._paused
            self._paused, self._last = None, self.now()
