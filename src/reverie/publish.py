"""Write a file whole or not at all: aside, to the disk, then renamed into place."""

import contextlib
import errno
import os
from pathlib import Path

from reverie.errors import ReverieError

ASIDE = ".writing"  # how an unfinished file's name ends; what a killed process left may be deleted

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


def publish(path: Path, data: bytes) -> None:
    """Puts `data` at `path`. A reader, a crash or a power cut sees the old file or the new one, never a part.

    Raises ReverieError if the disk is full or the place cannot be written; then nothing is left behind.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}{ASIDE}")
    try:
        with aside.open("wb") as file:
            write(file.fileno(), data)
            os.fsync(file.fileno())
        aside.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise sentence(error, path) from error
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)


def write(descriptor: int, data: bytes) -> None:
    """All of `data`; the system may take it in parts."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def sync_folder(folder: Path) -> None:
    """Makes a rename survive a power cut, where the system can do that."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sentence(error: OSError, path: Path) -> ReverieError:
    """What a failed write means to the user."""
    if error.errno in FULL:
        return ReverieError(f"The disk is full: {path} could not be written.", "Free some space and try again.")
    if error.errno in FORBIDDEN:
        return ReverieError(f"{path} cannot be written: it is read-only.", "Choose a folder that is yours.")
    return ReverieError(
        f"{path} cannot be written: {error.strerror or error}.", "Check the path, or choose another one."
    )
