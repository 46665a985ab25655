"""Zooms and sheets: many dreams in one file."""

import itertools

import numpy as np
import pytest
from PIL import Image

from reverie import ReverieError, dream
from reverie.dream.sheet import spread
from reverie.dream.zoom import closer
from reverie.images import video


def test_a_zoom(network, paint, tmp_path):
    calls = []
    frames = list(
        dream.zoom(
            paint(48, 64), network, frames=4, steps=2, size=64, strength=0.02, progress=lambda *c: calls.append(c)
        )
    )
    assert [frame.size for frame in frames] == [(64, 48)] * 4
    assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)]
    for before, after in itertools.pairwise(frames):
        enlarged = np.asarray(closer(before, 1.04)).astype(int)
        step = np.abs(np.asarray(after).astype(int) - enlarged).mean()
        assert 1 < step < 25  # a little further than the enlarged frame before
    assert frames[0].info["reverie"]["command"] == "dream zoom"
    assert video.write(iter(frames), tmp_path / "film.gif", 10, frames[0].info["reverie"]) == 4


def test_closer_is_the_middle():
    ramp = Image.fromarray(np.broadcast_to(np.arange(0, 200, 2, dtype=np.uint8)[None, :, None], (60, 100, 3)).copy())
    near = np.asarray(closer(ramp, 2.0)).astype(float)
    assert near.shape == (60, 100, 3)
    assert near[30, 1, 0] == pytest.approx(50, abs=2) and near[30, 98, 0] == pytest.approx(148, abs=2)


def test_wrong_values_come_before_the_first_frame(network, paint):
    for options, message in (({"frames": 0}, "frames"), ({"zoom": 0.5}, "zoom"), ({"objective": "zz"}, "no layer")):
        with pytest.raises(ReverieError, match=message):
            dream.zoom(paint(40, 40), network, **options)


def test_a_sheet_over_layers_and_strengths(network, paint):
    calls = []
    page = dream.sheet(
        paint(40, 60), network, layers=["a", "b + a"], strengths=[0.01, 0.05], octaves=1, steps=1, size=60,
        progress=lambda *c: calls.append(c),
    )  # fmt: skip
    assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert page.width > 120 and page.height > 80
    assert page.info["reverie"]["arguments"]["layers"] == ["a", "b + a"]
    with pytest.raises(ReverieError, match="strength cannot be -1"):
        dream.sheet(paint(40, 60), network, strengths=[-1.0])


def test_layers_are_chosen_over_the_depth(network):
    assert spread(network) == ["a", "b"]
