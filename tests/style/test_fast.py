"""Fast models: what a user of `style.train` and `style.apply` relies on, with a network of a few thousand weights."""

import itertools
import json
import signal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reverie import features, images, modelfile
from reverie.errors import ReverieError
from reverie.style.fast import train as training
from reverie.style.fast.model import FastStyle, apply, built, load
from reverie.style.fast.samples import Samples
from reverie.style.fast.train import train


@pytest.fixture(scope="module")
def small(network, tmp_path_factory):
    """Little photos, a little painter, and the small feature network instead of the one that ships."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(features, "load", lambda *names, **options: network)
        little = {"PHOTO": 40, "CROP": 32, "SIZE": 64, "BATCH": 2, "NETWORK": {"width": 8, "blocks": 1}}
        for name, value in little.items():
            patch.setattr(training, name, value)
        yield


@pytest.fixture(scope="module")
def photos(paint, tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for number in range(6):
        Image.fromarray(paint(48, 60, seed=number)).save(folder / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def paintings(paint, photos):
    """A fine one and a coarse one."""
    names = [photos.parent / "fine.png", photos.parent / "coarse.png"]
    for name, cells in zip(names, (30, 4), strict=True):
        Image.fromarray(paint(64, 64, seed=9, cells=cells)).save(name)
    return names


@pytest.fixture(scope="module")
def model(small, photos, paintings, tmp_path_factory):
    """Trained for 80 steps in two styles."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return train(paintings, photos, steps=80, out=folder / "both.safetensors", quiet=True)


def random_model(styles=2):
    """Untrained, and then shaken, so that its styles differ."""
    config = {"styles": styles, "width": 8, "blocks": 1}
    model = FastStyle(built(config), {"network": config, "styles": [f"s{i}" for i in range(styles)]})
    random = np.random.default_rng(0)
    for weight in model.painter.weights:
        weight.assign(np.asarray(weight) + random.normal(0, 0.3, weight.shape).astype(np.float32))
    return model


def far(a, b):
    return float(np.abs(np.asarray(a, np.float32) - np.asarray(b, np.float32)).mean())


@pytest.mark.backends
def test_it_learns(small, photos, paintings, tmp_path, monkeypatch):
    """On the photos it trains with, and on those it never saw."""
    monkeypatch.chdir(tmp_path)
    train(paintings, photos, steps=20, out="both.safetensors", quiet=True)
    rows = Path("runs/both/metrics.csv").read_text().splitlines()[1:]
    first, *_, last = ([float(value) for value in row.split(",")[1:3]] for row in rows)
    assert last[0] < 0.97 * first[0] and last[1] < 0.99 * first[1]  # loss, validation


def test_the_run_folder_tells_what_happened(model):
    run = model.path.parent / "runs" / "both"
    document = json.loads((run / "run.json").read_text())
    assert (document["engine"], document["status"]) == ("style", "finished")
    assert (run / "model.safetensors").read_bytes() == model.path.read_bytes()
    with Image.open(run / "samples" / "epoch-0002.png") as sheet:
        assert sheet.width > 3 * 40  # the photo and two paintings


def test_a_model_file_is_the_whole_model(model, paint):
    again = load(*modelfile.read(model.path))
    assert again.styles == ["fine", "coarse"]
    photo = paint(50, 70)
    assert far(again.apply(photo, size=64), model.apply(photo, size=64)) == 0


@pytest.mark.parametrize("size", [(16, 16), (33, 70), (64, 47)])
@pytest.mark.backends
def test_any_size(paint, size):
    picture = random_model().apply(paint(*size), size=None)
    assert (picture.height, picture.width) == size


def test_one_style_alone_is_that_style(paint):
    """Weights count by their proportion, and a style with weight 0 does not count."""
    model, photo = random_model(), paint(40, 40)
    alone = model.apply(photo, style_weights=[1, 0])
    assert far(alone, model.apply(photo, style_weights=[5, 0])) == 0
    other = model.apply(photo, style_weights=[0, 1])
    assert far(alone, other) > 3
    for layer in model.painter.layers:  # without the other style's numbers nothing changes
        if layer.name.endswith("_norm"):
            for weight in layer.weights:
                weight.assign(np.asarray(weight) * np.array([[1], [0]], np.float32))
    assert far(alone, model.apply(photo, style_weights=[1, 0])) == 0
    assert far(other, model.apply(photo, style_weights=[0, 1])) > 3


def test_mixing_is_continuous(paint):
    model, photo = random_model(), paint(40, 40)
    shares = np.linspace(0, 1, 9)
    pictures = [model.apply(photo, style_weights=[1 - share, share]) for share in shares]
    steps = [far(a, b) for a, b in itertools.pairwise(pictures)]
    assert min(steps) > 0 and max(steps) < 0.5 * far(pictures[0], pictures[-1])
    assert far(pictures[4], model.apply(photo)) == 0  # by default alike


def test_where_a_picture_ends_does_not_show(paint):
    """The middle of a photo is painted alike whether or not the photo goes on, if the statistics are the same."""
    model, photo = random_model(), paint(64, 64)
    mirrored = np.concatenate([photo, photo[:, ::-1]], axis=1)
    mirrored = np.concatenate([mirrored, mirrored[::-1]])
    whole, part = (np.asarray(model.apply(x, size=None), np.float32) for x in (mirrored, photo))
    inside = np.abs(whole[:64, :64] - part)
    assert inside.mean() < 6


def test_settings_in_the_picture(model, paint, tmp_path):
    picture = model.apply(paint(40, 60), size=48, style_weights=[1, 2])
    images.save(picture, tmp_path / "out.png")
    found = images.settings(tmp_path / "out.png")
    assert found["command"] == "style apply" and "seed" not in found
    assert found["arguments"]["model"] == str(model.path) and found["arguments"]["style_weights"] == [1, 2]


def test_colours_and_transparency_are_kept(paint):
    photo = np.dstack([paint(40, 40), np.full((40, 40), 99, np.uint8)])
    picture = random_model().apply(photo, size=None, colours="luminance")
    assert picture.mode == "RGBA" and np.asarray(picture)[..., 3].max() == 99
    ours, theirs = (x[..., :3].astype(np.float32) for x in (np.asarray(picture), photo))
    hue = [x - x.mean(axis=2, keepdims=True) for x in (ours, theirs)]
    assert np.corrcoef(hue[0].ravel(), hue[1].ravel())[0, 1] > 0.8


def test_a_resumed_run_ends_in_the_same_bits(model, photos, paintings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def interrupt(self, epoch, logs=None):
        signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(Samples, "on_epoch_end", interrupt)
        stopped = train(paintings, photos, steps=80, out="both.safetensors", quiet=True)
    assert stopped.document["training"]["steps"] == 40
    assert load(*modelfile.read("both.safetensors")).styles == ["fine", "coarse"]  # usable as it is
    train(resume="runs/both", quiet=True)
    whole, parts = modelfile.read(model.path)[1], modelfile.read("both.safetensors")[1]
    assert whole.keys() == parts.keys()
    assert all((whole[name] == parts[name]).all() for name in whole)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"photos": None}, "no photos"),
        ({"photos": "nowhere"}, "does not exist"),
        ({"paintings": []}, "no painting"),
        ({"paintings": "nowhere.png"}, "nowhere.png"),
        ({"steps": 0}, "steps"),
        ({"steps": 1, "minutes": 1}, "Both"),
        ({"minutes": -1.0}, "minutes"),
        ({"strength": -1}, "strength"),
        ({"out": "model.png"}, "model.png"),
        ({"out": "nowhere/model.safetensors"}, "nowhere"),
        ({"resume": "nowhere"}, "nowhere"),
    ],
)
def test_refused(small, photos, paintings, tmp_path, monkeypatch, options, words):
    monkeypatch.chdir(tmp_path)
    given = {"paintings": paintings, "photos": photos, "steps": 1} | options
    if "minutes" in options and "steps" not in options:
        del given["steps"]
    with pytest.raises(ReverieError, match=words):
        train(given.pop("paintings"), given.pop("photos"), quiet=True, **given)
    assert not list(tmp_path.rglob("*.json"))


def test_a_folder_without_photos(small, paintings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ReverieError, match="no picture"):
        train(paintings, "empty", steps=1, quiet=True)
    assert not (tmp_path / "runs").exists()


def test_wrong_models_are_refused(model, tmp_path, paint):
    document, arrays = modelfile.read(model.path)
    for config in ({}, {"styles": 1, "width": 8, "blocks": 1}, {"styles": 2, "width": 10**6, "blocks": 1}):
        with pytest.raises(ReverieError, match="model file"):
            load(document | {"network": config}, arrays)
    with pytest.raises(ReverieError, match="model file"):
        load(document, arrays | {"more": np.zeros(1)})
    with pytest.raises(ReverieError, match="There is no model file"):
        apply(tmp_path / "nowhere.safetensors", paint(40, 40))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"style_weights": [1]}, "2 styles and 1 weights"),
        ({"style_weights": [0, 0]}, "weigh 0"),
        ({"size": 3}, "size"),
        ({"colours": "none"}, "colours"),
        ({"size": 4096, "memory": 0.5}, "4096 x 4096 pixels do not fit into 0.5 GB"),
    ],
)
def test_values_that_make_no_sense(paint, options, words):
    with pytest.raises(ReverieError, match=words):
        random_model().apply(paint(40, 40), **options)
