"""A contact sheet: many pictures on one white page, to compare or to choose from."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from reverie.errors import ReverieError
from reverie.images.saving import encode

INK, SOFT = "#22262e", "#7a808c"
SHOWN = 96  # pixels on a side at least, of small pictures


def grid(
    images: Sequence[Image.Image | np.ndarray],
    columns: int,
    captions: Sequence[str] | None = None,
    title: str | None = None,
) -> Image.Image:
    """One RGB picture of all `images`, row by row, each in the middle of an equal cell and at its own size.

    images: Pillow images, or arrays as `encode` takes them. captions: one below each; what is wider than its picture
    is cut with an ellipsis. title: above all. The lettering grows with the pictures. The same input gives the same
    pixels with the same version of Pillow, whose built-in (Latin) typeface it is.
    Raises ReverieError if there is no picture.
    """
    pictures = [encode(image) if isinstance(image, np.ndarray) else image for image in images]
    if not pictures:
        raise ReverieError("There is no picture to lay out.", "Ask for at least one.")
    if captions is not None and len(captions) != len(pictures):
        raise ValueError(f"{len(captions)} captions for {len(pictures)} pictures")
    columns = max(1, min(columns, len(pictures)))
    rows = [pictures[first : first + columns] for first in range(0, len(pictures), columns)]
    heights = [max(picture.height for picture in row) for row in rows]
    width = max(picture.width for picture in pictures)
    gap = max(2, round(0.04 * width))
    small = ImageFont.load_default(min(max(round(0.07 * width), 11), 32))
    large = ImageFont.load_default(min(max(round(0.105 * width), 16), 48))
    below = 0 if captions is None else round(1.7 * _line(small))
    top = gap if title is None else 2 * gap + round(1.3 * _line(large))

    page = (gap + columns * (width + gap), top + sum(height + below + gap for height in heights))
    sheet = Image.new("RGB", page, "white")
    draw = ImageDraw.Draw(sheet)
    if title is not None:
        draw.text((gap, gap), _cut(title, page[0] - 2 * gap, large), fill=INK, font=large)
    names = iter(captions or ())
    for row, height in zip(rows, heights, strict=True):
        for column, picture in enumerate(row):
            left = gap + column * (width + gap)
            place = (left + (width - picture.width) // 2, top + (height - picture.height) // 2)
            clear = picture.convert("RGBA") if picture.has_transparency_data else None
            sheet.paste(picture if clear is None else clear, place, clear)
            if captions is not None:
                draw.text((left, top + height + below // 6), _cut(next(names), width, small), fill=SOFT, font=small)
        top += height + below + gap
    return sheet


def sheet(
    pictures: np.ndarray, columns: int, captions: Sequence[str] | None = None, title: str | None = None
) -> Image.Image:
    """uint8 (n, size, size, 1 or 3) as `grid` lays them out, small ones enlarged by a whole factor."""
    larger = -(-SHOWN // pictures.shape[1])
    shown = pictures.repeat(larger, axis=1).repeat(larger, axis=2).repeat(3 // pictures.shape[3], axis=3)
    return grid(list(shown), columns, captions, title)


Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def _line(font: Font) -> float:
    """The height of a line of capitals and descenders."""
    return font.getbbox("Ág")[3]


def _cut(text: str, width: int, font: Font) -> str:
    """As much of `text` as fits into `width` pixels."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text + "…"
