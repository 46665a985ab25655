"""Every way a picture's colours may be stored, as 8-bit sRGB and an alpha channel."""

import contextlib
import io
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from PIL import Image, ImageCms

from reverie.errors import ReverieError

Converter: TypeAlias = Callable[[Image.Image], tuple[np.ndarray, np.ndarray | None]]


def converter(image: Image.Image, name: str) -> Converter:
    """The function that turns a part of `image` (as cropped from it) into (rgb, alpha).

    rgb: uint8 (height, width, 3); alpha: uint8 (height, width), or None where the picture has none. Raises
    ReverieError where what the numbers mean cannot be known.
    """
    if image.mode in ("I", "F"):
        raise ReverieError(f"{name} holds numbers of 32 bits, not colours.", "Save it with 8 or 16 bits a channel.")
    transform = _to_srgb(image)

    def convert(part: Image.Image) -> tuple[np.ndarray, np.ndarray | None]:
        colours, alpha = _split(part)
        if transform is not None:
            kind, apply = transform
            colours = apply(colours if colours.mode == kind else colours.convert(kind))
        rgb = colours if colours.mode == "RGB" else colours.convert("RGB")
        return np.asarray(rgb), None if alpha is None else np.asarray(alpha)

    return convert


def _split(part: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """(colours, alpha); colours in the mode the profile speaks of: L, RGB or CMYK."""
    if part.mode.startswith("I;16"):
        return _eight_bits(part)
    if part.mode == "LA":
        return part.getchannel("L"), part.getchannel("A")
    if part.has_transparency_data:  # an alpha channel, a transparent colour, or transparent palette entries
        rgba = part.convert("RGBA")
        return rgba.convert("RGB"), rgba.getchannel("A")
    if part.mode == "1":
        return part.convert("L"), None
    return part if part.mode in ("L", "RGB", "CMYK") else part.convert("RGB"), None


def _eight_bits(part: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """65,535 becomes 255, rounded to nearest: round(x / 257). Pillow's own conversion may clip instead."""
    wide = np.asarray(part).astype(np.uint32)
    grey = Image.fromarray(((wide + 128) // 257).astype(np.uint8))
    transparent = part.info.get("transparency")
    if not isinstance(transparent, int):
        return grey, None
    return grey, Image.fromarray(np.where(wide == transparent, 0, 255).astype(np.uint8))


def _to_srgb(image: Image.Image) -> tuple[str, Callable[[Image.Image], Image.Image]] | None:
    """(mode, transform to sRGB) of the embedded ICC profile; None if there is none, it is broken, or it is sRGB."""
    data = image.info.get("icc_profile")
    if not data:
        return None
    with contextlib.suppress(Exception):  # LittleCMS finds many faults, and none of them is worth the picture
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        kind = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}[profile.profile.xcolor_space.strip()]
        grey = image.mode in ("L", "LA", "1") or image.mode.startswith("I;16")
        if (kind == "CMYK") != (image.mode == "CMYK") or (kind == "L" and not grey):
            return None  # the profile of another picture
        transform: Any = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), kind, "RGB")
        if kind == "CMYK" or not _is_identity(transform, kind):
            return kind, transform.apply
    return None


def _is_identity(transform: Any, kind: str) -> bool:
    """Whether no colour moves by more than rounding: then the picture is in sRGB and keeps its exact bytes."""
    levels = np.arange(0, 256, 15, dtype=np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(len(levels), -1, 3)
    before = np.repeat(levels[None, :, None], 3, axis=2) if kind == "L" else cube
    probe = Image.fromarray(np.ascontiguousarray(before[..., 0] if kind == "L" else before))
    after = np.asarray(transform.apply(probe)).astype(np.int16)
    return int(np.abs(after - before).max()) <= 1
