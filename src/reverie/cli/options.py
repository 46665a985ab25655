"""Arguments and options that verbs of several engines take, and how files are called after a model."""

from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[Path, typer.Argument(metavar="MODEL", help="A model file or a run folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print what was made as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress.")]

# Of training
Learned = Annotated[
    Path | None,
    typer.Argument(metavar="PICTURES", help="A folder, a zip file, a CSV file with a column of files, or an array."),
]
Steps = Annotated[int | None, typer.Option(help="How many steps to train instead.")]
Resolution = Annotated[int | None, typer.Option(metavar="PX", help="On a side: 64 by default; arrays have their own.")]
Flip = Annotated[bool, typer.Option(help="Mirror pictures left to right, at random.")]
RunFolder = Annotated[
    Path | None,
    typer.Option(metavar="RUN_FOLDER", help="Where the run is written: by default a new folder in runs/."),
]
Resume = Annotated[Path | None, typer.Option(metavar="RUN_FOLDER", help="Continue a run that stopped, exactly.")]
Result = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]

# Of spaces of pictures
ROWS = 50  # of a strip at most, one for each picture
Pictures = Annotated[list[Path], typer.Argument(metavar="PICTURES...", help="Files, or a folder of them.")]
Samples = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", metavar="FILE", help="A sheet of all; or a folder, of a PNG each. By default MODEL.samples.png."
    ),
]
Film = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="FILE", help="GIF, WebP or mp4; or PNG, a strip. By default MODEL.walk.gif."),
]
Points = Annotated[int, typer.Option(help="Samples, or the first of a folder, to pass by.")]
Between = Annotated[int, typer.Option(help="Pictures from one point to the next.")]
Fps = Annotated[float, typer.Option(help="Pictures a second.")]
FilmSize = Annotated[int, typer.Option(metavar="PX", help="Of a film, on a side.")]
Strength = Annotated[float, typer.Option(help="How much of it; below 0: less than there is.")]
Strip = Annotated[
    bool,
    typer.Option(
        "--strip",
        help=f"Instead one sheet: a row for each picture, {ROWS} at most, from less to more, whatever --strength.",
    ),
]
Edited = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", metavar="FILE", help="For several a folder. By default PICTURES.CONCEPT.png, or without .png."
    ),
]
Network = Annotated[str, typer.Option(help="That sees the pictures: a name of `reverie weights`.")]
Nearest = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Also a sheet: samples, and the training pictures nearest.")
]


def name(model: Path) -> str:
    """What a model is called: as its file, or as the folder of its run."""
    if model.name == "model.safetensors" and model.resolve().parent.name:
        return model.resolve().parent.name
    return model.resolve().name if model.is_dir() else model.stem
