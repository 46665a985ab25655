"""What a report says of a model."""

import dataclasses
import json
import math

import numpy as np
import pytest
from scipy import stats

from reverie import ReverieError, faces, modelfile, vae
from reverie.vae.report import bits


@pytest.fixture(scope="module")
def told(model, drawn):
    return vae.report(model, faces.draw(20, 16, seed=9), training=drawn, scored=4, points=50)


def test_its_figures_are_those_of_the_evaluator(told, model):
    from reverie.vae.evaluate import Evaluator

    held_out = faces.draw(20, 16, seed=9).pixels
    bound = Evaluator(model.network)(held_out)
    assert (told.rate, told.distortion, told.bound) == (bound.rate, bound.distortion, bound.loss)
    assert told.likelihood == Evaluator(model.network).likelihood(held_out[:4], 50)
    assert told.pictures == told.compared == 20 and told.scored == 4 and told.points == 50
    assert told.frechet > told.frechet_real > 0


def test_it_speaks_plain_english(told):
    said = " ".join(told.sentences)
    assert "not the published FID" in said and "reverie-dream" in said
    assert f"{told.active} of its 16 latent dimensions" in said
    assert f"out of {told.training_pictures}" in said
    empty = dataclasses.replace(told, active=0, distance=None)
    assert "its space is empty" in " ".join(empty.sentences) and "Copies were not looked for" in empty.sentences[-1]
    copied = dataclasses.replace(told, distance=0.5 * told.distance_real)
    assert "look at the sheet for copies" in copied.sentences[-1]
    assert json.loads(json.dumps(told.to_dict()))["sentences"] == told.sentences


def test_the_nearest_training_pictures(told, model, drawn):
    assert told.samples.shape == told.nearest.shape == (8, 16, 16, 3)
    away = np.square(drawn.pixels.astype(float) - told.samples[0]).sum(axis=(1, 2, 3))
    assert (told.nearest[0] == drawn.pixels[np.argmin(away)]).all()
    assert told.sheet().width > 8 * 96
    itself = vae.report(model, drawn.pixels[:4], training=model.sample(64), count=2, scored=1, points=50)
    assert itself.distance == 0 and "look at the sheet for copies" in itself.sentences[-1]


def test_a_model_in_its_run_folder_finds_its_pictures(drawn, run, tmp_path):
    drawn.write(tmp_path / "faces")
    settings = {"pictures": str(tmp_path / "faces"), "resolution": 16, "seed": 0}
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text(json.dumps({"settings": settings}))
    trained = vae.load(*modelfile.read(run / "model.safetensors"))
    with pytest.raises(ReverieError, match="Where its pictures are is not known"):
        vae.report(trained)
    trained.save(tmp_path / "run" / "model.safetensors")
    told = vae.report(trained, scored=1, points=50)
    assert told.pictures == 12 and told.training_pictures == 108


def test_bits_of_pixels():
    """A fair coin costs 1; a level costs a little more than its probability under the Gaussian says."""
    assert bits(100 * math.log(2), 100, None) == pytest.approx(1)
    for spread, off in ((0.2, 0.1), (0.004, 0.003)):
        level = stats.norm(off, spread)
        true = -math.log2(level.cdf(0.5 / 255) - level.cdf(-0.5 / 255))
        assert true <= bits(-level.logpdf(0), 1, spread**2) <= true + 0.05


def test_what_makes_no_sense(model, drawn):
    with pytest.raises(ReverieError, match="points cannot be 0"):
        vae.report(model, drawn, points=0)
    with pytest.raises(ReverieError, match="One picture says nothing"):
        vae.report(model, drawn.pixels[0])
