"""What is maximised: the numbers objectives stand for, their algebra, and their text."""

import numpy as np
import pytest

from reverie import ReverieError, backend
from reverie.dream import channel, layer, like, logit, neuron
from reverie.dream.ascent import Ascent
from reverie.dream.expression import parse
from reverie.dream.objectives import class_number, grey


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(1).random((33, 40, 3)).astype(np.float32)


def score(network, objective, pixels):
    ascent = Ascent(network, objective)
    return ascent.gradient(pixels, ascent.views(*pixels.shape[:2]))[0]


def activations(network, name, pixels):
    return backend.to_numpy(network.activations(name)(pixels[None])[0])


@pytest.mark.backends
def test_values(network, pixels):
    b = activations(network, "b", pixels)[0]
    logits = activations(network, "logits", pixels)[0]
    assert score(network, layer("b"), pixels) == pytest.approx(np.mean(b**2), rel=1e-5)
    assert score(network, channel("b", 3), pixels) == pytest.approx(np.mean(b[..., 3]), rel=1e-5)
    assert score(network, neuron("b", 3, 0, 1), pixels) == pytest.approx(b[0, -1, 3], rel=1e-5)
    assert score(network, logit(4), pixels) == pytest.approx(logits[4], rel=1e-5)
    assert score(network, 2 * layer("b") - channel("b", 3) * layer("a") + 5, pixels) == pytest.approx(
        2 * np.mean(b**2) - np.mean(b[..., 3]) * np.mean(activations(network, "a", pixels) ** 2) + 5, rel=1e-5
    )


@pytest.mark.backends
@pytest.mark.parametrize(
    "text", ["b", "channel('b', 3)", "a * channel('b', 1) + 2 * b", "like('g.png', 'b')", "logit(2)"]
)
def test_the_gradient_is_that_of_the_value(network, pixels, text, tmp_path, monkeypatch, paint):
    from PIL import Image

    Image.fromarray(paint(40, 40, 5)).save(tmp_path / "g.png")
    monkeypatch.chdir(tmp_path)
    ascent = Ascent(network, parse(text))
    views = ascent.views(33, 40)
    _, gradient = ascent.gradient(pixels, views)
    direction = gradient / np.sqrt(np.mean(gradient**2))
    above, below = (ascent.gradient(pixels + sign * direction * 2e-3, views)[0] for sign in (1, -1))
    assert np.vdot(gradient, direction) == pytest.approx((above - below) / 4e-3, rel=0.02)


def test_a_mask_chooses_positions(network, pixels):
    mask = np.zeros((33, 40), bool)
    mask[:, :20] = True
    b = activations(network, "b", pixels)[0]
    left = score(network, channel("b", 2).masked(mask), pixels)
    assert abs(left - b[:, :5, 2].mean()) < 0.2 * abs(left - b[:, 5:, 2].mean())
    everywhere = channel("b", 2).masked(mask).masked(~mask + mask)
    assert score(network, everywhere, pixels) == pytest.approx(left, rel=1e-4)
    _, gradient = _gradient(network, layer("b").masked(mask), pixels)
    assert np.abs(gradient[:, 32:]).max() == 0 < np.abs(gradient[:, :16]).min(axis=-1).max()


def _gradient(network, objective, pixels):
    ascent = Ascent(network, objective)
    return ascent.gradient(pixels, ascent.views(*pixels.shape[:2]))


def test_likeness_is_to_the_best_match(network, paint):
    guide, other = paint(224, 224, 3), paint(64, 64, 4).astype(np.float32) / 255
    theirs = activations(network, "b", guide.astype(np.float32) / 255)[0].reshape(-1, 12)
    theirs = theirs / np.sqrt(np.mean(theirs**2))
    ours = activations(network, "b", other)[0].reshape(-1, 12)
    expected = (ours @ theirs.T).max(axis=1).mean() / 12
    assert score(network, like(guide, "b"), other) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    "text",
    [
        "b", "b + a", "2 * b", "1.5 * b + channel('a', 3)", "neuron('b', 1, 0.25, 0.5) * a", 
        "(a + b) * channel('b', 0)",
        "logit('goldfish') + logit(3)", "like('x/y.png', 'b')", "layer('block/1') + b", "-1 * b", "-1 * (a + b)",
    ],
)  # fmt: skip
def test_text_reads_as_itself(text):
    assert str(parse(text)) == text


def test_text_means_what_it_says(network, pixels):
    for text, objective in {
        "b - 2 * a": layer("b") - 2 * layer("a"),
        "(b - a) * (b + a)": (layer("b") - layer("a")) * (layer("b") + layer("a")),
        "-b": -layer("b"),
    }.items():
        assert score(network, parse(text), pixels) == pytest.approx(score(network, objective, pixels), rel=1e-6)
        assert score(network, parse(str(objective)), pixels) == pytest.approx(
            score(network, objective, pixels), rel=1e-6
        )


@pytest.mark.parametrize(
    "text",
    [
        "", "3", "b +", "b / 2", "b ** 2", "open('x')", "b.text", "b[0]", "__import__('os').system('x')", 
        "channel(b, 3)",
        "channel('b')", "b and a", "lambda: b", "b; a", "f'{b}'", "(" * 500 + "b" + ")" * 500, "b.masked(b)",
        "True * b",
    ],
)  # fmt: skip
def test_other_text_is_one_sentence(text):
    with pytest.raises(ReverieError, match=r"cannot be read|is a number"):
        parse(text)


@pytest.mark.parametrize(
    ("objective", "message"),
    [
        (layer("zz"), "no layer 'zz'"),
        (channel("b", 12), "no channel 12 in b"),
        (channel("b", -1), "no channel -1"),
        (logit(5), "no class 5"),
        (logit("cat"), "names of"),
    ],
)
def test_what_the_network_does_not_have(network, objective, message):
    with pytest.raises(ReverieError, match=message):
        Ascent(network, objective)


def test_masks_and_places_that_make_no_sense():
    with pytest.raises(ReverieError, match="black"):
        layer("b").masked(np.zeros((9, 9), np.uint8))
    with pytest.raises(ReverieError, match="outside the picture"):
        neuron("b", 1, 1.5, 0)
    with pytest.raises(ReverieError, match="outside 0 to 1"):
        grey(np.full((9, 9), 2.0))


def test_classes_by_name():
    class Named:
        name = "n"
        classes = ("goldfish, Carassius auratus", "great white shark", "tiger shark", "tiger")

    assert class_number(Named, "goldfish") == 0
    assert class_number(Named, "Tiger") == 3
    assert class_number(Named, "great") == 1
    assert class_number(Named, 2) == 2
    for name, message in {"shark": "2 classes", "cat": "No classes"}.items():
        with pytest.raises(ReverieError, match=message):
            class_number(Named, name)
