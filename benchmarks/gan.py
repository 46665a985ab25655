"""The adversarial network against the textbook's code, against PyTorch's DCGAN example, and against its own bars.

`python -m benchmarks.gan PART ... --data DIR [--minutes 20] [--peer-python P]` measures parts anew, by default all.
Every training takes `--minutes`, or a multiple of it. Parts are kept in runs/benchmark-gan and merged into
results/gan.json if they are of 20 minutes. `python -m benchmarks gan` measures the parts that are missing: hours.
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
KEPT = HERE.parent / "runs" / "benchmark-gan"  # which git ignores
PARTS = ("flowers", "faces", "fashion", "hundred", "seeds", "memory", "resume")
MINUTES = 20.0
SAMPLES, FACES = 10_000, 24_000
LARGER, HUNDRED = 3.0, 1.5  # times as long: Fashion-MNIST the second time, and for a hundred faces

IMPORT = "import os; os.environ['KERAS_BACKEND'] = 'tensorflow'; import keras"
DRAW = "import sys; from reverie import faces; faces.draw(int(sys.argv[1]), 64).write(sys.argv[2])"
ARRAY = """
import sys, numpy as np
from reverie import images
np.save(sys.argv[2], images.folder(sys.argv[1], int(sys.argv[3])).pixels)
"""
SAMPLE = "import sys, numpy as np, reverie; np.save(sys.argv[2], reverie.open(sys.argv[1]).sample(int(sys.argv[3])))"
# Distances of each file of samples to the real pictures, in GoogLeNet, which sees them at 128 px.
JUDGE = """
import json, sys, numpy as np
from reverie import features, images, metrics
from reverie.features import googlenet
network, seen = features.load(googlenet.build(sys.argv[1])), []
for file in sys.argv[2:]:
    pixels = np.load(file)[:10_000]
    larger = [255 * images.resize(x / np.float32(255), (128, 128)).clip(0, 1) for x in pixels]
    seen.append(metrics.embed(np.stack(larger).round().astype("uint8"), network))
real, *made = seen
half = np.random.default_rng(0).permutation(len(real))
print(json.dumps([metrics.frechet_distance(real, each) for each in made]
                 + [metrics.frechet_distance(*np.array_split(real[half], 2))]))
"""
# Distances between pictures as root mean squares in grey levels.
NEAREST = """
import json, sys, numpy as np
from reverie import metrics
known, made = (np.load(file).astype("float32").reshape(-1, 64 * 64 * 3) for file in sys.argv[1:3])
apart = np.sqrt(np.square(known[:, None] - known).mean(-1))[np.triu_indices(len(known), 1)]
found = metrics.nearest(made, known)[1][:, 0] / np.sqrt(made.shape[1])
print(json.dumps({"nearest": float(found.min()), "nearest_median": float(np.median(found)),
                  "between": float(np.median(apart))}))
"""
SHARES = """
import json, sys, numpy as np
from benchmarks import concepts
from reverie import images
pictures, made = images.folder(sys.argv[1], 64), np.load(sys.argv[2])
truth = {name: concepts.codes(pictures, name) for name in concepts.FACES}
judge = concepts.classifier(pictures.pixels, truth, int(sys.argv[3]))
def shares(codes, name):
    return np.bincount(codes, minlength=truth[name].max() + 1) / len(codes)
found = {name: shares(codes, name).tolist() for name, codes in concepts.seen(judge, made).items()}
print(json.dumps({"samples": found, "truth": {name: shares(codes, name).tolist() for name, codes in truth.items()}}))
"""


def measure(data: Path, peer: Path | None, peer_python: str) -> dict[str, Any]:
    """All parts that were not measured before. peer_python: a Python with PyTorch, or DCGAN is left out."""
    del peer
    for part in PARTS:
        if not (KEPT / f"{part}.json").exists():
            one(part, data, peer_python, MINUTES)
    return merged()


def one(part: str, data: Path, peer_python: str, minutes: float) -> dict[str, Any]:
    """Measures one part and keeps what it found; those of other budgets are kept apart."""
    place = KEPT if minutes == MINUTES else KEPT / f"minutes-{minutes:g}"
    folder = place / part
    folder.mkdir(parents=True, exist_ok=True)
    python(IMPORT)  # from the disk into memory, before the clock runs
    found: dict[str, Any] = globals()[part](data, folder, peer_python, minutes)
    found |= {"minutes": minutes, "machine": machine()}
    (place / f"{part}.json").write_text(json.dumps(found, indent=1) + "\n")
    return found


def merged(place: Path = KEPT) -> dict[str, Any]:
    """What the parts measured so far have found, and their bars."""
    files = {part: place / f"{part}.json" for part in PARTS}
    found = {part: json.loads(file.read_text()) for part, file in files.items() if file.exists()}
    return {"machine": machine(), "parts": found, "bars": [each for part in found for each in bars(part, found[part])]}


def bars(part: str, found: dict[str, Any]) -> list[dict[str, Any]]:
    if part in ("flowers", "faces"):
        distance = found["distance"]
        lines = [bar(f"{part}, Fréchet distance / the textbook's", distance["reverie"] / distance["textbook"], 0.25)]
        if "dcgan" in distance:
            lines.append(bar(f"{part}, Fréchet distance / DCGAN's", distance["reverie"] / distance["dcgan"], 0.5))
        faster = found["reverie"]["pictures_per_second"] / found["textbook"]["pictures_per_second"]
        lines.append(bar(f"{part}, pictures a second / the textbook's", faster, 10.0, at_most=False))
        if "shares" in found:
            lines.append(bar("faces, share of an attribute's value, furthest off", furthest(found["shares"]), 1.5))
        return lines
    if part == "hundred":
        return [
            bar("100 faces, nearest training picture / median", found["nearest"] / found["between"], 0.5, at_most=False)
        ]
    if part == "seeds":
        return [
            bar("three seeds, distances, largest / smallest", max(found["distances"]) / min(found["distances"]), 1.5)
        ]
    if part == "memory":
        return [bar("peak memory at 64 px, MB", found["peak_mb"], 3000.0)]
    if part == "resume":
        return [bar("numbers that differ after a resumed training", found["differ"], 0.0)]
    return []  # Fashion-MNIST is the mark for later versions


def furthest(shares: dict[str, Any]) -> float:
    """How many times too often, or too seldom, the value that is furthest off its true share appears."""
    pairs = zip(shares["samples"].values(), shares["truth"].values(), strict=True)
    made, truth = (np.concatenate(part) for part in zip(*pairs, strict=True))
    return float(np.exp(np.abs(np.log(np.maximum(made, 1e-6) / truth)).max()))


def train(source: Path, out: Path, minutes: float | None, *options: str) -> tuple[Finished, dict[str, Any]]:
    """One training through the command line; what it took, and its speed. minutes: of the whole process."""
    subprocess.run(["rm", "-rf", str(out)], check=True)
    if minutes is not None:
        options = (*options, "--minutes", f"{max(minutes - python(IMPORT).seconds / 60 - 0.05, 0.2):.4f}")
    done = run([sys.executable, "-m", "reverie", "gan", "train", str(source), "--out", str(out), "--quiet", *options])
    record = json.loads((out / "run.json").read_text())
    step = record["outcome"]["step_seconds"]
    found = {
        "seconds": done.seconds,
        "peak_mb": done.peak_mb,
        "step_seconds": step,
        "steps": record["outcome"]["step"],
        "size": record["settings"]["size"],
    }
    return done, found


def sampled(model: Path, out: Path, count: int) -> Path:
    python(SAMPLE, str(model), str(out), str(count))
    return out


def flowers(data: Path, folder: Path, peer_python: str, minutes: float) -> dict[str, Any]:
    peers = ["textbook", "dcgan"] if peer_python != sys.executable else ["textbook"]
    return _against(data / "images" / "flowers.zip", data, folder, peer_python, minutes, peers)


def faces(data: Path, folder: Path, peer_python: str, minutes: float) -> dict[str, Any]:
    source = folder / "faces"
    if not source.exists():
        python(DRAW, str(FACES), str(source))
    found = _against(source, data, folder, peer_python, minutes, ["textbook"])
    epochs = str(max(1, round(12 * minutes / MINUTES)))
    shares = python(SHARES, str(source), str(folder / "reverie.npy"), epochs, cwd=HERE.parent).json()
    return found | {"shares": shares}


def _against(
    source: Path, data: Path, folder: Path, peer_python: str, minutes: float, peers: list[str]
) -> dict[str, Any]:
    """Ours and the peers', each for as long from process start, and how far each is from the real pictures."""
    real = folder / "real.npy"
    python(ARRAY, str(source), str(real), "64")
    count = min(SAMPLES, len(np.load(real, mmap_mode="r")))
    found: dict[str, Any] = {}
    _, found["reverie"] = train(source, folder / "run", minutes)
    found["reverie"]["pictures_per_second"] = 32 / found["reverie"]["step_seconds"]
    files = [real, sampled(folder / "run", folder / "reverie.npy", count)]
    for peer in peers:
        code = (HERE / {"textbook": "textbookgan.py", "dcgan": "dcgan.py"}[peer]).read_text()
        files.append(folder / f"{peer}.npy")
        moment, interpreter = str(time.time() + 60 * minutes), peer_python if peer == "dcgan" else sys.executable
        found[peer] = python(code, str(real), moment, str(count), str(files[-1]), interpreter=interpreter).json()
    distances = judged(data, files)
    return found | {"distance": dict(zip(["reverie", *peers, "real halves"], distances, strict=True)), "samples": count}


def judged(data: Path, files: list[Path]) -> list[float]:
    found: list[float] = python(JUDGE, str(data / "weights" / "googlenet.npz"), *map(str, files)).json()
    return found


def fashion(data: Path, folder: Path, peer_python: str, minutes: float) -> dict[str, Any]:
    source = data / "images" / "fashion_mnist" / "train-images-idx3-ubyte.gz"
    real = folder / "real.npy"
    python(ARRAY, str(source), str(real), "32")
    found, files = {}, [real]
    for name, times in (("once", 1.0), ("longer", LARGER)):
        _, found[name] = train(source, folder / name, times * minutes, "--resolution", "32")
        files.append(sampled(folder / name, folder / f"{name}.npy", SAMPLES))
    return found | {"distance": dict(zip(["once", "longer", "real halves"], judged(data, files), strict=True))}


def hundred(data: Path, folder: Path, peer_python: str, minutes: float) -> dict[str, Any]:
    source, real = folder / "faces", folder / "real.npy"
    if not source.exists():
        python(DRAW, "100", str(source))
    python(ARRAY, str(source), str(real), "64")
    _, found = train(source, folder / "run", HUNDRED * minutes)
    made = sampled(folder / "run", folder / "reverie.npy", 1000)
    return found | python(NEAREST, str(real), str(made)).json()


def seeds(data: Path, folder: Path, peer_python: str, minutes: float) -> dict[str, Any]:
    source = KEPT / "faces" / "faces"
    source = source if source.exists() else folder / "faces"
    if not source.exists():
        python(DRAW, str(FACES), str(source))
    files = [folder / "real.npy"]
    python(ARRAY, str(source), str(files[0]), "64")
    found = {}
    for seed in ("0", "1", "2"):
        _, found[seed] = train(source, folder / f"run{seed}", minutes, "--seed", seed)
        files.append(sampled(folder / f"run{seed}", folder / f"{seed}.npy", SAMPLES))
    return {"runs": found, "distances": judged(data, files)[:3]}


def memory(data: Path, folder: Path, peer_python: str, minutes: float) -> dict[str, Any]:
    source = folder / "faces"
    if not source.exists():
        python(DRAW, "4000", str(source))
    return train(source, folder / "run", None, "--steps", "300")[1]


def resume(data: Path, folder: Path, peer_python: str, minutes: float) -> dict[str, Any]:
    """The same steps in one go, and interrupted by Ctrl-C and resumed: how many numbers of the models differ."""
    source, steps = folder / "faces", "400"
    if not source.exists():
        python(DRAW, "500", str(source))
    return interrupted("gan", source, folder / "runs", steps)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gan", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []])
    parser.add_argument("--data", type=Path, required=True, help="folder with pictures and weights")
    parser.add_argument("--peer-python", default=sys.executable, help="a Python that has PyTorch")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="of a training; recorded results are of 20")
    options = parser.parse_args()
    for part in options.parts or PARTS:
        for each in bars(part, one(part, options.data, options.peer_python, options.minutes)):
            print(f"{each['name']:<58} {each['figure']:>12.4g}   {each['bar']:<22} {each['holds']}", flush=True)
    if options.minutes == MINUTES:
        (HERE / "results").mkdir(exist_ok=True)
        (HERE / "results" / "gan.json").write_text(json.dumps(merged(), indent=1) + "\n")


if __name__ == "__main__":
    main()
