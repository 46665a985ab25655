"""Concepts that the feature network sees, and latents that move along them."""

import keras
import numpy as np
import pytest
from keras import ops

from reverie import ReverieError, backend, faces, gan
from reverie.gan import invert, networks
from reverie.gan.concept import RIDGE, Eyes, find
from reverie.gan.networks import design
from reverie.latent import difference


@pytest.fixture(scope="module")
def painter() -> gan.GAN:
    """A generator whose pictures vary, though it has learned nothing, in single precision."""
    keras.utils.set_random_seed(0)
    config = design(16, 3, size="tiny")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backend, "half_pays", lambda: False)
        generator = networks.generator(config)
    for layer in generator.layers:
        if layer.name.endswith(("_scale", "_shift")):  # at first the style says nothing
            layer.kernel.assign(0.05 * np.random.default_rng(0).standard_normal(layer.kernel.shape))
    return gan.GAN(generator, {"network": config})


def squares(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise at 64 pixels, and the same with a white square at the lower right."""
    without = np.random.default_rng(seed).integers(60, 190, (count, 64, 64, 3), dtype=np.uint8)
    with_ = without.copy()
    with_[:, 44:56, 44:56] = 255
    return with_, without


def scores(concept: gan.Concept, pixels: np.ndarray) -> np.ndarray:
    maps = Eyes(pixels.shape[1])(ops.convert_to_tensor(pixels / np.float32(255)))
    pairs = zip(maps, concept.maps, strict=True)
    return sum((backend.to_numpy(seen) * normal).sum(axis=(1, 2, 3)) for seen, normal in pairs)


@pytest.mark.backends
def test_a_concept_tells_pictures_it_has_not_seen():
    known = find(Eyes(64), *squares(8, 0), name="square")
    ours = [scores(known, side) for side in squares(8, 0)]
    assert 2 / (1 + RIDGE) - 0.5 < ours[0].mean() - ours[1].mean() < 2
    theirs = [scores(known, side) for side in squares(8, 1)]
    assert theirs[0].min() > theirs[1].max()
    assert known.sides == (8, 8) and known.side == 64


def test_a_concept_is_where_the_pictures_differ():
    texture = find(Eyes(64), *squares(8, 0)).maps[0]
    energy = np.square(texture).sum(axis=2)
    half = energy.shape[0] // 2
    assert energy[half:, half:].sum() > 0.8 * energy.sum()


def test_a_concept_in_a_file(tmp_path):
    known = find(Eyes(64), *squares(3, 0), name="square")
    known.save(tmp_path / "square.safetensors")
    again = gan.Concept.load(tmp_path / "square.safetensors")
    assert (again.name, again.side, again.sides) == ("square", 64, (3, 3))
    assert all((one == other).all() for one, other in zip(again.maps, known.maps, strict=True))
    difference(np.ones((2, 3)), np.zeros((2, 3))).save(tmp_path / "space.safetensors")
    with pytest.raises(ReverieError, match="one of `reverie vae`"):
        gan.Concept.load(tmp_path / "space.safetensors")


@pytest.mark.backends
def test_the_gradient_of_what_is_descended(painter, glance):
    """Against differences, with a concept pulling."""
    objective = invert.Objective(painter)
    rng = np.random.default_rng(0)
    z = rng.standard_normal((1, painter.widened(painter.latents(1)).shape[1])).astype(np.float32)
    maps = [rng.standard_normal(each.shape).astype(np.float32) / each.size**0.5 for each in objective.none]
    target = painter.pictures(painter.latents(1, seed=5), np.zeros(1, np.int32))
    rest = np.zeros(1, np.int32), target, objective.eyes.seen(target), maps, np.ones(1, np.float32)
    _, gradient = objective(z, *rest)
    for place in (slice(0, 64), slice(64, None)):  # the latent, the offset of the style
        way = np.zeros_like(z)
        way[:, place] = gradient[:, place] / np.linalg.norm(gradient[:, place])
        (ahead, _), (behind, _) = (objective(z + step * way, *rest) for step in (5e-3, -5e-3))
        assert (ahead - behind) / 1e-2 == pytest.approx(np.linalg.norm(gradient[:, place]), rel=0.03)


def test_latents_move_along_a_concept_and_little_else(painter, drawn):
    """With more of it the score is higher, with less lower, with none they stay; the rest is nearly as it was."""
    wearing = drawn.attributes["glasses"] == 1
    known = painter.concept(drawn.pixels[wearing], drawn.pixels[~wearing], name="glasses")
    points, numbers = painter.widened(painter.latents(3, seed=2)), np.zeros(3, np.int32)
    strengths = np.array([-1.0, 0.0, 1.0])
    moved = invert.move(painter._objective, points, numbers, known, strengths)
    before, after = painter.pictures(points, numbers), painter.pictures(moved, numbers)
    change = scores(known, 255 * after) - scores(known, 255 * before)
    assert change[0] < -0.3 and change[2] > 0.3
    assert (moved[1] == points[1]).all()
    others = painter.pictures(painter.latents(3, seed=3), numbers)
    assert np.square(after - before).mean() < 0.3 * np.square(others - before).mean()


@pytest.mark.parametrize("strengths, said", [((), "no strength"), ((0, np.nan), "strength cannot be nan")])
def test_a_strip_at_no_strength_is_refused_before_the_search(painter, drawn, monkeypatch, strengths, said):
    known = painter.concept(drawn.pixels[:2], drawn.pixels[2:4])
    monkeypatch.setattr(gan.GAN, "invert", None)
    with pytest.raises(ReverieError, match=said):
        painter.strip(drawn.pixels[0], known, strengths)


def test_edits_and_strips_are_moved_latents(painter, drawn, glance):
    model = gan.GAN(painter.generator, painter.document)
    known = model.concept(drawn.pixels[:4], drawn.pixels[4:8], name="any")
    found = model.invert(drawn.pixels[8:10])
    edited = model.edit(drawn.pixels[8:10], known, 2.0)
    moved = invert.move(model._objective, found.latents, found.labels, known, np.full(2, 2.0))
    assert (edited == model.decode(moved)).all()
    strip = model.strip(found.latents[0], known, strengths=(-1, 0, 2))
    assert (strip[1:] == np.stack([model.decode(found.latents[0])[0], edited[0]])).all()
    strange = gan.Concept((*known.maps[:2], known.maps[2][:, :, :1]), 128, "strange", (2, 2))
    with pytest.raises(ReverieError, match="strange was found in pictures of 128 pixels"):
        model.edit(drawn.pixels[8], strange)
    with pytest.raises(ReverieError, match="needs 2 pictures with it"):
        model.concept(drawn.pixels[0], drawn.pixels[4:8])


@pytest.mark.backends
def test_an_offset_is_added_to_the_style(painter):
    """With the offset that leads to another's style, what is drawn is of that style, and the layout is its own."""
    points, numbers = painter.latents(2, seed=1), np.zeros(2, np.int32)
    same = painter.decode(painter.widened(points)).astype(int)
    assert np.abs(same - painter.decode(points)).max() <= 1
    styles = painter.styles(points, numbers)
    offset = np.concatenate([points[:1], styles[1:] - styles[:1]], axis=1)
    drawing = networks.halves(painter.generator)[1]
    expected = np.clip(backend.to_numpy(drawing([points[:1], styles[1:]])), 0, 1)
    assert painter.pictures(offset, numbers[:1]) == pytest.approx(expected, abs=1e-4)
    assert np.abs(painter.decode(offset).astype(int) - same).max(axis=(1, 2, 3)).min() > 5


def test_the_textbook_s_generator_has_no_style(glance, monkeypatch):
    monkeypatch.setattr(networks, "LATENT_TEXTBOOK", 8)
    config = design(16, 1, "textbook")
    model = gan.GAN(networks.generator(config), {"network": config})
    grey = faces.draw(2, 16).pixels.mean(axis=3, keepdims=True).astype(np.uint8)
    found = model.invert(grey)
    assert found.latents.shape == (2, 8)
    known = model.concept(grey, 255 - grey)
    assert model.edit(grey, known).shape == (2, 16, 16, 3)
