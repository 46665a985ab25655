"""What the verbs read and write: sets of pictures by name, one picture, a sheet, or a folder of them."""

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from reverie.cli.output import print_json
from reverie.errors import ReverieError

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

    from reverie.vae import VAE

SHOWN = 96  # pixels on a side at least, on a sheet


def read(model: "VAE", sources: Sequence[Path]) -> "tuple[np.ndarray, list[str]]":
    """Pictures as the model takes them, and what each is called: one collection, or any number of files."""
    from reverie import images
    from reverie.images.gathering import is_collection

    if len(sources) == 1 and is_collection(sources[0]):
        found = images.folder(sources[0], model.size, channels=model.network.config["channels"])
        return found.pixels, _distinct(found.names)
    return model.pixels(sources), _distinct([source.name for source in sources])


def _distinct(names: Sequence[str]) -> list[str]:
    """Names for files in a new folder, none outside of it and no two the same, without their endings."""
    inside = [PurePosixPath(*[part for part in PurePosixPath(name).parts if part not in ("/", "..")]) for name in names]
    plain = [str(path.with_suffix("")) for path in inside]
    if len(set(plain)) == len(plain):
        return plain
    return [f"{row:06d}-{Path(name).name}" for row, name in enumerate(plain, start=1)]


def is_folder(out: Path) -> bool:
    """Whether a name the user gave is that of a folder of pictures, and not of one picture."""
    return out.is_dir() or not out.suffix


def sheet(
    pictures: "np.ndarray", columns: int, captions: Sequence[str] | None = None, title: str | None = None
) -> "Image.Image":
    """uint8 (n, size, size, 1 or 3) on one page, small ones enlarged by a whole factor."""
    from reverie import images

    larger = -(-SHOWN // pictures.shape[1])
    shown = pictures.repeat(larger, axis=1).repeat(larger, axis=2).repeat(3 // pictures.shape[3], axis=3)
    return images.grid(list(shown), columns, captions, title)


def write_folder(out: Path, pictures: "Iterable[np.ndarray]", names: Sequence[str], settings: dict[str, Any]) -> None:
    """One PNG each, in a folder that is made if need be. Raises ReverieError if that cannot be."""
    from reverie import images
    from reverie.publish import sentence

    for picture, name in zip(pictures, names, strict=True):
        path = out / f"{name}.png"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise sentence(error, path) from error
        images.save(picture, path, settings)


def made(command: str, seed: int | None = None, **arguments: Any) -> dict[str, Any]:
    """What made a picture, for its file; seed: None where nothing is drawn at random."""
    from reverie.pixels.settings import settings

    lists = {name: [str(one) for one in value] for name, value in arguments.items() if isinstance(value, list)}
    said = settings(command, seed or 0, **(arguments | lists))
    if seed is None:
        del said["seed"]
    return said


def tell(out: Path, json: bool, settings: dict[str, Any], **more: Any) -> None:
    """What was made: the path alone, or everything."""
    if json:
        print_json({"file": str(out), **more, **settings})
    else:
        print(out)


def checked(count: int) -> int:
    if count < 1:
        raise ReverieError(f"{count} pictures cannot be shown.", "Ask for at least 1.")
    return count
