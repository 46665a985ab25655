"""Runs the parts of the tour and writes the page."""

import shutil
from pathlib import Path

from reverie.errors import ReverieError
from reverie.publish import sentence
from reverie.tour.dream import dream_part
from reverie.tour.gan import gan_part
from reverie.tour.page import page
from reverie.tour.style import style_part
from reverie.tour.text import text_part
from reverie.tour.vae import vae_part

MARK = ".tour"  # in folders that a tour made, and the next may empty


def tour(out: str | Path = "tour", *, minutes: float = 1.0, seed: int = 0) -> Path:
    """Trains on what every Python installation carries and on drawn faces, dreams on a drawn landscape and repaints it.

    Writes `out`/index.html, and returns its path. `minutes` is the time each engine may train; the adversarial one
    takes 2,000 steps for each, which last three to eight on a laptop. Raises ReverieError where training or writing
    fails, and for a folder with runs that are not of a tour.
    """
    folder = Path(out)
    _empty([folder / run for run in ("text", "vae", "gan")])
    parts = [
        text_part(folder, minutes=minutes, seed=seed),
        dream_part(folder, seed=seed),
        style_part(folder, seed=seed),
        vae_part(folder, minutes=minutes, seed=seed),
        gan_part(folder, minutes=minutes, seed=seed),
    ]
    index = folder / "index.html"
    index.write_text(page(parts), encoding="utf-8")
    return index


def _empty(runs: list[Path]) -> None:
    """Makes run folders, in place of those of an earlier tour. Raises ReverieError if one is of something else."""
    for run in runs:
        if run.exists() and not (run / MARK).exists():
            raise ReverieError(f"A tour would overwrite {run}, and none made it.", "Choose another folder with --out.")
    for run in runs:
        shutil.rmtree(run, ignore_errors=True)
        try:
            run.mkdir(parents=True)
            (run / MARK).touch()
        except OSError as error:
            raise sentence(error, run) from error
