"""The latent space as users meet it."""

import numpy as np
import pytest
from PIL import Image

from reverie import ReverieError, backend, images, modelfile, vae
from reverie.vae.networks import design


def untrained(preset):
    """A model of grey pictures of 12 x 12."""
    return vae.VAE(vae.Autoencoder(design(12, 1, "bernoulli", preset, "tiny")), {})


def test_a_model_file_is_the_whole_model(model, run, tmp_path):
    model.save(tmp_path / "copy.safetensors")
    again = vae.load(*modelfile.read(tmp_path / "copy.safetensors"))
    assert (again.sample(3, seed=1) == model.sample(3, seed=1)).all()
    assert (tmp_path / "copy.safetensors").read_bytes() == (run / "model.safetensors").read_bytes()


def test_the_same_bits_in_whatever_number(model, drawn):
    many = model.encode(drawn.pixels[:70])
    assert many.shape == (70, 16) and many.dtype == np.float32
    assert (model.encode(drawn.pixels[65]) == many[65]).all()
    assert (model.decode(many)[69] == model.decode(many[69])[0]).all()


@pytest.mark.parametrize("preset", vae.networks.PRESETS)
def test_a_batch_in_parts_is_the_same_batch(preset, drawn, monkeypatch):
    network = vae.Autoencoder(design(16, 3, "gaussian", preset, "tiny"), seed=0)
    whole = network(drawn.pixels[:12])
    monkeypatch.setattr(backend, "parts", lambda: 3)
    parts = network(drawn.pixels[:12])
    for name in ("target", "mean", "log_variance") if preset != "hierarchical" else ("target",):
        np.testing.assert_allclose(backend.to_numpy(parts[name]), backend.to_numpy(whole[name]), atol=1e-2)
    again = network.decoded(parts["latent"])  # each picture's own
    np.testing.assert_allclose(backend.to_numpy(parts["output"]), backend.to_numpy(again), atol=1e-2)
    assert len(np.unique(backend.to_numpy(parts["latent"])[:, 0])) == 12  # noise is drawn for each part
    assert network(drawn.pixels[:11])["output"].shape[0] == 11  # three parts do not fit


def test_samples_follow_seed_and_temperature(model):
    one = model.sample(5, seed=1)
    assert one.shape == (5, 16, 16, 3) and one.dtype == np.uint8
    assert (model.sample(5, seed=1) == one).all() and not (model.sample(5, seed=2) == one).all()
    still = model.sample(5, prior="normal", temperature=0)
    assert (still == still[0]).all() and (still[0] == model.decode(np.zeros(16))[0]).all()


def test_pictures_of_any_kind_are_the_same_picture(model, drawn, tmp_path):
    Image.fromarray(drawn.pixels[3]).save(tmp_path / "a.png")
    expected = model.encode(drawn.pixels[3])
    for source in (tmp_path / "a.png", str(tmp_path / "a.png"), [tmp_path / "a.png"], Image.open(tmp_path / "a.png")):
        assert (model.encode(source) == expected).all()
    wide = np.pad(drawn.pixels[3], ((0, 0), (5, 5), (0, 0)))
    assert (model.encode(wide) == expected).all()
    assert (model.encode(drawn)[3] == expected[0]).all()


def test_interpolation_ends_where_it_should(model, drawn):
    between = model.interpolate(drawn.pixels[0], drawn.pixels[1], 5)
    assert between.shape == (5, 16, 16, 3)
    assert np.abs(between[[0, -1]].astype(int) - model.reconstruct(drawn.pixels[:2])).max() <= 1
    from_latents = model.interpolate(model.encode(drawn.pixels[0]), model.encode(drawn.pixels[1]), 5)
    assert (from_latents == between).all()


def test_a_walk_goes_round(model, drawn, tmp_path):
    way = list(model.walk(points=3, steps=4, temperature=0.5, seed=2))
    assert len(way) == 12 and way[0].shape == (16, 16, 3) and way[0].dtype == np.uint8
    assert (np.stack(way[::4]) == model.sample(3, temperature=0.5, seed=2)).all()
    past = list(model.walk(drawn.pixels[:2], points=9, steps=2))
    there, back = (model.interpolate(drawn.pixels[one], drawn.pixels[other], 3)[:2] for one, other in ((0, 1), (1, 0)))
    assert np.abs(np.stack(past).astype(int) - np.concatenate([there, back])).max() <= 1
    assert len(list(model.walk(drawn, points=3, steps=1))) == 3  # a collection: the first of it
    assert images.video.write(model.walk(steps=1), tmp_path / "walk.gif") == 6


def test_a_traverse_sets_one_number(model, drawn):
    point = model.encode(drawn.pixels[0])[0]
    moved = model.traverse(drawn.pixels[0], 2, values=(-1, point[2]))
    expected = np.stack([point, point])
    expected[0, 2] = -1
    assert (moved == model.decode(expected)).all()


def test_the_manifold_is_a_grid_over_two_dimensions(model):
    grid = model.manifold(4, dimensions=(3, 5))
    assert grid.shape == (4, 4, 16, 16, 3)
    corner = np.zeros((1, 16), np.float32)
    corner[0, 3], corner[0, 5] = -1.15034938, 1.15034938  # the Gaussian's eighths
    assert np.abs(grid[0, 0].astype(int) - model.decode(corner)[0]).max() <= 1


def test_the_manifold_of_many_dimensions_joins_four_samples(model):
    grid, corners = model.manifold(3, seed=1).astype(int), model.sample(4, seed=1)
    found = grid[[0, 0, 2, 2], [0, 2, 0, 2]]
    assert np.abs(found - corners).max() <= 1
    across = model.interpolate(*model.mixture.sample(4, 1)[:2], 3)
    assert np.abs(grid[0] - across).max() <= 1
    assert not (grid == model.manifold(3, seed=2)).all()


def test_the_manifold_of_two_dimensions_is_the_textbook_s():
    flat = untrained("textbook")
    assert (flat.manifold(3) == flat.manifold(3, (0, 1))).all() and flat.manifold(1).shape == (1, 1, 12, 12, 3)


def test_a_picture_is_its_own_nearest_neighbour(model, drawn):
    found = model.neighbours(drawn.pixels[7], drawn, 5)
    assert found[0] == 7 and len(set(found.tolist())) == 5
    distances = np.linalg.norm(model.encode(drawn)[found] - model.encode(drawn.pixels[7]), axis=1)
    assert (np.diff(distances) >= 0).all()


def test_a_grey_model_takes_colour(drawn):
    model = untrained("residual")
    assert model.reconstruct(drawn.pixels[:2]).shape == (2, 12, 12, 3)
    grey = drawn.pixels[0] @ np.array([0.299, 0.587, 0.114])
    assert np.abs(model.pixels(drawn.pixels[0]).astype(float).mean() - grey.mean()) < 3


@pytest.mark.parametrize(
    "ask, sentence",
    [
        (lambda model: model.sample(0), "0 pictures cannot be sampled"),
        (lambda model: model.sample(1, temperature=-1), "temperature cannot be -1"),
        (lambda model: model.decode(np.zeros((2, 3))), r"shape \(2, 3\) do not fit"),
        (lambda model: model.decode(np.full(16, np.nan)), "do not fit"),
        (lambda model: model.traverse(np.zeros(16), 16), "no dimension 16"),
        (lambda model: model.manifold(2, (0, 16)), "no dimensions 0 and 16"),
        (lambda model: model.decode(np.zeros((0, 16))), "do not fit"),
        (lambda model: model.manifold(0), "rows cannot be 0"),
        (lambda model: model.walk(points=1), "points cannot be 1"),
        (lambda model: model.walk(steps=0), "steps cannot be 0"),
        (lambda model: model.walk(np.zeros((16, 16, 3), np.uint8)), "nowhere to walk to"),
        (lambda model: model.encode([]), "There is no picture"),
        (lambda model: model.encode("nowhere.png"), "nowhere.png does not exist"),
    ],
)
def test_what_does_not_fit_is_one_sentence(model, ask, sentence):
    with pytest.raises(ReverieError, match=sentence):
        ask(model)


@pytest.mark.parametrize(
    "change",
    [
        {"network": None},
        {"network": {}},
        {"width": 10**9},
        {"resolution": 99},
        {"latent": 17},
        {"latent": "16"},
        {"latent": 4096, "width": 4096},
        {"depth": 64},
        {"preset": "textbook", "resolution": 1024},
        {"preset": "evil"},
        {"likelihood": "evil"},
    ],
)
def test_a_model_file_that_does_not_fit(run, change):
    document, arrays = modelfile.read(run / "model.safetensors")
    network = {**document["network"], **change} if "network" not in change else change["network"]
    with pytest.raises(ReverieError):
        vae.load({**document, "network": network}, arrays)
