"""Many pictures for training: read once, cut to one size, kept on disk as one array, and given out in batches."""

import csv
import hashlib
import io
import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import numpy as np
import platformdirs
from PIL import Image

from reverie.errors import ReverieError
from reverie.images.batches import Batches
from reverie.images.cutting import in_channels, square
from reverie.images.gathering import TABLE, Gathered, gather
from reverie.publish import ASIDE, publish, sentence

FORMAT = 2
SIZE = 64  # pixels, for pictures; arrays keep their own size
SMALLEST, LARGEST = 8, 1024  # pixels on a side
ROWS = 4096  # pictures turned grey at a time
NAMED = 5  # broken pictures that a message names


@dataclass(frozen=True, eq=False)
class Pictures:
    """Square pictures of one size, in the order of their names, with what is known of each.

    pixels: uint8 (n, size, size, channels), 3 channels (sRGB) or 1 (grey); memory-mapped, read-only.
    names: of each picture, its path below the source.
    labels: int32 (n,), a position in `label_names`, -1 for none; None where there are no labels.
    attributes: name -> float32 (n,), nan where it is missing, or an array of strings.
    broken: (name, sentence) of what could not be used.
    digest: SHA-256 of the pixels, hexadecimal, if they were read by `folder`: the same wherever the files lie.
    """

    pixels: np.ndarray
    names: list[str]
    labels: np.ndarray | None = None
    label_names: list[str] = field(default_factory=list)
    attributes: dict[str, np.ndarray] = field(default_factory=dict)
    broken: list[tuple[str, str]] = field(default_factory=list)
    digest: str = ""

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def size(self) -> int:
        """Pixels on a side."""
        return int(self.pixels.shape[1])

    @property
    def channels(self) -> int:
        """3, or 1 where all pictures are grey."""
        return int(self.pixels.shape[3])

    @property
    def complaint(self) -> str:
        """How many pictures were broken, and which, in a sentence; empty if none."""
        if not self.broken:
            return ""
        names = ", ".join(name for name, _ in self.broken[:NAMED]) + (", ..." if len(self.broken) > NAMED else "")
        were = "picture was" if len(self.broken) == 1 else "pictures were"
        return f"{len(self.broken)} {were} left out, being damaged or too small: {names}."

    def split(self, share: float = 0.1, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """The rows to train on and those to test on, each sorted: a random `share` of the pictures, at least one."""
        order = np.random.default_rng(seed).permutation(len(self))
        test = max(1, round(share * len(self)))
        return np.sort(order[test:]), np.sort(order[:test])

    def batches(
        self,
        batch_size: int,
        seed: int = 0,
        first_step: int = 0,
        *,
        flip: bool = True,
        shift: int = 0,
        rows: np.ndarray | None = None,
    ) -> Iterator[np.ndarray]:
        """Batches without end, from `first_step` on: uint8 (batch_size, size, size, channels); see `Batches`."""
        batch = Batches(self.pixels, batch_size, seed, flip=flip, shift=shift, rows=rows)
        return (batch(step) for step in count(first_step))

    def write(self, path: str | Path) -> None:
        """Makes a folder of PNG files that `folder` reads back: labels as sub-folders, and attributes.csv, the last.

        Raises ReverieError if there is something already, or if it cannot be written.
        """
        path = Path(path)
        try:
            path.mkdir(parents=True)
            files = [self._file(row) for row in range(len(self))]
            for file, picture in zip(files, self.pixels, strict=True):
                (path / file).parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(picture if self.channels == 3 else picture[..., 0]).save(path / file)
            if self.attributes:
                text = io.StringIO()
                rows = csv.writer(text)
                rows.writerow(["file", *self.attributes])
                rows.writerows(zip(files, *(column.tolist() for column in self.attributes.values()), strict=True))
                publish(path / TABLE, text.getvalue().encode())
        except FileExistsError as error:
            raise ReverieError(f"{path} is there already.", "Choose another name.") from error
        except OSError as error:
            raise sentence(error, path) from error

    def _file(self, row: int) -> str:
        """Where the picture goes: below the folder of its label, or as it was named."""
        name = PurePosixPath(self.names[row])
        if self.labels is None or self.labels[row] < 0:
            return str(name.with_suffix(".png"))
        return f"{self.label_names[self.labels[row]]}/{name.stem}.png"


def folder(
    source: str | Path,
    size: int | None = None,
    *,
    channels: int | None = None,
    cache: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Pictures:
    """The pictures in `source`, cropped to their middle square and resized to `size` x `size` pixels.

    source: a folder, or a zip file of one, with pictures of any size in the formats of `decode` (sub-folders are
    labels, a file attributes.csv in it gives attributes); a CSV file (a column of files, then a column for each
    attribute); or an array in an IDX, NPY or NPZ file, with labels as `arrays` says.
    size: from 8 to 1024; by default 64, and for arrays their own. channels: 3, 1 for grey, or by default 1 if every
    picture is grey and else 3. What is transparent becomes white.
    progress: called with (pictures done, all) while they are read.

    They are read once: later calls find the array in `cache` (by default the user's cache folder), as long as names,
    sizes and times of the files are the same. It is a file on disk of n * size * size * channels bytes, and may be
    deleted at any time. Pictures that cannot be read are left out and listed in `broken`.
    Raises ReverieError if there is no usable picture, or the disk is full.
    """
    if size is not None and not SMALLEST <= size <= LARGEST:
        raise ReverieError(
            f"Pictures of {size} pixels are not made.", f"Choose a size from {SMALLEST} to {LARGEST}, such as {SIZE}."
        )
    if channels not in (None, 1, 3):
        raise ReverieError(f"Pictures have 1 or 3 channels, not {channels}.", "Give 1 for grey or 3 for colour.")
    path = Path(source).resolve()
    key = hashlib.sha256(json.dumps([FORMAT, str(path), size, channels]).encode()).hexdigest()[:16]
    place = Path(cache or platformdirs.user_cache_path("reverie")) / "pictures" / f"{path.stem or 'pictures'}-{key}"
    with gather(path, str(source)) as gathered:
        stamp = hashlib.sha256(f"{key} {gathered.digest}".encode()).hexdigest()
        pictures = _cached(place, stamp)
        if pictures is None:
            try:
                side = size or gathered.size or SIZE
                _make(place, gathered, stamp, side, channels or gathered.channels, progress)
            except OSError as error:
                raise sentence(error, place) from error
            pictures = _cached(place, stamp)
        if pictures is None:
            raise ReverieError(f"The pictures in {place} are gone as soon as written.", "Choose another cache folder.")
        positions = {name: row for row, name in enumerate(gathered.names)}
        rows = [positions[name] for name in pictures.names]
        return replace(pictures, attributes={name: column[rows] for name, column in gathered.attributes.items()})


def _cached(place: Path, stamp: str) -> Pictures | None:
    """What was made before, if it is whole and of the files as they are now."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        document = json.loads((place / "pictures.json").read_text("utf-8"))
        pixels = place / document["file"]
        shape = tuple(document["shape"])
        if document["stamp"] != stamp or pixels.stat().st_size != np.prod(shape):
            return None
        labels = document["labels"]
        return Pictures(
            pixels=np.memmap(pixels, np.uint8, "r", shape=shape),
            names=document["names"],
            labels=None if labels is None else np.array(labels, np.int32),
            label_names=document["label_names"],
            broken=[(name, why) for name, why in document["broken"]],
            digest=document["digest"],
        )
    return None


def _make(
    place: Path,
    gathered: Gathered,
    stamp: str,
    size: int,
    channels: int | None,
    progress: Callable[[int, int], None] | None,
) -> None:
    """Writes the pixels aside as the pictures come, then pictures.json, which makes them count."""
    place.mkdir(parents=True, exist_ok=True)
    aside = place / f".pixels.{os.getpid()}{ASIDE}"
    names, labels, broken, grey = [], [], [], True
    try:
        with aside.open("w+b") as file:
            for done, name in enumerate(gathered.names):
                try:
                    picture = square(gathered.read(done), size)
                except ReverieError as error:
                    broken.append((name, f"{error.message} {error.hint}".strip()))
                else:
                    grey = grey and _is_grey(picture)
                    file.write(in_channels(picture, channels or 3).tobytes())
                    names.append(name)
                    labels.append(gathered.labels[done] if gathered.labels else -1)
                if progress is not None:
                    progress(done + 1, len(gathered.names))
            if not names:
                raise _nothing(gathered, broken)
            if channels is None and grey:
                _turn_grey(file, len(names), size * size)
            depth = channels or (1 if grey else 3)
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        pixels = place / f"{digest[:16]}.pixels"
        aside.replace(pixels)
    finally:
        aside.unlink(missing_ok=True)
        with suppress(OSError):
            place.rmdir()  # if nothing came into it
    document: dict[str, Any] = {
        "source": str(gathered.path),
        "stamp": stamp,
        "digest": digest,
        "file": pixels.name,
        "shape": [len(names), size, size, depth],
        "names": names,
        "labels": labels if gathered.labels else None,
        "label_names": gathered.label_names,
        "broken": broken,
    }
    publish(place / "pictures.json", json.dumps(document).encode())
    for old in place.glob("*.pixels"):
        if old != pixels:
            with suppress(OSError):  # another process may read it
                old.unlink()


def _is_grey(picture: np.ndarray) -> bool:
    return picture.shape[2] == 1 or bool((picture == picture[..., :1]).all())


def _turn_grey(file: BinaryIO, pictures: int, area: int) -> None:
    """Keeps one of the three equal channels in the file, some pictures at a time."""
    for first in range(0, pictures, ROWS):
        rows = min(ROWS, pictures - first)
        file.seek(first * area * 3)
        grey = np.frombuffer(file.read(rows * area * 3), np.uint8)[::3]
        file.seek(first * area)
        file.write(grey.tobytes())
    file.truncate(pictures * area)


def _nothing(gathered: Gathered, broken: list[tuple[str, str]]) -> ReverieError:
    what = "its one picture is" if len(broken) == 1 else f"all {len(broken)} are"
    return ReverieError(f"{gathered.path} holds no usable picture: {what} broken.", f"The first: {broken[0][1]}")
