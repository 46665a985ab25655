"""The adversarial network against the textbook's code, against PyTorch's DCGAN example, and against its own bars.

`python -m benchmarks.gan PART ... --data DIR [--minutes 20] [--peer-python P]` measures parts anew, by default all.
Every training takes `--minutes`, or a multiple of it. Parts of 20 minutes are merged into results/gan.json, one by one.
`python -m benchmarks gan` measures the parts that are missing there: hours.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import bar, interrupted, machine, python, run
from reverie import modelfile

HERE = Path(__file__).parent
KEPT = HERE.parent / "runs" / "benchmark-gan"  # which git ignores
RESULTS = HERE / "results" / "gan.json"
# Pictures, and the peers that learn from the same ones for as long.
AGAINST = {"flowers": ("textbook", "dcgan"), "faces": ("textbook",)}
PARTS = (
    "flowers", "flowers_textbook", "flowers_dcgan", "faces", "faces_textbook", "speed", "fashion", "fashion_longer",
    "hundred", "seed_1", "seed_2", "resume",
)  # fmt: skip
MINUTES = 20.0
SAMPLES, FACES = 10_000, 24_000
SEEDS = ("faces", "seed_1", "seed_2")
AT_64 = ("flowers", "hundred", *SEEDS)
LONGER, HUNDRED = 3.0, 1.5  # times as long: Fashion-MNIST the second time, and for a hundred faces
TURNS = 3  # that ours and the textbook's take, to compare their speed

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
# Distances between pictures as root mean squares in grey levels: of samples, and of faces that were drawn anew, to the
# nearest of the training pictures; and between two of these.
NEAREST = """
import json, sys, numpy as np
from reverie import faces, metrics
known, made = np.load(sys.argv[1]), np.load(sys.argv[2])[:1000]
flat = [each.reshape(len(each), -1).astype("float32") for each in (known, made, faces.draw(1000, 64, seed=1).pixels)]
def nearest(pictures):
    found = metrics.nearest(pictures, flat[0])[1][:, 0] / np.sqrt(flat[0].shape[1])
    return {"least": float(found.min()), "median": float(np.median(found))}
apart = np.sqrt(np.square(flat[0][:, None] - flat[0]).mean(-1))[np.triu_indices(len(flat[0]), 1)]
print(json.dumps({"samples": nearest(flat[1]), "drawn": nearest(flat[2]), "between": float(np.median(apart))}))
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
        if part not in known() and (part != "flowers_dcgan" or peer_python != sys.executable):
            one(part, data, peer_python, MINUTES)
    return merged()


def one(part: str, data: Path, peer_python: str, minutes: float) -> None:
    """Measures one part; what others of the same budget have found is kept beside it."""
    folder = KEPT / f"minutes-{minutes:g}"
    (folder / part).mkdir(parents=True, exist_ok=True)
    python(IMPORT)  # from the disk into memory, before the clock runs
    name, _, which = part.partition("_")
    if which in ("textbook", "dcgan"):
        found = theirs(name, which, data, folder, peer_python, minutes)
    else:
        found = globals()[part](data, folder, minutes)
    found |= {"minutes": minutes, "machine": machine()}
    results = results_of(minutes)
    results.parent.mkdir(exist_ok=True)
    results.write_text(json.dumps(merged(known(results) | {part: found}), indent=1) + "\n")


def results_of(minutes: float) -> Path:
    """Those of other budgets than the recorded one are kept apart."""
    return RESULTS if minutes == MINUTES else KEPT / f"minutes-{minutes:g}" / "gan.json"


def known(results: Path = RESULTS) -> dict[str, Any]:
    """What each part found that was measured so far."""
    found: dict[str, Any] = json.loads(results.read_text())["parts"] if results.exists() else {}
    return found


def merged(parts: dict[str, Any] | None = None) -> dict[str, Any]:
    """The parts and their bars."""
    parts = known() if parts is None else parts
    return {"machine": machine(), "parts": {part: parts[part] for part in PARTS if part in parts}, "bars": bars(parts)}


def bars(parts: dict[str, Any]) -> list[dict[str, Any]]:
    """Of what is known. Fashion-MNIST has none: it is the mark for later versions."""
    lines = []
    for name, peers in AGAINST.items():
        for peer in peers:
            if {name, f"{name}_{peer}"} <= parts.keys() and _together(parts[name], parts[f"{name}_{peer}"]):
                nearer = parts[name]["distance"] / parts[f"{name}_{peer}"]["distance"]
                lines.append(bar(f"{name}, Fréchet distance / {peer}'s", nearer, 0.25 if peer == "textbook" else 0.5))
    if "speed" in parts:
        faster = parts["speed"]["pictures_per_second"]
        lines.append(
            bar("pictures a second / the textbook's", faster["reverie"] / faster["textbook"], 10, at_most=False)
        )
    if "faces" in parts:
        lines.append(bar("faces, share of an attribute's value, furthest off", furthest(parts["faces"]["shares"]), 1.5))
    if "hundred" in parts:
        found = parts["hundred"]
        for which in ("median", "least"):
            nearest = found["samples"][which] / found["between"]
            lines.append(bar(f"100 faces, nearest training picture, {which}", nearest, 0.5, at_most=False))
    if set(SEEDS) <= parts.keys():
        distances = [parts[part]["distance"] for part in SEEDS]
        lines.append(bar("faces, three seeds, largest / smallest distance", max(distances) / min(distances), 1.5))
        failed = sum(bool(parts[part]["warnings"]) or parts[part]["stopped"] != "finished" for part in SEEDS)
        lines.append(bar("of these, stopped or with a warning", failed, 0))
    if set(AT_64) <= parts.keys():
        lines.append(bar("peak memory at 64 px, MB", max(parts[part]["peak_mb"] for part in AT_64), 3000))
    if "resume" in parts:
        lines.append(bar("numbers that differ after a resumed training", parts["resume"]["differ"], 0))
    return lines


def _together(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two parts were measured on the same kind of machine."""
    return bool(one["machine"]["processor"] == other["machine"]["processor"])


def furthest(shares: dict[str, Any]) -> float:
    """How many times too often, or too seldom, the value that is furthest off its true share appears."""
    pairs = zip(shares["samples"].values(), shares["truth"].values(), strict=True)
    made, truth = (np.concatenate(part) for part in zip(*pairs, strict=True))
    return float(np.exp(np.abs(np.log(np.maximum(made, 1e-6) / truth)).max()))


def train(source: Path, out: Path, minutes: float, *options: str) -> dict[str, Any]:
    """One training through the command line; what it took, and its speed. minutes: of the whole process."""
    subprocess.run(["rm", "-rf", str(out)], check=True)
    options = (*options, "--minutes", f"{max(minutes - python(IMPORT).seconds / 60 - 0.05, 0.2):.4f}")
    done = run([sys.executable, "-m", "reverie", "gan", "train", str(source), "--out", str(out), "--quiet", *options])
    record = json.loads((out / "run.json").read_text())
    outcome = record["outcome"]
    batch = modelfile.describe(out / "model.safetensors")["training"]["seen"] / outcome["step"]
    return {
        "seconds": done.seconds,
        "peak_mb": done.peak_mb,
        "steps": outcome["step"],
        "pictures_per_second": batch / outcome["step_seconds"],
        "stopped": outcome["stopped"],
        "warnings": record["warnings"],
        "size": record["settings"]["size"],
    }


def source_of(name: str, data: Path, folder: Path, count: int = FACES) -> Path:
    """The pictures: of the data, or faces drawn once."""
    if name == "flowers":
        return data / "images" / "flowers.zip"
    if name == "fashion":
        return data / "images" / "fashion_mnist" / "train-images-idx3-ubyte.gz"
    drawn = folder / f"faces-{count}"
    if not drawn.exists():
        python(DRAW, str(count), str(drawn))
    return drawn


def real_of(name: str, data: Path, folder: Path, count: int = FACES) -> Path:
    """The same as an array."""
    real = folder / f"{name}-{count}.npy"
    if not real.exists():
        python(ARRAY, str(source_of(name, data, folder, count)), str(real), "32" if name == "fashion" else "64")
    return real


def ours(name: str, data: Path, run: Path, minutes: float, *options: str) -> dict[str, Any]:
    """Trained for so long from process start, and how far its samples are from the real pictures."""
    folder, real = run.parent, real_of(name, data, run.parent)
    found = train(source_of(name, data, folder), run, minutes, *options)
    count = min(SAMPLES, len(np.load(real, mmap_mode="r")))
    python(SAMPLE, str(run), str(run / "samples.npy"), str(count))
    distance, halves = judged(data, real, run / "samples.npy")
    return found | {"samples": count, "distance": distance, "distance_of_real_halves": halves}


def theirs(name: str, peer: str, data: Path, folder: Path, peer_python: str, minutes: float) -> dict[str, Any]:
    """The same of a peer."""
    real, made = real_of(name, data, folder), folder / f"{name}_{peer}" / "samples.npy"
    count = str(min(SAMPLES, len(np.load(real, mmap_mode="r"))))
    code = (HERE / {"textbook": "textbookgan.py", "dcgan": "dcgan.py"}[peer]).read_text()
    moment, interpreter = str(time.time() + 60 * minutes), peer_python if peer == "dcgan" else sys.executable
    found: dict[str, Any] = python(code, str(real), moment, count, str(made), interpreter=interpreter).json()
    return found | {"samples": int(count), "distance": judged(data, real, made)[0]}


def judged(data: Path, real: Path, made: Path) -> list[float]:
    found: list[float] = python(JUDGE, str(data / "weights" / "googlenet.npz"), str(real), str(made)).json()
    return found


def flowers(data: Path, folder: Path, minutes: float) -> dict[str, Any]:
    """Without labels, of which the peers know nothing either."""
    return ours("flowers", data, folder / "flowers", minutes, "--no-labels")


def faces(data: Path, folder: Path, minutes: float) -> dict[str, Any]:
    found = ours("faces", data, folder / "faces", minutes)
    source, epochs = source_of("faces", data, folder), str(max(1, round(12 * minutes / MINUTES)))
    samples = str(folder / "faces" / "samples.npy")
    return found | {"shares": python(SHARES, str(source), samples, epochs, cwd=HERE.parent).json()}


def seed_1(data: Path, folder: Path, minutes: float) -> dict[str, Any]:
    return ours("faces", data, folder / "seed_1", minutes, "--seed", "1")


def seed_2(data: Path, folder: Path, minutes: float) -> dict[str, Any]:
    return ours("faces", data, folder / "seed_2", minutes, "--seed", "2")


def fashion(data: Path, folder: Path, minutes: float) -> dict[str, Any]:
    return ours("fashion", data, folder / "fashion", minutes, "--resolution", "32")


def fashion_longer(data: Path, folder: Path, minutes: float) -> dict[str, Any]:
    return ours("fashion", data, folder / "fashion_longer", LONGER * minutes, "--resolution", "32")


def speed(data: Path, folder: Path, minutes: float) -> dict[str, Any]:
    """In turns of a twentieth of the time, since a machine's pace changes; of the networks that the whole time gets."""
    real, source = real_of("faces", data, folder), source_of("faces", data, folder)
    turns, size = [], known().get("faces", {}).get("size", "small")
    for _ in range(TURNS):
        moment, made = str(time.time() + 3 * minutes), str(folder / "speed" / "samples.npy")
        peer = python((HERE / "textbookgan.py").read_text(), str(real), moment, "32", made).json()
        found = train(source, folder / "speed" / "run", minutes / 20, "--size", size)
        turns.append({"textbook": peer["pictures_per_second"], "reverie": found["pictures_per_second"]})
    mean = {name: TURNS / sum(1 / turn[name] for turn in turns) for name in ("textbook", "reverie")}
    return {"turns": turns, "pictures_per_second": mean, "size": size}


def hundred(data: Path, folder: Path, minutes: float) -> dict[str, Any]:
    run = folder / "hundred"
    found = train(source_of("faces", data, folder, 100), run, HUNDRED * minutes)
    python(SAMPLE, str(run), str(run / "samples.npy"), str(SAMPLES))
    found |= {"distance": judged(data, real_of("faces", data, folder), run / "samples.npy")[0]}  # to all faces
    return found | python(NEAREST, str(real_of("faces", data, folder, 100)), str(run / "samples.npy")).json()


def resume(data: Path, folder: Path, minutes: float) -> dict[str, Any]:
    """The same steps in one go, and interrupted by Ctrl-C and resumed: how many numbers of the models differ."""
    return interrupted("gan", source_of("faces", data, folder, 500), folder / "resume", "400")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gan", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []])
    parser.add_argument("--data", type=Path, required=True, help="folder with pictures and weights")
    parser.add_argument("--peer-python", default=sys.executable, help="a Python that has PyTorch")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="of a training; recorded results are of 20")
    options = parser.parse_args()
    for part in options.parts or PARTS:
        one(part, options.data, options.peer_python, options.minutes)
    for each in bars(known(results_of(options.minutes))):
        print(f"{each['name']:<58} {each['figure']:>12.4g}   {each['bar']:<22} {each['holds']}", flush=True)


if __name__ == "__main__":
    main()
