"""`transfer` and `texture`: what is painted, what is kept, what is refused."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from reverie import ReverieError, style
from reverie.pixels.scaling import resized
from reverie.style import colour
from reverie.style.descent import Adam, l_bfgs
from reverie.style.limits import parts
from reverie.style.objective import Balance, Objective
from reverie.style.painting import Schedule, enlarged, paint
from reverie.style.preparation import planned
from reverie.style.presets import PRESETS, Preset, choose, layers

QUICK = {"size": 64, "scales": 2, "steps": 3}
CONTENT, STYLE = ("conv4_2",), ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")


def style_distance(network, picture, painting):
    objective = Objective(network, CONTENT, STYLE)
    one, other = (objective.grams(np.asarray(image).astype(np.float32) / 255) for image in (picture, painting))
    return np.mean([np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in zip(one, other, strict=True)])


@pytest.mark.backends
def test_the_style_comes_nearer_with_strength(network, paint):
    photo, painting = paint(64, 96), paint(80, 80, seed=1, cells=20)
    distances = [
        style_distance(
            network, style.transfer(photo, painting, network, size=96, steps=12, strength=strength), painting
        )
        for strength in (0, 0.1, 10)
    ]
    assert distances[2] < 0.6 * distances[0] and distances[2] < distances[1] < distances[0]
    assert distances[0] == pytest.approx(style_distance(network, photo, painting), rel=0.05)


@pytest.mark.backends
def test_same_seed_same_picture(network, paint):
    one, two, other = (
        np.asarray(style.transfer(paint(48, 64), paint(40, 40, 1), network, start="noise", seed=seed, **QUICK))
        for seed in (1, 1, 2)
    )
    assert (one == two).all() and (one != other).any()


def test_settings_go_into_the_picture(network, paint, tmp_path):
    Image.fromarray(paint(48, 64)).save(tmp_path / "photo.png")
    Image.fromarray(paint(40, 40, 1)).save(tmp_path / "painting.png")
    made = style.transfer(
        tmp_path / "photo.png", [str(tmp_path / "painting.png"), paint(40, 40, 2)], network, style_weights=[1, 3],
        seed=4, **QUICK,
    )  # fmt: skip
    settings = made.info["reverie"]
    assert settings["command"] == "style transfer" and settings["seed"] == 4
    assert settings["arguments"]["styles"] == [str(tmp_path / "painting.png"), "ndarray"]
    assert settings["arguments"]["style_weights"] == [1, 3] and settings["arguments"]["size"] == 64
    json.dumps(settings)


def test_transparency_and_size_are_kept(network, paint):
    rgba = np.dstack([paint(40, 60), np.tile(np.arange(60, dtype=np.uint8) * 4, (40, 1))])
    made = style.transfer(rgba, paint(40, 40, 1), network, size=None, scales=1, steps=1)
    assert made.mode == "RGBA" and made.size == (60, 40)
    assert (np.asarray(made)[..., 3] == rgba[..., 3]).all()


def test_ctrl_c_keeps_the_picture_so_far(network, paint):
    said = io.StringIO()

    class Impatient(style.Progress):
        def show(self, moment):
            super().show(moment)
            if (moment.scale, moment.step) == (2, 2):
                raise KeyboardInterrupt

    made = style.transfer(paint(48, 64), paint(40, 40, 1), network, progress=Impatient(said), **QUICK)
    assert made.size == (64, 48)
    assert made.info["reverie"]["stopped"] == "size 2 of 2, step 2"
    assert "this is the picture so far" in said.getvalue() and said.getvalue().startswith("64 x 48 pixels, 2 sizes")


def test_previews(network, paint, tmp_path):
    style.transfer(paint(48, 64), paint(40, 40, 1), network, preview=tmp_path / "so_far.png", **QUICK)
    with Image.open(tmp_path / "so_far.png") as so_far:
        assert so_far.size == (64, 48)


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_both_optimizers_go_downhill(network, pixels, optimizer):
    objective = Objective(network, CONTENT, STYLE)
    grams, photo, losses = objective.grams(pixels(48, 48, seed=1, cells=16)), pixels(48, 64), {}
    canvas, _ = paint(
        photo, lambda size: objective.targets(resized(photo, size), grams), objective,
        Schedule([(24, 32), (48, 64)], (8, 8), (0.03, 0.03), Balance(1, 30, 0), optimizer=optimizer), None,
        lambda moment: losses.setdefault(moment.scale, []).append(np.dot(moment.losses, (1, 30, 0))),
    )  # fmt: skip
    assert canvas.shape == photo.shape and canvas.min() >= 0 and canvas.max() <= 1
    assert losses[1][-1] < 0.5 * losses[1][0] and losses[2][-1] < losses[2][0]


def test_l_bfgs_finds_the_bottom():
    wanted = np.random.default_rng(0).random((4, 5, 3)).astype(np.float32)
    steps = []
    found = l_bfgs(
        np.full((4, 5, 3), 0.5, np.float32),
        lambda x: (float(np.sum((x - wanted) ** 2)), 2 * (x - wanted)), 20, lambda x: steps.append(1),
    )  # fmt: skip
    assert found == pytest.approx(wanted, abs=1e-3) and 1 <= len(steps) <= 20


def test_adam():
    """The first step has the length of the rate; the memory survives a change of size."""
    adam, canvas = Adam(), np.full((70, 8, 3), 0.5, np.float32)
    gradient = np.random.default_rng(0).normal(size=canvas.shape).astype(np.float32)
    adam.step(canvas, gradient, 0.1)
    assert np.abs(canvas - 0.5) == pytest.approx(np.full(canvas.shape, 0.1), rel=1e-4)
    assert (np.sign(0.5 - canvas) == np.sign(gradient)).all()
    adam.m[:], adam.v[:] = 2, 5
    adam.resize((140, 16))
    assert adam.m == pytest.approx(np.full((140, 16, 3), 2), rel=1e-5) and adam.v.min() > 4.9
    adam.step(np.full((140, 16, 3), 0.5, np.float32), np.zeros((140, 16, 3), np.float32), 0.1)
    assert adam.steps == 2


def test_detail_that_a_small_canvas_cannot_hold_comes_back(pixels):
    photo = pixels(64, 64, cells=50)
    assert enlarged(resized(photo, (32, 32)), photo, (64, 64)) == pytest.approx(photo, abs=1e-6)
    darker = enlarged(resized(photo, (32, 32)) * 0 + 0.25, photo * 0 + 0.5, (64, 64))
    assert darker == pytest.approx(np.full((64, 64, 3), 0.25), abs=1e-6)


def test_colours_of_the_photo(network, pixels, paint):
    photo = paint(48, 64)
    made = style.transfer(photo, paint(40, 40, 1), network, colours="luminance", **QUICK)
    kept, free = (
        np.asarray(picture).astype(np.float32) / 255
        for picture in (made, style.transfer(photo, paint(40, 40, 1), network, **QUICK))
    )
    original = pixels(48, 64)
    chroma = [x - (x @ colour.LUMA)[..., None] for x in (kept, free, original)]
    assert np.abs(chroma[0] - chroma[2]).mean() < 0.3 * np.abs(chroma[1] - chroma[2]).mean()
    grey = pixels(48, 64, seed=9)
    assert colour.coloured(grey, original) @ colour.LUMA == pytest.approx(grey @ colour.LUMA, abs=1e-4)
    assert colour.coloured(original, original) == pytest.approx(original, abs=1e-5)


def test_histograms(pixels):
    pytest.importorskip("skimage")
    painting, photo = pixels(50, 60, seed=1), 0.2 + 0.3 * pixels(40, 40)
    matched = colour.repainted(painting, photo)
    assert matched.shape == painting.shape
    for q in (5, 50, 95):
        assert np.percentile(matched, q, axis=(0, 1)) == pytest.approx(np.percentile(photo, q, axis=(0, 1)), abs=0.02)


def test_masks_say_where(network, paint):
    """Where no mask is white the photo stays, and each painting's own colour is in its own half."""
    photo = np.full((64, 96, 3), 128, np.uint8)
    red, blue = (np.full((40, 40, 3), 30, np.uint8) for _ in range(2))
    red[..., 0], blue[..., 2] = 230, 230
    left, right = (np.zeros((64, 96), np.uint8) for _ in range(2))
    left[:, :32], right[:, 64:] = 255, 255
    made = style.transfer(photo, [red, blue], network, masks=[left, right], size=96, scales=1, steps=20, strength=10)
    pixels = np.asarray(made).astype(int)
    assert (pixels[:, :24, 0] - pixels[:, :24, 2]).mean() > 3 and (pixels[:, 72:, 2] - pixels[:, 72:, 0]).mean() > 3
    assert np.abs(pixels[:, 44:52] - 128).mean() < 0.8 * np.abs(pixels[:, :24] - 128).mean()


def test_style_masks_say_from_where(network, paint):
    painting = np.concatenate([paint(48, 48, 1, 20), np.zeros((48, 48, 3), np.uint8)], axis=1)
    mask = np.zeros((48, 96), np.uint8)
    mask[:, :48] = 255
    objective = Objective(network, CONTENT, ("conv1_1",))
    (half,) = objective.grams(painting.astype(np.float32) / 255, mask.astype(np.float32) / 255)
    (alone,) = objective.grams(paint(48, 48, 1, 20).astype(np.float32) / 255)
    assert half == pytest.approx(alone, rel=0.1, abs=0.05 * float(alone.max()))
    assert style.transfer(paint(48, 64), painting, network, style_masks=[mask], **QUICK).size == (64, 48)


@pytest.mark.backends
def test_a_texture_has_the_style_and_is_new(network, paint):
    pattern = paint(64, 64, 3, 20)
    made = style.texture(pattern, network, width=96, height=64, steps=15, seed=1)
    assert made.size == (96, 64)
    noise = np.random.default_rng(1).random((64, 96, 3)) * 255
    assert style_distance(network, made, pattern) < 0.5 * style_distance(network, noise, pattern)
    assert made.info["reverie"]["command"] == "style texture"


def test_a_tileable_texture_has_no_seam(network, paint):
    made = np.asarray(style.texture(paint(64, 64, 3, 6), network, width=64, height=64, steps=30, tileable=True)).astype(
        int
    )
    for axis in (0, 1):
        steps = np.abs(np.diff(made, axis=axis)).mean()
        seam = np.abs(np.take(made, 0, axis) - np.take(made, -1, axis)).mean()
        assert seam < 1.35 * steps


def test_planned_sizes():
    plan = planned((384, 512), PRESETS["reverie"], Balance(), None, None, None, 0)
    assert plan.sizes == [(96, 128), (192, 256), (384, 512)] and list(plan.steps) == list(PRESETS["reverie"].steps)
    assert planned((100, 90), PRESETS["reverie"], Balance(), None, 7, None, 0).sizes == [(100, 90)]
    large = planned((2048, 100), PRESETS["reverie"], Balance(), None, 15, None, 0)
    assert max(large.sizes[0]) == 128 and large.steps[-1] == 15 and len(large.sizes) == 5


def test_presets(network):
    assert choose(None, "VGG19").network == "vgg19" and choose(None, None).network == "reverie-style"
    assert layers(Preset("small", CONTENT, STYLE), network) == (CONTENT, STYLE)
    content, painted = layers(PRESETS["vgg19"], network)
    assert len(content) == 1 and len(painted) == 5 and set(painted) <= set(network.layers)
    with pytest.raises(ReverieError, match="no preset 'zz'"):
        choose("zz", None)


def test_weights_of_styles():
    assert parts(None, 2) == [0.5, 0.5] and parts([1, 3], 2) == [0.25, 0.75]
    for wrong in ([1], [0, 0], [1, -1], [1, float("nan")], ["a", 1]):
        with pytest.raises(ReverieError):
            parts(wrong, 2)


@pytest.mark.parametrize(("options", "message"), [
    ({"strength": -1}, "strength cannot be -1"), ({"strength": float("nan")}, "strength cannot be nan"),
    ({"size": 3}, "size cannot be 3"), ({"steps": 0}, "steps cannot be 0"),
    ({"colours": "zz"}, "colours cannot be 'zz'"),
    ({"optimizer": "sgd"}, "optimizer cannot be 'sgd'"), ({"style_scale": 0}, "style_scale cannot be 0"),
    ({"start": "nowhere.png"}, "nowhere.png does not exist"), ({"preset": "zz"}, "no preset 'zz'"),
    ({"masks": []}, "1 styles and 0 masks"), ({"style_weights": [1, 2]}, "1 styles and 2 weights"),
    ({"masks": [np.zeros((20, 20), np.uint8)]}, "mask 1 is black"),
])  # fmt: skip
def test_refused(network, paint, options, message):
    with pytest.raises(ReverieError, match=message):
        style.transfer(paint(40, 60), paint(40, 40, 1), network, **options)


def test_no_style(network, paint):
    with pytest.raises(ReverieError, match="no style"):
        style.transfer(paint(40, 60), [], network)
    with pytest.raises(ReverieError, match="does not exist"):
        style.transfer(paint(40, 60), "nowhere.jpg", network)
