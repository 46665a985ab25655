"""Concept vectors where the truth is known."""

import numpy as np
import pytest

import reverie
from reverie import ReverieError, modelfile
from reverie.images.folders import Pictures
from reverie.latent import transport
from reverie.latent.concept import Concept, difference, effect
from reverie.latent.transport import Clouds

RANDOM = np.random.default_rng(0)
SMILE, HAT = np.float32([2, 0, 1, 0]), np.float32([0, 3, 0, 0])


def latents(smile, hat):
    return smile[:, None] * SMILE + hat[:, None] * HAT + 0.1 * RANDOM.standard_normal((len(smile), 4)).astype("float32")


def pictures(**attributes):
    number = len(next(iter(attributes.values())))
    return Pictures(np.zeros((number, 8, 8, 1), np.uint8), [str(row) for row in range(number)], attributes=attributes)


@pytest.fixture
def smiles():
    return (RANDOM.random(400) < 0.5).astype(np.float32)


def test_the_difference_of_means(smiles):
    points = latents(smiles, np.zeros(400, np.float32))
    concept = difference(points[smiles == 1], points[smiles == 0])
    np.testing.assert_allclose(concept.vector, SMILE, atol=0.05)
    assert concept.sides == (int(smiles.sum()), int(400 - smiles.sum()))


def test_what_comes_along_with_it_is_left_out(smiles):
    """Three of four who smile wear a hat, one of four who do not: the plain difference gives a hat, the effect none."""
    hats = np.where(RANDOM.random(400) < 0.75, smiles, 1 - smiles).astype(np.float32)
    points, known = latents(smiles, hats), pictures(smile=smiles, hat=hats, kind=np.where(hats == 1, "hat", "none"))
    assert effect(points, known, "smile").vector[1] > 1
    for against in (["hat"], ["kind"], ["kind=hat"]):
        np.testing.assert_allclose(effect(points, known, "smile", against=against).vector, SMILE, atol=0.1)
    np.testing.assert_allclose(effect(points, known, "kind=hat", against=["smile"]).vector, HAT, atol=0.1)


def test_a_vector_for_each_place():
    """Heads turned left and right smile by opposite latents: one vector is nothing, the transport finds both."""
    turn, smile = RANDOM.choice([-1.0, 1.0], 4000), RANDOM.choice([-1.0, 1.0], 4000)
    points = np.stack([2 * turn, turn * smile], axis=1) + 0.1 * RANDOM.standard_normal((4000, 2))
    concept = difference(points[smile > 0], points[smile < 0])
    assert np.abs(concept.vector).max() < 0.1
    serious = np.float32([[-2, 1], [2, -1]])
    smiling = serious + concept.at(serious)
    np.testing.assert_allclose(smiling, [[-2, -1], [2, 1]], atol=0.1)
    np.testing.assert_allclose(smiling - concept.at(smiling), serious, atol=0.05)  # and back


def test_parts_are_those_in_which_it_can_be_told():
    """Heads seen from the front smile the other way than those turned left or right; hats are as easy to tell apart as
    turns, but say nothing of smiles. From one beginning alone half of the faces went the wrong way."""
    right = []
    for random in map(np.random.default_rng, (2, 3, 4)):
        turn, (smile, hat) = random.integers(-1, 2, 4000), random.choice([-1.0, 1.0], (2, 4000))
        faces = np.stack([3 * turn, np.where(turn == 0, smile, -smile), 3 * hat], axis=1)
        points = faces + 0.2 * random.standard_normal((4000, 3))
        concept = difference(points[smile > 0], points[smile < 0])
        serious = faces[smile < 0].astype(np.float32)
        far = np.abs(serious + concept.at(serious) - serious * [1, -1, 1]).max(axis=1)
        right.append((far < 0.5).mean())
    assert np.mean(right) > 0.9


def test_points_that_are_all_alike():
    ones, zeros = np.ones((60, 4), np.float32), np.zeros((60, 4), np.float32)
    np.testing.assert_allclose(difference(ones, zeros).moved(zeros), ones, atol=1e-5)


def test_the_transport_makes_one_gaussian_of_the_other(monkeypatch):
    monkeypatch.setattr(transport, "MOST", 1)
    mix = RANDOM.standard_normal((3, 3))
    without, with_ = RANDOM.standard_normal((2, 5000, 3)) * [[[1, 2, 3]], [[3, 1, 2]]]
    with_ = with_ @ mix + [20, 0, 0]  # so far that no point is between
    concept = difference(with_, without)
    moved = without + concept.at(without)
    np.testing.assert_allclose(moved.mean(axis=0), with_.mean(axis=0), atol=1e-3)
    np.testing.assert_allclose(np.cov(moved.T), np.cov(with_.T), rtol=0.05, atol=0.05)
    assert np.square(moved - without).sum(axis=1).mean() < np.square(with_ - without).sum(axis=1).mean()


def test_no_further_than_pictures_go():
    """What has it already cannot have it three times over; what barely differs may be moved further."""
    points = np.float32([0, 10])[RANDOM.integers(0, 2, 4000)][:, None] + RANDOM.standard_normal((4000, 2))
    concept = difference(points[points[:, 0] > 5], points[points[:, 0] < 5])
    both = np.float32([[0, 0], [10, 0]])
    for strength, expected in ((-3, (0, 0)), (-1, (0, 0)), (0.5, (5, 10)), (1, (10, 10)), (3, (10, 10))):
        np.testing.assert_allclose(concept.moved(both, strength)[:, 0], expected, atol=2.5)  # two deviations, and noise
    assert (concept.moved(both, 3) == concept.moved(both, 30)).all() and concept.moved(both, 3)[1, 0] > 10.5
    near = difference(points[:2000, 1:] + 0.2, points[2000:, 1:])
    assert near.moved(np.float32([[0]]), 3)[0, 0] == pytest.approx(3 * near.vector[0], abs=0.2)


def test_few_pictures_have_one_vector():
    """As many as say nothing of how they spread; and of many that spread alike, nearly one."""
    points = RANDOM.standard_normal((2, 2000, 8))
    few = difference(points[0, :9] + 3, points[1, :9])
    np.testing.assert_allclose(few.at(points[0]), np.tile(few.vector, (2000, 1)), atol=1e-4)
    many = difference(points[0] + 3, points[1])
    assert np.abs(many.at(points[0]) - many.vector).max() < 0.3


def test_what_it_goes_against_stays_as_it_is():
    """Seven of ten who smile wear a hat, three of ten who do not: with a smile nobody gets a hat, or loses one."""
    smile = (RANDOM.random(4000) < 0.5).astype(np.float32)
    hat = (RANDOM.random(4000) < np.where(smile == 1, 0.7, 0.3)).astype(np.float32)
    points = latents(smile, hat)
    assert np.abs(effect(points, pictures(smile=smile), "smile").at(points)[:, 1]).mean() > 0.5
    concept = effect(points, pictures(smile=smile, hat=hat), "smile", against=["hat"])
    assert np.abs(concept.at(points)[:, 1]).max() < 0.3


def test_of_few_pictures_every_face_is_moved():
    random = np.random.default_rng(3)
    shift = np.float32([3] + [0] * 63)
    few, unseen = (
        random.standard_normal((2, 12, 64)).astype("float32"),
        random.standard_normal((200, 64)).astype("float32"),
    )
    moved = difference(few[0] + shift, few[1]).moved(unseen, 1.0) - unseen
    assert np.abs(moved).max(axis=1).min() > 0.1


def test_columns_of_numbers_and_missing_ones(smiles):
    points = latents(smiles, np.zeros(400, np.float32))
    degrees = 40 * smiles + RANDOM.normal(size=400).astype(np.float32)
    degrees[:50] = np.nan
    concept = effect(points, pictures(degrees=degrees), "degrees")
    np.testing.assert_allclose(concept.vector, SMILE, atol=0.1)
    assert sum(concept.sides) == 350


def test_labels(smiles):
    points = latents(smiles, np.zeros(400, np.float32))
    labelled = Pictures(
        np.zeros((400, 8, 8, 1), np.uint8),
        [""] * 400,
        labels=smiles.astype(np.int32),
        label_names=["neutral", "smiling"],
    )
    np.testing.assert_allclose(effect(points, labelled, "smiling").vector, SMILE, atol=0.1)


def test_one_label_against_another():
    """Of three, the third is left out."""
    labels = RANDOM.integers(0, 3, 600)
    points = latents((labels == 1).astype("float32"), 9 * (labels == 2).astype("float32"))
    three = Pictures(np.zeros((600, 8, 8, 1), np.uint8), [""] * 600, labels=labels, label_names=["sad", "glad", "odd"])
    concept = effect(points, three, "glad", "sad")
    np.testing.assert_allclose(concept.vector, SMILE, atol=0.1)
    assert concept.sides == ((labels == 1).sum(), (labels == 0).sum())
    assert effect(points, three, "glad").vector[1] < -9
    none = Pictures(three.pixels, three.names, labels=labels, label_names=[*three.label_names, "none"])
    with pytest.raises(ReverieError, match="pictures have glad, and 0 have none"):
        effect(points, none, "glad", "none")


@pytest.mark.parametrize(
    "name, sentence",
    [
        ("frown", "no attribute or label 'frown'.*They have: smile, hair"),
        ("hair", "column of words.*hair=bob, hair=bun"),
        ("hair=long", "No picture has hair=long.*bob, bun"),
        ("smile=1", "no attribute or label"),
    ],
)
def test_a_column_that_is_not_there(name, sentence):
    known = pictures(smile=np.float32([0, 1, 0, 1]), hair=np.array(["bob", "bun", "bob", ""]))
    with pytest.raises(ReverieError, match=sentence):
        effect(np.zeros((4, 2), np.float32), known, name)


def test_what_always_comes_together_cannot_be_told_apart(smiles):
    known = pictures(smile=smiles, grin=2 * smiles + 1, kind=np.where(smiles == 1, "yes", "no"))
    for against in (["smile"], ["grin"], ["kind"]):
        with pytest.raises(ReverieError, match=f"smile cannot be told apart from {against[0]}"):
            effect(latents(smiles, smiles), known, "smile", against=against)


def test_too_few_on_one_side():
    with pytest.raises(ReverieError, match="0 pictures have smile, and 0 do not"):
        effect(np.zeros((2, 2), np.float32), pictures(smile=np.float32([np.nan, np.nan])), "smile")
    with pytest.raises(ReverieError, match="1 pictures have smile, and 3 do not"):
        effect(np.zeros((4, 2), np.float32), pictures(smile=np.float32([0, 1, 0, 0])), "smile")
    with pytest.raises(ReverieError, match="3 pictures have smile, and 0 do not"):
        effect(np.zeros((3, 2), np.float32), pictures(smile=np.float32([1, 1, 1])), "smile")
    with pytest.raises(ReverieError, match="There is only one picture without"):
        difference(np.zeros((4, 2), np.float32), np.zeros((1, 2), np.float32))


def test_editing_with_a_concept(model, drawn):
    concept = model.concept("smile", among=drawn, against=["glasses"])
    changed = model.edit(drawn.pixels[:3], concept, 2.0)
    points = model.encode(drawn.pixels[:3])
    assert (changed == model.decode(concept.moved(points, 2.0))).all()
    assert (model.edit(drawn.pixels[:3], concept, 0) == model.reconstruct(drawn.pixels[:3])).all()
    strip = model.strip(drawn.pixels[0], concept, (-1, 0, 2))
    assert (strip[2] == changed[0]).all() and (strip[1] == model.reconstruct(drawn.pixels[0])[0]).all()
    sides = model.concept(drawn.pixels[:5], drawn.pixels[5:9])
    assert sides.sides == (5, 4)
    with pytest.raises(ReverieError, match="pictures with it and pictures without"):
        model.concept(drawn.pixels[:5])
    with pytest.raises(ReverieError, match="an attribute and those among which it is known"):
        model.concept(drawn.pixels[:5], drawn.pixels[5:9], against=["glasses"])
    with pytest.raises(ReverieError, match="2 numbers and this model 16 latents"):
        model.edit(drawn.pixels[0], difference(*np.zeros((2, 2, 2), np.float32)))


def test_what_a_concept_is_called(model, drawn, tmp_path):
    drawn.write(tmp_path / "smiling")
    assert model.concept(tmp_path / "smiling", drawn.pixels[:4]).name == "smiling"
    assert model.concept(tmp_path / "smiling", drawn.pixels[:4], name="joy").name == "joy"
    assert model.concept(drawn.pixels[:4], drawn.pixels[4:9]).name == "concept"
    found = model.concept("smile", among=tmp_path / "smiling")
    assert found.name == "smile" and (found.vector == model.concept("smile", among=drawn).vector).all()
    assert model.concept("smile", among=drawn, name="joy").name == "joy"


def test_a_concept_in_a_file(tmp_path):
    concept = Concept(Clouds(**FILE), "미소", (3, 4), "0123456789abcdef")
    concept.save(tmp_path / "c.safetensors")
    again = Concept.load(tmp_path / "c.safetensors")
    assert all((one == other).all() for one, other in zip(again.clouds, concept.clouds, strict=True))
    assert (again.vector == [1, -2]).all()
    assert (again.name, again.sides, again.model) == (concept.name, concept.sides, concept.model)


def test_a_concept_of_another_model_is_refused(model, drawn, tmp_path):
    """As many latents are not the same latents: a model trained on is another one."""
    concept = model.concept("smile", among=drawn)
    model.save(tmp_path / "m.safetensors")
    other = reverie.open(tmp_path / "m.safetensors", "vae")
    assert (other.edit(drawn.pixels[:2], concept) == model.edit(drawn.pixels[:2], concept)).all()
    weight = other.network.trainable_weights[0]
    weight.assign(weight + 1e-3)
    for use in (other.edit, other.strip):
        with pytest.raises(ReverieError, match="smile was found with another model"):
            use(drawn.pixels[0], concept)


FILE = {
    "weights": np.float32([1]),
    "means": np.float32([[[0, 1], [1, -1]]]),
    "covariances": np.float32([[[[1, 0.5], [0.5, 2]], np.eye(2)]]),
}


@pytest.mark.parametrize(
    "change, arrays, sentence",
    [
        ({}, {}, "is damaged"),
        ({}, FILE | {"weights": np.float32([0])}, "is damaged"),
        ({}, FILE | {"weights": np.float32(1)}, "is damaged"),
        ({}, FILE | {"means": np.zeros((1, 3, 2), np.float32)}, "is damaged"),
        ({}, FILE | {"means": np.zeros((1, 2, 3), np.float32)}, "is damaged"),
        ({}, FILE | {"means": np.zeros((1, 2, 2))}, "is damaged"),
        ({}, FILE | {"covariances": np.zeros((1, 2, 2, 2), np.float32)}, "is damaged"),
        ({}, FILE | {"more": np.float32([1])}, "is damaged"),
        ({"name": 3}, FILE, "is damaged"),
        ({"with": "many"}, FILE, "is damaged"),
        ({"model": 7}, FILE, "is damaged"),
        ({}, None, "a model, not a concept"),
    ],
)
def test_a_file_that_holds_no_concept(tmp_path, change, arrays, sentence):
    document = {"name": "smile", "with": 2, "without": 2, "model": ""} | change
    engine = "concept" if arrays is not None else "vae"
    modelfile.write(tmp_path / "c.safetensors", engine, document, arrays or {})
    with pytest.raises(ReverieError, match=sentence):
        Concept.load(tmp_path / "c.safetensors")
