"""From a network's numbers to a picture, and from a picture to a file that says how it was made."""

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from reverie.errors import ReverieError
from reverie.images import metadata
from reverie.publish import publish

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
OPTIONS: dict[str, dict[str, Any]] = {
    "PNG": {"compress_level": 3},  # half the usual level's time, for some percent more bytes
    "JPEG": {"quality": 95, "subsampling": 0},  # colour at full resolution: dreams are made of it
    "WEBP": {"lossless": True, "exact": True, "method": 0, "quality": 20},  # quality means effort here: little pays
}


def encode(rgb: np.ndarray, alpha: np.ndarray | None = None) -> Image.Image:
    """A Pillow image, RGB, or RGBA where `alpha` is given.

    rgb: (height, width, 3), uint8 or float in [0, 1]; what lies outside is clipped, and x becomes round(255 x).
    alpha: uint8 (height, width); of another size than rgb, as after `fit`, it is resized.
    Raises ReverieError if a number is not finite.
    """
    if rgb.dtype != np.uint8:
        if not np.isfinite(rgb).all():
            raise ReverieError(
                "The picture was not made: its numbers are not finite.", "Lower the strength, or the learning rate."
            )
        wide = np.clip(rgb, 0.0, 1.0)
        wide *= 255.0
        rgb = np.rint(wide, out=wide).astype(np.uint8)
    image = Image.fromarray(np.ascontiguousarray(rgb))
    if alpha is not None:
        opacity = Image.fromarray(np.ascontiguousarray(alpha))
        image.putalpha(opacity if opacity.size == image.size else opacity.resize(image.size, Image.Resampling.LANCZOS))
    return image


def save(image: Image.Image | np.ndarray, path: str | os.PathLike[str], settings: dict[str, Any] | None = None) -> None:
    """Writes a picture, whole or not at all; the same input gives the same bytes.

    image: a Pillow image, or what `encode` takes. path: .png or .webp (exact), or .jpg (nearly exact at a third of
    the size; a transparent picture gets a white ground). settings: what made the picture, for `reverie info`:
    {"command": "dream render", "arguments": {...}, "seed": 0}; the version is added. By default those that an engine
    left in the image's `info["reverie"]`.

    Raises ReverieError if the name ends otherwise or the file cannot be written.
    """
    path = output(path)
    kind = FORMATS[path.suffix.lower()]
    image = encode(image) if isinstance(image, np.ndarray) else image
    left = image.info.get(metadata.KEY)  # text, not a document, if the image was read from a file
    settings = left if settings is None and isinstance(left, dict) else settings
    options = dict(OPTIONS[kind])
    if kind == "JPEG":
        image = _on_white(image)
    if settings is not None:
        text = metadata.document(settings)
        options |= {"pnginfo": metadata.png(text)} if kind == "PNG" else {"exif": metadata.exif(text)}
    data = io.BytesIO()
    try:
        image.save(data, kind, **options)
    except (OSError, ValueError) as error:  # a side beyond what the format can hold, or settings beyond it
        raise ReverieError(f"{path} cannot be written: {error}.", "Choose a name that ends in .png.") from error
    publish(path, data.getvalue())


def output(path: str | os.PathLike[str], suffixes: tuple[str, ...] = tuple(FORMATS)) -> Path:
    """`path`, if a picture can be written there: to be asked before the work, not after it.

    Raises ReverieError if the name ends in none of `suffixes`, or the folder is missing.
    """
    path = Path(path)
    if path.suffix.lower() not in suffixes:
        ends = ", ".join(suffixes[:-1]) + " or " + suffixes[-1]
        raise ReverieError(f"{path} cannot be written: its name must end in {ends}.", "Choose another name.")
    if not path.parent.is_dir():
        raise ReverieError(f"{path} cannot be written: there is no folder {path.parent}.", "Make it first.")
    if path.is_dir():
        raise ReverieError(f"{path} cannot be written: it is a folder.", "Choose another name.")
    return path


def _on_white(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image)
    return image.convert("RGB")
