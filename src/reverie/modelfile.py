"""The model file: one `.safetensors`, holding arrays by name and one JSON document about them.

The document stands in the file's metadata under the key "reverie". It says the format's version, the engine, how the
network is built, and how it was trained. Nothing in the file is ever executed: an engine builds its network from the
document by an allow-list and fills it by name and shape.
"""

import hashlib
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from reverie.errors import ReverieError
from reverie.publish import publish

if TYPE_CHECKING:
    import numpy as np

FORMAT = 1
HEADER_LIMIT = 64 * 2**20  # bytes; the header of a network with 100,000 arrays takes about 10 MB


def write(path: str | Path, engine: str, document: dict[str, Any], arrays: "dict[str, np.ndarray]") -> None:
    """Writes a model file, whole or not at all; the same input gives the same bytes.

    `document` must be JSON-able; "format" and "engine" are added to it. `arrays` may have any shape and NumPy's
    usual types; bfloat16 is stored as float32, which holds it exactly.
    Raises ReverieError if an array holds a number that is not finite, or if the file cannot be written.
    """
    for name, array in arrays.items():
        if not finite(array):
            raise ReverieError(
                f"{path} was not written: the weights {name} hold numbers that are not finite.",
                "Training has diverged: train again with another seed.",
            )
    publish(Path(path), encode({**document, "format": FORMAT, "engine": engine}, arrays))


def fingerprint(arrays: "dict[str, np.ndarray]") -> str:
    """16 hexadecimal digits that two sets of arrays share only if names, shapes and numbers are the same."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.shape} ".encode() + array.tobytes())
    return digest.hexdigest()[:16]


def read(path: str | Path, engine: str | None = None) -> "tuple[dict[str, Any], dict[str, np.ndarray]]":
    """The document and the arrays of a model file; `engine` is the only engine accepted, or any if None.

    Raises ReverieError, naming the file, for anything that is not a whole model file this version can read. The
    layout is checked against the file's length before an array is allocated.
    """
    document = describe(path)
    if engine is not None and document["engine"] != engine:
        raise ReverieError(
            f"{path} was made by the engine {document['engine']!r}, not by {engine!r}.",
            f"Use it with `reverie {document['engine']}`.",
        )
    arrays = _arrays(path)
    for name, array in arrays.items():
        if not finite(array):
            _damaged(path, f"the array {name!r} holds numbers that are not finite")
    return document, arrays


def fill(network: Any, arrays: "dict[str, np.ndarray]") -> None:
    """Gives every weight of a Keras model the array of its name. Raises ReverieError unless names and shapes agree."""
    wanted = {weight.path: weight for weight in network.weights}
    shapes = {name: tuple(weight.shape) for name, weight in wanted.items()}
    if shapes != {name: array.shape for name, array in arrays.items()}:
        raise misfit()
    for name, weight in wanted.items():
        weight.assign(arrays[name])


def misfit() -> ReverieError:
    """What is said of arrays that do not fit what the document describes."""
    return ReverieError(
        "The weights in the model file are not those of the network it describes.",
        "The file is damaged: train or download it again.",
    )


def describe(path: str | Path) -> dict[str, Any]:
    """The document of a model file, with "format" and "engine", without reading its arrays. Raises as `read`."""
    metadata = _metadata(path)
    if "reverie" not in metadata:
        raise ReverieError(
            f"{path} is a safetensors file, but Reverie did not make it.",
            "Give a model that `reverie text train` wrote.",
        )
    document = parse(metadata["reverie"])
    if not isinstance(document, dict):
        _damaged(path, "its description is not a JSON object")
    version, engine = document.get("format"), document.get("engine")
    if type(version) is not int or version < 1:
        _damaged(path, "its description does not say which format it has")
    if version > FORMAT:
        raise ReverieError(
            f"{path} has format {version}, and this version of Reverie reads formats up to {FORMAT}.",
            "Install a newer version of Reverie.",
        )
    if not isinstance(engine, str) or not engine.isidentifier():
        _damaged(path, "its description does not say which engine made it")
    return document


def encode(document: dict[str, Any], arrays: "dict[str, np.ndarray]") -> bytes:
    """The bytes of a `.safetensors` file with `document` in its metadata."""
    import numpy as np
    from safetensors.numpy import save

    stored = {
        name: np.ascontiguousarray(array.astype(np.float32) if array.dtype.name == "bfloat16" else array)
        for name, array in arrays.items()
    }
    text = json.dumps(document, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return save({name: stored[name].reshape(arrays[name].shape) for name in sorted(stored)}, {"reverie": text})


def parse(text: str) -> Any:
    """JSON as we write it, or None for anything else: NaN, infinity, numbers and nesting beyond reason."""
    try:
        value = json.loads(text, parse_constant=lambda name: math.nan)
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()  # NaN, 1e999 or half a character: no
    except (ValueError, RecursionError):
        return None
    return value


def finite(array: "np.ndarray") -> bool:
    import numpy as np

    return array.dtype.kind not in "fcV" or bool(np.isfinite(array).all())


def _metadata(path: str | Path) -> dict[str, str]:
    """The strings in the header. Read here rather than by safetensors, which would load NumPy first."""
    _check_length(path)
    try:
        with Path(path).open("rb") as file:
            header = parse(file.read(int.from_bytes(file.read(8), "little")).decode("utf-8", "replace"))
    except OSError as error:
        raise _unreadable(path, error) from error
    metadata = header.get("__metadata__", {}) if isinstance(header, dict) else None
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        _damaged(path, "its header does not describe it")
    return metadata


def _arrays(path: str | Path) -> "dict[str, np.ndarray]":
    """The arrays. safetensors checks the header: types, shapes, and ranges that fill the file exactly."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        _damaged(path, f"its header does not describe it ({str(error).splitlines()[0]})")
    except OSError as error:
        raise _unreadable(path, error) from error
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, MemoryError) as error:
        _damaged(path, f"an array in it cannot be read ({type(error).__name__})")


def _check_length(path: str | Path) -> None:
    """Refuses, from its first 8 bytes and its length, a file that is cut short or was never a model file."""
    try:
        with Path(path).open("rb") as file:
            start = file.read(9)
            length = file.seek(0, 2)
    except FileNotFoundError as error:
        raise ReverieError(f"There is no model file {path}.", "`reverie runs` lists those you have.") from error
    except OSError as error:
        raise _unreadable(path, error) from error
    header = int.from_bytes(start[:8], "little")
    if not start:
        _damaged(path, "it is empty")
    if len(start) < 9 or start[8:] != b"{":
        raise ReverieError(f"{path} is not a model file.", "Give a .safetensors file that Reverie wrote.")
    if header > HEADER_LIMIT:
        _damaged(path, f"its header claims {header} bytes")
    if 8 + header > length:
        _damaged(path, "it ends too early")


def _unreadable(path: str | Path, error: OSError) -> ReverieError:
    reason = error.strerror or type(error).__name__
    return ReverieError(f"The model file {path} cannot be read: {reason}.", "Check the path and its permissions.")


def _damaged(path: str | Path, why: str) -> NoReturn:
    raise ReverieError(f"The model file {path} is damaged: {why}.", "Copy, download or train it again.")
