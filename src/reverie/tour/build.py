"""Runs the parts of the tour and writes the page."""

from pathlib import Path

from reverie.tour.dream import dream_part
from reverie.tour.gan import gan_part
from reverie.tour.page import page
from reverie.tour.style import style_part
from reverie.tour.text import text_part
from reverie.tour.vae import vae_part


def tour(out: str | Path = "tour", *, minutes: float = 1.0, seed: int = 0) -> Path:
    """Trains on what every Python installation carries and on drawn faces, dreams on a drawn landscape and repaints it.

    Writes `out`/index.html, and returns its path. `minutes` is the time each engine may train, the adversarial one four
    times that. Raises ReverieError where training or writing fails.
    """
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
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
