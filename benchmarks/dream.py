"""The dream engine: against the textbook's code on InceptionV3, and against its own bars."""

import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measure import bar, machine, python, run

SKY = Path("style", "sky1024px.jpg")
STEPS_TIMED = 6  # of each, after two that trace and warm up
HEIGHT, WIDTH = 768, 1024

# The textbook's gradient ascent (Chollet, Deep Learning with Python, 2nd edition, 12.2), with random weights.
TEXTBOOK = """
import json, os, sys, time
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras, numpy as np, tensorflow as tf
keras.utils.set_random_seed(0)
network = keras.applications.InceptionV3(weights=None, include_top=False)
weights = {"mixed4": 1.0, "mixed5": 1.5, "mixed6": 2.0, "mixed7": 2.5}
features = keras.Model(network.inputs, {name: network.get_layer(name).output for name in weights})

def loss_of(image):
    activations = features(image)
    return sum(weights[n] * tf.reduce_mean(tf.square(activations[n][:, 2:-2, 2:-2, :])) for n in weights)

@tf.function
def step(image, rate):
    with tf.GradientTape() as tape:
        tape.watch(image)
        loss = loss_of(image)
    gradient = tf.math.l2_normalize(tape.gradient(loss, image))
    return loss, image + rate * gradient

height, width, steps = map(int, sys.argv[1:])
image = tf.constant(np.random.default_rng(0).uniform(-1, 1, (1, height, width, 3)).astype("float32"))
times = []
for _ in range(steps + 2):
    began = time.perf_counter()
    loss, image = step(image, 20.0)
    loss.numpy()
    times.append(time.perf_counter() - began)
print(json.dumps(sorted(times[2:])[steps // 2]))
"""

OURS = """
import json, sys, time
import numpy as np
from reverie import dream, features
from reverie.dream.ascent import Ascent
from reverie.dream.expression import parse
from reverie.dream.octaves import Schedule, dream as climb
height, width, steps = map(int, sys.argv[1:])
preset = dream.PRESETS["textbook"]
ascent = Ascent(features.load(preset.network, "random", quick=True), parse(preset.objective))
image = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
times = [time.perf_counter()]
climb(image, ascent, Schedule(1, 1.4, steps + 2, preset.strength), watch=lambda _: times.append(time.perf_counter()))
print(json.dumps(sorted(np.diff(times)[2:])[steps // 2]))
"""

CHANGE = """
import json, sys
import numpy as np
from reverie import dream, images
changes = []
for size in (256, 2048):
    photo = images.fit(images.decode(sys.argv[1]).rgb, size)
    changes.append(float(np.abs(np.asarray(dream.render(photo, steps=10)).astype(float) - photo).mean()))
print(json.dumps(changes))
"""

TILES = """
import json, sys
import numpy as np
from reverie import dream, features, images
from reverie.dream.ascent import Ascent
from reverie.dream.expression import parse
from reverie.dream.octaves import Schedule, dream as climb
photo = images.fit(images.decode(sys.argv[1]).rgb, 768)
ascent = Ascent(features.load("reverie-dream", quick=True), parse(dream.PRESETS["reverie"].objective))
gradients, pictures = [], []
for side in (float("inf"), 512):
    ascent.side = side
    views = ascent.views(*photo.shape[:2])
    gradients.append(ascent.gradient(photo.astype(np.float32) / 255, views)[1])
    pictures.append(climb(photo, ascent, Schedule(1, 1.4, 1, 0.01, roll=False))[0])
whole, tiled = gradients
print(json.dumps({
    "tiles": len(views),
    "gradient": float(np.sqrt(np.mean((whole - tiled) ** 2) / np.mean(whole**2))),
    "levels": float(255 * np.abs(pictures[0] - pictures[1]).max()),
}))
"""

AGREEMENT = """
import json, sys
from pathlib import Path
from recipes import dream, photos
from reverie.features import embedded, googlenet
data = Path(sys.argv[1])
crops = photos.centre_crops(photos.read(data)[1])
teacher = googlenet.build(data / "weights" / "googlenet.npz")
found = dream.agreement(
    dream.outputs_of(embedded.build(dream.NAME), dream.STAGES), dream.outputs_of(teacher, dream.TARGETS), crops
)
correlation = dict(zip(dream.STAGES, found["correlation"]))
print(json.dumps({"photos": len(crops), "correlation": correlation, "top1": found["top1"], "top5": found["top5"]}))
"""

IMPORT = "import os; os.environ['KERAS_BACKEND'] = 'tensorflow'; import keras"


def measure(data: Path, peer: Path | None, peer_python: str) -> dict[str, Any]:
    """Whole processes, one after the other; the textbook's code and ours in turn. There is no other peer."""
    del peer, peer_python
    python(IMPORT)  # from the disk into memory, before the clock runs
    with tempfile.TemporaryDirectory() as name:
        figures = reverie(data, Path(name))
    return {"machine": machine(), "reverie": figures, "bars": bars(figures)}


def reverie(data: Path, folder: Path) -> dict[str, Any]:
    sky, root = str(data / SKY), Path(__file__).parent.parent
    render = [sys.executable, "-m", "reverie", "dream", "render"]
    dream = run([*render, sky, "--out", str(folder / "dream.png"), "--size", "1024", "--octaves", "4", "--steps", "20"])
    size = map(str, (HEIGHT, WIDTH, STEPS_TIMED))
    arguments = list(size)
    pairs = [(python(TEXTBOOK, *arguments).json(), python(OURS, *arguments).json()) for _ in range(2)]
    small, large = python(CHANGE, sky).json()
    tiles = python(TILES, sky).json()
    enlarged = "import sys; from PIL import Image; Image.open(sys.argv[1]).resize((4096, 3072)).save(sys.argv[2])"
    python(enlarged, sky, str(folder / "large.png"))
    limits = ["--memory", "2", "--octaves", "2", "--steps", "1"]
    huge = run([*render, str(folder / "large.png"), "--out", str(folder / "huge.png"), *limits])
    return {
        "seconds_1024": dream.seconds,
        "peak_mb_1024": dream.peak_mb,
        "textbook_step": min(theirs for theirs, _ in pairs),
        "step": min(ours for _, ours in pairs),
        "change_256": small,
        "change_2048": large,
        "tiles": tiles,
        "peak_mb_4096": huge.peak_mb,
        "seconds_4096": huge.seconds,
        "agreement": python(AGREEMENT, str(data), cwd=root).json(),
    }


def bars(figures: dict[str, Any]) -> list[dict[str, Any]]:
    agreement = figures["agreement"]
    change = abs(figures["change_2048"] / figures["change_256"] - 1)
    return [
        bar("seconds, 1024 px, 4 octaves of 20 steps, whole process", figures["seconds_1024"], 15.0),
        bar("InceptionV3 768 x 1024, time of a step / textbook's", figures["step"] / figures["textbook_step"], 0.8),
        bar("mean change at 2048 px, difference to 256 px", change, 0.15),
        bar("tiled and untiled, most levels of 255 apart", figures["tiles"]["levels"], 0.5),
        bar("peak memory of 4096 x 3072, MB", figures["peak_mb_4096"], 2000.0),
        bar(
            "correlation with GoogLeNet at inception_4c", agreement["correlation"]["inception_4c"], 0.65, at_most=False
        ),
        bar("GoogLeNet's first class among the first five", agreement["top5"], 0.35, at_most=False),
    ]
