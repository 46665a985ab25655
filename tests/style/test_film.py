"""`film`: what is carried along, what flickers and what does not, what Ctrl-C keeps."""

import io
import itertools

import numpy as np
import pytest
from PIL import Image

from reverie import ReverieError, images, style
from reverie.style.film import film
from reverie.style.flow import consistent, flicker, flow, followed, warped

QUICK = {"size": None, "steps": 4}
STEP = 5  # px to the right, from frame to frame


@pytest.fixture(scope="module")
def clip(paint):
    """A camera that moves: four frames of a drawn picture, each 5 px further to the right in it."""
    wide = paint(64, 120, seed=5, cells=24)
    return [wide[:, STEP * number : STEP * number + 96] for number in range(4)]


@pytest.fixture(scope="module")
def painting(paint):
    return paint(64, 64, 1, 20)


def unsteadiness(frames):
    """The mean absolute difference of each frame and the one before, moved by what is known: no flow is asked."""
    pixels = [np.asarray(frame).astype(int) for frame in frames]
    pairs = itertools.pairwise(pixels)
    return np.mean([np.abs(b[:, :-STEP] - a[:, STEP:])[8:-8, 8:-8].mean() for a, b in pairs])


def test_the_flow_is_what_moved(clip):
    before, after = (frame.astype(np.float32) / 255 for frame in clip[:2])
    moved, sure = followed(before, after)
    inside = moved[8:-8, 8:-16]
    assert np.median(inside[..., 1]) == pytest.approx(STEP, abs=0.3)
    assert np.median(inside[..., 0]) == pytest.approx(0, abs=0.3)
    assert sure[8:-8, 8:-16].mean() > 0.9 and sure[:, -STEP + 1 :].mean() < 0.2  # what has come into the picture
    assert np.abs(warped(before, moved) - after)[8:-8, 8:-16].mean() < 0.02


def test_what_was_hidden_is_not_trusted(pixels):
    """A disc moves over a ground that stands still: the ground it uncovers was not to be seen before."""
    ground, disc = pixels(96, 128, seed=1, cells=20), pixels(96, 128, seed=2, cells=12)
    down, right = np.mgrid[:96, :128]
    inside = [(down - 48) ** 2 + (right - 40 - 6 * number) ** 2 < 24**2 for number in range(2)]
    frames = [
        np.where(shape[..., None], np.roll(disc, 6 * number, 1), ground).astype(np.float32)
        for number, shape in enumerate(inside)
    ]
    moved, sure = followed(*frames)
    uncovered, still = inside[0] & ~inside[1], (down - 48) ** 2 + (right - 43) ** 2 > 36**2
    assert sure[uncovered].mean() < 0.3 and sure[still].mean() > 0.9
    assert np.median(moved[inside[0] & inside[1]][:, 1]) == pytest.approx(-6, abs=1.5)


def test_a_flow_there_and_back():
    moved = np.zeros((20, 30, 2), np.float32)
    moved[..., 1] = 2
    assert consistent(moved, -moved)[:, :-2].all() and not consistent(moved, -moved)[:, -2:].any()
    assert not consistent(moved, moved).any()
    assert not flow(np.zeros((20, 30, 3), np.float32), np.zeros((20, 30, 3), np.float32)).any()


@pytest.mark.backends
def test_a_film_flickers_less_than_its_frames_alone(network, clip, painting):
    clip = clip[:3]
    alone = [np.asarray(style.transfer(frame, painting, network, size=None, strength=5)) for frame in clip]
    together = [np.asarray(frame) for frame in film(clip, painting, network, strength=5, **QUICK)]
    assert unsteadiness(together) < 0.6 * unsteadiness(alone)
    assert flicker(together, clip) < 0.6 * flicker(alone, clip)
    assert (together[0] == alone[0]).all()
    for one, other, photo in zip(together, alone, clip, strict=True):  # and it is not for being unpainted
        change, usual = (np.abs(frame.astype(int) - photo).mean() for frame in (one, other))
        assert change > 0.6 * usual


def test_steadiness_holds(network, clip, painting):
    loose, held = (
        unsteadiness(film(clip, painting, network, strength=5, steadiness=steadiness, **QUICK))
        for steadiness in (0, 10)
    )
    assert held < 0.9 * loose


def test_after_a_cut_a_frame_begins_anew(network, clip, painting, paint):
    other = paint(64, 96, seed=9, cells=16)
    _, last = film([clip[0], other], painting, network, **QUICK)
    assert (np.asarray(last) == np.asarray(style.transfer(other, painting, network, size=None))).all()


def test_a_still_picture_stays(network, clip, painting):
    frames = [np.asarray(frame).astype(int) for frame in film([clip[0]] * 3, painting, network, **QUICK)]
    assert np.abs(frames[2] - frames[1]).mean() < 4


@pytest.mark.parametrize("kind", ["gif", "webp", "mp4"])
def test_from_file_to_file(network, clip, painting, tmp_path, kind):
    if kind == "mp4":
        pytest.importorskip("av")
    images.video.write(clip, tmp_path / f"clip.{kind}", 8)
    said = io.StringIO()
    reel = film(
        tmp_path / f"clip.{kind}", painting, network, frames=2, size=48, steps=1, preview=tmp_path / "last.png",
        progress=style.Progress(said),
    )  # fmt: skip
    assert images.video.write(reel, tmp_path / "out.gif", 8) == 2
    with Image.open(tmp_path / "last.png") as last, Image.open(tmp_path / "out.gif") as made:
        assert last.size == made.size == (48, 32)
    assert said.getvalue().startswith("48 x 32 pixels, 2 frames:")


def test_settings(network, clip, painting, tmp_path):
    images.video.write(clip, tmp_path / "clip.gif", 8)
    one = next(film(tmp_path / "clip.gif", [painting], network, seed=3, size=48, steps=1)).info["reverie"]
    assert one["command"] == "style film" and one["seed"] == 3
    assert one["arguments"]["clip"] == str(tmp_path / "clip.gif") and one["arguments"]["steadiness"] == 1.0
    assert "clip" not in next(film(clip, painting, network, size=48, steps=1)).info["reverie"]["arguments"]


def test_brightness_alone(network, clip, painting):
    frame = list(film(clip[:2], painting, network, colours="luminance", **QUICK))[1]
    ours, photo = (np.asarray(picture).astype(np.float32) for picture in (frame, clip[1]))
    free = np.asarray(list(film(clip[:2], painting, network, **QUICK))[1]).astype(np.float32)
    chroma = [picture - picture.mean(-1, keepdims=True) for picture in (ours, photo, free)]
    assert np.abs(chroma[0] - chroma[1]).mean() < 0.5 * np.abs(chroma[2] - chroma[1]).mean()


@pytest.mark.parametrize("number", [1, 3])
def test_ctrl_c_keeps_the_frames_so_far(network, clip, painting, number):
    def frames():
        for count, frame in enumerate(clip, start=1):
            if count > number:
                raise KeyboardInterrupt
            yield frame

    assert len(list(film(frames(), painting, network, **QUICK))) == number


def test_a_film_that_is_damaged_ends_there(network, clip, painting):
    said = io.StringIO()
    broken = [*clip[:2], clip[2][:, :40]]
    assert len(list(film(broken, painting, network, progress=style.Progress(said), **QUICK))) == 2
    assert "Frame 3 measures 40 x 64 pixels, the first 96 x 64" in said.getvalue()
    assert "The film ends here." in said.getvalue()


def test_wrong_values_come_before_the_first_frame(network, clip, painting):
    for options, message in (
        ({"frames": 0}, "frames cannot be 0"), ({"steadiness": -1}, "steadiness cannot be -1"),
        ({"steps": 0}, "steps cannot be 0"), ({"colours": "zz"}, "colours cannot be"),
    ):  # fmt: skip
        with pytest.raises(ReverieError, match=message):
            film(clip, painting, network, **options)
    with pytest.raises(ReverieError, match="no frame"):
        film([], painting, network)
    with pytest.raises(ReverieError, match="does not exist"):
        film("nowhere.gif", painting, network)
