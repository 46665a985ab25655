"""Opening a picture file safely; whatever is wrong with it becomes one sentence.

A file may be damaged, huge, or made to harm: the formats are named, sizes are checked before a pixel is unpacked,
and all that Pillow and the libraries below it stumble over is one error. NumPy is not needed here.
"""

import contextlib
import logging
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from PIL import Image, UnidentifiedImageError
from PIL import TiffImagePlugin as _tiff  # noqa: F401  else Pillow loads all its plugins to find these two
from PIL import WebPImagePlugin as _webp  # noqa: F401

from reverie.errors import ReverieError
from reverie.images.formats import PICTURES, is_picture

PIXELS = 2**26  # 8192 x 8192: unpacking takes some seconds and about a gigabyte at most
SIDE = 2**14 - 1  # the longest side; what WebP can hold
SMALLEST = 8  # the shortest side; the handwritten digits of the textbooks measure 8 x 8
BYTES = 2**29  # of the file: 2**26 pixels of four 16-bit numbers
SCANS = 30  # of a JPEG; each goes over the whole picture again, and programs write 1 to 12


logging.getLogger("PIL").addHandler(logging.NullHandler())  # else its complaints go to stderr, before our sentence


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """The picture at `path`, its header read and no pixel unpacked.

    Whatever goes wrong, here or in the block, becomes a ReverieError that names the file.
    """
    with _file(path) as file, one_sentence(str(path)):
        if not is_picture(file.read(12)):
            raise UnidentifiedImageError
        _check_scans(file, path)
        try:
            image = Image.open(file, formats=PICTURES)
        except UnidentifiedImageError:
            raise SyntaxError from None  # it said what it is; so it is a damaged one
        with image:
            yield image


def load(image: Image.Image) -> None:
    """Unpacks the pixels, quietly."""
    with _without_stderr() if image.format == "TIFF" else contextlib.nullcontext():
        image.load()


@contextlib.contextmanager
def _without_stderr() -> Iterator[None]:
    """libtiff writes what it finds wrong on the process's stderr, past Python and before our sentence: not so here."""
    try:
        stderr = os.dup(2)
    except OSError:  # closed: nobody will read it
        yield
        return
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


def check_size(size: tuple[int, int], name: str) -> None:
    """Raises ReverieError for a (width, height) no engine can use."""
    width, height = size
    if width < SMALLEST or height < SMALLEST:
        raise ReverieError(
            f"{name} measures {width} x {height} pixels; at least {SMALLEST} x {SMALLEST} are needed.",
            "Give a larger picture.",
        )
    if width * height > PIXELS or max(size) > SIDE:
        raise _too_large(name)


def check_single(image: Image.Image, path: Path) -> None:
    """Refuses films and documents. A phone's JPEG may carry further views (MPO); its first is the picture."""
    if image.format != "MPO" and getattr(image, "is_animated", False):
        several = "pages" if image.format == "TIFF" else "frames"
        raise ReverieError(f"{path} holds several {several}, not one picture.", f"Save one of its {several} as PNG.")


@contextlib.contextmanager
def one_sentence(name: str) -> Iterator[None]:
    """Turns whatever Pillow raises into one ReverieError, and its warnings into silence.

    On damaged data it raises OSError, SyntaxError, ValueError, KeyError, EOFError, OverflowError, struct.error,
    zlib.error and more; no list of them stays complete, so all are caught.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except ReverieError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(name) from error
    except MemoryError as error:
        raise ReverieError(f"{name} does not fit into the memory of this machine.", "Make it smaller.") from error
    except UnidentifiedImageError as error:
        raise ReverieError(
            f"{name} is not a picture in PNG, JPEG, WebP, GIF, TIFF or BMP.", "Convert it to PNG or JPEG."
        ) from error
    except Exception as error:
        raise ReverieError(f"{name} is damaged: it cannot be unpacked.", "Copy, download or save it again.") from error


@contextlib.contextmanager
def _file(path: Path) -> Iterator[IO[bytes]]:
    """The file, opened; what is no file, or none of a sensible length, is refused before a byte is read."""
    try:
        if not path.is_file():  # a pipe would make us wait
            problem = "is a folder" if path.is_dir() else "is no file" if path.exists() else "does not exist"
            raise ReverieError(f"{path} {problem}.", "Name a picture file.")
        file = path.open("rb")
    except OSError as error:
        raise ReverieError(
            f"{path} cannot be read: {error.strerror or error}.", "Check its name and permissions."
        ) from error
    with file:
        length = os.fstat(file.fileno()).st_size
        if length == 0:
            raise ReverieError(f"{path} is empty.", "Copy or download it again.")
        if length > BYTES:
            raise ReverieError(
                f"{path} takes {length / 2**20:,.0f} MB; {BYTES // 2**20} are the most.", "Make it smaller first."
            )
        yield file


def _check_scans(file: IO[bytes], path: Path) -> None:
    """Refuses a JPEG of endless scans: few bytes, minutes of work. In packed data their marker cannot occur."""
    file.seek(0)
    if file.read(2) != b"\xff\xd8":
        return
    scans, end = 0, b""
    while block := file.read(2**20):
        scans += (end + block).count(b"\xff\xda")
        end = block[-1:]
        if scans > SCANS:
            raise ReverieError(f"{path} goes over its pixels more than {SCANS} times.", "Save it again as PNG.")


def _too_large(name: str) -> ReverieError:
    return ReverieError(
        f"{name} is too large: {PIXELS:,} pixels, and {SIDE:,} on a side, are the most.", "Make it smaller first."
    )
