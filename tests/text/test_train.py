"""The text engine from a file to new text: what a user relies on, with a network of a few thousand weights."""

import json
import os
import signal
import sys

import numpy as np
import pytest

import reverie
from reverie.errors import ReverieError

LINES = ["the cat sat on the mat.\n", "the dog lay on the rug.\n", "a bird sang in the tree.\n"]
SMALL = {"width": 64, "depth": 1, "context": 32, "quiet": True}


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A text of three sentences in random order: 1.6 bits a line, so about 0.07 bits a character."""
    path = tmp_path_factory.mktemp("book") / "book.txt"
    order = np.random.default_rng(0).integers(0, 3, 400)
    path.write_text("".join(LINES[i] for i in order), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def model(book):
    return reverie.text.train(book, steps=60, out=book.parent / "run", **SMALL)


@pytest.mark.backends
def test_it_learns_the_text(model):
    held_out = "".join(LINES[i] for i in np.random.default_rng(9).integers(0, 3, 40))
    assert model.score(held_out).bits_per_byte < 0.3
    line = model.write("the cat ", length=17, temperature=0)
    assert line == "sat on the mat.\n" + line[-1]


def test_a_model_file_is_the_whole_model(model, book):
    again = reverie.open(book.parent / "run")
    copy = book.parent / "copy.safetensors"
    again.save(copy)
    assert copy.read_bytes() == (book.parent / "run" / "model.safetensors").read_bytes()
    assert again.write("a b", length=60, seed=3) == model.write("a b", length=60, seed=3)


def test_the_run_folder_tells_what_happened(model, book):
    run = book.parent / "run"
    document = json.loads((run / "run.json").read_text())
    assert document["status"] == "finished"
    assert document["settings"]["steps"] == 60
    assert len((run / "metrics.csv").read_text().splitlines()) >= 3
    sample = sorted((run / "samples").iterdir())[-1].read_text(encoding="utf-8")
    assert "temperature 0.2" in sample
    assert "temperature 1.5" in sample


@pytest.mark.parametrize("network", ["transformer", "lstm"])
def test_a_resumed_run_ends_in_the_same_bits(book, tmp_path, network, monkeypatch):
    settings = {"steps": 8, "network": network, **SMALL}
    whole = reverie.text.train(book, out=tmp_path / "whole", **settings)

    module = sys.modules["reverie.text.train"]  # the name reverie.text.train is the function
    windows = module.windows

    def interrupting(tokens, *, step, **rest):
        if step == 5:
            os.kill(os.getpid(), signal.SIGINT)
        return windows(tokens, step=step, **rest)

    monkeypatch.setattr(module, "windows", interrupting)
    part = reverie.text.train(book, out=tmp_path / "parts", **settings)
    monkeypatch.undo()
    assert part.document["training"]["stopped"] == "interrupted"
    assert part.document["training"]["steps"] < 8
    resumed = reverie.text.train(resume=tmp_path / "parts", quiet=True)
    for a, b in zip(whole.network.weights, resumed.network.weights, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


@pytest.mark.parametrize(
    "settings",
    [
        {"minutes": 1.0, "steps": 5},
        {"minutes": 0.0},
        {"minutes": float("nan")},
        {"steps": 0},
        {"steps": 5, "size": "huge"},
        {"steps": 5, "network": "cnn"},
        {"steps": 5, "width": 33},
    ],
)
def test_settings_that_do_not_fit_leave_nothing_behind(book, tmp_path, settings):
    with pytest.raises(ReverieError):
        reverie.text.train(book, out=tmp_path / "run", **settings)
    assert not (tmp_path / "run").exists()


def test_too_short_a_text_leaves_nothing_behind(tmp_path):
    (tmp_path / "short.txt").write_text("word " * 30)
    with pytest.raises(ReverieError, match="too short"):
        reverie.text.train(tmp_path / "short.txt", steps=5, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_no_copy_keeps_copies_short(model):
    text = model.write("the ", length=200, temperature=0.5, no_copy=12, seed=1)
    training = (model.path.parent / "corpus" / "train.txt").read_text(encoding="utf-8")
    whole = "the " + text
    spans = {whole[i : i + 13] for i in range(4 - 12, len(whole) - 12) if i >= 0}
    assert not [span for span in spans if span in training]


def test_what_the_training_text_never_had_is_never_written(model):
    """The digits that spell unknown characters were not trained here: hot text would be full of broken bytes."""
    text = model.write("the ", length=300, temperature=20.0, seed=4)
    assert set(text) <= set("".join(LINES))
