"""`reverie style`: what is written where, what is printed, and what is refused."""

import inspect
import json

import numpy as np
import pytest
import typer
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
    return features.load(keras.Model(pictures, x, name="reverie-style"))


@pytest.fixture
def run(monkeypatch, tmp_path, network):
    """Runs a command line in this process, in a folder with pictures, with a small network for the one that ships."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    for name in ("photo", "painting", "other"):
        Image.fromarray(random.integers(0, 256, (40, 60, 3), np.uint8)).save(f"{name}.png")
    monkeypatch.setattr(features, "load", lambda name="reverie-style", weights=None, quick=False: network)
    return lambda line: CliRunner().invoke(app, line.split())


def test_transfer(run):
    result = run(
        "transfer photo.png painting.png other.png --style-weight 1 --style-weight 2 --size 48 --steps 2 --seed 3"
    )
    assert (result.exit_code, result.stdout) == (0, "photo.painting.png\n")
    assert result.stderr.startswith("48 x 32 pixels, 1 size,")
    made = images.settings("photo.painting.png")
    assert made["command"] == "style transfer" and made["seed"] == 3
    assert made["arguments"]["styles"] == ["painting.png", "other.png"]
    assert made["arguments"]["style_weights"] == [1, 2]


def test_again_is_the_same(run):
    first = run("transfer photo.png painting.png --size 48 --steps 2 --start noise --seed 5 --out one.png --quiet")
    second = run("transfer photo.png painting.png --size 48 --steps 2 --start noise --seed 5 --out two.png --quiet")
    assert (first.stderr, second.stderr) == ("", "")
    with Image.open("one.png") as one, Image.open("two.png") as two:
        assert (np.asarray(one) == np.asarray(two)).all()


def test_texture_as_json(run):
    result = run("texture painting.png --width 48 --height 32 --steps 2 --tileable --json --quiet")
    made = json.loads(result.stdout)
    assert made["file"] == "painting.texture.png" and made["arguments"]["tileable"] is True
    with Image.open("painting.texture.png") as image:
        assert image.size == (48, 32)


@pytest.mark.parametrize("line", ["transfer nowhere.png painting.png", "transfer photo.png painting.png --out x.txt"])
def test_refused(run, line):
    result = run(line)
    assert result.exit_code != 0 and type(result.exception).__name__ == "ReverieError"


@pytest.mark.parametrize("verb", ["transfer", "texture", "film", "sheet"])
def test_names_and_defaults_are_the_library_s(verb):
    command = {c.name: c for c in app.registered_commands}[verb].callback
    ours, theirs = inspect.signature(command).parameters, inspect.signature(getattr(style, verb)).parameters
    renamed = {"image": "content"}
    for name, parameter in ours.items():
        if name in ("out", "quiet", "json", "fps") or (verb, name) == ("transfer", "report"):
            continue
        there = theirs[renamed.get(name, name)]
        assert parameter.default == there.default or there.default is inspect.Parameter.empty, name
    assert typer.main.get_command(app).commands.keys() == {"transfer", "film", "sheet", "texture", "train", "apply"}
