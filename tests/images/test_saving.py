"""encode, save, settings: what goes into a file comes out of it, or nothing is written."""

import errno
import os

import numpy as np
import pytest
from PIL import Image

import reverie
from reverie import ReverieError, images

RGB = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
ALPHA = np.random.default_rng(1).integers(0, 256, (20, 30), dtype=np.uint8)
SETTINGS = {
    "command": "dream render",
    "arguments": {"image": "하늘 'sky'.jpg", "octaves": 4, "strength": 0.1, "mask": None, "roll": True},
    "seed": 7,
}


def test_encode_rounds_and_clips():
    levels = np.float32([-1, 0, 0.49 / 255, 0.51 / 255, 0.5, 254.51 / 255, 1, 9])
    rgb = np.tile(levels[:, None, None], (1, 1, 3))
    assert np.asarray(images.encode(rgb))[:, 0, 0].tolist() == [0, 0, 0, 1, 128, 255, 255, 255]


def test_encode_inverts_decoding_to_floats():
    every = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    assert (np.asarray(images.encode(every.astype(np.float32) / 255)) == every).all()
    assert (np.asarray(images.encode(every)) == every).all()


def test_encode_leaves_its_input_alone():
    rgb = np.full((8, 8, 3), 0.5, np.float32)
    images.encode(rgb)
    assert (rgb == 0.5).all()


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_make_no_picture(number):
    rgb = np.zeros((8, 8, 3), np.float32)
    rgb[3, 4, 1] = number
    with pytest.raises(ReverieError, match="not finite"):
        images.encode(rgb)


def test_alpha_is_put_back_at_any_size():
    assert (np.asarray(images.encode(RGB, ALPHA))[..., 3] == ALPHA).all()
    left = np.zeros((20, 30), np.uint8)
    left[:, :15] = 255
    larger = np.asarray(images.encode(np.zeros((40, 60, 3), np.float32), left))
    assert larger.shape == (40, 60, 4)
    assert (larger[:, :25, 3] == 255).all() and (larger[:, 35:, 3] == 0).all()


@pytest.mark.parametrize("suffix", ["png", "webp"])
@pytest.mark.parametrize("alpha", [None, ALPHA], ids=["opaque", "clear"])
def test_what_is_saved_is_decoded_pixel_for_pixel(suffix, alpha, tmp_path):
    path = tmp_path / f"a.{suffix}"
    images.save(images.encode(RGB, alpha), path, SETTINGS)
    picture = images.decode(path)
    assert (picture.rgb == RGB).all()
    assert picture.alpha is None if alpha is None else (picture.alpha == alpha).all()
    before = path.read_bytes()
    images.save(images.encode(picture.rgb, picture.alpha), path, SETTINGS)
    assert path.read_bytes() == before


def test_a_jpeg_is_close_and_on_white(tmp_path):
    smooth = images.fit(RGB[:4, :6], 96)
    images.save(smooth, tmp_path / "a.jpg", SETTINGS)
    assert np.abs(images.decode(tmp_path / "a.jpg").rgb.astype(int) - smooth).mean() < 2
    images.save(images.encode(smooth, np.zeros(smooth.shape[:2], np.uint8)), tmp_path / "b.jpg")
    assert images.decode(tmp_path / "b.jpg").rgb.min() > 250


def test_a_jpeg_keeps_the_colour_of_every_column(tmp_path):
    stripes = np.zeros((32, 32, 3), np.uint8)
    stripes[:, ::2, 0] = stripes[:, 1::2, 2] = 255
    images.save(stripes, tmp_path / "a.jpg")
    assert np.abs(images.decode(tmp_path / "a.jpg").rgb.astype(int) - stripes).max() < 60


@pytest.mark.parametrize("suffix", ["png", "jpg", "jpeg", "webp", "PNG"])
def test_settings_come_out_as_they_went_in(suffix, tmp_path):
    images.save(RGB, tmp_path / f"a.{suffix}", SETTINGS)
    assert images.settings(tmp_path / f"a.{suffix}") == {"reverie": reverie.__version__, **SETTINGS}


def test_settings_that_an_engine_left_in_the_image(tmp_path):
    image = images.encode(RGB)
    image.info["reverie"] = SETTINGS
    images.save(image, tmp_path / "a.png")
    assert images.settings(tmp_path / "a.png") == {"reverie": reverie.__version__, **SETTINGS}
    images.save(image, tmp_path / "a.png", SETTINGS | {"seed": 8})
    assert images.settings(tmp_path / "a.png")["seed"] == 8
    with Image.open(tmp_path / "a.png") as read:  # another picture now: what made it is not known
        images.save(read.rotate(90), tmp_path / "b.png")
    assert images.settings(tmp_path / "b.png") is None


def test_paths_in_settings_become_text(tmp_path):
    images.save(RGB, tmp_path / "a.png", {"arguments": {"image": tmp_path / "b.png"}})
    assert images.settings(tmp_path / "a.png")["arguments"] == {"image": str(tmp_path / "b.png")}


def test_settings_need_no_pixels(tmp_path):
    images.save(RGB, tmp_path / "a.png", SETTINGS)
    data = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(data[: data.index(b"IDAT") + 20])
    assert images.settings(tmp_path / "a.png")["seed"] == 7


@pytest.mark.parametrize("text", ["", "{", "[1]", "{}", '{"seed": 1}', '{"reverie": NaN}', "[" * 100_000, "1" * 5000])
def test_text_of_others_is_not_taken_for_settings(text, tmp_path):
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("reverie", text)
    Image.fromarray(RGB).save(tmp_path / "a.png", pnginfo=info)
    Image.fromarray(RGB).save(tmp_path / "a.gif", comment=text[:999].encode())
    Image.fromarray(RGB).save(tmp_path / "plain.jpg")
    for name in ("a.png", "a.gif", "plain.jpg"):
        assert images.settings(tmp_path / name) is None


def test_the_comment_of_another_program_hides_nothing(tmp_path):
    image = Image.fromarray(RGB)
    image.info["comment"] = b"Made with love"  # Pillow passes it on into the new JPEG
    images.save(image, tmp_path / "a.jpg", SETTINGS)
    assert b"Made with love" in (tmp_path / "a.jpg").read_bytes()
    assert images.settings(tmp_path / "a.jpg")["seed"] == 7


def test_damaged_exif_data_holds_no_settings(tmp_path):
    Image.fromarray(RGB).save(tmp_path / "a.jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert images.settings(tmp_path / "a.jpg") is None


def test_settings_of_what_is_no_picture(tmp_path):
    (tmp_path / "a.png").write_text("no picture")
    with pytest.raises(ReverieError, match=r"a\.png is not a picture"):
        images.settings(tmp_path / "a.png")


@pytest.mark.parametrize("name", ["a", "a.gif", "a.txt", "a.png.bak"])
def test_a_name_that_no_picture_has(name, tmp_path):
    with pytest.raises(ReverieError, match=r"its name must end in \.png, \.jpg, \.jpeg or \.webp"):
        images.save(RGB, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_place_where_no_picture_can_be(tmp_path):
    with pytest.raises(ReverieError, match="there is no folder"):
        images.output(tmp_path / "gone" / "a.png")
    (tmp_path / "a.png").mkdir()
    with pytest.raises(ReverieError, match="it is a folder"):
        images.output(tmp_path / "a.png")
    assert images.output(str(tmp_path / "b.png")) == tmp_path / "b.png"


def test_a_full_disk_leaves_the_old_picture(tmp_path, monkeypatch):
    images.save(RGB, tmp_path / "a.png")
    before = (tmp_path / "a.png").read_bytes()

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ReverieError, match="The disk is full"):
        images.save(255 - RGB, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_more_than_a_format_can_hold(tmp_path):
    with pytest.raises(ReverieError, match=r"a\.webp cannot be written: .* ends in \.png"):
        images.save(np.zeros((8, 16384, 3), np.uint8), tmp_path / "a.webp")
    with pytest.raises(ReverieError, match=r"a\.jpg cannot be written"):
        images.save(RGB, tmp_path / "a.jpg", {"arguments": {"text": "x" * 70_000}})
    assert not list(tmp_path.iterdir())
