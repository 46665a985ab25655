"""Where tiles are cut: every pixel belongs to one, and each is seen with its margin."""

import itertools

import pytest

from reverie.pixels.tiles import Geometry, spans, tiles, windows


@pytest.mark.parametrize(
    ("length", "stride", "margin", "side"), [*itertools.product((50, 97, 128), (1, 4, 16), (0, 5, 33), (48, 90))]
)
def test_spans(length, stride, margin, side):
    cut = spans(length, stride, margin, side)
    assert [span.first for span in cut] == [0, *(span.last for span in cut[:-1])]
    assert cut[-1].last == cut[-1].stop == length
    for span in cut:
        assert span.start % stride == 0 and span.first % stride == 0
        assert span.length % stride == length % stride
        assert span.start == 0 or span.first - span.start >= margin
        assert span.stop == length or span.stop - span.last >= margin
        if side > 2 * (margin + stride) + 2 * stride:
            assert span.length <= side


def test_a_picture_that_fits_is_one_tile():
    (tile,) = tiles(50, 60, Geometry(8, 30, None), 60)
    assert (tile.rows.start, tile.rows.stop, tile.columns.stop, tile.pixels) == (0, 50, 60, 3000)
    assert len(tiles(50, 61, Geometry(8, 10, None), 60)) == 2


def test_windows_cover_all():
    for length in (32, 33, 64, 100):
        cut = windows(length, 32)
        assert cut[0].start == 0 and cut[-1].stop == length
        assert all(after.start <= before.stop for before, after in itertools.pairwise(cut))
        assert all(span.length == 32 for span in cut)
