"""However a picture stores its colours, decode shows those that the user sees."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from reverie import ReverieError, images

RED, GREEN, WHITE = (255, 0, 0), (0, 255, 0), (255, 255, 255)


def patch(colour, mode: str = "RGB", size: int = 8) -> Image.Image:
    return Image.new(mode, (size, size), colour)


def file(image: Image.Image, tmp_path, suffix: str = "png", **options):
    path = tmp_path / f"picture.{suffix}"
    image.save(path, **options)
    return path


def colour(source) -> tuple[int, ...]:
    """The one colour of a picture."""
    rgb = images.decode(source).rgb
    assert (rgb == rgb[0, 0]).all()
    return tuple(int(level) for level in rgb[0, 0])


def raw_png(bits: int, kind: int, rows: np.ndarray, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of colour type `kind`; rows: big-endian bytes of each row, as the format stores them."""
    import zlib

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    channels = {0: 1, 2: 3, 4: 2, 6: 4}[kind]
    width = rows.shape[1] * 8 // bits // channels
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, len(rows), bits, kind, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows)))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunk(*c) for c in chunks) + data + chunk(b"IEND", b"")


def sixteen(*values: int) -> np.ndarray:
    """8 x 8 pixels, each of these 16-bit channels."""
    return np.tile(np.array(values, ">u2"), (8, 8)).view(np.uint8)


@pytest.mark.parametrize(
    "image, seen",
    [
        (patch(1, "1"), WHITE),
        (patch(77, "L"), (77, 77, 77)),
        (patch((77, 255), "LA"), (77, 77, 77)),
        (patch((1, 2, 3)), (1, 2, 3)),
        (patch((1, 2, 3, 255), "RGBA"), (1, 2, 3)),
        (patch((10, 20, 30)).quantize(4), (10, 20, 30)),
        (patch((0, 255, 255, 0), "CMYK"), RED),
        (patch((76, 85, 255), "YCbCr"), (254, 0, 0)),
        (patch((0, 255, 255), "HSV"), RED),
    ],
    ids=lambda value: getattr(value, "mode", ""),
)
def test_every_mode_of_pillow(image, seen):
    assert colour(image) == seen


@pytest.mark.parametrize("wide, narrow", [(0, 0), (128, 0), (129, 1), (32767, 127), (32896, 128), (65535, 255)])
def test_grey_of_16_bits_is_rounded(wide, narrow, tmp_path):
    path = tmp_path / "grey.png"
    path.write_bytes(raw_png(16, 0, sixteen(wide)))
    assert colour(path) == (narrow,) * 3
    Image.fromarray(np.full((8, 8), wide, np.uint16)).save(tmp_path / "grey.tif")
    assert colour(tmp_path / "grey.tif") == (narrow,) * 3


def test_big_endian_tiff_of_16_bits(tmp_path):
    Image.fromarray(np.full((8, 8), 0x8001, ">u2")).save(tmp_path / "grey.tif")
    assert (tmp_path / "grey.tif").read_bytes()[:2] == b"MM"
    assert colour(tmp_path / "grey.tif") == (128,) * 3


def test_colour_of_16_bits(tmp_path):
    """The middle of each step of 257; Pillow drops the lower 8 bits, so others may be one level too low."""
    path = tmp_path / "rgb.png"
    path.write_bytes(raw_png(16, 2, sixteen(0, 0x8080, 0xFFFF)))
    assert colour(path) == (0, 128, 255)
    path.write_bytes(raw_png(16, 6, sixteen(0, 0x8080, 0xFFFF, 0x4040)))
    assert colour(path) == (0, 128, 255)
    assert (images.decode(path).alpha == 64).all()
    path.write_bytes(raw_png(16, 4, sixteen(0x8080, 0x4040)))
    assert colour(path) == (128, 128, 128)
    assert (images.decode(path).alpha == 64).all()


@pytest.mark.parametrize("mode", ["I", "F"])
def test_numbers_that_are_no_colours_are_refused(mode, tmp_path):
    with pytest.raises(ReverieError, match=r"numbers\.tif holds numbers of 32 bits"):
        images.decode(file(patch(3, mode), tmp_path, "tif").rename(tmp_path / "numbers.tif"))


def test_alpha_is_kept(tmp_path):
    alpha = np.arange(64, dtype=np.uint8).reshape(8, 8)
    image = patch((9, 8, 7))
    image.putalpha(Image.fromarray(alpha))
    for suffix in ("png", "tif", "webp"):
        picture = images.decode(file(image, tmp_path, suffix, **({"lossless": True} if suffix == "webp" else {})))
        assert (picture.alpha == alpha).all()
    grey = patch(5, "L")
    grey.putalpha(Image.fromarray(alpha))
    assert (images.decode(file(grey, tmp_path)).alpha == alpha).all()


def test_an_alpha_channel_that_hides_nothing_is_none(tmp_path):
    assert images.decode(file(patch((1, 2, 3, 255), "RGBA"), tmp_path)).alpha is None


def test_a_transparent_colour_becomes_alpha(tmp_path):
    image = patch(GREEN)
    image.paste(RED, (0, 0, 4, 8))
    few = image.quantize(2)
    for suffix, stored, clear in (
        ("png", image, GREEN),
        ("png", image.convert("L"), 150),
        ("png", few, few.getpixel((7, 0))),
        ("gif", few, few.getpixel((7, 0))),
    ):
        alpha = images.decode(file(stored, tmp_path, suffix, transparency=clear)).alpha
        assert (alpha == np.repeat([[255] * 4 + [0] * 4], 8, axis=0)).all(), (suffix, stored.mode)
    path = tmp_path / "wide.png"
    rows = sixteen(500).view(">u2").copy()
    rows[:, :4] = 501  # equal in 8 bits
    path.write_bytes(raw_png(16, 0, rows.view(np.uint8), (b"tRNS", struct.pack(">H", 500))))
    assert (images.decode(path).alpha == np.repeat([[255] * 4 + [0] * 4], 8, axis=0)).all()


def test_palette_entries_with_their_own_alpha(tmp_path):
    image = patch(0, "P")
    image.putpalette([9, 8, 7, 6, 5, 4])
    image.paste(1, (0, 0, 8, 4))
    picture = images.decode(file(image, tmp_path, transparency=bytes((40, 90))))
    assert (picture.alpha[:4] == 90).all() and (picture.alpha[4:] == 40).all()
    assert tuple(picture.rgb[0, 0]) == (6, 5, 4)


def test_jpeg_in_inks(tmp_path):
    """Adobe's JPEGs store CMYK inverted, and every program writes them so."""
    path = file(patch((0, 255, 255, 0), "CMYK"), tmp_path, "jpg", quality=100)
    assert b"Adobe" in path.read_bytes()
    assert np.abs(np.subtract(colour(path), RED)).max() <= 2
    path = file(patch((0, 0, 0, 255), "CMYK"), tmp_path, "jpg", quality=100)
    assert max(colour(path)) <= 2


# Profiles


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def nearly_srgb() -> bytes:
    """sRGB with a primary rounded otherwise, as every maker of cameras has its own."""
    data = bytearray(srgb())
    red = struct.unpack_from(">I", data, data.index(b"rXYZ") + 4)[0] + 8
    struct.pack_into(">i", data, red, struct.unpack_from(">i", data, red)[0] + 20)
    return bytes(data)


def swapped() -> bytes:
    """sRGB with the primaries of red and green exchanged: its red is our green."""
    return srgb().replace(b"rXYZ", b"swap").replace(b"gXYZ", b"rXYZ").replace(b"swap", b"gXYZ")


def linear_grey() -> bytes:
    """Grey whose numbers are amounts of light."""
    return profile(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": b"curv" + bytes(8)})  # no points: a straight line


def inks() -> bytes:
    """CMYK where any colour of ink is what we call red."""
    white, black, red = bytes((255, 128, 128)), bytes((0, 128, 128)), bytes((136, 208, 195))  # Lab, in 8 bits
    grid = white + black + (red + black) * 7  # black ink varies fastest
    identity = struct.pack(">9I", *(65536 if i % 4 == 0 else 0 for i in range(9)))
    table = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + identity + bytes(range(256)) * 4 + grid + bytes(range(256)) * 3
    return profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": table})


def profile(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    """An ICC profile, version 2, of these tags and the white point every profile must have."""
    white = struct.pack(">3i", 63190, 65536, 54061)  # D50
    tags = {b"wtpt": b"XYZ " + bytes(4) + white, **tags}
    table, data = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += name + struct.pack(">II", start + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    header = struct.pack(">I4sI4s4s4s", start + len(data), bytes(4), 0x02400000, kind, space, connection)
    header += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + bytes(28) + white
    return header.ljust(128, b"\0") + table + data


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif"])
def test_a_profile_is_converted_to_srgb(suffix, tmp_path):
    options = {"quality": 100} if suffix in ("jpg", "webp") else {}
    path = file(patch(RED), tmp_path, suffix, icc_profile=swapped(), **options)
    assert np.abs(np.subtract(colour(path), GREEN)).max() <= 3


def test_the_profile_of_srgb_changes_not_one_level(tmp_path):
    rgb = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    rounded = nearly_srgb()
    transform = ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(io.BytesIO(rounded)), ImageCms.createProfile("sRGB"), "RGB", "RGB"
    )
    moved = np.abs(np.asarray(transform.apply(Image.fromarray(rgb))).astype(int) - rgb)
    assert moved.max() == 1  # for nothing: both are sRGB
    for data in (srgb(), rounded):
        path = file(Image.fromarray(rgb), tmp_path, icc_profile=data)
        assert (images.decode(path).rgb == rgb).all()


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_a_grey_profile(mode, tmp_path):
    path = file(patch((128, 255) if mode == "LA" else 128, mode), tmp_path, icc_profile=linear_grey())
    assert np.abs(np.subtract(colour(path), 188)).max() <= 1  # half the light


def test_a_profile_of_inks(tmp_path):
    path = file(patch((255, 0, 0, 0), "CMYK"), tmp_path, "jpg", quality=100, icc_profile=inks())
    assert np.abs(np.subtract(colour(path), RED)).max() <= 8
    path = file(patch((0, 0, 0, 0), "CMYK"), tmp_path, "jpg", quality=100, icc_profile=inks())
    assert np.abs(np.subtract(colour(path), WHITE)).max() <= 4


def test_alpha_stays_beside_a_profile(tmp_path):
    picture = images.decode(file(patch((255, 0, 0, 99), "RGBA"), tmp_path, icc_profile=swapped()))
    assert (picture.alpha == 99).all() and picture.rgb[0, 0, 1] > 250


@pytest.mark.parametrize(
    "broken",
    [b"x", bytes(128), swapped()[:200], b"\xff" * 600, swapped().replace(b"acsp", b"nope"), linear_grey(), inks()],
    ids=["short", "zero", "cut", "noise", "unsigned", "grey", "inks"],
)
def test_a_broken_or_foreign_profile_is_ignored(broken, tmp_path):
    assert colour(file(patch(RED), tmp_path, icc_profile=broken)) == RED


def test_pillow_itself_reads_the_made_profiles():
    """So that the tests above do not pass because the profiles are ignored."""
    for data in (swapped(), linear_grey(), inks()):
        ImageCms.ImageCmsProfile(io.BytesIO(data))
