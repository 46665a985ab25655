"""One run, one folder: what a training run writes, who may write there, and which runs there are.

    run.json            engine, status, settings, seed, plan, timings, best validation
    metrics.csv         a row per validation interval
    samples/            what the model makes while it learns
    checkpoints/        what is needed to continue exactly
    model.safetensors   the trained model
    cancel              put there by anyone who wants the run to stop

Nothing here loads a backend, so that listing runs is quick.
"""

import contextlib
import json
import os
import platform
import shutil
import sys
import time
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from reverie import __version__
from reverie.errors import ReverieError
from reverie.publish import ASIDE, publish, sentence

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

PATIENCE = 0.5  # seconds a new run waits for a lock, which `listing` holds for an instant when it looks


class Run:
    """A run folder, locked by this process until `close` (or the process's end, however it ends).

    Use `Run.open`. `document` is what run.json says; change it with `update`.
    """

    def __init__(self, folder: Path, document: dict[str, Any], lock: int) -> None:
        self.folder = folder
        self.document = document
        self._lock: int | None = lock
        self._made: list[Path] = []  # the folders made for this run, the innermost first
        self._earlier: dict[str, Any] = {}  # what a run that is resumed said before

    @classmethod
    def open(
        cls,
        folder: str | Path,
        *,
        engine: str,
        settings: dict[str, Any] | None = None,
        seed: int = 0,
        resume: bool = False,
    ) -> Self:
        """A new run in `folder`, or with `resume` the one that is there (its settings and seed stay as they were).

        Raises ReverieError, having changed nothing, if the folder is in use, cannot be written, already holds a run
        (without `resume`), or holds none, only a part of one, or one of another engine (with `resume`).
        """
        folder = Path(folder)
        new = [place for place in (folder, *folder.parents) if not place.exists()]

        def document() -> dict[str, Any]:
            return _continued(folder, engine) if resume else _started(folder, engine, settings or {}, seed)

        document()  # looked at before anything is made, and again when nobody else can write
        _make(folder)
        lock = _locked(folder)
        try:
            run = cls(folder, document(), lock)
            run._made = new
            run._earlier = read_document(folder) if resume else {}
            run._clean()
            run.update(status="running")
        except BaseException:
            _unlock(lock)
            raise
        return run

    @property
    def checkpoints(self) -> Path:
        return self.folder / "checkpoints"

    @property
    def samples(self) -> Path:
        return self.folder / "samples"

    @property
    def metrics(self) -> Path:
        return self.folder / "metrics.csv"

    @property
    def model(self) -> Path:
        return self.folder / "model.safetensors"

    @property
    def cancel(self) -> Path:
        return self.folder / "cancel"

    def update(self, **fields: Any) -> None:
        """Changes fields of run.json."""
        self.document.update(fields)
        text = json.dumps(self.document, indent=2, ensure_ascii=False, default=str)
        # Half a character, as a name of other encodings has it, is what JSON would write with its escapes.
        publish(self.folder / "run.json", (text + "\n").encode("utf-8", "backslashreplace"))

    def close(self) -> None:
        """Lets others write here."""
        if self._lock is not None:
            _unlock(self._lock)
        self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._made and isinstance(error, ReverieError) and "checkpoint" not in self.document:
            shutil.rmtree(self.folder, ignore_errors=True)  # it failed before there was anything to keep
            with contextlib.suppress(OSError):
                for folder in self._made[1:]:
                    folder.rmdir()
        elif self._earlier and isinstance(error, ReverieError) and self.document["status"] == "running":
            with contextlib.suppress(ReverieError):
                self.update(**self._earlier)  # it was refused before it went on
        self.close()

    def _clean(self) -> None:
        """Makes the parts, and removes an old request to stop and what a killed process left half-written."""
        for part in (self.checkpoints, self.samples):
            _make(part)
        for place in (self.folder, self.checkpoints, self.samples):
            for left in place.glob(f".*{ASIDE}"):
                left.unlink(missing_ok=True)
        self.cancel.unlink(missing_ok=True)


def listing(folder: str | Path) -> list[dict[str, Any]]:
    """The runs in `folder` and one level below it, oldest first: run.json, with "folder" and the true "status".

    A run that says it is running but that no process holds was killed: its status is "killed". A folder whose
    run.json cannot be read has the status "damaged".
    """
    folder = Path(folder)
    found = []
    for place in [folder, *sorted(path for path in _children(folder) if path.is_dir())]:
        if not (place / "run.json").is_file():
            continue
        try:
            document = read_document(place)
        except ReverieError:
            document = {"status": "damaged"}
        if document["status"] == "running" and not _held(place):
            document["status"] = "killed"
        found.append({**document, "folder": str(place)})
    return sorted(found, key=lambda run: str(run.get("started", "")))


def read_document(folder: Path) -> dict[str, Any]:
    """What run.json says. Raises ReverieError if the folder holds no run, or only a part of one."""
    if not (folder / "run.json").exists():
        if has_parts(folder):
            raise _half(folder, "run.json is missing")
        raise ReverieError(f"The folder {folder} holds no run.", "`reverie runs` lists those you have.")
    try:
        document = json.loads((folder / "run.json").read_text("utf-8"))
    except OSError as error:
        reason = error.strerror or str(error)
        raise ReverieError(f"The run in {folder} cannot be read: {reason}.", "Check permissions.") from error
    except ValueError as error:
        raise _half(folder, "run.json is not JSON") from error
    if not isinstance(document, dict) or not isinstance(document.get("status"), str):
        raise _half(folder, "run.json does not describe a run")
    return document


def has_parts(folder: Path) -> bool:
    """Whether something a run writes is there."""
    return any((folder / "checkpoints").glob("*")) or (folder / "metrics.csv").exists()


def _started(folder: Path, engine: str, settings: dict[str, Any], seed: int) -> dict[str, Any]:
    if (folder / "run.json").exists() or has_parts(folder):
        raise ReverieError(
            f"The folder {folder} already holds a run.", "Continue it with --resume, or choose another folder."
        )
    return {
        "engine": engine,
        "status": "running",
        "started": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "resumed": 0,
        "seed": seed,
        "settings": settings,
        "versions": versions(),
    }


def _continued(folder: Path, engine: str) -> dict[str, Any]:
    document = read_document(folder)
    if document.get("engine") != engine:
        raise ReverieError(
            f"The run in {folder} was made by the engine {document.get('engine')!r}, not by {engine!r}.",
            "Resume it with the command that started it.",
        )
    if document.get("checkpoint") and not any((folder / "checkpoints").glob("*.json")):
        raise _half(folder, "its checkpoints are missing")
    resumed = document.get("resumed")
    document["resumed"] = (resumed if isinstance(resumed, int) else 0) + 1
    return document


def versions() -> dict[str, str]:
    """The versions that a run's bits depend on."""
    found = {"reverie": __version__, "python": platform.python_version()}
    for package in ("keras", "numpy", "tensorflow", "tensorflow-cpu", "jax", "torch"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[package] = metadata.version(package)
    return found


def _children(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        reason = error.strerror or str(error)
        raise ReverieError(f"The folder {folder} cannot be read: {reason}.", "Choose another.") from error


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise sentence(error, folder) from error


def _half(folder: Path, why: str) -> ReverieError:
    return ReverieError(
        f"The run in {folder} is only half there: {why}.", "Put the missing part back, or start in another folder."
    )


# The lock is the system's own, which ends with the process that holds it, however that ends.


def _locked(folder: Path) -> int:
    try:
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise sentence(error, folder) from error
    patience = time.monotonic() + PATIENCE
    while not _try_lock(descriptor):
        if time.monotonic() > patience:
            os.close(descriptor)
            raise ReverieError(
                f"The run folder {folder} is in use by another process.",
                "Wait until it has ended, or choose another folder.",
            )
        time.sleep(0.02)
    return descriptor


def _held(folder: Path) -> bool:
    """Whether a process is training here."""
    try:
        descriptor = os.open(folder / "lock", os.O_RDWR)
    except OSError:
        return False
    try:
        return not _try_lock(descriptor)
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True  # a file system without locks: going on unguarded beats not training at all
    return True


def _unlock(descriptor: int) -> None:
    os.close(descriptor)
