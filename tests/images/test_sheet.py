"""The contact sheet: every picture whole and in its place."""

import numpy as np
import pytest
from PIL import Image

from reverie import ReverieError, images
from reverie.images.sheet import sheet

COLOURS = [(200, 0, 0), (0, 200, 0), (0, 0, 200), (200, 200, 0), (200, 0, 200)]


def places(page: Image.Image) -> list[tuple[int, int, int, int]]:
    """(left, top, right, bottom) of each colour."""
    array = np.asarray(page)
    found = []
    for colour in COLOURS:
        rows, columns = np.nonzero((array == colour).all(axis=2))
        if len(rows):
            found.append((columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))
    return found


def test_rows_and_columns():
    sheet = images.grid([Image.new("RGB", (50, 30), colour) for colour in COLOURS], 3)
    found = places(sheet)
    assert sheet.mode == "RGB" and all((right - left, low - top) == (50, 30) for left, top, right, low in found)
    lefts, tops = [place[0] for place in found], [place[1] for place in found]
    assert lefts[0] == lefts[3] < lefts[1] == lefts[4] < lefts[2]
    assert tops[0] == tops[1] == tops[2] < tops[3] == tops[4]
    assert np.asarray(sheet)[[0, -1]].min() == np.asarray(sheet)[:, [0, -1]].min() == 255  # a margin all around


def test_pictures_of_different_sizes_stay_whole_and_apart():
    sizes = [(50, 30), (20, 60), (9, 9), (50, 60), (33, 8)]
    found = places(images.grid([Image.new("RGB", size, c) for size, c in zip(sizes, COLOURS, strict=True)], 2))
    assert [(right - left, low - top) for left, top, right, low in found] == sizes
    for number, one in enumerate(found):
        for other in found[:number]:
            assert one[0] >= other[2] or other[0] >= one[2] or one[1] >= other[3] or other[1] >= one[3]


def test_captions_and_title_hide_nothing():
    pictures = [Image.new("RGB", (90, 60), colour) for colour in COLOURS]
    bare = images.grid(pictures, 2)
    lettered = images.grid(pictures, 2, [f"channel {n}" for n in range(5)], "inception_4c")
    assert lettered.height > bare.height and lettered.width == bare.width
    for left, top, right, low in places(lettered):
        assert (right - left, low - top) == (90, 60)
        ink = np.asarray(lettered)[low : low + 12, left:right].min()
        assert ink < 200  # something is written below
    assert np.asarray(lettered)[: places(lettered)[0][1]].min() < 100  # and above all


def test_a_long_caption_stays_below_its_own_picture():
    pictures = [Image.new("RGB", (60, 60), colour) for colour in COLOURS[:2]]
    array = np.asarray(images.grid(pictures, 2, ["x" * 200, ""]))
    second = places(Image.fromarray(array))[1]
    assert array[second[3] :, second[0] :].min() == 255


def test_arrays_one_picture_and_transparency():
    array = np.full((20, 30, 3), 200 / 255, np.float32)
    array[..., 1:] = 0
    assert places(images.grid([array], 4)) == [(2, 2, 32, 22)]
    clear = Image.new("RGBA", (30, 20), (*COLOURS[0], 0))
    assert np.asarray(images.grid([clear], 1)).min() == 255  # nothing to be seen on white


def test_small_pictures_are_enlarged_by_a_whole_factor():
    assert places(sheet(np.full((1, 20, 20, 3), COLOURS[0], np.uint8), 4)) == [(4, 4, 104, 104)]
    assert np.asarray(sheet(np.zeros((3, 100, 100, 1), np.uint8), 2)).shape == (212, 212, 3)


def test_a_caption_too_few_is_a_mistake_of_the_program():
    with pytest.raises(ValueError, match="1 captions for 2 pictures"):
        images.grid([Image.new("RGB", (9, 9))] * 2, 2, ["one"])


def test_no_pictures():
    with pytest.raises(ReverieError, match="no picture to lay out"):
        images.grid([], 3)
