"""`reverie dream`: what is written where, what is printed, and what is refused."""

import inspect
import json
import sys

import numpy as np
import pytest
import typer
from PIL import Image

import reverie.dream as dream
from reverie import features, images
from reverie.cli import app, main


@pytest.fixture(scope="module")
def network():
    import keras

    pictures = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(8, 3, strides=2, padding="same", activation="silu", name="inception_4c")(pictures)
    return features.load(keras.Model(pictures, x, name="reverie-dream"))


@pytest.fixture
def command(monkeypatch, capsys, tmp_path, network):
    """Runs a command line in this process, in a folder with a photo, with a small network for the one that ships."""
    monkeypatch.chdir(tmp_path)
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    Image.fromarray(pixels).save("photo.png")
    monkeypatch.setattr(features, "load", lambda name="reverie-dream", weights=None, quick=False: network)

    def run(line: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["reverie", "dream", *line.split()])
        with pytest.raises(SystemExit) as exit_:
            main()
        return (exit_.value.code or 0, *capsys.readouterr())

    return run


def test_render_and_again(command):
    """The command that the picture carries makes it again, pixel for pixel."""
    code, out, err = command("render photo.png --octaves 2 --steps 2 --seed 3")
    assert (code, out) == (0, "photo.dream.png\n")
    assert err.startswith("60 x 40 pixels, 2 octaves of 2 steps: about")
    made = images.settings("photo.dream.png")
    assert made["command"] == "dream render" and made["seed"] == 3
    from reverie.cli.again import command_line

    again = command_line(made, app)
    code, out, err = command(again.removeprefix("reverie dream ") + " --out again.png --quiet --json")
    assert code == 0 and err == ""
    assert json.loads(out)["file"] == "again.png"
    assert (images.decode("again.png").rgb == images.decode("photo.dream.png").rgb).all()


def test_a_sheet(command):
    assert command("render photo.png --sheet --octaves 1 --steps 1 --size 40 --quiet")[:2] == (0, "photo.sheet.png\n")
    assert images.settings("photo.sheet.png")["command"] == "dream sheet"
    line = "sheet photo.png --layer inception_4c --strength 0.02 --octaves 1 --steps 1 --size 40 --out s.png --json"
    made = json.loads(command(line)[1])
    assert made["arguments"]["layers"] == ["inception_4c"] and made["arguments"]["strengths"] == [0.02]


def test_filters(command):
    assert command("filters --count 2 --size 32 --steps 1 --quiet")[:2] == (0, "inception_4c.filters.png\n")
    assert images.settings("inception_4c.filters.png")["arguments"]["count"] == 2


def test_a_zoom(command):
    line = "zoom photo.png --out film.gif --frames 2 --steps 1 --octaves 1 --size 60 --quiet"
    assert command(line)[:2] == (0, "film.gif\n")
    with Image.open("film.gif") as film:
        assert film.n_frames == 2


def test_a_sound(command):
    wavfile = pytest.importorskip("scipy.io.wavfile")
    wavfile.write("tune.wav", 8000, (np.sin(np.arange(4000)) * 9000).astype(np.int16))
    code, out, _ = command("render tune.wav --octaves 1 --steps 1 --quiet")
    assert (code, out) == (0, "tune.dream.wav\n")
    assert wavfile.read("tune.dream.wav")[0] == 8000
    code, out, err = command("render tune.wav --size 100")
    assert (code, out) == (2, "")
    assert err == "reverie: A sound knows no --size. Leave it out.\n"


@pytest.mark.parametrize(
    "line",
    [
        "render nothing.png",
        "render photo.png --out there.bmp",
        "render photo.png --objective zz",
        "render photo.png --objective 3/0",
        "render photo.png --octaves none",
        "render photo.png --mask nothing.png",
        "render photo.png --sheet --memory 2",
        "filters --layer zz",
        "zoom photo.png --out film.avi",
        "zoom photo.png --out film.gif --frames 0",
        "sheet photo.png --layer zz",
    ],
)
def test_what_is_wrong_is_one_sentence(command, line, tmp_path):
    before = sorted(path.name for path in tmp_path.iterdir())
    code, out, err = command(line)
    assert (code, out) == (2, "")
    assert err.strip() and "Traceback" not in err
    assert sorted(path.name for path in tmp_path.iterdir()) == before  # nothing half-written


def test_options_and_defaults_are_those_of_the_functions():
    group = typer.main.get_command(app).commands["dream"]
    functions = {"render": dream.render, "filters": dream.filters, "sheet": dream.sheet, "zoom": dream.zoom}
    assert functions.keys() == group.commands.keys()
    of_the_command = {"help", "out", "quiet", "json", "image"}
    of_this_command = {("render", "sheet"), ("zoom", "fps"), ("filters", "layer")}
    for name, function in functions.items():
        parameters = inspect.signature(function).parameters
        options = {option.name: option for option in group.commands[name].params}
        assert parameters.keys() - {"image", "progress"} <= options.keys(), name
        for option in options.values():
            if option.name not in of_the_command and (name, option.name) not in of_this_command:
                assert option.default == parameters[option.name].default, (name, option.name)
