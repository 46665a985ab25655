"""Weights from an .npz file, NumPy's archive of arrays."""

from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from reverie.errors import ReverieError


def read(path: str | Path) -> dict[str, np.ndarray]:
    """All arrays of an .npz, as float32. No pickled objects are loaded.

    Raises ReverieError if the file cannot be read as one, or an array holds anything but numbers.
    """
    try:
        with Path(path).open("rb") as stream:
            found = np.load(stream, allow_pickle=False)
            if not isinstance(found, np.lib.npyio.NpzFile):
                raise ValueError("one array alone")
            return {name: found[name].astype(np.float32) for name in found.files}
    except (OSError, ValueError, EOFError, KeyError, BadZipFile) as error:
        raise ReverieError(f"{path} is not an .npz file of weights.", "Give the network's weights as one.") from error
