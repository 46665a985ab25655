"""Sheets of pictures that a network makes while it learns."""

from pathlib import Path
from typing import Any

from PIL import Image

from reverie import images
from reverie.pixels.settings import settings as made_with


def save_sheet(sheet: Image.Image, folder: Path, epoch: int, command: str, settings: dict[str, Any] | None) -> None:
    """`folder`/epoch-0001.png after the first epoch, number 0. settings: of the run, which it carries, if they are
    known."""
    made = made_with(command, **settings) | {"epoch": epoch + 1} if settings else None
    images.save(sheet, folder / f"epoch-{epoch + 1:04d}.png", made)
