"""decode: every source gives the same upright picture, and what no engine can use is refused."""

import numpy as np
import pytest
from PIL import Image

from reverie import ReverieError, images

RGB = np.random.default_rng(0).integers(0, 256, (9, 14, 3), dtype=np.uint8)
ORIENTATION = 0x0112

# What the camera stored so that a viewer who follows the tag sees RGB.
STORED = {
    1: RGB,
    2: RGB[:, ::-1],
    3: RGB[::-1, ::-1],
    4: RGB[::-1],
    5: RGB.swapaxes(0, 1),
    6: np.rot90(RGB, 1),  # the viewer turns it by 90 degrees clockwise
    7: RGB[::-1, ::-1].swapaxes(0, 1),
    8: np.rot90(RGB, -1),
}


def turned(orientation: int) -> tuple[Image.Image, Image.Exif]:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return Image.fromarray(np.ascontiguousarray(STORED[orientation])), exif


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp", "webp"])
def test_a_file_a_pillow_image_and_an_array_are_the_same_picture(suffix, tmp_path):
    path = tmp_path / f"picture.{suffix}"
    Image.fromarray(RGB).save(path, **({"lossless": True} if suffix == "webp" else {}))
    with Image.open(path) as lazy:
        for source in (path, str(path), lazy, RGB, Image.fromarray(RGB)):
            picture = images.decode(source)
            assert picture.rgb.dtype == np.uint8 and (picture.rgb == RGB).all()
            assert picture.alpha is None


def test_a_jpeg_and_a_gif(tmp_path):
    smooth = np.linspace(0, 255, 32 * 32 * 3).astype(np.uint8).reshape(32, 32, 3)
    Image.fromarray(smooth).save(tmp_path / "a.jpg", quality=95)
    assert np.abs(images.decode(tmp_path / "a.jpg").rgb.astype(int) - smooth).mean() < 3
    few = Image.fromarray(RGB).quantize(256)
    few.save(tmp_path / "a.gif")
    assert (images.decode(tmp_path / "a.gif").rgb == np.asarray(few.convert("RGB"))).all()


def test_the_format_is_told_by_the_content_not_the_name(tmp_path):
    Image.fromarray(RGB).save(tmp_path / "really.jpg", "PNG")
    assert (images.decode(tmp_path / "really.jpg").rgb == RGB).all()


@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
@pytest.mark.parametrize("orientation", STORED)
def test_every_exif_orientation(orientation, suffix, tmp_path):
    image, exif = turned(orientation)
    image.save(tmp_path / f"a.{suffix}", exif=exif, **({"lossless": True} if suffix == "webp" else {}))
    assert (images.decode(tmp_path / f"a.{suffix}").rgb == RGB).all()
    with Image.open(tmp_path / f"a.{suffix}") as lazy:
        assert (images.decode(lazy).rgb == RGB).all()


@pytest.mark.parametrize("orientation", STORED)
def test_every_exif_orientation_of_a_jpeg(orientation, tmp_path):
    image, exif = turned(orientation)
    image.save(tmp_path / "plain.jpg", quality=100, subsampling=0)
    image.save(tmp_path / "turned.jpg", quality=100, subsampling=0, exif=exif)
    rgb = images.decode(tmp_path / "turned.jpg").rgb
    assert rgb.shape == RGB.shape and np.abs(rgb.astype(int) - RGB).max() < 12


def test_alpha_turns_with_the_picture(tmp_path):
    image, exif = turned(6)
    alpha = np.zeros((9, 14), np.uint8)
    alpha[0] = 200  # the top row as seen
    image.putalpha(Image.fromarray(np.ascontiguousarray(np.rot90(alpha, 1))))
    image.save(tmp_path / "a.png", exif=exif)
    assert (images.decode(tmp_path / "a.png").alpha == alpha).all()


@pytest.mark.parametrize(
    "exif", [b"", b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM" + bytes(20), b"\xff" * 99]
)
def test_broken_exif_data_is_ignored(exif, tmp_path):
    Image.fromarray(RGB).save(tmp_path / "a.jpg", exif=exif)
    assert images.decode(tmp_path / "a.jpg").rgb.shape == RGB.shape


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist(orientation, tmp_path):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    Image.fromarray(RGB).save(tmp_path / "a.png", exif=exif)
    assert (images.decode(tmp_path / "a.png").rgb == RGB).all()


def test_a_tall_picture_is_converted_in_parts(monkeypatch):
    from reverie.images import picture

    whole = images.decode(Image.fromarray(RGB).convert("RGBA"))
    monkeypatch.setattr(picture, "ROWS", 2)  # 9 rows: the last part is shorter
    assert (images.decode(Image.fromarray(RGB)).rgb == whole.rgb).all()
    clear = np.dstack([RGB, np.where(np.arange(9) < 8, 255, 0).astype(np.uint8)[:, None].repeat(14, 1)])
    assert (images.decode(Image.fromarray(clear)).alpha == clear[..., 3]).all()


def test_arrays():
    grey = RGB[..., 0]
    for array in (grey, grey[..., None]):
        assert (images.decode(array).rgb == np.dstack([grey] * 3)).all()
    clear = np.dstack([RGB, grey])
    assert (images.decode(clear).rgb == RGB).all() and (images.decode(clear).alpha == grey).all()
    assert images.decode(np.dstack([RGB, np.full_like(grey, 255)])).alpha is None
    assert set(np.unique(images.decode(grey > 99).rgb)) == {0, 255}


def test_the_result_is_a_copy():
    array = RGB.copy()
    images.decode(array).rgb[:] = 0
    assert (array == RGB).all()


@pytest.mark.parametrize(
    "array",
    [RGB.astype(np.float32), RGB.astype(int), RGB[0, 0], RGB[..., :2], RGB[None], np.zeros((9, 9, 0), np.uint8)],
)
def test_an_array_that_is_no_picture(array):
    with pytest.raises(ReverieError, match=r"is no picture\. Give numbers from 0 to 255 as uint8"):
        images.decode(array)


@pytest.mark.parametrize("shape", [(1, 1, 3), (7, 8, 3), (8, 7), (0, 0, 3), (0, 9, 3)])
def test_too_small(shape):
    with pytest.raises(ReverieError, match=rf"The array measures {shape[1]} x {shape[0]} pixels; at least 8 x 8"):
        images.decode(np.zeros(shape, np.uint8))


def test_too_long():
    with pytest.raises(ReverieError, match="The picture is too large: 67,108,864 pixels, and 16,383 on a side"):
        images.decode(Image.new("L", (16384, 8)))


def test_a_pillow_image_of_several_frames_gives_the_one_it_stands_at(tmp_path):
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "lime")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    with Image.open(tmp_path / "a.gif") as film:
        film.seek(1)
        assert tuple(images.decode(film).rgb[0, 0]) == (0, 255, 0)


def test_a_phone_picture_with_further_views(tmp_path):
    """MPO: a JPEG followed by others, such as a map of the light or of the distance."""
    first, second = Image.new("RGB", (16, 16), "red"), Image.new("RGB", (16, 16), "blue")
    first.save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[second])
    assert images.decode(tmp_path / "a.jpg").rgb[0, 0, 0] > 250
