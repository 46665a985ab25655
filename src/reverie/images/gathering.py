"""What a user calls "my pictures": a folder, a zip file of one, a CSV file that names them, or an array in a file."""

import csv
import hashlib
import json
import math
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

import numpy as np

from reverie.errors import ReverieError
from reverie.images.arrays import ARRAYS, Array, is_array, open_array
from reverie.images.formats import SUFFIXES
from reverie.images.opening import BYTES
from reverie.images.picture import Picture, decode

PICTURES = SUFFIXES - {".mp4"}
TABLE = "attributes.csv"
TRUE, FALSE, MISSING = {"true", "yes"}, {"false", "no"}, {"", "nan", "na", "n/a", "?"}
FILES = 5_000_000  # in one zip file


@dataclass(frozen=True)
class Gathered:
    """Pictures found and not yet read, sorted by name.

    read: the picture at a position, or a ReverieError. labels: a position in label_names for each, -1 for none, or
    nothing at all. digest: changes with the files. size, channels: of an array, else None.
    """

    path: Path
    names: Sequence[str]
    read: Callable[[int], Picture | np.ndarray]
    digest: str
    labels: list[int] = field(default_factory=list)
    label_names: list[str] = field(default_factory=list)
    attributes: dict[str, np.ndarray] = field(default_factory=dict)
    size: int | None = None
    channels: int | None = None


@contextmanager
def gather(path: Path, said: str) -> Iterator[Gathered]:
    """The pictures in `path`, which can be read while the context lasts. `said`: what the user called it.

    Raises ReverieError for what is missing, unreadable, of another kind, or holds no picture.
    """
    try:
        if path.is_dir():
            yield _in_folder(path, said)
        elif not path.exists():
            raise ReverieError(f"{said} does not exist.", "Name a folder of pictures.")
        elif not path.is_file():
            raise ReverieError(f"{said} is no file or folder.", "Name a folder of pictures.")
        elif path.suffix.lower() == ".csv":
            yield _in_table(path, said)
        elif is_array(path):
            with open_array(path) as array:
                yield _in_array(path, array)
        elif zipfile.is_zipfile(path):
            with _zip(path) as archive, tempfile.TemporaryDirectory() as aside:
                yield _in_zip(path, said, archive, Path(aside))
        else:
            ends = ", ".join(ARRAYS)
            raise ReverieError(
                f"{said} is no folder, zip file, CSV file or array.",
                f"Name a folder of pictures (one picture is not enough), or a file that ends in .zip, .csv, {ends}.",
            )
    except PermissionError as error:
        raise ReverieError(f"{error.filename or said} cannot be read.", "Check its permissions.") from error


def is_collection(path: Path) -> bool:
    """Whether `gather` looks for pictures in it, so that it is not one itself."""
    return path.is_dir() or path.suffix.lower() in (".csv", ".zip") or is_array(path)


def _in_folder(path: Path, said: str) -> Gathered:
    found: dict[str, os.stat_result] = {}
    arrays = []
    for name, stat in _walk(path):
        if PurePosixPath(name).suffix.lower() in PICTURES:
            found[name] = stat
        elif is_array(Path(name)):
            arrays.append(name)
    if not found and arrays:
        raise ReverieError(
            f"{said} holds arrays, not pictures.", f"Name one of them, such as {path / sorted(arrays)[0]}."
        )
    names = sorted(found)
    stamps = [(name, found[name].st_size, found[name].st_mtime_ns) for name in names]
    gathered = _labelled(Gathered(path, names, lambda position: decode(path / names[position]), _digest(stamps)), said)
    table = path / TABLE
    if not table.is_file():
        return gathered
    listed, columns = _columns(table, TABLE)
    rows = {name: row for row, name in enumerate(listed)}
    if missing := [name for name in listed if name not in found]:
        raise ReverieError(f"{table} names {missing[0]}, which is not in {said}.", "Correct its first column.")
    order = [rows.get(name, -1) for name in names]
    return replace(gathered, attributes={name: _array(column, order) for name, column in columns.items()})


def _walk(path: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Files at every depth, with their names relative to `path`; hidden ones are left out."""
    folders = [(path, "")]
    while folders:
        folder, before = folders.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append((Path(entry.path), f"{before}{entry.name}/"))
                elif entry.is_file():
                    yield before + entry.name, entry.stat()


def _in_zip(path: Path, said: str, archive: zipfile.ZipFile, aside: Path) -> Gathered:
    members = {}
    for member in archive.infolist():
        parts = PurePosixPath(member.filename).parts
        hidden = any(part.startswith((".", "__MACOSX")) for part in parts)
        if not member.is_dir() and not hidden and PurePosixPath(member.filename).suffix.lower() in PICTURES:
            members[member.filename] = member
    names = sorted(members)

    def read(position: int) -> Picture:
        """Unpacked into a file of our own naming, since what is in a zip file may call itself anything."""
        name = names[position]
        file = aside / f"picture{PurePosixPath(name).suffix.lower()}"
        if members[name].file_size > BYTES:
            raise ReverieError(f"{name} takes {members[name].file_size / 2**20:,.0f} MB unpacked.", "Make it smaller.")
        try:
            with archive.open(members[name]) as packed, file.open("wb") as unpacked:
                shutil.copyfileobj(packed, unpacked)
        except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
            raise ReverieError(
                f"{name} cannot be unpacked from {said}: {error}.", "Make the zip file again."
            ) from error
        try:
            return decode(file)
        except ReverieError as error:
            raise ReverieError(error.message.replace(str(file), name), error.hint) from error

    stat = path.stat()
    return _labelled(Gathered(path, names, read, _digest([(path.name, stat.st_size, stat.st_mtime_ns)])), said)


@contextmanager
def _zip(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise ReverieError(f"{path} is damaged: its list of files cannot be read.", "Make it again.") from error
    with archive:
        if len(archive.infolist()) > FILES:
            raise ReverieError(f"{path} holds more than {FILES:,} files.", "Unpack it into a folder.")
        yield archive


def _in_table(path: Path, said: str) -> Gathered:
    """A CSV file whose first column names pictures, relative to its own folder."""
    listed, columns = _columns(path, said)
    order = sorted(range(len(listed)), key=listed.__getitem__)
    names = [listed[row] for row in order]
    stamps = []
    for name in names:
        try:
            stat = (path.parent / name).stat()
        except OSError:
            stamps.append((name, 0, 0))  # reading it will say what is wrong
        else:
            stamps.append((name, stat.st_size, stat.st_mtime_ns))
    return Gathered(
        path,
        names,
        lambda position: decode(path.parent / names[position]),
        _digest(stamps),
        attributes={name: _array(column, order) for name, column in columns.items()},
    )


def _in_array(path: Path, array: Array) -> Gathered:
    label_names = [str(label) for label in array.label_names]
    return Gathered(
        path,
        [f"{row:06d}" for row in range(len(array))],
        array.__getitem__,
        _digest(array.stamps),
        labels=array.labels,
        label_names=label_names,
        size=array.size,
        channels=array.channels,
    )


def _labelled(gathered: Gathered, said: str) -> Gathered:
    """The sub-folders as labels; a folder that holds nothing but one folder is looked through."""
    if not gathered.names:
        formats = "PNG, JPEG, WebP, GIF, TIFF or BMP"
        raise ReverieError(f"{said} holds no picture.", f"Put pictures in {formats} into it.")
    parts = [PurePosixPath(name).parts for name in gathered.names]
    depth = 0
    while len({part[: depth + 1] for part in parts}) == 1 and all(len(part) > depth + 2 for part in parts):
        depth += 1
    folders = [part[depth] if len(part) > depth + 1 else "" for part in parts]
    label_names = sorted({folder for folder in folders if folder})
    if not label_names or set(folders) == {label_names[0]}:
        return gathered
    number = {label: position for position, label in enumerate(label_names)} | {"": -1}
    readable = [label.encode("utf-8", "replace").decode() for label in label_names]  # names of other encodings
    return replace(gathered, labels=[number[folder] for folder in folders], label_names=readable)


def _columns(path: Path, said: str) -> tuple[list[str], dict[str, list[str]]]:
    """The first column, which names the pictures, and the others by their heads."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ReverieError(f"{said} is no CSV file in UTF-8.", "Save it as CSV in UTF-8.") from error
    if len(rows) < 2:
        raise ReverieError(f"{said} holds no picture.", "Give a line of heads, then a line for each picture.")
    head = [name.strip() for name in rows[0]]
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(head):
            raise ReverieError(
                f"Row {number} of {said} has {len(row)} fields, and the heads are {len(head)}.", "Correct it."
            )
    names = [row[0].strip() for row in rows[1:]]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ReverieError(f"{said} names {twice} more than once.", "Give each picture one line.")
    return names, {name: [row[column].strip() for row in rows[1:]] for column, name in enumerate(head) if column}


def _array(column: list[str], order: list[int]) -> np.ndarray:
    """The column's values in the order of the pictures, -1 for none: numbers where all are, else strings.

    Yes, no, true and false count as 1 and 0, as long as nothing else stands in the column.
    """
    values = [_number(value) for value in column]
    if None in values:
        return np.array([column[row] if row >= 0 else "" for row in order])
    return np.array([values[row] if row >= 0 else math.nan for row in order], np.float32)


def _number(value: str) -> float | None:
    if value.lower() in MISSING:
        return math.nan
    if value.lower() in TRUE | FALSE:
        return float(value.lower() in TRUE)
    try:
        return float(value)
    except ValueError:
        return None


def _digest(stamps: list[tuple[str, int, int]]) -> str:
    """Of names, sizes and times of change: what is read when the pictures are not."""
    return hashlib.sha256(json.dumps(stamps).encode()).hexdigest()
