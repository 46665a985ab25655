"""What is said of work that goes on: where it is, and how long it will last once that can be known."""

import io
from types import SimpleNamespace

import pytest

from reverie.pixels import progress
from reverie.pixels.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True

    def lines(self):
        return [line.rstrip() for line in self.getvalue().replace("\r", "\n").splitlines()]


@pytest.fixture
def clock(monkeypatch):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def test_the_first_part_says_nothing_of_how_long_the_others_take(clock):
    said = Terminal()
    shown = Progress(said)
    for clock.now, done in ((60, 1), (62, 2), (70, 3), (75, 4)):  # a minute of compiling
        shown.count(done, 4)
    assert said.lines() == ["1 of 4", "2 of 4  0:04 left", "3 of 4  0:05 left", "4 of 4  0:00 left"]


def test_moments_are_timed_alike(clock):
    said = Terminal()
    shown = Progress(said)
    for done in (0.2, 0.6):
        clock.now += 30
        shown.show(SimpleNamespace(done=done, line=f"octave {done}"))
    assert said.lines() == ["octave 0.2", "octave 0.6  0:30 left"]


def test_elsewhere_than_on_a_terminal_few_lines_are_said(clock):
    said = io.StringIO()
    shown = Progress(said)
    for clock.now, done in ((1, 1), (4, 2), (7, 3), (8, 4)):  # the first is timed, though it is not shown
        shown.count(done, 10)
    assert said.getvalue() == "3 of 10  0:21 left\n"


def test_what_is_counted_is_said_and_what_begins_is_timed_anew(clock):
    said = Terminal()
    shown = Progress(said, "Reading picture")
    shown.count(1, 2)
    clock.now = 50
    shown.begin("Again:")
    clock.now = 60
    shown.count(1, 2)
    assert said.lines() == ["Reading picture 1 of 2", "Again:", "Reading picture 1 of 2"]


def test_what_is_counted_next_is_timed_anew_too(clock):
    """First three parts, ten seconds each, then three of one second."""
    said = Terminal()
    shown = Progress(said)
    for clock.now, done in ((10, 1), (20, 2), (30, 3), (31, 1), (32, 2)):
        shown.count(done, 3)
    assert said.lines()[3:] == ["1 of 3", "2 of 3  0:01 left"]


def test_a_single_part_is_over_at_once(clock):
    said = Terminal()
    Progress(said).count(1, 1)
    assert said.lines() == ["1 of 1"]
