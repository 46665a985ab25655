"""`sheet`: one photo over strengths and style scales."""

import numpy as np
import pytest
from PIL import Image

from reverie import ReverieError, features, images, style
from reverie.style.sheet import sheet

QUICK = {"size": 64, "scales": 2, "steps": 2}


def test_cells_are_what_transfer_paints(network, paint, monkeypatch):
    laid = []
    grid = images.grid
    monkeypatch.setattr(
        images, "grid", lambda pictures, *rest, **more: laid.append((pictures, more)) or grid(pictures, *rest, **more)
    )
    calls = []
    page = sheet(
        paint(48, 64), paint(40, 40, 1), network, strengths=[0.5, 4], style_scales=[1, 2], seed=3,
        progress=lambda *call: calls.append(call), **QUICK,
    )  # fmt: skip
    ((cells, more),) = laid
    assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert more["captions"][1] == "strength 4  style scale 1" and page.width > 128
    alone = style.transfer(paint(48, 64), paint(40, 40, 1), network, strength=4, style_scale=2, seed=3, **QUICK)
    assert np.abs(np.asarray(cells[3]).astype(int) - np.asarray(alone)).max() <= 1
    assert (np.asarray(cells[0]) != np.asarray(cells[1])).any()
    made = page.info["reverie"]
    assert made["command"] == "style sheet" and made["seed"] == 3
    assert made["arguments"]["strengths"] == [0.5, 4] and made["arguments"]["style_scales"] == [1, 2]


def test_ctrl_c_leaves_out_what_is_not_done(network, paint):
    def progress(done, total):
        if done == 2:
            raise KeyboardInterrupt

    page = sheet(paint(48, 64), paint(40, 40, 1), network, strengths=[1, 2], progress=progress, **QUICK)
    whole = sheet(paint(48, 64), paint(40, 40, 1), network, strengths=[1, 2], **QUICK)
    assert page.info["reverie"]["stopped"] == "after 2 pictures"
    assert page.width == whole.width and page.height < 0.6 * whole.height


def test_a_report_over_the_strengths(network, paint, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(features, "load", lambda name, *rest, **more: asked.append(name) or network)
    sheet(
        paint(48, 64), paint(40, 40, 1), network, strengths=[1, 2], style_scales=[0.5, 1], report=tmp_path / "r.png",
        **QUICK,
    )  # fmt: skip
    assert asked == [network, "reverie-dream"]
    with Image.open(tmp_path / "r.png") as chart:
        assert chart.width > 500


@pytest.mark.parametrize(("options", "message"), [
    ({"strengths": [-1.0]}, "strength cannot be -1"), ({"style_scales": [0]}, "style_scale cannot be 0"),
    ({"report": "chart.txt"}, "must end in"), ({"colours": "zz"}, "colours cannot be"),
])  # fmt: skip
def test_refused(network, paint, options, message):
    with pytest.raises(ReverieError, match=message):
        sheet(paint(40, 60), paint(40, 40, 1), network, **options)
