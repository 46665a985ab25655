"""The autoencoder against the textbook's code, against pythae, and against its own bars.

`python -m benchmarks.vae PART ... --data DIR [--scale 1]` measures parts anew, by default all; `--scale 0.01` shortens
every training, to see that a part works. Each part is kept in runs/benchmark-vae and merged into results/vae.json.
`python -m benchmarks vae` measures the parts that are missing there: hours, at first.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Finished, bar, interrupted, machine, python, run

HERE = Path(__file__).parent
KEPT = HERE.parent / "runs" / "benchmark-vae"  # which git ignores
PARTS = ("mnist", "textbook", "speed", "pythae", "faces", "smiles", "memory", "resume")
MINUTES = {"mnist": 30.0, "pythae": 5.0, "faces": 20.0, "smiles": 8.0}
EPOCHS, BATCH = 30, 128  # of the textbook's
TURNS, STRETCH = 7, 700  # that the two take in one run, and the steps of each: a machine's pace changes by the minute
POINTS = 500  # of importance sampling
FEW, FEW_POINTS = 1000, 50  # test pictures and points beside pythae, which decodes some 200 pictures a second
FACES, SMILES_TEST = 24_000, 2_000  # drawn faces, of which two times 2,000 to choose and to measure

IMPORT = "import os; os.environ['KERAS_BACKEND'] = 'tensorflow'; import keras"
NLL = """
import json, sys, numpy as np, reverie
from reverie.vae.evaluate import Evaluator
model, pixels, points = reverie.open(sys.argv[1]), np.load(sys.argv[2]), int(sys.argv[3])
evaluator = Evaluator(model.network)
bound = evaluator(pixels)
print(json.dumps({"nll": evaluator.likelihood(pixels, points), "elbo": bound.loss, "rate": bound.rate,
                  "active": bound.active, "pictures": len(pixels), "points": points}))
"""
FRECHET = """
import json, sys, numpy as np, reverie
from reverie import metrics
model, test, theirs = reverie.open(sys.argv[1]), np.load(sys.argv[2]), np.load(sys.argv[3])
real, found = metrics.embed(test), {}
for prior in ("normal", "mixture"):
    found[prior] = metrics.frechet_distance(real, metrics.embed(model.sample(len(test), prior=prior)))
found["pythae"] = metrics.frechet_distance(real, metrics.embed(theirs[: len(test)]))
print(json.dumps(found))
"""
# The bound on the textbook's terms: shown grey, or pixels drawn on or off, one point for each picture.
BOUNDS = """
import json, sys, numpy as np, reverie
from benchmarks.textbookvae import bound
model, test = reverie.open(sys.argv[1]), np.load(sys.argv[2]).astype("float32") / 255
class Decoder:
    def predict(self, points, **options):
        return model.network.means(points.astype("float32")).numpy()
drawn = (np.random.default_rng(0).random(test.shape) < test).astype("float32")
print(json.dumps({name: bound(model.network.encoder, Decoder(), shown, shown)
                  for name, shown in (("grey", test), ("drawn", drawn))}))
"""
DRAW = "import sys; from reverie import faces; faces.draw(int(sys.argv[1]), 64).write(sys.argv[2])"
CONCEPT = """
import json, sys, numpy as np, reverie
from benchmarks import concepts
from reverie import images
which, count, epochs = sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
model = reverie.open(sys.argv[1])
pictures = images.folder(sys.argv[2], 64)
# Tested on what the model did not train on; half of it to choose the strength, half to measure.
rows, test = pictures.split(0.1, 0)
test = np.random.default_rng(0).permutation(test)[: 2 * count]
others = concepts.FACES[1:] if which == "smile" else ()
found = concepts.edits(model, pictures, which, others, [rows, test[::2], test[1::2]], epochs)
print(json.dumps(found))
"""


def measure(data: Path, peer: Path | None, peer_python: str) -> dict[str, Any]:
    """All parts that were not measured before. peer_python: a Python that has pythae, or the part is left out."""
    del peer
    for part in PARTS:
        if not (KEPT / f"{part}.json").exists() and (part != "pythae" or peer_python != sys.executable):
            one(part, data, peer_python, 1.0)
    return merged()


def one(part: str, data: Path, peer_python: str, scale: float) -> dict[str, Any]:
    """Measures one part and keeps what it found; short ones are kept apart."""
    place = KEPT if scale == 1 else KEPT / f"scale-{scale:g}"
    folder = place / part
    folder.mkdir(parents=True, exist_ok=True)
    python(IMPORT)  # from the disk into memory, before the clock runs
    found: dict[str, Any] = globals()[part](data, folder, peer_python, scale) | {"scale": scale, "machine": machine()}
    (place / f"{part}.json").write_text(json.dumps(found, indent=1) + "\n")
    return found


def merged(place: Path = KEPT) -> dict[str, Any]:
    """What the parts measured so far have found, and their bars."""
    files = {part: place / f"{part}.json" for part in PARTS}
    found = {part: json.loads(file.read_text()) for part, file in files.items() if file.exists()}
    return {"machine": machine(), "parts": found, "bars": [each for part in found for each in bars(part, found[part])]}


def bars(part: str, found: dict[str, Any]) -> list[dict[str, Any]]:
    if part == "mnist":
        return [
            bar("MNIST, negative log-likelihood in nats, 500 points", found["nll"], 85.5),
            bar("seconds of its training, from process start", found["seconds"], 1800.0),
        ]
    if part == "textbook":
        ours, theirs = (min(found[name]["bounds"].values()) for name in ("reverie", "textbook"))
        return [bar("textbook's VAE, test bound, nats, as the textbook's", ours, theirs)]
    if part == "speed":
        faster = found["seconds_per_image"]["textbook"] / found["seconds_per_image"]["reverie"]
        return [bar("textbook's VAE, images a second / the textbook's", faster, 2.0, at_most=False)]
    if part == "pythae":
        return [
            bar("Fashion-MNIST, negative log-likelihood, as pythae's", found["nll"], found["pythae"]["nll"]),
            bar("Fréchet distance, from N(0, 1), as pythae's", found["frechet"]["normal"], found["frechet"]["pythae"]),
        ]
    if part == "faces":
        most = max(value for name, value in found["changed"].items() if name != "smile")
        return [
            bar("drawn faces, share of smiles that flip", found["changed"]["smile"], 0.95, at_most=False),
            bar("any other attribute, share that changes at most", most, 0.05),
        ]
    if part == "memory":
        return [bar("peak memory at 64 px, batch 128, MB", found["peak_mb"], 2000.0)]
    if part == "resume":
        return [bar("numbers that differ after a resumed training", found["differ"], 0.0)]
    return []  # smiles has no bar


def train(source: Path, out: Path, *options: str) -> tuple[Finished, dict[str, Any]]:
    """One training through the command line; what it took, and its run.json."""
    subprocess.run(["rm", "-rf", str(out)], check=True)
    done = run([sys.executable, "-m", "reverie", "vae", "train", str(source), "--out", str(out), "--quiet", *options])
    return done, json.loads((out / "run.json").read_text())


def budget(minutes: float, scale: float) -> str:
    """--minutes, so that the whole process with its import takes at most so long."""
    return f"{max(scale * minutes - python(IMPORT).seconds / 60 - 0.1 * scale, 0.2):.4f}"


def array(file: Path, out: Path, most: int | None = None) -> Path:
    """An IDX file as NPY, (n, 28, 28, 1), which a peer can read."""
    import gzip

    with gzip.open(file) as opened:
        pixels = np.frombuffer(opened.read(), np.uint8, offset=16).reshape(-1, 28, 28, 1)
    np.save(out, pixels[:most])
    return out


def some(count: int, scale: float) -> int:
    return count if scale == 1 else max(64, int(count * scale))


def mnist(data: Path, folder: Path, peer_python: str, scale: float) -> dict[str, Any]:
    pictures = data / "images" / "mnist"
    test = array(pictures / "t10k-images-idx3-ubyte.gz", folder / "test.npy", some(10_000, scale))
    done, record = train(
        pictures / "train-images-idx3-ubyte.gz", folder / "run", "--minutes", budget(MINUTES["mnist"], scale)
    )
    figures: dict[str, Any] = python(NLL, str(folder / "run"), str(test), str(POINTS)).json()
    return figures | {"seconds": done.seconds, "steps": record["outcome"]["step"], "peak_mb": done.peak_mb}


def textbook(data: Path, folder: Path, peer_python: str, scale: float) -> dict[str, Any]:
    pictures = data / "images" / "mnist"
    images = array(pictures / "train-images-idx3-ubyte.gz", folder / "train.npy")
    test = array(pictures / "t10k-images-idx3-ubyte.gz", folder / "test.npy")
    theirs, speed = _both(images, test, folder, max(20, int(scale * EPOCHS * 60_000 / BATCH)))
    bounds = python(BOUNDS, str(folder / "run"), str(test), cwd=HERE.parent).json()
    return {"textbook": theirs, "reverie": {"images_per_second": speed, "bounds": bounds}}


def speed(data: Path, folder: Path, peer_python: str, scale: float) -> dict[str, Any]:
    """In turns, since one whole training after the other measures the machine's hours more than the two."""
    pictures = data / "images" / "mnist"
    images = array(pictures / "train-images-idx3-ubyte.gz", folder / "train.npy")
    test = array(pictures / "t10k-images-idx3-ubyte.gz", folder / "test.npy", 1000)
    turns = [_both(images, test, folder, max(20, int(scale * STRETCH))) for _ in range(TURNS)]
    rates = [(theirs["images_per_second"], ours) for theirs, ours in turns]
    mean = {name: sum(1 / turn[at] for turn in rates) / TURNS for at, name in enumerate(("textbook", "reverie"))}
    return {"images_per_second": [{"textbook": a, "reverie": b} for a, b in rates], "seconds_per_image": mean}


def _both(images: Path, test: Path, folder: Path, steps: int) -> tuple[dict[str, Any], float]:
    """What the textbook's code reports after so many steps, and images a second of ours."""
    theirs = python((HERE / "textbookvae.py").read_text(), str(images), str(test), str(steps)).json()
    _, record = train(images, folder / "run", "--preset", "textbook", "--steps", str(steps))
    return theirs, BATCH / record["outcome"]["step_seconds"]


def pythae(data: Path, folder: Path, peer_python: str, scale: float) -> dict[str, Any]:
    pictures = data / "images" / "fashion_mnist"
    images = array(pictures / "train-images-idx3-ubyte.gz", folder / "train.npy")
    test = array(pictures / "t10k-images-idx3-ubyte.gz", folder / "test.npy", some(10_000, scale))
    few = array(pictures / "t10k-images-idx3-ubyte.gz", folder / "few.npy", some(FEW, scale))
    points, seconds = str(FEW_POINTS), 60 * max(scale * MINUTES["pythae"], 0.4)
    code, moment = (HERE / "pythaevae.py").read_text(), str(time.time() + seconds)
    samples = folder / "pythae.npy"
    theirs = python(code, str(images), str(few), moment, points, str(samples), interpreter=peer_python).json()
    done, _ = train(images, folder / "run", "--likelihood", "bernoulli", "--minutes", budget(MINUTES["pythae"], scale))
    ours: dict[str, Any] = python(NLL, str(folder / "run"), str(few), points).json()
    found = python(FRECHET, str(folder / "run"), str(test), str(samples)).json()
    return ours | {"pythae": theirs, "frechet": found, "seconds": done.seconds, "pythae_seconds": seconds}


def faces(data: Path, folder: Path, peer_python: str, scale: float) -> dict[str, Any]:
    source = folder / "faces"
    if not source.exists():
        python(DRAW, str(some(FACES, max(scale, 0.05))), str(source))
    return _concept(folder, source, "smile", "faces", scale)


def smiles(data: Path, folder: Path, peer_python: str, scale: float) -> dict[str, Any]:
    return _concept(folder, data / "images" / "smiles.zip", "smiling", "smiles", scale)


def _concept(folder: Path, source: Path, which: str, part: str, scale: float) -> dict[str, Any]:
    done, record = train(source, folder / "run", "--minutes", budget(MINUTES[part], scale))
    epochs = max(1, round(12 * scale))
    arguments = [str(folder / "run"), str(source), which, str(some(SMILES_TEST // 2, scale)), str(epochs)]
    found: dict[str, Any] = python(CONCEPT, *arguments, cwd=HERE.parent).json()
    return found | {"seconds": done.seconds, "steps": record["outcome"]["step"], "peak_mb": done.peak_mb}


def memory(data: Path, folder: Path, peer_python: str, scale: float) -> dict[str, Any]:
    source = folder / "faces"
    if not source.exists():
        python(DRAW, str(some(4000, scale)), str(source))
    done, record = train(source, folder / "run", "--steps", str(max(20, int(200 * scale))))
    return {"peak_mb": done.peak_mb, "step_seconds": record["outcome"]["step_seconds"]}


def resume(data: Path, folder: Path, peer_python: str, scale: float) -> dict[str, Any]:
    """The same steps in one go, and interrupted by Ctrl-C and resumed: how many numbers of the models differ."""
    source, steps = data / "images" / "mnist" / "t10k-images-idx3-ubyte.gz", str(max(120, int(1000 * scale)))
    return interrupted("vae", source, folder, steps)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.vae", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []])
    parser.add_argument("--data", type=Path, required=True, help="folder with pictures")
    parser.add_argument("--peer-python", default=sys.executable, help="a Python that has pythae")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the time of every training")
    options = parser.parse_args()
    for part in options.parts or PARTS:
        for each in bars(part, one(part, options.data, options.peer_python, options.scale)):
            print(f"{each['name']:<58} {each['figure']:>12.4g}   {each['bar']:<22} {each['holds']}", flush=True)
    if options.scale == 1:
        (HERE / "results").mkdir(exist_ok=True)
        (HERE / "results" / "vae.json").write_text(json.dumps(merged(), indent=1) + "\n")


if __name__ == "__main__":
    main()
