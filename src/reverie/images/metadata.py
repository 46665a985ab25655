"""A picture carries the settings it was made with, as one JSON document in its own metadata.

    {"reverie": "0.1.0", "command": "dream render", "arguments": {"image": "sky.jpg", "octaves": 4}, "seed": 0}

PNG holds it as the text `reverie`, GIF and mp4 as the comment, JPEG and WebP as the EXIF user comment.
"""

import contextlib
import json
import os
from pathlib import Path
from typing import IO, Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

import reverie
from reverie.images.formats import is_film
from reverie.images.opening import opened
from reverie.modelfile import parse

KEY = "reverie"
SOFTWARE, EXIF_PART, USER_COMMENT = 0x0131, 0x8769, 0x9286  # EXIF tags
ASCII = b"ASCII\0\0\0"  # how a user comment names its encoding


def settings(path: str | os.PathLike[str]) -> dict[str, Any] | None:
    """The settings a picture or film was made with, or None if it carries none. Not a pixel is unpacked.

    Raises ReverieError if `path` is no picture that can be opened.
    """
    found: dict[str, Any] | None = describe(path)["settings"]
    return found


def describe(path: str | os.PathLike[str]) -> dict[str, Any]:
    """{"format", "width", "height", "settings"} of a picture; of an mp4 only "format" and "settings". Raises as above.

    Whoever sent the picture wrote the settings: their values are text to show, never to be run.
    """
    path = Path(path)
    with contextlib.suppress(OSError):  # the reader of pictures has the sentence for it
        if path.is_file():
            with path.open("rb") as file:
                if is_film(file.read(12)):
                    return {"format": "MP4", "settings": _parsed(_box(file, MP4_COMMENT)[16:])}
    with opened(path) as image:
        width, height = image.size
        return {"format": image.format, "width": width, "height": height, "settings": _found(image)}


def _found(image: Image.Image) -> dict[str, Any] | None:
    """The document, wherever the format keeps it."""
    found = _parsed(image.info.get(KEY)) or _parsed(image.info.get("comment"))
    if found is None and "exif" in image.info:
        with contextlib.suppress(Exception):  # damaged EXIF data says nothing, and is not worth the picture
            found = _parsed(image.getexif().get_ifd(EXIF_PART).get(USER_COMMENT))
    return found


def _parsed(text: Any) -> dict[str, Any] | None:
    """The document, if `text` is one of ours."""
    if isinstance(text, bytes):
        text = text.removeprefix(ASCII).decode("ascii", "replace")
    value = parse(text) if isinstance(text, str) else None
    return value if isinstance(value, dict) and KEY in value else None


def document(settings: dict[str, Any]) -> str:
    """`settings` and this version as JSON in ASCII; paths become text. Raises TypeError for what JSON cannot hold."""
    return json.dumps({KEY: reverie.__version__, **settings}, default=os.fspath, allow_nan=False)


def png(text: str) -> PngInfo:
    """The document as Pillow's PNG writer takes it."""
    info = PngInfo()
    info.add_text(KEY, text)
    return info


def exif(text: str) -> bytes:
    """The document as Pillow's JPEG and WebP writers take it."""
    tags = Image.Exif()
    tags[SOFTWARE] = f"reverie {reverie.__version__}"
    tags.get_ifd(EXIF_PART)[USER_COMMENT] = ASCII + text.encode("ascii")
    return tags.tobytes()


MP4_COMMENT = (b"moov", b"udta", b"meta", b"ilst", b"\xa9cmt")  # the way to it, box in box
BOXES = 1000  # looked at in one box; there are about five


def _box(file: IO[bytes], way: tuple[bytes, ...]) -> bytes:
    """What is in the box at the end of `way`, at most a million bytes of it; empty where there is none.

    A box is its length, its kind and its content (ISO 14496-12, section 4.2).
    """
    start, end = 0, file.seek(0, 2)
    for kind in way:
        for _ in range(BOXES):
            file.seek(start)
            header = file.read(16)
            length = int.from_bytes(header[:4], "big")
            if length == 1:  # a long one: the length follows
                length = int.from_bytes(header[8:], "big")
            if header[4:8] == kind or length < 8 or start + length >= end:
                break
            start += length
        if header[4:8] != kind:
            return b""
        end = min(end, start + length)
        start += 12 if kind == b"meta" else 8  # this one has four more bytes before its content
    file.seek(start)
    return file.read(min(max(end - start, 0), 2**20))
