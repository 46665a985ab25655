"""`render`: what a dream changes, by how much, where, and what becomes of it when it is stopped."""

import json

import numpy as np
import pytest
from PIL import Image

from reverie import ReverieError, dream, features, images
from reverie.dream import limits
from reverie.dream.ascent import Ascent
from reverie.dream.expression import parse
from reverie.dream.octaves import Schedule, climb, enlarged, octave_sizes
from reverie.dream.octaves import dream as climb_octaves
from reverie.pixels import memory as pixels
from reverie.pixels.scaling import resized


def test_the_objective_grows_at_every_octave(network, paint):
    """And what is returned is what was climbed, in range."""
    moments = []
    pixels, stopped = climb_octaves(
        paint(60, 90),
        Ascent(network, parse("b")),
        Schedule(3, 1.4, 6, 0.01, roll=False),
        watch=lambda m: moments.append((m.octave, m.score)),
    )
    assert stopped is None
    assert pixels.shape == (60, 90, 3) and pixels.dtype == np.float32 and 0 <= pixels.min() < pixels.max() <= 1
    for octave in (1, 2, 3):
        scores = [score for number, score in moments if number == octave]
        assert len(scores) == 6 and scores[-1] > 1.05 * scores[0]


@pytest.mark.backends
def test_same_seed_same_picture(network, paint):
    options = {"octaves": 2, "steps": 2, "network": network}
    one, two, other = (np.asarray(dream.render(paint(48, 64), seed=seed, **options)) for seed in (1, 1, 2))
    assert (one == two).all()
    assert (one != other).any()


def test_strength_means_the_same_at_every_size(network, paint):
    """Mean change at equal settings; the textbook's falls with the square root of the number of pixels."""
    changes = []
    for size in (48, 192):
        photo = paint(size, size)
        out, _ = climb_octaves(photo, Ascent(network, parse("b")), Schedule(3, 1.4, 8, 0.01))
        changes.append(np.abs(out - photo / 255).mean())
    assert changes[1] == pytest.approx(changes[0], rel=0.15)


@pytest.mark.parametrize("size", [16, 160])
def test_a_step_has_the_length_it_is_given(size):
    random = np.random.default_rng(0)
    picture, gradient = (
        np.full((size, size, 3), 0.5, np.float32),
        random.normal(size=(size, size, 3)).astype(np.float32),
    )
    climb(picture, gradient * 1e-7, 0.02)
    assert np.sqrt(np.mean((picture - 0.5) ** 2)) == pytest.approx(0.02, rel=1e-4)


def test_a_step_stays_in_range_and_goes_nowhere_without_a_gradient():
    picture = np.ones((8, 8, 3), np.float32)
    climb(picture, np.ones_like(picture), 0.5)
    assert picture.max() == 1
    climb(picture, np.zeros_like(picture), 0.5)
    assert (picture == 1).all()
    with pytest.raises(ReverieError, match="not finite"):
        climb(picture, np.full_like(picture, np.nan), 0.5)


def test_with_a_mask_the_step_has_that_length_inside():
    picture, mask = np.full((20, 20, 3), 0.5, np.float32), np.zeros((20, 20), np.float32)
    mask[:5] = 1
    climb(picture, np.random.default_rng(0).normal(size=picture.shape).astype(np.float32), 0.02, mask)
    assert np.sqrt(np.mean((picture[:5] - 0.5) ** 2)) == pytest.approx(0.02, rel=1e-4)
    assert (picture[5:] == 0.5).all()


def test_lost_detail_comes_back(paint):
    """Nothing dreamt, nothing changed, though the picture has been small."""
    photo = np.random.default_rng(0).integers(0, 256, (40, 56, 3), np.uint8)
    small = resized(photo, (20, 28))
    assert np.abs(enlarged(small, photo, (40, 56), None) - photo / 255).max() < 1e-6
    lighter = enlarged(np.clip(small + 0.1, 0, 1), photo, (40, 56), None)
    assert np.mean(lighter - photo / 255) == pytest.approx(np.mean(np.clip(small + 0.1, 0, 1) - small), rel=0.1)


def test_octaves_too_small_for_the_network_are_left_out(build):
    ascent = Ascent(features.load(build("valid")), parse("b"))
    assert octave_sizes((40, 60), Schedule(4, 2.0), ascent) == [(20, 30), (40, 60)]
    with pytest.raises(ReverieError, match="8 x 8 pixels is too small for b"):
        octave_sizes((8, 8), Schedule(), ascent)


def test_beyond_the_mask_nothing_changes(network, paint):
    mask = np.zeros((60, 80), np.uint8)
    mask[20:45, 30:] = 255
    photo = paint(60, 80)
    out = np.asarray(dream.render(photo, network, mask=mask, octaves=3, steps=4, strength=0.03)).astype(int)
    assert (out[mask == 0] == photo[mask == 0]).all()
    assert np.abs(out - photo)[mask == 255].mean() > 3
    with pytest.raises(ReverieError, match="black"):
        dream.render(photo, network, mask=np.zeros((5, 9)))


def test_transparency_size_and_settings_are_kept(network, paint, tmp_path):
    photo = Image.fromarray(paint(40, 60))
    photo.putalpha(Image.linear_gradient("L").resize((60, 40)))
    photo.save(tmp_path / "photo.png")
    out = dream.render(tmp_path / "photo.png", network, "b + 2 * a", octaves=2, steps=1, size=90, seed=7, guide=None)
    assert (out.mode, out.size) == ("RGBA", (90, 60))
    assert np.asarray(out)[..., 3].max() > 250 > 5 > np.asarray(out)[..., 3].min()
    made = json.loads(json.dumps(out.info["reverie"]))
    assert made["seed"] == 7 and made["command"] == "dream render" and "stopped" not in made
    assert made["arguments"]["image"] == str(tmp_path / "photo.png")
    assert made["arguments"]["objective"] == "b + 2 * a"
    images.save(out, tmp_path / "out.png", made)
    assert images.settings(tmp_path / "out.png")["arguments"]["octaves"] == 2


def test_control_c_keeps_the_picture_so_far(network, paint):
    class Impatient(dream.Progress):
        def show(self, moment):
            if (moment.octave, moment.step) == (2, 1):
                raise KeyboardInterrupt

    photo = paint(60, 80)
    out = dream.render(photo, network, octaves=3, steps=3, strength=0.03, progress=Impatient())
    assert out.size == (80, 60)
    assert np.abs(np.asarray(out).astype(int) - photo).mean() > 2
    assert out.info["reverie"]["stopped"] == "octave 2, step 1"


def test_progress_and_preview(network, paint, tmp_path, capsys):
    dream.render(paint(60, 80), network, octaves=2, steps=1, preview=tmp_path / "p.png", progress=dream.Progress())
    assert images.decode(tmp_path / "p.png").rgb.shape == (60, 80, 3)
    assert capsys.readouterr().err.startswith("80 x 60 pixels, 2 octaves of 1 steps: about 0:0")


def test_a_guide_makes_layers_likenesses(network, paint, tmp_path):
    Image.fromarray(paint(50, 50, 3)).save(tmp_path / "guide.png")
    out = dream.render(paint(40, 50), network, "b", guide=tmp_path / "guide.png", octaves=1, steps=1)
    assert out.info["reverie"]["arguments"]["objective"] == f"like({str(tmp_path / 'guide.png')!r}, 'b')"
    with pytest.raises(ReverieError, match="not text"):
        dream.render(paint(40, 50), network, dream.layer("b"), guide=tmp_path / "guide.png")


def test_little_memory_makes_tiles_and_the_same_picture(network, paint, monkeypatch, capsys):
    monkeypatch.setattr(pixels, "used", lambda: 0.0)
    monkeypatch.setattr(pixels, "LEAST", 16)
    photo = paint(150, 200)
    options = {"octaves": 2, "steps": 3, "roll": False}
    whole = np.asarray(dream.render(photo, network, **options)).astype(int)
    each = pixels.bytes_per_pixel(Ascent(network, parse("p")))
    memory = (150 * 200 * Ascent.whole + each * 80**2) / 2**30
    monkeypatch.setitem(limits.LIMITS, "memory", (0.0, 1e6, ""))  # a limit this low is none for real
    tiled = np.asarray(dream.render(photo, network, memory=memory, progress=dream.Progress(), **options)).astype(int)
    assert " tiles, 2 octaves" in capsys.readouterr().err
    assert np.abs(tiled - whole).max() <= 1
    with pytest.raises(ReverieError, match="do not fit into"):
        dream.render(photo, network, memory=memory / 4, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"octaves": 0}, "octaves cannot be 0"),
        ({"octave_scale": 1.0}, "octave_scale cannot be 1.0"),
        ({"steps": 2.5}, "steps cannot be 2.5"),
        ({"strength": float("nan")}, "strength cannot be nan"),
        ({"size": 10**6}, "size cannot be"),
        ({"memory": -1}, "memory cannot be -1"),
        ({"seed": -1}, "seed cannot be -1"),
        ({"preset": "opium"}, "no preset 'opium'"),
        ({"objective": "7"}, "is a number"),
        ({"preview": "nowhere/at/all.png"}, "no folder"),
        ({"guide": "not/there.png"}, "does not exist"),
    ],
)
def test_wrong_values_are_one_sentence(network, paint, options, message):
    with pytest.raises(ReverieError, match=message):
        dream.render(paint(40, 40), network, **options)
