"""`reverie style train` and `apply`: what is written where, what is printed, and what is refused."""

import inspect
import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import reverie.style as style
from reverie import features, images
from reverie.cli.style import app
from reverie.style.fast import train as training


@pytest.fixture(scope="module")
def folder(network, paint, tmp_path_factory):
    """A folder with photos, a painting, and a model trained for two steps from the command line."""
    place = tmp_path_factory.mktemp("fast")
    (place / "photos").mkdir()
    for number in range(3):
        Image.fromarray(paint(48, 60, seed=number)).save(place / "photos" / f"{number}.png")
    Image.fromarray(paint(64, 64, seed=9)).save(place / "painting.png")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setenv("XDG_CACHE_HOME", str(place / "cache"))
        patch.setattr(features, "load", lambda *names, **options: network)
        little = {"PHOTO": 40, "CROP": 32, "SIZE": 64, "BATCH": 2, "NETWORK": {"width": 8, "blocks": 1}}
        for name, value in little.items():
            patch.setattr(training, name, value)
        result = run("train painting.png photos -o model.safetensors --steps 2 --seed 3 --json --quiet")
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout)["model"] == "model.safetensors"
        yield place


@pytest.fixture
def inside(folder, monkeypatch):
    monkeypatch.chdir(folder)


def run(line):
    return CliRunner().invoke(app, line.split())


def test_apply(inside):
    result = run("apply model.safetensors photos/0.png --size 48 --style-weight 2")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "0.model.png\n", "")
    made = images.settings("0.model.png")
    assert made["command"] == "style apply"
    assert made["arguments"] == {
        "image": "photos/0.png", "model": "model.safetensors", "size": 48, "style_weights": [2], "colours": "painting",
    }  # fmt: skip


def test_apply_from_a_run_folder_is_the_same(inside):
    one = run("apply runs/model photos/1.png --size 48")
    two = run("apply model.safetensors photos/1.png --size 48 --out two.png --json")
    assert one.stdout == "1.model.png\n" and json.loads(two.stdout)["file"] == "two.png"
    with Image.open("1.model.png") as first, Image.open("two.png") as second:
        assert (np.asarray(first) == np.asarray(second)).all()


@pytest.mark.parametrize(
    "line",
    [
        "train painting.png nowhere",
        "train",
        "train photos",
        "apply nowhere.safetensors photos/0.png",
        "apply painting.png photos/0.png",
        "apply model.safetensors nowhere.png",
        "apply model.safetensors photos/0.png --out x.txt",
    ],
)
def test_refused(inside, line):
    result = run(line)
    assert result.exit_code != 0 and type(result.exception).__name__ == "ReverieError"


@pytest.mark.parametrize("verb", ["train", "apply"])
def test_names_and_defaults_are_the_library_s(verb):
    command = {c.name: c for c in app.registered_commands}[verb].callback
    ours, theirs = inspect.signature(command).parameters, inspect.signature(getattr(style, verb)).parameters
    for name, parameter in ours.items():
        if name == "json" or (verb, name) == ("apply", "out"):
            continue
        there = theirs[{"image": "photo"}.get(name, name)]
        assert parameter.default in (there.default, None) or there.default is inspect.Parameter.empty, name
    assert theirs.keys() <= {{"image": "photo"}.get(name, name) for name in ours}
