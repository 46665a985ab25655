"""What the verbs read and write: sets of pictures by name, one picture, a sheet, or a folder of them."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from reverie.cli.output import print_json

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

    from reverie.vae import VAE, Concept

STRENGTHS = (-3, -2, -1, 0, 1, 2, 3)


def given(sources: list[Path]) -> Path | list[Path]:
    """What was named on the command line: one collection or picture, or several pictures."""
    return sources[0] if len(sources) == 1 else sources


def read(model: "VAE", sources: list[Path]) -> "tuple[np.ndarray, list[str]]":
    """Pictures as the model takes them, and what each is called: one collection, or any number of files."""
    from reverie import images
    from reverie.images.gathering import is_collection

    if len(sources) == 1 and is_collection(sources[0]):
        found = images.folder(sources[0], model.size, channels=model.network.config["channels"])
        if found.complaint:
            print(found.complaint, file=sys.stderr)
        return found.pixels, _distinct(found.names)
    return model.pixels(given(sources)), _distinct([source.name for source in sources])


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


def strips(vae: "VAE", pictures: "np.ndarray", concept: "Concept") -> "Image.Image":
    """Each picture in a row, from -3 to +3 of the concept."""
    import numpy as np

    from reverie.vae.sheet import sheet

    rows = np.concatenate([vae.strip(picture, concept, STRENGTHS) for picture in pictures])
    captions = [f"{strength:+d}" if strength else "0" for strength in STRENGTHS] * len(pictures)
    return sheet(rows, len(STRENGTHS), captions, f"{concept.name}, from less to more")


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
