"""From pictures to a generator: the run folder, an exact resume, and one sentence for what cannot be learned from."""

import json
import signal
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from reverie import ReverieError, backend, gan, images, modelfile
from reverie.gan import effort, networks, sight
from reverie.gan.networks import design
from reverie.gan.train import _epoch, _strength
from reverie.images.folders import Pictures

SMALL = {"size": "tiny", "quiet": True}


def test_it_learns_which_colour_pictures_have(tmp_path):
    """Plain pictures, all of them bright red to orange: from noise around grey it comes near."""
    pixels = np.zeros((32, 16, 16, 3), np.uint8)
    pixels[..., 0] = 230
    pixels[..., 1] = np.linspace(0, 120, 32)[:, None, None]
    model = gan.train(Pictures(pixels, [str(row) for row in range(32)]), steps=60, out=tmp_path / "run", **SMALL)
    made = model.sample(32).astype(float).mean(axis=(1, 2))
    assert made[:, 0].mean() > 170 and made[:, 2].mean() < 70


def test_the_run_folder_tells_what_happened(run: Path):
    document = json.loads((run / "run.json").read_text())
    assert document["status"] == "finished" and document["settings"]["steps"] == 8
    assert document["warnings"] == []
    assert sorted(path.name for path in (run / "samples").iterdir()) == ["epoch-0001.png", "epoch-0002.png"]
    made = images.settings(run / "samples" / "epoch-0002.png")
    assert made["command"] == "gan train" and made["seed"] == 0
    assert made["epoch"] == 2 and made["arguments"]["steps"] == 8
    described = modelfile.describe(run / "model.safetensors")
    assert described["engine"] == "gan" and described["training"]["seen"] == 8 * 32
    rows = [line.split(",") for line in (run / "losses.csv").read_text().splitlines()]
    assert rows[0][0] == "step" and [row[0] for row in rows[1:]] == ["4", "8"]
    assert all(np.isfinite(float(value)) for row in rows[1:] for value in row)


def stopped_and_resumed(pictures: Pictures, steps: int, stop: int, out: Path, patch: pytest.MonkeyPatch) -> None:
    """Interrupted in a step, it goes on to the end."""

    class Stop(gan.ShowSamples):
        count = 0

        def on_train_batch_end(self, batch, logs=None):
            Stop.count += 1
            if Stop.count == stop:
                signal.raise_signal(signal.SIGINT)

    with patch.context() as patched:
        patched.setattr(sys.modules["reverie.gan.train"], "ShowSamples", Stop)
        gan.train(pictures, steps=steps, out=out, **SMALL)
    assert json.loads((out / "run.json").read_text())["status"] == "interrupted"
    gan.train(pictures, resume=out, quiet=True)


def assert_same(folder: Path, whole: Path) -> None:
    for name in ("metrics.csv", "losses.csv"):
        assert (folder / name).read_bytes() == (whole / name).read_bytes()
    ours, theirs = (modelfile.read(each / "model.safetensors") for each in (folder, whole))
    assert ours[1].keys() == theirs[1].keys()
    assert all((ours[1][name] == array).all() for name, array in theirs[1].items())


@pytest.mark.parametrize("step", [3, 4])
def test_a_resumed_run_ends_in_the_same_bits(run, drawn, step, tmp_path, monkeypatch):
    stopped_and_resumed(drawn, 8, step, tmp_path / "run", monkeypatch)
    assert_same(tmp_path / "run", run)


def test_so_does_one_of_grey_pictures_with_labels(drawn, tmp_path, monkeypatch):
    labels = np.arange(60, dtype=np.int32) % 2
    grey = Pictures(drawn.pixels[..., :1], drawn.names, labels=labels, label_names=["rose", "tulip"])
    model = gan.train(grey, steps=3, out=tmp_path / "whole", **SMALL)
    stopped_and_resumed(grey, 3, 1, tmp_path / "run", monkeypatch)
    assert_same(tmp_path / "run", tmp_path / "whole")
    rose = model.sample(2, label="rose")
    assert rose.shape == (2, 16, 16, 3) and (rose == rose[..., :1]).all()


def test_it_learns_what_a_label_means(tmp_path):
    """Red pictures and blue ones, in turns, so that a label that went to another picture would teach nothing."""
    pixels = np.zeros((40, 16, 16, 3), np.uint8)
    pixels[::2, ..., 0] = pixels[1::2, ..., 2] = np.linspace(150, 250, 20)[:, None, None]
    labels = np.arange(40, dtype=np.int32) % 2
    pictures = Pictures(pixels, [str(row) for row in range(40)], labels=labels, label_names=["red", "blue"])
    model = gan.train(pictures, steps=200, augment=0.0, out=tmp_path / "run", **SMALL)
    red, blue = (model.sample(16, label=label).mean(axis=(0, 1, 2)) for label in ("red", "blue"))
    assert red[0] - red[2] > 60 and blue[2] - blue[0] > 60


def test_a_label_says_no_more_about_the_layout_than_the_latent():
    """At the start, and as much however large what it says grows: otherwise all pictures of a label become one."""
    keras.utils.set_random_seed(0)
    generator = networks.generator(design(16, 3, size="tiny", classes=4))
    laid_out = keras.Model(generator.inputs, generator.get_layer("coarse_norm").output)
    latents = np.random.default_rng(0).standard_normal((16, 64), np.float32)
    for grown in (1.0, 30.0):
        generator.get_layer("coarse_label").kernel.assign(grown * generator.get_layer("coarse_label").kernel)
        made = np.stack(
            [backend.to_numpy(laid_out([latents, np.full(16, label, np.int32)])).astype(float) for label in range(4)]
        )
        across_latents, across_labels = made.var(axis=1).mean(), made.var(axis=0).mean()
        assert 0.6 < across_latents / across_labels < 1.8


def test_labels_are_known_where_all_pictures_have_one(drawn, tmp_path):
    labels = (np.arange(60) % 3 == 0).astype(np.int32)
    labelled = replace(drawn, labels=labels, label_names=["rose", "tulip"])
    model = gan.train(labelled, steps=1, out=tmp_path / "run", **SMALL)
    assert model.labels == ("rose", "tulip") and model.document["shares"] == pytest.approx([2 / 3, 1 / 3])
    model.generator.get_layer("label_latent").weights[0].assign(np.eye(2, 64) * 9)
    rose, tulip = (model.sample(4, label=label) for label in model.labels)
    assert (rose != tulip).any() and (model.sample(4, label=1) == tulip).all()
    assert np.bincount(model.numbers(None, 3000)).tolist() == pytest.approx([2000, 1000], rel=0.1)
    again = gan.load(*modelfile.read(tmp_path / "run" / "model.safetensors"))
    assert again.labels == model.labels
    with pytest.raises(ReverieError, match="knows no label 'daisy'"):
        model.sample(1, label="daisy")
    plain = gan.train(labelled, steps=1, labels=False, out=tmp_path / "plain", **SMALL)
    assert plain.labels == ()
    others = replace(labelled, labels=1 - labels)
    with pytest.raises(ReverieError, match="The labels have changed"):
        gan.train(others, resume=tmp_path / "run", quiet=True)
    gan.train(others, resume=tmp_path / "plain", quiet=True)  # which learns none


def test_the_textbook_trains(drawn, tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules["reverie.gan.networks"], "LATENT_TEXTBOOK", 8)
    model = gan.train(Pictures(drawn.pixels[..., :1], drawn.names), steps=1, preset="textbook", out=tmp_path / "run")
    assert model.sample(2).shape == (2, 16, 16, 3)
    again = gan.load(*modelfile.read(tmp_path / "run" / "model.safetensors"))
    assert (again.sample(2) == model.sample(2)).all()


@pytest.mark.parametrize("preset", ["projected", "textbook"])
@pytest.mark.parametrize("resolution, channels, classes", [(16, 3, 0), (30, 1, 3), (45, 3, 0)])
def test_networks_of_any_resolution(preset, resolution, channels, classes):
    config = design(resolution, channels, preset, "tiny", classes)
    generator, discriminator = networks.generator(config), networks.discriminator(config)
    latents, labels = keras.ops.zeros((2, config["latent"])), keras.ops.zeros((2,), "int32")
    made = generator([latents, labels] if config["classes"] else latents)
    assert made.shape == (2, resolution, resolution, channels)
    if preset == "projected":
        seen = sight.Sight()(made)
        assert [tuple(each.shape[1:]) for each in seen] == sight.shapes(resolution, channels)
        assert discriminator([*seen, labels] if config["classes"] else seen).shape == (2, len(seen))
    else:
        assert discriminator(made).shape == (2,)
    paths = {weight.path for network in (generator, discriminator) for weight in network.weights}
    assert len(paths) == len(generator.weights) + len(discriminator.weights)
    assert networks.least(config) <= generator.count_params()


def test_the_latent_decides_about_the_whole_picture():
    """Told by the latent alone to scale the last stage by 0 and shift it by 3, all inner positions are the same."""
    generator = networks.generator(design(32, 3, size="tiny"))
    latents = np.random.default_rng(0).standard_normal((2, 64)).astype(np.float32)
    mapped = keras.Model(generator.input, generator.get_layer(f"mapping{networks.MAPPINGS - 1}").output)
    left, told = np.asarray(backend.to_numpy(mapped(latents)), np.float32)
    direction = told - left * (told @ left) / (left @ left)  # which only the second one has a part in
    for what, amount in (("scale", -1.0), ("shift", 3.0)):
        kernel = amount * direction / (direction @ told)
        generator.get_layer(f"stage0_{what}").kernel.assign(np.repeat(kernel[:, None], 8, axis=1))
    left, told = np.asarray(backend.to_numpy(generator(latents)))[:, 1:-1, 1:-1]
    assert left.std(axis=(0, 1)).min() > 1e-3
    assert told.std(axis=(0, 1)).max() < 1e-4 and told.std() > 1e-3


def test_a_picture_does_not_depend_on_others_of_its_batch(single):
    """Not in training either: pictures that know of each other can look varied together without being so alone."""
    generator = networks.generator(design(32, 3, size="tiny"))
    latents = np.random.default_rng(0).standard_normal((4, 64)).astype(np.float32)
    together, alone = (backend.to_numpy(generator(latents[:count], training=True)) for count in (4, 1))
    assert together[:1] == pytest.approx(alone, abs=1e-5)


@pytest.mark.parametrize("resolution", [64, 128])
def test_arithmetic_is_balanced_between_the_networks(resolution):
    """The textbook's generator has 46 times as much of it as its discriminator."""
    config = design(resolution, 3)
    made = effort.OF_GENERATOR * effort.arithmetic(networks.generator(config))
    assert 0.3 < made / (effort.products(config) - made) < 1


def test_arithmetic_is_counted():
    config = design(64, 3, "textbook")
    # 4 x 4 kernels, a quarter of which meets each of the four pixels that a position becomes; then 5 x 5 at the end
    expected = 128 * 8192 + 16 * (64 * 128 * 128 + 256 * 128 * 256 + 1024 * 256 * 512) + 25 * 4096 * 512 * 3
    assert effort.arithmetic(networks.generator(config)) == expected
    # conv1_1, conv1_2 and conv5_1 of the network that looks, at 64 pixels; what is below 32 it sees enlarged
    first, last = 9 * 4096 * (3 * 16 + 16 * 16), 9 * 16 * 128 * 128
    assert first + last < sight.products(64) == 4 * sight.products(32) == 4 * sight.products(16)


def test_more_minutes_and_faster_machines_get_larger_networks():
    config = design(64, 3)
    sizes = [effort.fitting_size(config, minutes, rate=1e11) for minutes in (0.1, 100, 1000)]
    assert sizes == ["small", "medium", "large"]
    assert effort.products_per_second() > 1e8


def test_short_runs_are_looked_at_more_often():
    assert [_epoch(None, minutes) for minutes in (0.5, 5, 20, 60)] == [20, 50, 200, 200]
    assert [_epoch(steps, 20.0) for steps in (1, 8, 100, 1000, 10_000)] == [1, 4, 20, 40, 200]


def test_the_fewer_pictures_the_more_augmentation():
    assert _strength(8) == _strength(500) == 1 and _strength(20_000) == _strength(10**6) == 0
    assert 0 < _strength(10_000) < _strength(1000) < 1


@pytest.mark.parametrize(
    "settings, sentence",
    [
        ({"steps": 5, "minutes": 1}, "Both minutes and steps"),
        ({"minutes": -1}, "minutes cannot be -1"),
        ({"seed": 1.5}, "seed cannot be 1.5"),
        ({"seed": 2**31 - 1}, "seed cannot be 2147483647"),
        ({"size": "huge"}, "no size 'huge'"),
        ({"preset": "best"}, "no preset 'best'"),
        ({"gamma": -1}, "gamma cannot be -1"),
        ({"preset": "textbook", "size": "large"}, "have no size"),
        ({"augment": 2}, "augment cannot be 2"),
        ({"resolution": 8}, "Pictures of 8 pixels are not made"),
        ({"resolution": 32}, "measure 16 pixels, not 32"),
    ],
)
def test_settings_that_do_not_fit(drawn, settings, sentence, tmp_path):
    with pytest.raises(ReverieError, match=sentence):
        gan.train(drawn, out=tmp_path / "run", quiet=True, **settings)
    assert not (tmp_path / "run").exists()


def test_numbers_may_be_numpys(drawn, tmp_path):
    gan.train(drawn, steps=np.int64(2), seed=np.int64(3), gamma=np.float32(0.5), out=tmp_path / "run", **SMALL)
    settings = json.loads((tmp_path / "run" / "run.json").read_text())["settings"]
    assert [settings[name] for name in ("steps", "seed", "gamma")] == [2, 3, 0.5]
    gan.train(drawn, resume=tmp_path / "run", quiet=True)


def test_minutes_alone_choose_size_and_steps(drawn, tmp_path, monkeypatch):
    """As the README has it."""
    monkeypatch.setattr(effort, "products_per_second", lambda: 1e6)
    gan.train(drawn, minutes=0.05, out=tmp_path / "run", quiet=True)
    document = json.loads((tmp_path / "run" / "run.json").read_text())
    assert document["status"] == "finished" and document["settings"]["size"] == "small"
    assert document["outcome"]["step"] >= 1 and document["settings"]["steps"] is None


def test_one_picture_without_a_label_leaves_all_labels_aside(drawn, tmp_path, capsys):
    stray = replace(drawn, labels=np.arange(60, dtype=np.int32) % 3 - 1, label_names=["rose", "tulip"])
    model = gan.train(stray, steps=1, size="tiny", out=tmp_path / "run")
    assert model.labels == ()
    assert "20 of 60 pictures have no label: all labels are left aside." in capsys.readouterr().err


def test_pictures_that_nothing_can_be_learned_from(drawn, tmp_path):
    def named(pixels):
        return Pictures(pixels, [str(row) for row in range(len(pixels))])

    for given, sentence in (
        (named(drawn.pixels[:7]), "are only 7 pictures"),
        (named(drawn.pixels[:1]), "is only one picture"),
        (named(drawn.pixels[:, :12, :12]), "measure 12 pixels"),
        (named(np.repeat(drawn.pixels[:1], 9, axis=0)), "All 9 pictures are the same"),
        (None, "No pictures were given"),
        (drawn.pixels, "cannot be given as ndarray"),
        (tmp_path / "nowhere", "does not exist"),
    ):
        with pytest.raises(ReverieError, match=sentence):
            gan.train(given, steps=1, out=tmp_path / "run", **SMALL)
    assert not list(tmp_path.iterdir())


def test_grey_and_coloured_pictures_in_one_folder(drawn, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    drawn.write(tmp_path / "faces")
    (tmp_path / "faces" / "000005.png").write_bytes(b"broken")
    Image.fromarray(drawn.pixels[6]).convert("L").save(tmp_path / "faces" / "000006.png")
    model = gan.train(tmp_path / "faces", resolution=16, steps=1, size="tiny", out=tmp_path / "run")
    assert "1 picture was left out, being damaged or too small: 000005.png." in capsys.readouterr().err
    assert model.config["channels"] == 3 and model.document["training"]["pictures"] == 59
    (tmp_path / "faces").rename(tmp_path / "moved")
    with pytest.raises(ReverieError, match="faces does not exist"):
        gan.train(resume=tmp_path / "run", quiet=True)
    gan.train(tmp_path / "moved", resume=tmp_path / "run", quiet=True)
    noted = json.loads((tmp_path / "run" / "run.json").read_text())
    assert noted["settings"]["pictures"] == str(tmp_path / "moved")
    training = modelfile.describe(tmp_path / "run" / "model.safetensors")["training"]
    assert training["digest"] == noted["pictures"]
    Image.new("RGB", (20, 20)).save(tmp_path / "moved" / "000007.png")
    with pytest.raises(ReverieError, match="The pictures have changed"):
        gan.train(resume=tmp_path / "run", quiet=True)
    assert json.loads((tmp_path / "run" / "run.json").read_text()) == noted  # as before it was refused
