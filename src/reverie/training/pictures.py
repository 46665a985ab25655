"""What engines that learn from pictures settle before a run begins: which pictures, and that they stay the same."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from reverie import images
from reverie.errors import ReverieError
from reverie.images.folders import Pictures
from reverie.pixels.progress import Progress
from reverie.runs import Run
from reverie.training.begin import new_folder


def pictures_of(
    given: str | Path | Pictures | None, settings: dict[str, Any], *, fewest: int, wanted: str, quiet: bool
) -> Pictures:
    """The pictures of a run, read if they are not yet. fewest: pictures that `wanted`, such as "a space", needs.

    given: pictures, or where they are now, which is noted in the settings; None: where the settings say they are.
    Raises ReverieError if there is no source, if they have another resolution, or if they are too few.
    """
    if not isinstance(given, str | Path | Pictures | None):
        raise ReverieError(
            f"Pictures cannot be given as {type(given).__name__}.", "Name a folder or file, or give images.Pictures."
        )
    if isinstance(given, str | Path):
        settings["pictures"] = str(given)
    source = given if isinstance(given, Pictures) else settings["pictures"]
    resolution = settings["resolution"]
    if source is None:
        raise ReverieError("No pictures were given.", "Name a folder of pictures.")
    if isinstance(source, Pictures):
        found = source
        if resolution not in (None, found.size):
            raise ReverieError(
                f"The pictures measure {found.size} pixels, not {resolution}.", "Read them at that size."
            )
    else:
        progress = Progress()
        found = images.folder(source, resolution, progress=None if quiet else progress.count)
        if found.complaint and not quiet:
            progress.say(found.complaint)
    if len(found) < fewest:
        are = "is only one picture" if len(found) == 1 else f"are only {len(found)} pictures"
        raise ReverieError(f"There {are}: {wanted} needs {fewest} or more.", "A thousand is a good start.")
    return found


def note_pictures(run: Run, pictures: Pictures, *, labelled: bool = False, **noted: Any) -> None:
    """Notes in run.json which pictures a run learns from; a resumed run must have the same. noted: beside them.

    labelled: whether it learns their labels, too.
    """
    digests = {"pictures": pictures.digest or hashlib.sha256(np.ascontiguousarray(pictures.pixels).data).hexdigest()}
    if labelled and pictures.labels is not None:
        known = np.asarray(pictures.labels, np.int32).tobytes() + repr(pictures.label_names).encode()
        digests["labels"] = hashlib.sha256(known).hexdigest()
    for what, digest in digests.items():
        if run.document.setdefault(what, digest) != digest:
            raise ReverieError(
                f"The {what} have changed since the run in {run.folder} began.", "Put them back, or start a new run."
            )
    run.update(**digests, **noted)


def folder_for(source: str | None) -> Path:
    """A new run folder, named after the pictures."""
    return new_folder(Path(source).resolve().name.split(".")[0] if source else "pictures", "pictures")
