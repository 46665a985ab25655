"""Pictures in one array: IDX files (as MNIST comes in), also compressed, and NumPy's NPY and NPZ."""

import gzip
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reverie.errors import ReverieError
from reverie.images.opening import PIXELS, SMALLEST

ARRAYS = (".npy", ".npz", "-ubyte", "-ubyte.gz", ".idx", ".idx.gz")
PIXEL_NAMES = ("images", "pixels", "x", "data", "x_train", "train_images", "arr_0")
LABEL_NAMES = ("labels", "label", "y", "targets", "y_train", "train_labels", "arr_1")
READABLE = (OSError, EOFError, ValueError, KeyError, TypeError, struct.error, zlib.error, zipfile.BadZipFile)


@dataclass(frozen=True)
class Array:
    """values: (n, height, width, channels), uint8, Boolean, or float in [0, 1].

    labels: for each picture a position in label_names, or empty. stamps: (name, size, time) of the files read.
    """

    values: np.ndarray
    labels: list[int]
    label_names: list[int]
    stamps: list[tuple[str, int, int]]

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, row: int) -> np.ndarray:
        """uint8 (height, width, channels). Raises ReverieError for floats that are not in [0, 1]."""
        picture = np.asarray(self.values[row])
        if picture.dtype == np.uint8:
            return picture
        if picture.dtype == np.bool_:
            return picture.astype(np.uint8) * 255
        if not (picture.min() >= 0 and picture.max() <= 1):
            raise ReverieError("Its numbers are not between 0 and 1.", "Scale them, or give uint8 from 0 to 255.")
        scaled: np.ndarray = np.rint(picture * 255).astype(np.uint8)
        return scaled

    @property
    def size(self) -> int:
        """The shorter side of its pictures, in pixels."""
        return int(min(self.values.shape[1:3]))

    @property
    def channels(self) -> int | None:
        """1 where there is but one, else None: colour pictures may still all be grey."""
        return 1 if self.values.shape[3] == 1 else None


def is_array(path: Path) -> bool:
    """Whether the name is that of an array's file."""
    return path.name.lower().endswith(ARRAYS)


@contextmanager
def open_array(path: Path) -> Iterator[Array]:
    """The array in the file, with labels where it has them.

    NPY: (n, height, width) or (n, height, width, 1 or 3), memory-mapped. NPZ: the array named "images", "pixels",
    "x", "data", "x_train" or "train_images" (or the only one), and labels named "labels", "y" or so. IDX:
    "...-images-idx3-ubyte" with labels in "...-labels-idx1-ubyte" beside it, either also compressed (.gz).
    Raises ReverieError for damaged files and for arrays that are no pictures.
    """
    found: np.ndarray | None = None
    files = [path]
    labels: np.ndarray | None = None
    try:
        if path.suffix.lower() == ".npy":
            found = np.load(path, mmap_mode="r", allow_pickle=False)
        elif path.suffix.lower() == ".npz":
            found, labels = _npz(path)
        else:
            found = _idx(path)
            beside = _labels_beside(path)
            if beside is not None:
                files.append(beside)
                labels = _idx(beside)
    except MemoryError as error:
        raise ReverieError(f"{path} does not fit into memory.", "Save its array as .npy, which is mapped.") from error
    except READABLE as error:
        raise ReverieError(f"{path} is damaged: no array can be read from it.", "Copy or download it again.") from error
    values = _as_pictures(found, path)
    numbers, names = _as_labels(labels, len(values), path)
    stats = [(file.name, file.stat()) for file in files]
    yield Array(values, numbers, names, [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats])


def _as_pictures(values: np.ndarray, path: Path) -> np.ndarray:
    values = values[..., None] if values.ndim == 3 else values
    fits = values.ndim == 4 and values.shape[3] in (1, 3) and values.dtype in ("uint8", "bool", "float32", "float64")
    if not fits or len(values) == 0:
        raise ReverieError(
            f"The array of {values.dtype} with shape {values.shape} in {path} holds no pictures.",
            "Give uint8 of shape (number, height, width) or (number, height, width, 3).",
        )
    height, width = values.shape[1:3]
    if min(height, width) < SMALLEST or height * width > PIXELS:
        raise ReverieError(
            f"The pictures in {path} measure {width} x {height} pixels.",
            f"At least {SMALLEST} x {SMALLEST} are needed.",
        )
    return values


def _as_labels(labels: np.ndarray | None, number: int, path: Path) -> tuple[list[int], list[int]]:
    if labels is None:
        return [], []
    labels = labels.reshape(len(labels), -1) if labels.ndim else labels.reshape(0, 1)
    if labels.shape != (number, 1) or labels.dtype.kind not in "iub":
        raise ReverieError(
            f"The labels of {path} have shape {labels.shape} and its pictures are {number}.", "Give one for each."
        )
    names, positions = np.unique(labels, return_inverse=True)
    return positions.reshape(-1).tolist(), names.tolist()


def _npz(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:  # NumPy leaves a damaged one open
        shown = [name for name in PIXEL_NAMES if name in file.files] or (file.files if len(file.files) == 1 else [])
        if not shown:
            raise ReverieError(
                f"{path} holds the arrays {', '.join(file.files) or 'nothing'}.", "Name that of the pictures 'images'."
            )
        labels = [name for name in LABEL_NAMES if name in file.files]
        return file[shown[0]], file[labels[0]] if labels else None


def _idx(path: Path) -> np.ndarray:
    """LeCun's format: two zero bytes, a type (8: bytes), the rank, the sizes as big-endian 32 bits, the data."""
    opener: Any = gzip.open if path.suffix.lower() == ".gz" else open
    with opener(path, "rb") as file:
        zeros, kind, rank = struct.unpack(">HBB", file.read(4))
        if zeros or kind != 8 or not 1 <= rank <= 4:
            raise ValueError("no IDX file of bytes")
        shape = struct.unpack(f">{rank}I", file.read(4 * rank))
        size = int(np.prod(shape, dtype=object))
        data = bytearray()
        while len(data) < size and (block := file.read(min(2**20, size - len(data)))):
            data += block  # in blocks: what the header claims is believed as it comes true
    if len(data) < size:
        raise ValueError("it ends too early")
    return np.frombuffer(data, np.uint8).reshape(shape)


def _labels_beside(path: Path) -> Path | None:
    stem = path.name.removesuffix(".gz")
    if "images" not in stem:
        return None
    name = stem.replace("images", "labels").replace("idx3", "idx1")
    return next((beside for end in ("", ".gz") if (beside := path.with_name(name + end)).is_file()), None)
