"""What verbs with a latent space read and write: sets of pictures by name, one picture, a sheet, a folder, a film."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from reverie.cli.output import print_json

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

    from reverie.gan import GAN
    from reverie.images.folders import Pictures
    from reverie.vae import VAE

COLUMNS = 8  # of pairs
TITLED = 4  # columns, from which on a title fits above them
LARGEST = (8, 4096, "from 8 to 4,096")  # pixels on a side of a film
LONGEST = 2000  # pictures of a strip


def read(
    model: "VAE | GAN", sources: list[Path], channels: int, first: int | None = None
) -> "tuple[np.ndarray, list[str]]":
    """Pictures as the model takes them, and what each is called: one collection, or any number of files.

    first: of a collection so many, the first by name; files are all taken. What is damaged in one is named on stderr.
    """
    from reverie.images.gathering import is_collection

    if len(sources) == 1 and is_collection(sources[0]):
        found = collection(model, sources[0], channels)
        return found.pixels[:first], _distinct(found.names)[:first]
    return model.pixels(sources), _distinct([source.name for source in sources])


def collection(model: "VAE | GAN", source: Path, channels: int) -> "Pictures":
    """A folder, or whatever else holds many pictures, with all that is known of them. Damaged ones are named."""
    from reverie import images

    found = images.folder(source, model.size, channels=channels)
    if found.complaint:
        print(found.complaint, file=sys.stderr)
    return found


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


def write_samples(out: Path, pictures: "np.ndarray", settings: dict[str, Any]) -> None:
    """On a sheet, or numbered in a folder."""
    import math

    from reverie import images
    from reverie.images.sheet import sheet

    count = len(pictures)
    if is_folder(out):
        write_folder(out, pictures, [f"{number:0{len(str(count))}d}" for number in range(1, count + 1)], settings)
    else:
        images.save(sheet(pictures, math.ceil(math.sqrt(count))), out, settings)


def place_for_edits(
    out: Path | None, pictures: list[Path], concept: Path, count: int, strip: bool
) -> tuple[Path, bool]:
    """Where `count` edited pictures go, and whether that is a folder. Raises ReverieError if they cannot go there."""
    from reverie import images
    from reverie.errors import ReverieError

    several = count > 1 and not strip
    apart = not strip and is_folder(out) if out else several
    if several and not apart:
        raise ReverieError(f"{out} is one picture, and {count} were given.", "Name a folder, or add --strip.")
    place = out or Path(f"{pictures[0].resolve().stem}.{concept.name.split('.')[0]}{'' if apart else '.png'}")
    return (place if apart else images.output(place)), apart


def place_for_concept(out: Path) -> Path:
    """Where a concept goes. Raises ReverieError if it cannot go there, or would be written over a model."""
    from reverie import images, modelfile
    from reverie.errors import ReverieError
    from reverie.latent.concept import ENGINE

    images.output(out, (".safetensors",))
    if out.exists() and modelfile.describe(out)["engine"] != ENGINE:
        raise ReverieError(f"{out} is a model, not a concept.", "Choose another name for the concept.")
    return out


def in_rows(latents: "np.ndarray", strengths: Sequence[float]) -> "tuple[np.ndarray, np.ndarray]":
    """Each of latents (n, latent) as often as there are strengths, and these."""
    import numpy as np

    return np.repeat(latents, len(strengths), axis=0), np.tile(strengths, len(latents))


def strips(shown: "np.ndarray", strengths: Sequence[float], name: str) -> "Image.Image":
    """Pictures with less and more of a concept, a row for each latent, as `in_rows` has them."""
    from reverie.images.sheet import sheet

    captions = [f"{strength:+g}" if strength else "0" for strength in strengths]
    return sheet(shown, len(strengths), captions * (len(shown) // len(strengths)), f"{name}, from less to more")


def pairs(pictures: "np.ndarray", seen: "np.ndarray", title: str) -> "Image.Image":
    """Pictures above what a model makes of them: uint8 (n, size, size, 1 or 3) and (n, size, size, 3).

    title: said where there are pictures enough for it to fit.
    """
    import numpy as np

    from reverie.images.sheet import sheet

    shown = np.repeat(pictures, 3 // pictures.shape[3], axis=3)
    columns = min(COLUMNS, len(shown))
    blank = np.full((-len(shown) % columns, *shown.shape[1:]), 255, np.uint8)
    both = [np.concatenate([each, blank]).reshape(-1, columns, *shown.shape[1:]) for each in (shown, seen)]
    rows = np.stack(both, axis=1)  # (rows, as they are and as they come back, columns, size, size, 3)
    return sheet(rows.reshape(-1, *shown.shape[1:]), columns, title=title if columns >= TITLED else None)


def place_for_walk(out: Path, pictures: "np.ndarray | None", points: int, steps: int, fps: float, size: int) -> Path:
    """`out`, if a film or strip of that walk can be written there: asked before pictures are encoded or searched for.

    pictures: those it passes by, None for `points` samples. Raises ReverieError.
    """
    from reverie import images
    from reverie.errors import ReverieError
    from reverie.images import video
    from reverie.pixels.settings import check

    check({"size": LARGEST}, size=size)
    if out.suffix.lower() in video.SUFFIXES:
        return video.ready(out, fps)
    count = steps * (points if pictures is None else len(pictures))
    if count > LONGEST:
        raise ReverieError(f"A strip of {count:,} pictures is too large.", "Make it a film: GIF, WebP or mp4.")
    return images.output(out, (".png", *video.SUFFIXES))


def write_walk(
    out: Path, way: "Iterator[np.ndarray]", steps: int, fps: float, size: int, settings: dict[str, Any]
) -> int:
    """A film; or a strip with the way from each point to the next in a row. Returns how many pictures it has."""
    import numpy as np

    from reverie import images
    from reverie.images import video
    from reverie.images.sheet import sheet

    if out.suffix.lower() in video.SUFFIXES:
        return video.write((images.fit(picture, size) for picture in way), out, fps, settings)
    strip = np.stack(list(way))
    images.save(sheet(strip, steps), out, settings)
    return len(strip)


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


def write_array(out: Path, array: "np.ndarray") -> None:
    """As NumPy's .npy, whole or not at all."""
    import io

    import numpy as np

    from reverie.publish import publish

    data = io.BytesIO()
    np.save(data, array)
    publish(out, data.getvalue())


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
