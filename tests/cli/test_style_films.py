"""`reverie style film` and `sheet`, and `--report`: what is written where, what is printed, and what is refused."""

import inspect
import itertools
import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import reverie.style as style
from reverie import features, images
from reverie.cli.style import app


@pytest.fixture(scope="module")
def network():
    import keras

    pictures = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(8, 3, strides=2, padding="same", activation="relu", name="conv1_1")(pictures)
    x = keras.layers.Conv2D(8, 3, strides=2, padding="same", activation="relu", name="conv2_1")(x)
    return features.load(keras.Model(pictures, x, name="small"))


@pytest.fixture
def run(monkeypatch, tmp_path, network):
    """Runs a command line in this process, in a folder with pictures, with a small network for those that ship."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    for name in ("photo", "painting"):
        Image.fromarray(random.integers(0, 256, (40, 60, 3), np.uint8)).save(f"{name}.png")
    images.video.write(random.integers(0, 256, (3, 32, 48, 3), np.uint8), "clip.gif", 8)
    monkeypatch.setattr(features, "load", lambda *names, **options: network)
    return lambda line: CliRunner().invoke(app, line.split())


def test_a_film(run):
    result = run("film clip.gif painting.png --out film.gif --size 48 --steps 1 --seed 3")
    assert (result.exit_code, result.stdout) == (0, "film.gif\n")
    assert result.stderr.startswith("48 x 32 pixels, 3 frames:")
    made = images.settings("film.gif")
    assert made["command"] == "style film" and made["seed"] == 3 and made["arguments"]["clip"] == "clip.gif"
    with Image.open("film.gif") as film:
        assert film.n_frames == 3 and film.info["duration"] == pytest.approx(125, abs=5)  # as fast as the clip


def test_a_short_film_as_json(run):
    result = run("film clip.gif painting.png --out f.webp --size 48 --steps 1 --frames 2 --fps 20 --json --quiet")
    assert result.stderr == ""
    assert json.loads(result.stdout)["frames"] == 2
    with Image.open("f.webp") as film:
        film.load()
        assert film.n_frames == 2 and film.info["duration"] == 50


def test_a_sheet_and_its_report(run):
    result = run(
        "sheet photo.png painting.png --strength 1 --strength 5 --style-scale 1 --size 48 --steps 1 --report chart.png"
    )
    assert (result.exit_code, result.stdout) == (0, "photo.painting.sheet.png\n")
    assert images.settings("photo.painting.sheet.png")["arguments"]["strengths"] == [1, 5]
    with Image.open("chart.png") as chart:
        assert chart.width > 500


def test_a_report_on_one_picture(run):
    result = run("transfer photo.png painting.png --size 48 --steps 1 --out one.png --report chart.png --quiet")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "one.png\n", "")
    with Image.open("chart.png") as chart:
        assert chart.width > 500


@pytest.mark.parametrize(
    "line",
    [
        "film nowhere.gif painting.png --out film.gif",
        "film photo.png painting.png --out film.gif",
        "film clip.gif painting.png --out film.png",
        "film clip.gif painting.png --out film.gif --frames 0",
        "sheet photo.png painting.png --report chart.txt",
        "transfer photo.png painting.png --report chart.txt",
    ],
)
def test_refused(run, line, tmp_path):
    before = sorted(path.name for path in tmp_path.iterdir())
    result = run(line)
    assert result.exit_code != 0 and type(result.exception).__name__ == "ReverieError"
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize("verb", ["film", "sheet"])
def test_names_and_defaults_are_the_library_s(verb):
    command = {c.name: c for c in app.registered_commands}[verb].callback
    ours, theirs = inspect.signature(command).parameters, inspect.signature(getattr(style, verb)).parameters
    names = {"image": "content"}
    assert theirs.keys() - {"progress"} <= {names.get(name, name) for name in ours}
    for name, parameter in itertools.filterfalse(lambda item: item[0] in ("out", "fps", "quiet", "json"), ours.items()):
        there = theirs[names.get(name, name)]
        assert there.default in (parameter.default, inspect.Parameter.empty), name
