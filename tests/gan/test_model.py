"""The latent space as users meet it."""

import numpy as np
import pytest
from PIL import Image

from reverie import ReverieError, gan, modelfile
from reverie.gan import networks
from reverie.gan.networks import design


def test_a_model_file_is_the_whole_model(model, run, tmp_path):
    model.save(tmp_path / "copy.safetensors")
    again = gan.load(*modelfile.read(tmp_path / "copy.safetensors"))
    assert (again.sample(3, seed=1) == model.sample(3, seed=1)).all()
    assert (tmp_path / "copy.safetensors").read_bytes() == (run / "model.safetensors").read_bytes()


def test_the_file_of_a_run_that_died_while_tidying_holds_the_average(model, run):
    document, arrays = modelfile.read(run / "model.safetensors")
    more = {name.replace("generator/", "average/"): array for name, array in arrays.items()}
    more |= {name: 0 * array for name, array in arrays.items()} | {"discriminator/a": np.zeros(3, np.float32)}
    assert (gan.load(document, more).sample(2) == model.sample(2)).all()


def test_the_same_bits_in_whatever_number(model):
    points = model.latents(70)
    many = model.decode(points)
    assert many.shape == (70, 16, 16, 3) and many.dtype == np.uint8
    assert (model.decode(points[69])[0] == many[69]).all()


def test_samples_follow_seed_and_truncation(model):
    one = model.sample(5, seed=1)
    assert (model.sample(5, seed=1) == one).all() and not (model.sample(5, seed=2) == one).all()
    still = model.sample(5, truncation=0)
    assert (still == still[0]).all() and (still[0] == model.decode(np.zeros(64))[0]).all()


def test_a_walk_passes_by_samples_and_closes(model):
    frames = np.stack(list(model.walk(points=3, steps=4, seed=5)))
    assert frames.shape == (12, 16, 16, 3)
    assert np.abs(frames[::4].astype(int) - model.sample(3, seed=5)).max() <= 1
    steps = np.abs(np.diff(frames.astype(int), axis=0, append=frames[:1])).mean(axis=(1, 2, 3))
    assert steps.max() < 3 * np.median(steps)


def test_interpolation_ends_where_it_should(model):
    one, other = model.latents(2)
    between = model.interpolate(one, other, 5)
    assert between.shape == (5, 16, 16, 3)
    assert np.abs(between[[0, -1]].astype(int) - model.decode(np.stack([one, other]))).max() <= 1


def test_what_it_made_is_found_again(model):
    """Descent comes nearer than the best of the samples it starts from, for pictures that are in the space."""
    made = model.sample(2, seed=77)
    begun, found = (model.invert(made, steps=steps) for steps in (0, 40))
    assert found.latents.shape == (2, 64 + networks.MAPPED) and found.labels.tolist() == [0, 0]
    assert (found.losses < 0.7 * begun.losses).all()
    errors = [np.abs(model.decode(each.latents).astype(int) - made).mean() for each in (begun, found)]
    assert errors[1] < errors[0]


@pytest.fixture
def flowering() -> gan.GAN:
    """A model of two labels that look different."""
    config = design(16, 3, size="tiny", classes=2)
    generator = networks.generator(config)
    generator.get_layer("label_latent").weights[0].assign(np.eye(2, 64) * 9)
    return gan.GAN(generator, {"network": config, "labels": ["rose", "tulip"], "shares": [0.5, 0.5]})


def test_a_picture_of_a_label_is_sought_among_those_with_it(flowering, glance):
    """Samples of the other label, of which some look more like it, are not what the descent begins with."""
    model = flowering
    points = model.latents(8)
    for number, label in enumerate(model.labels):
        found = model.invert(model.decode(points, label), label=label, steps=0)
        assert found.latents == pytest.approx(model.widened(points)) and (found.labels == number).all()
        assert model.encode(model.decode(points, label), label=label).shape == found.latents.shape


def test_a_label_is_kept_from_one_picture_to_the_next(flowering, glance):
    """Between pictures of two labels, all is of the first's: the other is found as near as pictures of that come."""
    one, other = (flowering.decode(flowering.latents(1, seed=seed), seed) for seed in (0, 1))
    assert flowering.invert(np.concatenate([one, other]), steps=0).labels.tolist() == [0, 1]
    ends = [flowering.invert(picture, label=0).latents for picture in (one, other)]
    as_near = flowering.decode(np.concatenate(ends), 0).astype(int)
    assert np.abs(flowering.interpolate(one[0], other[0], 3)[-1] - as_near[1]).max() <= 1
    assert np.abs(np.stack(list(flowering.walk([one[0], other[0]], steps=1))) - as_near).max() <= 1


def test_labels_by_number_and_shares_as_written(flowering):
    found = flowering.invert(flowering.sample(1, label="tulip"), label="tulip", steps=0)
    assert (flowering.sample(2, label=found.labels[0]) == flowering.sample(2, label="tulip")).all()
    flowering.document["shares"] = [0.5, 0.4999999]
    assert set(flowering.numbers(None, 50).tolist()) == {0, 1}


def test_pictures_of_any_kind_are_the_same_picture(model, drawn, tmp_path):
    Image.fromarray(drawn.pixels[3]).save(tmp_path / "a.png")
    for source in (tmp_path / "a.png", str(tmp_path / "a.png"), [tmp_path / "a.png"], Image.open(tmp_path / "a.png")):
        assert (model.pixels(source) == drawn.pixels[3:4]).all()
    assert (model.pixels(drawn) == drawn.pixels).all()


def test_a_picture_is_its_own_nearest_neighbour(model, drawn, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    drawn.write(tmp_path / "faces")
    found = model.neighbours(drawn.pixels[7], drawn, 5)
    assert found[0] == 7 and len(set(found.tolist())) == 5
    assert (model.neighbours(drawn.pixels[7], tmp_path / "faces", 5) == found).all()


@pytest.mark.parametrize(
    "ask, sentence",
    [
        (lambda model: model.sample(0), "0 pictures cannot be sampled"),
        (lambda model: model.sample(1, truncation=-1), "truncation cannot be -1"),
        (lambda model: model.sample(1, label="tulip"), "knows no label 'tulip'"),
        (lambda model: model.decode(np.zeros((2, 3))), r"shape \(2, 3\) do not fit"),
        (lambda model: model.decode(np.full((1, 64), np.nan)), "do not fit"),
        (lambda model: model.decode(np.zeros((0, 64))), r"shape \(0, 64\) do not fit"),
        (lambda model: model.walk(points=1), "points cannot be 1"),
        (lambda model: model.invert([]), "There is no picture"),
        (lambda model: model.invert(np.zeros((0, 16, 16, 3), np.uint8)), "There is no picture"),
        (lambda model: model.sample(1, seed=-1), "seed cannot be -1"),
        (lambda model: model.decode(np.zeros((1, 64)), seed=-1), "seed cannot be -1"),
    ],
)
def test_what_makes_no_sense(model, ask, sentence):
    with pytest.raises(ReverieError, match=sentence):
        ask(model)


@pytest.mark.parametrize(
    "change, sentence",
    [
        (lambda document, arrays: document.pop("network"), "The weights"),
        (lambda document, arrays: document["network"].update(width=2048), "The weights"),
        (
            lambda document, arrays: document["network"].update(preset="textbook", width=2048, latent=1),
            "The weights",
        ),
        (lambda document, arrays: document["network"].update(width="64"), "A width of 64 does not fit"),
        (lambda document, arrays: document["network"].update(preset="textbook", classes=2), "knows no labels"),
        (lambda document, arrays: document["network"].update(latent=32), "The weights"),
        (lambda document, arrays: document["network"].update(classes=2), "The labels"),
        (
            lambda document, arrays: (
                document["network"].update(classes=2),
                document.update(labels=["a", "b"], shares=[0.5, 0.5]),
            ),
            "The weights",
        ),
        (lambda document, arrays: document.update(labels=["a"], shares=[1.0]), "The labels"),
        (lambda document, arrays: arrays.pop("generator/coarse/kernel"), "The weights"),
        (lambda document, arrays: arrays.update({"generator/more": np.zeros(3, np.float32)}), "The weights"),
        (lambda document, arrays: arrays.clear(), "The weights"),
    ],
)
def test_files_that_do_not_fit(run, change, sentence):
    document, arrays = modelfile.read(run / "model.safetensors")
    change(document, arrays)
    with pytest.raises(ReverieError, match=sentence):
        gan.load(document, arrays)
