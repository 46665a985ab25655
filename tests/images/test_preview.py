"""The preview: at once, then from time to time, always whole."""

import time

import numpy as np
import pytest

from reverie import ReverieError, images


def test_it_comes_at_once_and_then_when_due(tmp_path, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    made = []

    def picture():
        made.append(clock[0])
        return np.full((8, 8, 3), len(made), np.uint8)

    preview = images.Preview(tmp_path / "preview.png", every=5)
    for clock[0] in (100.0, 101.0, 104.9, 105.0, 106.0, 112.0):
        preview(picture)
    assert made == [100.0, 105.0, 112.0]  # the others cost nothing
    assert (images.decode(tmp_path / "preview.png").rgb == 3).all()
    assert [path.name for path in tmp_path.iterdir()] == ["preview.png"]


def test_a_place_that_cannot_be_written_is_said_at_the_start(tmp_path):
    with pytest.raises(ReverieError, match="there is no folder"):
        images.Preview(tmp_path / "gone" / "preview.png")
