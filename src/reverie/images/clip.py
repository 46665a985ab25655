"""A film or an animated picture, read frame by frame: GIF, WebP and APNG by Pillow, mp4 and its like by PyAV."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageSequence

from reverie.errors import ReverieError
from reverie.images.formats import PICTURES, is_picture
from reverie.images.opening import check_size, one_sentence, opened
from reverie.images.picture import decode

DURATION = 100.0  # ms, of a frame that says nothing or 0, as browsers show it


@dataclass(frozen=True)
class Clip:
    """A film that can be read, again and again. fps: frames a second, their mean where they differ.

    count: how many frames there are; of an mp4 what its header says, and None if it says nothing.
    """

    path: Path
    fps: float
    count: int | None
    pictures: bool  # whether Pillow reads it

    def __iter__(self) -> Iterator[np.ndarray]:
        """uint8 (height, width, 3), upright; one is in memory at a time. Transparent pictures get a white ground.

        Raises ReverieError where the film is damaged.
        """
        frames = self._animated() if self.pictures else self._filmed()
        while True:
            with one_sentence(str(self.path)):
                frame = next(frames, None)
            if frame is None:
                return
            yield frame

    def _animated(self) -> Iterator[np.ndarray]:
        with Image.open(self.path, formats=PICTURES) as image:
            for frame in ImageSequence.Iterator(image):
                ground = Image.new("RGBA", frame.size, "white")
                ground.alpha_composite(frame.convert("RGBA"))
                yield decode(ground).rgb

    def _filmed(self) -> Iterator[np.ndarray]:
        with _pyav().open(os.fspath(self.path)) as film:
            stream = film.streams.video[0]
            stream.thread_type = "AUTO"
            for frame in film.decode(stream):
                # A film that does not say how its colours are stored means BT.709 if it is large, else BT.601.
                matrix = None if frame.colorspace != UNSAID else "ITU709" if frame.height >= 720 else "ITU601"
                pixels = frame.reformat(format="rgb24", src_colorspace=matrix).to_ndarray()
                yield np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90)))  # held upright, as phones say


UNSAID = 2  # AVCOL_SPC_UNSPECIFIED


def read(path: str | os.PathLike[str]) -> Clip:
    """The film at `path`: a GIF, an animated WebP or PNG, or whatever PyAV reads, such as mp4, mov or webm.

    Sound is not read. Raises ReverieError if it is no film, has a single frame, is too large or too small, or if
    PyAV, which the extra `video` brings, is missing.
    """
    path = Path(path)
    if not path.is_file():  # a pipe would make us wait
        raise ReverieError(f"{path} {'is a folder' if path.is_dir() else 'does not exist'}.", "Name a film.")
    try:
        with path.open("rb") as file:
            pictures = is_picture(file.read(12))
    except OSError as error:
        raise ReverieError(
            f"{path} cannot be read: {error.strerror or error}.", "Check its name and permissions."
        ) from error
    return _animation(path) if pictures else _film(path)


def _animation(path: Path) -> Clip:
    with opened(path) as image:
        check_size(image.size, str(path))
        if image.format == "TIFF" or getattr(image, "n_frames", 1) < 2:
            raise ReverieError(f"{path} is one picture, not a film.", "Repaint it with `reverie style transfer`.")
        count, time = 0, 0.0
        for frame in ImageSequence.Iterator(image):
            frame.load()
            time += frame.info.get("duration") or DURATION
            count += 1
    return Clip(path, 1000 * count / time, count, pictures=True)


def _film(path: Path) -> Clip:
    av = _pyav()
    try:
        with av.open(os.fspath(path)) as film:
            stream = film.streams.video[0]
            fps = float(stream.average_rate or stream.guessed_rate or 25)
            count = stream.frames or None
            if count is None and film.duration:
                count = max(1, round(film.duration / av.time_base * fps))
            size = stream.width, stream.height
    except Exception as error:  # PyAV raises many kinds of error, and IndexError where there is only sound
        raise ReverieError(f"{path} is not a film that can be read.", "Give a GIF, WebP, PNG or mp4.") from error
    check_size(size, str(path))
    return Clip(path, fps, count, pictures=False)


def _pyav() -> Any:
    try:
        import av
    except ImportError as error:
        raise ReverieError(
            "Reading films other than GIF, WebP and PNG needs PyAV, which is not installed.",
            "Install it with: pip install 'reverie[video]'.",
        ) from error
    return av
