"""The drawn faces: what is said of a face is what is drawn, independently of everything else, and the same again."""

from dataclasses import replace

import numpy as np
import pytest

from reverie import faces
from reverie.faces.description import BACKGROUNDS, GLASSES, HAIR_COLOURS, HAIRS, SKINS


def test_a_face_is_the_same_in_whatever_number():
    many = faces.draw(6, 32, seed=1)
    few = faces.draw(3, 32, seed=1)
    assert many.pixels.shape == (6, 32, 32, 3) and many.pixels.dtype == np.uint8
    assert (few.pixels == many.pixels[:3]).all() and few.attributes["hair"].tolist() == many.attributes["hair"][
        :3
    ].tolist()
    assert not (faces.draw(3, 32, seed=2).pixels == few.pixels).all()
    assert (faces.portrait(faces.describe(2, seed=1), 32) == few.pixels[2]).all()


@pytest.mark.parametrize("size", [8, 64, 100])
def test_any_size_is_the_same_picture(size):
    """Reduced to 8 pixels, all sizes agree."""
    face = faces.describe(0)
    small = faces.portrait(face, 8).astype(int)
    large = faces.portrait(face, size // 8 * 8).astype(int).reshape(8, size // 8, 8, size // 8, 3).mean((1, 3))
    assert np.abs(large - small).mean() < 6


def test_attributes_are_even_and_independent():
    described = [faces.describe(index) for index in range(4000)]
    columns = {
        "smile": [face.smile > 0.3 for face in described],
        "glasses": [face.glasses != "none" for face in described],
        "freckles": [face.freckles for face in described],
        "right": [face.turn > 0.4 for face in described],
        "left": [face.turn < -0.4 for face in described],
    }
    for name, values in (("hair", HAIRS), ("hair_colour", HAIR_COLOURS), ("skin", SKINS), ("background", BACKGROUNDS)):
        for value in values:
            columns[value] = [getattr(face, name) == value for face in described]
            assert abs(np.mean(columns[value]) - 1 / len(values)) < 0.03
    assert all(abs(np.mean(columns[name]) - 0.5) < 0.03 for name in ("smile", "glasses", "freckles"))
    correlation = np.corrcoef(np.array(list(columns.values()), float))
    names = list(columns)
    own = [{"left", "right"}, set(HAIRS), set(HAIR_COLOURS), set(SKINS), set(BACKGROUNDS)]
    for row, one in enumerate(names):
        for column, other in enumerate(names[:row]):
            assert any({one, other} <= group for group in own) or abs(correlation[row, column]) < 0.06, (one, other)


def test_the_attributes_are_those_of_the_faces():
    drawn = faces.draw(40, 16, seed=3)
    for index in range(40):
        face = faces.describe(index, seed=3)
        row = {name: column[index] for name, column in drawn.attributes.items()}
        assert row["smile"] == (face.smile > 0.3) and row["smile_amount"] == pytest.approx(face.smile)
        assert row["glasses"] == (face.glasses in GLASSES) and row["glasses_shape"] == face.glasses
        assert (row["hair"], row["hair_colour"], row["skin"]) == (face.hair, face.hair_colour, face.skin)
        assert row["pose"] == ("left" if face.turn < -0.4 else "right" if face.turn > 0.4 else "front")


@pytest.mark.parametrize(
    "change, rows, columns",
    [
        ({"smile": 0.9}, (28, 56), (14, 50)),
        ({"glasses": "round", "frame": "#2b2a33"}, (20, 44), (4, 60)),
        ({"freckles": True}, (32, 46), (14, 50)),
        ({"shirt": "#e4674f"}, (48, 64), (0, 64)),
    ],
)
def test_a_changed_attribute_changes_its_part_of_the_picture(change, rows, columns):
    """And nothing else: the brows, which rise with a smile, and the eyes, which narrow, are above it."""
    face = replace(
        faces.describe(0), smile=0.0, glasses="none", freckles=False, turn=0.0, tilt=0.0, shirt="#34495e", hair="bun"
    )
    before, after = (faces.portrait(each, 64).astype(int) for each in (face, replace(face, **change)))
    moved = np.abs(after - before).sum(axis=2) > 0
    if "smile" in change:
        moved[:40] = False
    assert moved.sum() > 10
    moved[slice(*rows), slice(*columns)] = False
    assert not moved.any()


def test_the_background_and_skin_have_their_colours():
    for name, colour in BACKGROUNDS.items():
        face = replace(faces.describe(1), background=name)
        corner = faces.portrait(face, 64)[0, 0].astype(int)
        assert np.abs(corner - [int(colour[i : i + 2], 16) for i in (1, 3, 5)]).max() < 8


def test_every_combination_can_be_drawn():
    face = faces.describe(0)
    for hair in HAIRS:
        for turn in (-1.0, 0.0, 1.0):
            for glasses in ("none", *GLASSES):
                picture = faces.portrait(
                    replace(face, hair=hair, turn=turn, glasses=glasses, collar=len(glasses) % 3), 16
                )
                assert picture.std() > 20


def test_none_at_all():
    with pytest.raises(ValueError, match="0 faces"):
        faces.draw(0)
