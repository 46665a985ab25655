"""Being asked to stop: by Ctrl-C, or by a file named `cancel` in the run folder."""

import contextlib
import signal
import threading
from _thread import interrupt_main
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

LOOK = 0.25  # seconds between two looks for the file


class Stopped(KeyboardInterrupt):
    """Breaks off what may be broken off, such as a validation, when a stop is asked for."""


class Stop:
    """While this context lasts, the first Ctrl-C and the `cancel` file set `asked`; the second Ctrl-C raises.

    `asked` is None, "interrupted" or "cancelled". Training looks at it after every step. What has no steps runs
    inside `breakable()`, where a request raises Stopped at once. In a thread other than the main one, Ctrl-C is
    left alone and nothing is broken off.
    """

    def __init__(self, cancel: Path) -> None:
        self.asked: str | None = None
        self._cancel = cancel
        self._breakable = False
        self._poked = False  # the signal on its way is the watcher's, not the user's
        self._over = threading.Event()
        self._main = threading.current_thread() is threading.main_thread()
        self._watcher = threading.Thread(target=self._watch, name="reverie-cancel", daemon=True)
        self._earlier: Any = None

    def __enter__(self) -> Self:
        if self._main:
            self._earlier = signal.signal(signal.SIGINT, self._on_signal)
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._watcher.join()
        if self._main:
            signal.signal(signal.SIGINT, self._earlier or signal.default_int_handler)

    @contextlib.contextmanager
    def breakable(self) -> Iterator[None]:
        """What runs in here is broken off by Stopped, also if the request came before."""
        try:
            self._breakable = self._main
            self.check()
            yield
        finally:
            self._breakable = False

    def check(self) -> None:
        """Raises Stopped if a stop was asked for."""
        if self.asked:
            self._breakable = False
            raise Stopped

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._poked:
            self._poked = False
        elif self.asked == "interrupted":
            raise KeyboardInterrupt
        else:
            self.asked = "interrupted"
        if self._breakable:
            self.check()

    def _watch(self) -> None:
        while not self._over.wait(LOOK):
            if self.asked is None and self._cancel.exists():
                self.asked = "cancelled"
                if self._breakable:
                    self._poked = True
                    interrupt_main(signal.SIGINT)
