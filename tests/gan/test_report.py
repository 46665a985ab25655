"""The report against samples whose quality is known."""

import json

import numpy as np
import pytest

from reverie import ReverieError, faces, gan


@pytest.fixture(scope="module")
def real():
    return faces.draw(80, 16, seed=3)


def pretending(model, monkeypatch, pixels):
    monkeypatch.setattr(model, "sample", lambda count, **_: np.resize(pixels, (count, *pixels.shape[1:])))
    return model


def test_new_pictures_of_the_same_kind(model, real, monkeypatch):
    found = gan.report(pretending(model, monkeypatch, faces.draw(80, 16, seed=4).pixels), real)
    assert found.pictures == found.compared == 80 and not found.copies
    assert 0.7 < found.distance / found.between < 1.4
    assert found.precision > 0.5 and found.recall > 0.5
    text = json.dumps(found.to_dict())
    assert "not the published FID" in text and "samples are not copies." in text
    assert found.sheet().size[0] > 8 * 96


def test_it_says_how_often_each_training_picture_was_shown(model, real, monkeypatch):
    """Of those it was trained on, 60, however many are given to compare with."""
    found = gan.report(pretending(model, monkeypatch, real.pixels), real.pixels[:40])
    assert found.sentences[0].startswith("It was shown 256 pictures in ")
    assert "out of 60: each about 4.3 times." in found.sentences[0]


def test_copies_are_found(model, real, monkeypatch):
    told = []
    found = gan.report(pretending(model, monkeypatch, real.pixels), real, tell=told.append)
    assert told[0] == "Drawing 80 samples." and told[-1] == "Looking for copies of 80 pictures."
    assert found.copies and found.distance == 0 and found.frechet < 1e-3
    assert (found.nearest[0] == found.samples[0]).all()
    assert any("look at the sheet" in sentence for sentence in found.sentences)


def test_copies_of_pictures_that_are_there_twice_are_found(model, real, monkeypatch):
    twice = np.concatenate([real.pixels[:40], real.pixels[:40]])
    found = gan.report(pretending(model, monkeypatch, real.pixels[:40]), twice)
    assert found.between > 0 and found.copies
    assert not gan.report(pretending(model, monkeypatch, faces.draw(80, 16, seed=4).pixels), twice).copies


def test_a_few_copies_are_found_too(model, real, monkeypatch):
    """A third of the samples, which a median would not see; the sheet shows them."""
    mixed = np.concatenate([faces.draw(40, 16, seed=4).pixels, real.pixels[:20]])
    found = gan.report(pretending(model, monkeypatch, mixed), real)
    assert found.copies and 0.3 < found.copied < 0.5 and found.distance > 0
    assert (found.nearest == found.samples).all()


def test_worse_samples_are_further_away(model, real, monkeypatch):
    noise = np.random.default_rng(0).integers(0, 256, real.pixels.shape, dtype=np.uint8)
    good = gan.report(pretending(model, monkeypatch, faces.draw(80, 16, seed=4).pixels), real)
    bad = gan.report(pretending(model, monkeypatch, noise), real)
    assert bad.frechet > 3 * good.frechet and bad.kernel > good.kernel and bad.precision < good.precision


def test_pictures_must_be_known_and_enough(model, drawn):
    with pytest.raises(ReverieError, match="Where its pictures are is not known"):
        gan.report(model)
    with pytest.raises(ReverieError, match="3 pictures say little"):
        gan.report(model, drawn.pixels[:3])
    with pytest.raises(ReverieError, match="count cannot be 1"):
        gan.report(model, drawn, count=1)
