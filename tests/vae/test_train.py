"""From pictures to a model: it learns, it resumes exactly, and what is held out stays out."""

import json
import signal
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from reverie import ReverieError, modelfile, vae
from reverie.images.folders import Pictures
from reverie.vae.autoencoder import Autoencoder
from reverie.vae.evaluate import Evaluator
from reverie.vae.networks import Narrowing, design
from reverie.vae.train import is_binary

SMALL = {"size": "tiny", "quiet": True}


@pytest.mark.backends
def test_it_learns_where_the_square_is(dots, tmp_path):
    """A picture holds log 9 = 2.2 nats: the bound comes near, from 100 for 144 fair coins."""
    model = vae.train(dots, steps=150, latent=4, out=tmp_path / "run", **SMALL)
    assert model.network.binary
    assert model.document["training"]["validation"] < 30
    assert (
        np.abs(model.reconstruct(dots.pixels[:9])[..., :1].astype(int) - dots.pixels[:9]).mean() < 30
    )  # the mean picture: 50


def test_the_run_folder_tells_what_happened(run: Path):
    document = json.loads((run / "run.json").read_text())
    assert (
        document["status"] == "finished"
        and document["settings"]["steps"] == 24
        and document["settings"]["pictures"] is None
    )
    assert sorted(path.name for path in (run / "samples").iterdir()) == ["epoch-0001.png", "epoch-0002.png"]
    described = modelfile.describe(run / "model.safetensors")
    assert described["engine"] == "vae" and described["network"]["likelihood"] == "gaussian"
    losses = [float(line.split(",")[2]) for line in (run / "metrics.csv").read_text().splitlines()[1:]]
    assert losses[1] < losses[0] and described["training"]["validation"] == pytest.approx(min(losses), rel=1e-4)
    assert described["training"]["validation"] == pytest.approx(
        described["training"]["rate"] + described["training"]["distortion"]
    )


@pytest.mark.parametrize("step", [5, 12])
def test_a_resumed_run_ends_in_the_same_bits(run, drawn, step, tmp_path, monkeypatch):
    class Stop(vae.ShowPictures):
        count = 0

        def on_train_batch_end(self, batch, logs=None):
            Stop.count += 1
            if Stop.count == step:
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(sys.modules["reverie.vae.train"], "ShowPictures", Stop)
    vae.train(drawn, steps=24, out=tmp_path / "run", **SMALL)
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "interrupted"
    monkeypatch.undo()
    vae.train(drawn, resume=tmp_path / "run", quiet=True)
    assert (tmp_path / "run" / "metrics.csv").read_bytes() == (run / "metrics.csv").read_bytes()
    ours, theirs = (modelfile.read(folder / "model.safetensors") for folder in (tmp_path / "run", run))
    assert all((ours[1][name] == array).all() for name, array in theirs[1].items())


def test_moved_pictures_are_the_same_pictures(drawn, tmp_path, monkeypatch):
    """A folder that was moved, its copy with other times, and the array itself; but no other pictures."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    drawn.write(tmp_path / "before")
    vae.train(tmp_path / "before", resolution=16, steps=2, out=tmp_path / "run", **SMALL)
    (tmp_path / "before").rename(tmp_path / "after")
    with pytest.raises(ReverieError, match="before does not exist"):
        vae.train(resume=tmp_path / "run", quiet=True)
    vae.train(tmp_path / "after", resume=tmp_path / "run", quiet=True)
    document = json.loads((tmp_path / "run" / "run.json").read_text())
    assert document["settings"]["pictures"] == str(tmp_path / "after")
    assert modelfile.describe(tmp_path / "run" / "model.safetensors")["training"]["digest"] == document["pictures"]
    vae.train(drawn, resume=tmp_path / "run", quiet=True)
    next((tmp_path / "after").glob("*.png")).unlink()
    (tmp_path / "after" / "attributes.csv").unlink()
    with pytest.raises(ReverieError, match="The pictures have changed"):
        vae.train(resume=tmp_path / "run", quiet=True)


def test_numbers_may_be_numpys(drawn, tmp_path):
    model = vae.train(drawn, steps=np.int64(1), latent=np.int64(4), seed=np.int64(1), out=tmp_path / "run", **SMALL)
    assert model.latent == 4
    vae.train(drawn, resume=tmp_path / "run", quiet=True)


def test_other_pictures_cannot_be_resumed_on(run, drawn):
    with pytest.raises(ReverieError, match="The pictures have changed"):
        vae.train(Pictures(drawn.pixels[::-1], drawn.names), resume=run, quiet=True)


def test_what_is_held_out_changes_no_weight(drawn, tmp_path):
    held_out = drawn.split(0.1, 0)[1]
    pixels = drawn.pixels.copy()
    pixels[held_out] = 255 - pixels[held_out]
    arrays = []
    for name, source in (("one", drawn), ("other", Pictures(pixels, drawn.names))):
        vae.train(source, steps=1, out=tmp_path / name, **SMALL)
        arrays.append(modelfile.read(tmp_path / name / "model.safetensors")[1])
    assert len(held_out) == 12
    assert all((arrays[0][name] == array).all() for name, array in arrays[1].items())


@pytest.mark.parametrize("preset", ["residual", "hierarchical", "textbook"])
@pytest.mark.parametrize("resolution, channels", [(8, 3), (13, 1), (28, 1), (30, 3)])
def test_networks_of_any_resolution(preset, resolution, channels):
    network = Autoencoder(design(resolution, channels, "gaussian", preset, "tiny"))
    pictures = np.zeros((2, resolution, resolution, channels), np.uint8)
    assert network(pictures)["output"].shape == pictures.shape
    assert network(pictures)["mean"].shape == (2, network.latents)
    assert len({weight.path for weight in network.weights}) == len(network.weights)


def test_the_textbook_network_is_the_textbooks():
    """Chollet's encoder has 69,076 weights, his decoder 65,089."""
    network = Autoencoder(design(28, 1, "bernoulli", "textbook"))
    assert (network.encoder.count_params(), network.decoder.count_params()) == (69_076, 65_089)


@pytest.mark.backends
@pytest.mark.parametrize("channels", [1, 3])
def test_few_channels_are_made_as_a_convolution_makes_them(channels):
    random = np.random.default_rng(0)
    pictures = random.standard_normal((2, 6, 5, 8)).astype("float32")
    numbers = [random.standard_normal((3, 3, 8, channels)), random.standard_normal(channels)]
    made = []
    for layer in (Narrowing(channels, 3, padding="same"), keras.layers.Conv2D(channels, 3, padding="same")):
        layer.build(pictures.shape)
        layer.set_weights(numbers)
        made.append(keras.ops.convert_to_numpy(layer(pictures)))
    np.testing.assert_allclose(*made, rtol=1e-5, atol=1e-5)


def test_binary_pictures_are_drawn_anew_each_time_while_training():
    network = Autoencoder(design(8, 1, "bernoulli", size="tiny"), seed=0)
    grey = np.full((4, 8, 8, 1), 51, np.uint8)  # a fifth
    first, second = (np.asarray(keras.ops.convert_to_numpy(network(grey, training=True)["target"])) for _ in range(2))
    assert set(np.unique(first)) == {0, 1} and not (first == second).all() and 0.1 < first.mean() < 0.3
    assert np.allclose(keras.ops.convert_to_numpy(network(grey)["target"]), 0.2)


@pytest.mark.backends
@pytest.mark.parametrize("settings, factor", [({"beta": 0.0}, 0), ({"beta": 3.0}, 3), ({"beta": 3.0, "warmup": 10}, 0)])
def test_beta_weighs_the_rate_and_warms_up(settings, factor):
    network = Autoencoder(design(8, 1, "bernoulli", size="tiny"), seed=0, **settings)
    network.compile("sgd")
    found = network(np.full((4, 8, 8, 1), 255, np.uint8))
    found = {**found, "mean": found["mean"] + 1.0}
    loss = float(keras.ops.convert_to_numpy(network.compute_loss(y_pred=found, training=True)))
    rate, distortion = float(network.rate.result()), float(network.distortion.result())
    assert rate > 1 and loss == pytest.approx(distortion + factor * rate, rel=1e-5)


def test_free_bits_cost_nothing_until_they_are_used():
    network = Autoencoder(design(8, 1, "bernoulli", size="tiny"), seed=0, free_bits=0.5)
    network.compile("sgd")
    found = dict(network(np.full((4, 8, 8, 1), 255, np.uint8)))
    found["mean"], found["log_variance"] = np.zeros((4, 16), "float32"), np.zeros((4, 16), "float32")
    found["mean"][:, 0] = 2.0  # a rate of 2, and 0 in the other fifteen
    loss = float(keras.ops.convert_to_numpy(network.compute_loss(y_pred=found, training=True)))
    assert loss == pytest.approx(float(network.distortion.result()) + 2.0 + 15 * 0.5, rel=1e-5)


def test_importance_sampling_is_exact_where_the_latent_says_nothing():
    """With a decoder that looks away and a posterior that is the prior, every weight is p(x)."""
    network = Autoencoder(design(8, 1, "bernoulli", size="tiny"), seed=0)
    for layer, name in ((network.decoder, "decoder_dense"), (network.encoder, "encoder_mean")):
        kernel = layer.get_layer(name).kernel
        kernel.assign(np.zeros(kernel.shape))
    pixels = np.random.default_rng(0).integers(0, 2, (11, 8, 8, 1), dtype=np.uint8) * 255
    evaluator = Evaluator(network)
    assert evaluator(pixels).rate == pytest.approx(0, abs=1e-5)
    assert evaluator.likelihood(pixels, 50) == pytest.approx(evaluator(pixels).loss, rel=1e-5)


def test_importance_sampling_tightens_the_bound():
    """With a decoder that looks away, all of the rate is slack: the bound misses p(x) by it, and sampling does not."""
    network = Autoencoder(design(8, 1, "bernoulli", size="tiny", latent=2), seed=0)
    kernel = network.decoder.get_layer("decoder_dense").kernel
    kernel.assign(np.zeros(kernel.shape))
    network.encoder.get_layer("encoder_mean").bias.assign([1.0, -1.0])
    pixels = np.random.default_rng(0).integers(0, 2, (40, 8, 8, 1), dtype=np.uint8) * 255
    evaluator = Evaluator(network)
    bound = evaluator(pixels)
    assert bound.rate > 0.5 and evaluator(pixels).loss == bound.loss
    assert evaluator.likelihood(pixels, 500) == pytest.approx(bound.distortion, abs=0.1)


def test_which_pictures_are_binary(dots, drawn):
    assert is_binary(dots.pixels) and not is_binary(drawn.pixels) and not is_binary(dots.pixels // 4)
    soft = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 1), dtype=np.uint8)
    assert not is_binary(soft)


@pytest.mark.parametrize(
    "settings, sentence",
    [
        ({"steps": 5, "minutes": 1}, "Both minutes and steps"),
        ({"steps": 0}, "steps cannot be 0"),
        ({"minutes": -1}, "minutes cannot be -1"),
        ({"size": "huge"}, "no size 'huge'"),
        ({"preset": "best"}, "no preset 'best'"),
        ({"likelihood": "poisson"}, "no likelihood 'poisson'"),
        ({"latent": 0}, "A latent of 0 does not fit"),
        ({"beta": -1}, "beta cannot be -1"),
        ({"resolution": 32}, "measure 16 pixels, not 32"),
    ],
)
def test_settings_that_do_not_fit(drawn, settings, sentence, tmp_path):
    with pytest.raises(ReverieError, match=sentence):
        vae.train(drawn, out=tmp_path / "run", quiet=True, **settings)
    assert not (tmp_path / "run").exists()


def test_too_few_pictures(drawn, tmp_path):
    with pytest.raises(ReverieError, match="is only one picture"):
        vae.train(Pictures(drawn.pixels[:1], ["a"]), steps=1, out=tmp_path / "run")
    with pytest.raises(ReverieError, match="No pictures were given"):
        vae.train(steps=1, out=tmp_path / "run")
    with pytest.raises(ReverieError, match="does not exist"):
        vae.train(tmp_path / "nowhere", steps=1, out=tmp_path / "run")
    assert not list(tmp_path.iterdir())


def test_from_a_folder_with_a_broken_picture(drawn, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    drawn.write(tmp_path / "faces")
    (tmp_path / "faces" / "000005.png").write_bytes(b"broken")
    model = vae.train(tmp_path / "faces", resolution=16, steps=1, size="tiny", out=tmp_path / "run")
    assert "1 picture was left out, being damaged or too small: 000005.png." in capsys.readouterr().err
    assert model.document["training"]["pictures"] == 119 and model.document["training"]["broken"] == 1
    Image.new("RGB", (20, 20)).save(tmp_path / "faces" / "000006.png")
    with pytest.raises(ReverieError, match="The pictures have changed"):
        vae.train(resume=tmp_path / "run", quiet=True)
