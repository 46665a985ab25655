"""The display: plain lines, not too many, where there is no terminal; one live block where there is."""

import io
from pathlib import Path

from reverie.training.pace import Pace
from reverie.training.progress import Progress
from reverie.training.schedule import Plan


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def pace() -> Pace:
    measured = Pace()
    for _ in range(3):
        measured.count()
    return measured


def test_plain_lines_are_few() -> None:
    stream = io.StringIO()
    with Progress(stream=stream) as progress:
        for step in range(1000):
            progress.show_step(step, Plan(2000, None, True), 1.25, pace())
    (line,) = stream.getvalue().splitlines()
    assert line.startswith("step 0/2000  loss 1.2500") and line.endswith("left")


def test_an_estimate_is_marked_as_one() -> None:
    stream = io.StringIO()
    with Progress(stream=stream) as progress:
        progress.show_step(5, Plan(300, 60.0, False), 1.25, pace())
    assert stream.getvalue().startswith("step 5/~300  ")


def test_a_terminal_shows_the_last_sample(tmp_path: Path) -> None:
    stream = Terminal()
    (tmp_path / "epoch-0001.txt").write_text("an old one")
    (tmp_path / "epoch-0002.txt").write_text("[bold]꿈을 꾼다", "utf-8")
    with Progress(stream=stream) as progress:
        progress.show_interval(8, 2.0, 1.75)
        progress.show_sample(tmp_path)
        progress.show_step(9, Plan(20, None, True), 1.5, pace())
        progress.end("It is over.")
    shown = stream.getvalue()
    assert "step 9/20  loss 1.5000  validation 1.7500" in shown and "[bold]꿈을 꾼다" in shown
    assert "an old one" not in shown and "It is over." in shown


def test_quiet_is_quiet() -> None:
    stream = Terminal()
    with Progress(quiet=True, stream=stream) as progress:
        progress.show_step(5, Plan(300, None, True), 1.25, pace())
        progress.show_interval(8, 2.0, None)
        progress.end("It is over.")
    assert stream.getvalue() == ""
