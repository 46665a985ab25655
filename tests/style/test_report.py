"""`report`: two distances that say what they should, by a judge that did not paint."""

import numpy as np
import pytest
from PIL import Image

from reverie import ReverieError, features, style
from reverie.style.report import report


@pytest.fixture(scope="module")
def judge(network):
    """Another network than the one that paints."""
    import keras

    x = pictures = keras.Input((None, None, 3))
    for number in range(1, 6):
        x = keras.layers.Conv2D(
            12, 3, strides=2, padding="same", activation="relu", name=f"conv{number}",
            kernel_initializer=keras.initializers.HeUniform(77 + number),
        )(x)  # fmt: skip
    return features.load(keras.Model(pictures, x, name="judge"))


@pytest.mark.backends
def test_the_ends(judge, paint):
    photo, painting = paint(48, 64), paint(48, 64, 1, 20)
    found = report(photo, painting, [photo, np.asarray(painting)], ["same", "other"], network=judge)
    same, other = found.points
    assert same.content == pytest.approx(0, abs=1e-4) and same.style == pytest.approx(found.photo.style, rel=1e-3)
    assert other.style < 1e-3 < found.photo.style and other.content == pytest.approx(found.painting.content, rel=1e-3)
    assert 0 < found.painting.content <= 2 and found.painting.style == found.photo.content == 0
    assert found.network == "judge" and found.size == 64


def test_strength_goes_from_the_photo_to_the_painting(network, judge, paint):
    photo, painting = paint(64, 96), paint(80, 80, seed=1, cells=20)
    made = [style.transfer(photo, painting, network, size=96, steps=12, strength=strength) for strength in (0, 0.1, 10)]
    points = report(photo, painting, made, network=judge).points
    assert points[0].content < points[1].content < points[2].content
    assert points[0].style > points[1].style > points[2].style


def test_a_small_picture_brings_all_to_its_size(judge, paint):
    photo, painting = paint(300, 400), paint(64, 64, 1, 20)
    assert report(photo, painting, paint(48, 64), network=judge).size == 64
    large = report(photo, painting, paint(600, 800), network=judge)
    assert large.size == 512 and large.points[0].content < 0.1 * large.painting.content  # the same blobs, enlarged


def test_who_judges(monkeypatch, judge, paint, tmp_path):
    asked = []
    monkeypatch.setattr(features, "load", lambda network: asked.append(network) or judge)
    photo, painted = paint(48, 64), Image.fromarray(paint(48, 64, 2))
    report(photo, photo, painted)
    painted.info["reverie"] = {"command": "style transfer", "arguments": {"network": "reverie-style"}}
    report(photo, photo, painted)
    painted.info["reverie"]["arguments"]["network"] = "reverie-dream"
    report(photo, photo, painted)
    from reverie import images

    images.save(painted, tmp_path / "painted.png", painted.info["reverie"])
    report(photo, photo, tmp_path / "painted.png")
    assert asked == ["reverie-dream", "reverie-dream", "reverie-style", "reverie-style"]


def test_several_styles_and_the_chart(judge, paint, tmp_path):
    photo, one, two = paint(48, 64), paint(64, 64, 1, 20), paint(64, 64, 2, 20)
    found = report(photo, [one, two], one, style_weights=[1, 0], network=judge)
    assert found.points[0].style == pytest.approx(report(photo, one, one, network=judge).points[0].style)
    found.plot(tmp_path / "chart.png")
    with Image.open(tmp_path / "chart.png") as chart:
        assert chart.size == (1050, 810)
    assert "repainted has a style distance" in found.sentence and found.to_dict()["points"][0]["name"] == "repainted"
    with pytest.raises(ReverieError, match="must end in"):
        found.plot(tmp_path / "chart.txt")
    with pytest.raises(ReverieError, match="style_scale"):
        report(photo, one, one, network=judge, style_scale=0)
