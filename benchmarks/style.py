"""Style transfer against the same losses plainly minimised, and against neural-style-pt's speed.

The first run takes hours: the plain pictures minutes each, the fast model one. Both are kept in runs/benchmark-style.
"""

import itertools
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import neuralstyle
from benchmarks.measure import Finished, bar, machine, python, run

CONTENTS = ("tubingen.jpg", "golden_gate.jpg", "flowers.jpg", "sky1024px.jpg")
STYLES = ("starry_night_google.jpg", "woman-with-hat-matisse.jpg", "candy.jpg", "mosaic.jpg")
SIZES = (256, 512, 1024, 2048)
PEER = 1.95  # seconds an iteration of neural-style-pt at 512 px on the 2-core reference machine

IMPORT = "import os; os.environ['KERAS_BACKEND'] = 'tensorflow'; import keras"
# An iteration of the engine with VGG-19, random weights, 512 px: targets are made once, the steps are timed.
VGG19 = """
import json, sys, time
import numpy as np
from reverie import features, images
from reverie.style import presets
from reverie.style.objective import Balance, Objective
photo, painting = (images.fit(images.decode(path).rgb, 512).astype(np.float32) / 255 for path in sys.argv[1:3])
network = features.load("vgg19", "random", quick=True)
objective = Objective(network, *presets.layers(presets.PRESETS["gatys"], network))
targets = objective.targets(photo, objective.grams(painting))
objective.gradient(photo, targets, Balance())
times = []
for _ in range(6):
    began = time.perf_counter()
    objective.gradient(photo, targets, Balance())
    times.append(time.perf_counter() - began)
print(json.dumps(float(np.median(times))))
"""


def measure(data: Path, peer: Path | None, peer_python: str) -> dict[str, Any]:
    """Paints all pairs through the command line, and the plain pictures beside them; writes a sheet of both."""
    folder = Path(__file__).parent.parent / "runs" / "benchmark-style"  # which git ignores: the paintings are not ours
    folder.mkdir(parents=True, exist_ok=True)
    pictures = data / "style"
    python(IMPORT)  # from the disk into memory, before the clock runs
    first = pictures / CONTENTS[0], pictures / STYLES[0]
    ours = {size: transfer(*first, folder / f"size_{size}.png", "--size", str(size)) for size in SIZES}
    large = transfer(*first, folder / "size_4096.png", "--size", "4096", "--memory", "2", "--steps", "2")
    vgg19 = python(VGG19, *map(str, first)).json()
    theirs = neuralstyle.seconds_per_iteration(peer, *first, peer_python) if peer else PEER
    pairs = [pair(folder, pictures, *names) for names in itertools.product(CONTENTS, STYLES)]
    judged = judge(data, folder, pairs)
    film, fast = others(data, folder, pictures, judged)
    sheet(folder, pairs, judged)
    return {
        "machine": machine(),
        "peer": {"seconds_per_iteration": theirs, "measured": peer is not None},
        "reverie": {
            "seconds": {size: done.seconds for size, done in ours.items()},
            "peak_mb": {size: done.peak_mb for size, done in ours.items()},
            "pair_seconds": [row["seconds"] for row in pairs],
            "vgg19_seconds_per_iteration": vgg19,
            "peak_mb_4096_in_2_gb": large.peak_mb,
            "film": film,
            "fast": fast,
        },
        "judges": judged,
        "bars": bars(ours, pairs, judged, vgg19, theirs) + more_bars(large, film, fast),
    }


def transfer(photo: Path, painting: Path, out: Path, *options: str) -> Finished:
    """One picture through the command line, from process start to exit."""
    command = ["-m", "reverie", "style", "transfer", str(photo), str(painting), "--out", str(out), "--quiet", *options]
    return run([sys.executable, *command])


def pair(folder: Path, pictures: Path, content: str, style: str) -> dict[str, Any]:
    out = folder / f"{Path(content).stem}.{Path(style).stem}.png"
    done = transfer(pictures / content, pictures / style, out)
    return {"content": content, "style": style, "file": str(out), "seconds": done.seconds}


def judge(data: Path, folder: Path, pairs: list[dict[str, Any]]) -> dict[str, Any]:
    """Content and style distances of our pictures and the plain ones, and of the strength over sizes.

    The plain pictures take minutes each and do not change, so those from an earlier run are taken as they are.
    """
    from benchmarks.judges import Judges
    from benchmarks.plainstyle import Plain
    from reverie import images

    judges, plain = Judges(data / "weights"), Plain(data / "weights" / "vgg19_quarter_to_conv5_1.npz")
    rows = []
    for row in pairs:
        photo, painting = (data / "style" / row[name] for name in ("content", "style"))
        reference = Path(row["file"]).with_suffix(".plain.png")
        if not reference.exists():
            images.save(images.encode(plain(photo, painting)), reference)
        rows.append({
            name: (judges.content(file, photo), judges.style(file, painting))
            for name, file in (("reverie", row["file"]), ("plain", reference))
        })  # fmt: skip
    # At the size of the smallest: an enlarged picture has no fine strokes, whatever was painted.
    smallest = Judges(data / "weights", SIZES[0])
    painting = data / "style" / STYLES[0]
    sizes = {size: smallest.style(folder / f"size_{size}.png", painting) for size in SIZES}
    enlarged = {size: judges.style(folder / f"size_{size}.png", painting) for size in SIZES}
    means = {name: np.mean([row[name] for row in rows], axis=0).tolist() for name in ("reverie", "plain")}
    return {"pairs": rows, "mean": means, "style_over_sizes": sizes, "style_over_sizes_at_512": enlarged}


def others(data: Path, folder: Path, pictures: Path, judged: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(flicker of a film, the fast model judged against our own pictures in the same style)."""
    from benchmarks import repainting
    from benchmarks.judges import Judges

    painting, judges = pictures / STYLES[0], Judges(data / "weights")
    fast = repainting.fast(data, folder, [pictures / name for name in CONTENTS], painting)
    files = fast.pop("files")
    fast["style"] = float(np.mean([judges.style(file, painting) for file in files]))
    fast["content"] = float(
        np.mean([judges.content(file, pictures / name) for file, name in zip(files, CONTENTS, strict=True)])
    )
    ours = [judged["pairs"][len(STYLES) * i]["reverie"] for i in range(len(CONTENTS))]
    fast["content_of_transfer"], fast["style_of_transfer"] = np.mean(ours, axis=0).tolist()
    return repainting.flicker(pictures / CONTENTS[0], painting), fast


def sheet(folder: Path, pairs: list[dict[str, Any]], judged: dict[str, Any]) -> None:
    """All pairs, ours left and the plain ones right, with content and style distance."""
    from reverie import images

    pictures, captions = [], []
    for row, values in zip(pairs, judged["pairs"], strict=True):
        for name, file in (("reverie", Path(row["file"])), ("plain", Path(row["file"]).with_suffix(".plain.png"))):
            pictures.append(images.fit(images.decode(file).rgb, 320))
            captions.append(f"{name}  {values[name][0]:.2f}  {values[name][1]:.2f}")
    images.save(images.grid(pictures, 8, captions, "content and style distance"), folder / "sheet.png")


def bars(
    ours: dict[int, Finished], pairs: list[dict[str, Any]], judged: dict[str, Any], vgg19: float, theirs: float
) -> list[dict[str, Any]]:
    (content, style), (plain_content, plain_style) = judged["mean"]["reverie"], judged["mean"]["plain"]
    sizes = list(judged["style_over_sizes"].values())
    slowest = max(row["seconds"] for row in pairs)
    return [
        bar("seconds at 512 px, process start to exit, slowest pair", slowest, 10.0),
        bar("the same in iterations of neural-style-pt's 500", slowest / (500 * theirs), 0.01),
        bar("content distance, mean of all pairs", content, plain_content),
        bar("style distance, mean of all pairs", style, plain_style),
        bar("style distance 256 to 2048 px, largest over smallest", max(sizes) / min(sizes), 1.2),
        bar("VGG-19 iteration at 512 px, share of neural-style-pt's", vgg19 / theirs, 1 / 3),
        bar("seconds at 1024 px", ours[1024].seconds, 40.0),
        bar("seconds at 2048 px", ours[2048].seconds, 180.0),
        bar("peak memory at 2048 px, MB", ours[2048].peak_mb, 3000.0),
    ]


def more_bars(large: Finished, film: dict[str, Any], fast: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        bar("peak memory at 4096 px with --memory 2, MB", large.peak_mb, 2048.0),
        bar("flicker of a film, share of its frames painted alone", film["film"] / film["alone"], 1.0),
        bar("fast model, seconds at 512 px, warm", fast["seconds"], 0.5),
        bar("fast model, style distance, share of transfer's", fast["style"] / fast["style_of_transfer"], 1.3),
    ]
