"""Frames into a film: mp4, GIF or animated WebP, written as they come."""

import contextlib
import itertools
import os
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image

from reverie.errors import ReverieError
from reverie.images import animation, metadata
from reverie.images.saving import encode, output
from reverie.publish import ASIDE, sentence, sync_folder

SUFFIXES = (".mp4", ".gif", ".webp")
FASTEST = 60  # frames per second


def write(
    frames: Iterable[Image.Image | np.ndarray],
    path: str | os.PathLike[str],
    fps: float = 25,
    settings: dict[str, Any] | None = None,
) -> int:
    """Writes a film, whole or not at all, and returns the number of its frames.

    frames: Pillow images, or arrays as `encode` takes them, all of one size; they are asked for one by one, and none
    is kept. path: .mp4 (H.264 through PyAV, which the extra `video` brings; an odd side loses a pixel), .gif (256
    colours a frame, dithered) or .webp; GIF and WebP play for ever. fps: frames per second, up to 60; a GIF counts in
    hundredths of a second. settings: as for `save`.

    If `frames` raises, nothing is written; if it ends early, the film so far is.
    Raises ReverieError if PyAV is missing, there is no frame, or the file cannot be written.
    """
    path = ready(path, fps)
    pictures = (encode(frame) if isinstance(frame, np.ndarray) else frame.convert("RGB") for frame in frames)
    first = next(pictures, None)
    if first is None:
        raise ReverieError(f"{path} was not written: there is no frame.", "Ask for at least one.")
    writer = {".mp4": _mp4, ".gif": animation.gif, ".webp": animation.webp}[path.suffix.lower()]
    text = None if settings is None else metadata.document(settings)
    with _published(path) as file:
        return writer(file, _alike(first, pictures), first.size, fps, text)


def ready(path: str | os.PathLike[str], fps: float = 25) -> Path:
    """`path`, if such a film can be written there: to be asked before the work, not after it. Raises ReverieError."""
    path = output(path, SUFFIXES)
    if not 0 < fps <= FASTEST:
        raise ReverieError(f"A film of {fps:g} frames per second cannot be written.", f"Choose 1 to {FASTEST}.")
    if path.suffix.lower() == ".mp4":
        _pyav()
    return path


def _mp4(file: IO[bytes], frames: Iterable[Image.Image], size: tuple[int, int], fps: float, text: str | None) -> int:
    av = _pyav()
    with av.open(file, "w", format="mp4") as film:
        if text is not None:
            film.metadata["comment"] = text
        rate = Fraction(fps).limit_denominator(1001)
        stream = film.add_stream("libx264", rate=rate, options={"crf": "18"})  # 18: hardly to be told from the frames
        stream.width, stream.height = (side - side % 2 for side in size)  # colours are stored for 2 x 2 pixels
        stream.pix_fmt = "yuv420p"  # what every player knows
        # Said and done in BT.709: unsaid, players guess by the size, and colours shift.
        context = stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = context.color_range = 1
        count = 0
        for frame in frames:
            count += 1
            pixels = np.asarray(frame)[: stream.height, : stream.width]
            colours = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            film.mux(stream.encode(colours.reformat(format="yuv420p", dst_colorspace="ITU709")))
        film.mux(stream.encode())
        return count


def _pyav() -> Any:
    try:
        import av
    except ImportError as error:
        raise ReverieError(
            "Writing mp4 needs PyAV, which is not installed.",
            "Install it with: pip install 'reverie[video]'; or choose a name that ends in .gif or .webp.",
        ) from error
    return av


def _alike(first: Image.Image, rest: Iterator[Image.Image]) -> Iterator[Image.Image]:
    for frame in itertools.chain([first], rest):
        if frame.size != first.size:
            raise ValueError(f"a frame measures {frame.size}, the first {first.size}")
        yield frame


@contextlib.contextmanager
def _published(path: Path) -> Iterator[IO[bytes]]:
    """A file to write piece by piece, that appears at `path` when the block ends, and never if it fails."""
    aside = path.with_name(f".{path.name}.{os.getpid()}{ASIDE}")
    try:
        with aside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise sentence(error, path) from error
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
