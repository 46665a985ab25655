"""Films that are read: every frame, in its colours, upright, at its pace; and what is no film."""

import builtins

import numpy as np
import pytest
from PIL import Image

from reverie import ReverieError, images
from reverie.images.clip import read

COLOURS = [(255, 0, 0), (0, 255, 0), (30, 60, 220), (128, 128, 128)]


def frame(number: int) -> np.ndarray:
    """Four stripes of colour, in another order in each frame."""
    order = COLOURS[number % 4 :] + COLOURS[: number % 4]
    return np.repeat(np.array(order, np.uint8), 16, axis=0)[None].repeat(32, axis=0)


@pytest.mark.parametrize("kind", ["mp4", "gif", "webp", "png"])
def test_frames_and_pace(kind, tmp_path):
    path = tmp_path / f"film.{kind}"
    if kind == "mp4":
        pytest.importorskip("av")
    if kind == "png":
        first, *rest = (Image.fromarray(frame(number)) for number in range(5))
        first.save(path, save_all=True, append_images=rest, duration=80)
    else:
        images.video.write((frame(number) for number in range(5)), path, 12.5)
    clip = read(path)
    assert clip.fps == pytest.approx(12.5) and clip.count == 5
    for _ in range(2):  # again and again
        shown = list(clip)
        assert len(shown) == 5
        for number, one in enumerate(shown):
            assert one.shape == (32, 64, 3) and one.dtype == np.uint8
            assert np.abs(one.astype(int) - frame(number))[8:24, 6::16].max() < 12, number


def test_frames_of_different_length_and_none(tmp_path):
    first, *rest = (Image.fromarray(frame(number)) for number in range(3))
    first.save(tmp_path / "a.gif", save_all=True, append_images=rest, duration=[100, 200, 300])
    assert read(tmp_path / "a.gif").fps == pytest.approx(5)
    first.save(tmp_path / "b.gif", save_all=True, append_images=rest, duration=0)
    assert read(tmp_path / "b.gif").fps == pytest.approx(10)


def test_what_shines_through_is_white(tmp_path):
    clear = [Image.new("RGBA", (16, 16), (255, 0, 0, 0)) for _ in range(2)]
    clear[1].paste((0, 0, 255, 255), (0, 0, 8, 16))
    clear[0].save(tmp_path / "a.png", save_all=True, append_images=clear[1:], duration=50, disposal=1)
    one, two = read(tmp_path / "a.png")
    assert (one == 255).all() and two[8, 4].tolist() == [0, 0, 255] and two[8, 12].tolist() == [255, 255, 255]


def test_no_film(tmp_path):
    Image.fromarray(frame(0)).save(tmp_path / "one.png")
    (tmp_path / "text.mp4").write_text("no film at all")
    (tmp_path / "empty.gif").write_bytes(b"")
    images.video.write([frame(0), frame(1)], tmp_path / "half.gif", 5)
    whole = (tmp_path / "half.gif").read_bytes()
    (tmp_path / "half.gif").write_bytes(whole[: len(whole) - 60])
    pytest.importorskip("av")
    for name, message in (
        ("one.png", "is one picture, not a film"), ("text.mp4", "not a film that can be read"),
        ("empty.gif", "empty.gif"), ("half.gif", "damaged"), ("gone.mp4", "does not exist"), (".", "is a folder"),
    ):  # fmt: skip
        with pytest.raises(ReverieError, match=message):
            read(tmp_path / name)


def test_without_pyav_one_sentence_says_what_to_install(tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name == "av":
            raise ImportError(name)
        return real(name, *rest)

    images.video.write([frame(0), frame(1)], tmp_path / "film.gif", 5)
    (tmp_path / "film.mp4").write_bytes(b"\0\0\0\x10ftypisom")
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ReverieError, match=r"needs PyAV.*reverie\[video\]"):
        read(tmp_path / "film.mp4")
    assert len(list(read(tmp_path / "film.gif"))) == 2
