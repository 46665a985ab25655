"""Animated GIF and WebP, put together from still pictures that Pillow packs one at a time.

Pillow's own writers hold every frame until the last. Both formats are a header followed by frames, so a film of any
length can be written as it comes.

GIF: https://www.w3.org/Graphics/GIF/spec-gif89a.txt; WebP: RFC 9649, section 2.
"""

import io
import struct
from collections.abc import Iterable
from typing import IO

from PIL import Image

from reverie.images import metadata


def gif(file: IO[bytes], frames: Iterable[Image.Image], size: tuple[int, int], fps: float, text: str | None) -> int:
    """Writes an endless GIF, `text` as its comment; each frame has its own 256 colours. Returns how many."""
    file.write(b"GIF89a" + struct.pack("<HHBBB", *size, 0x70, 0, 0))
    file.write(b"\x21\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<HB", 0, 0))  # 0: for ever
    if text is not None:
        data = text.encode("ascii")
        blocks = (data[start : start + 255] for start in range(0, len(data), 255))
        file.write(b"\x21\xfe" + b"".join(bytes((len(block),)) + block for block in blocks) + b"\0")
    shown = 0  # hundredths of a second, counted from the start so that roundings do not add up
    count = 0
    for count, frame in enumerate(frames, start=1):
        colours, packed = _gif_frame(frame)
        until = round(100 * count / fps)
        file.write(b"\x21\xf9\x04" + struct.pack("<BHBB", 0x04, until - shown, 0, 0))  # 0x04: leave the frame standing
        file.write(
            b"\x2c" + struct.pack("<HHHHB", 0, 0, *size, 0x87) + colours + packed
        )  # 0x87: 256 colours of its own
        shown = until
    file.write(b"\x3b")
    return count


def _gif_frame(frame: Image.Image) -> tuple[bytes, bytes]:
    """(256 colours as RGB, packed pixels) as Pillow packs a still GIF."""
    palette = frame.quantize(256, Image.Quantize.FASTOCTREE)  # a hundredth of the median cut's time
    still = frame.quantize(palette=palette)  # once more, now dithered: nearer than the median cut, no bands in skies
    data = io.BytesIO()
    still.save(data, "GIF", optimize=False, interlace=False)
    packed = data.getvalue()
    table = 3 * 2 ** ((packed[10] & 7) + 1) if packed[10] & 0x80 else 0
    colours, place = packed[13 : 13 + table], 13 + table
    while packed[place] == 0x21:  # extensions: a kind, then blocks up to an empty one
        place = _after_blocks(packed, place + 2)
    place += 10
    if packed[place - 1] & 0x80:
        table = 3 * 2 ** ((packed[place - 1] & 7) + 1)
        colours, place = packed[place : place + table], place + table
    return colours.ljust(3 * 256, b"\0"), packed[place : _after_blocks(packed, place + 1)]


def _after_blocks(data: bytes, place: int) -> int:
    while data[place]:
        place += 1 + data[place]
    return place + 1


def webp(file: IO[bytes], frames: Iterable[Image.Image], size: tuple[int, int], fps: float, text: str | None) -> int:
    """Writes an endless animated WebP, `text` in its EXIF data. Returns the number of frames."""
    animated, with_exif = 0x02, 0x08
    flags = animated | (0 if text is None else with_exif)
    file.write(b"RIFF" + bytes(4) + b"WEBP")  # the length follows at the end
    file.write(_chunk(b"VP8X", bytes((flags, 0, 0, 0)) + _three(size[0] - 1) + _three(size[1] - 1)))
    file.write(_chunk(b"ANIM", bytes(4) + struct.pack("<H", 0)))  # 0: for ever
    shown = 0  # milliseconds
    count = 0
    for count, frame in enumerate(frames, start=1):
        data = io.BytesIO()
        frame.save(data, "WEBP", quality=90)
        until = round(1000 * count / fps)
        place = _three(0) * 2 + _three(size[0] - 1) + _three(size[1] - 1)
        whole = b"\x02"  # not blended with the frame before
        file.write(_chunk(b"ANMF", place + _three(until - shown) + whole + data.getvalue()[12:]))
        shown = until
    if text is not None:
        file.write(_chunk(b"EXIF", metadata.exif(text)))
    length = file.tell()
    file.seek(4)
    file.write(struct.pack("<I", length - 8))
    return count


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def _three(number: int) -> bytes:
    return number.to_bytes(3, "little")
