"""Pictures: read safely, write with their settings, resize, lay out in a sheet, make into a film.

    decode      any picture the user has -> Picture(rgb, alpha)
    encode      numbers of a network -> Pillow image;  save: to a file, with its settings;  settings: out of it again
    resize      float arrays, antialiased;  fit: to a longest side
    grid        many pictures on one sheet
    folder      many pictures for training: read once, cut to one size, one array on disk -> Pictures
    Preview     a picture of work in progress, from time to time
    video       frames -> mp4, GIF or WebP

Loaded when first used: `reverie info` reads a picture's settings without waiting for NumPy.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import reverie.images.video as video
    from reverie.images.folders import Pictures as Pictures
    from reverie.images.folders import folder as folder
    from reverie.images.metadata import settings as settings
    from reverie.images.picture import Picture as Picture
    from reverie.images.picture import decode as decode
    from reverie.images.preview import Preview as Preview
    from reverie.images.saving import encode as encode
    from reverie.images.saving import output as output
    from reverie.images.saving import save as save
    from reverie.images.scaling import fit as fit
    from reverie.images.scaling import resize as resize
    from reverie.images.sheet import grid as grid

_ROOMS = {
    "Picture": "picture",
    "Pictures": "folders",
    "Preview": "preview",
    "decode": "picture",
    "encode": "saving",
    "fit": "scaling",
    "folder": "folders",
    "grid": "sheet",
    "output": "saving",
    "resize": "scaling",
    "save": "saving",
    "settings": "metadata",
}
__all__ = [*_ROOMS, "video"]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return getattr(importlib.import_module(f"reverie.images.{_ROOMS[name]}"), name)
    if name == "video":
        return importlib.import_module("reverie.images.video")
    raise AttributeError(f"module 'reverie.images' has no attribute {name!r}")
