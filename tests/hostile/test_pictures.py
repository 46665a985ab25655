"""Pictures that are none, or mean harm: one sentence that names the file, soon, and in little memory."""

import io
import json
import os
import random
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from reverie import ReverieError, images
from reverie.images import metadata


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *chunks: bytes, bits: int = 8, colours: int = 0) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colours, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND", b"")


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def photo(size: tuple[int, int] = (24, 17)) -> Image.Image:
    noise = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)


def film(kind: str) -> bytes:
    return saved(photo(), kind, save_all=True, append_images=[photo().rotate(180)])


PHOTO = saved(photo(), "PNG")
BAD = {
    "empty.png": (b"", "is empty"),
    "text.png": (b"Dear diary, I am not a picture.\n" * 9, "is not a picture in PNG"),
    "words.jpg": ("저는 그림이 아닙니다.".encode() * 9, "is not a picture"),
    "binary.png": (b"BM this text begins as a bitmap would. " * 9, "is not a picture"),
    "page.svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "is not a picture"),
    "other.jp2": (saved(photo(), "JPEG2000"), "is not a picture"),
    "other.ppm": (saved(photo(), "PPM"), "is not a picture"),
    "script.eps": (saved(photo(), "EPS"), "is not a picture"),
    "signature.png": (PHOTO[:8], "is damaged"),
    "header.png": (PHOTO[:33], "is damaged"),
    "half.png": (PHOTO[: len(PHOTO) // 2], "is damaged"),
    "half.jpg": (saved(photo(), "JPEG")[:-200], "is damaged"),
    "half.webp": (saved(photo(), "WEBP")[:-20], "is damaged"),
    "half.gif": (saved(photo().quantize(), "GIF")[:-99], "is damaged"),
    "half.tif": (saved(photo(), "TIFF")[:300], "is damaged"),
    "half.bmp": (saved(photo(), "BMP")[:-9], "is damaged"),
    "zero.png": (png(0, 0), "is damaged|measures 0 x 0"),
    "flat.png": (png(9, 0), "is damaged|measures 9 x 0"),
    "zero.gif": (b"GIF89a" + bytes(7) + b";", "is damaged|measures 0 x 0"),
    "dot.png": (saved(photo((1, 1)), "PNG"), "measures 1 x 1 pixels; at least 8 x 8"),
    "line.png": (saved(photo((90, 7)), "PNG"), "measures 90 x 7 pixels"),
    "long.png": (saved(photo((30000, 9)), "PNG"), "is too large"),
    "film.gif": (film("GIF"), "holds several frames, not one picture"),
    "film.webp": (film("WEBP"), "holds several frames"),
    "film.png": (film("PNG"), "holds several frames"),
    "pages.tif": (film("TIFF"), "holds several pages"),
    "numbers.tif": (saved(Image.new("F", (9, 9)), "TIFF"), "holds numbers of 32 bits"),
}


def refused(path: Path, sentence: str = "") -> str:
    with pytest.raises(ReverieError, match=sentence) as caught:
        images.decode(path)
    said = str(caught.value)
    assert said.startswith(str(path)) and "\n" not in said and caught.value.hint
    return said


@pytest.mark.parametrize("name", BAD)
def test_a_picture_that_is_none(name, tmp_path):
    path = tmp_path / name
    path.write_bytes(BAD[name][0])
    refused(path, BAD[name][1])


def test_no_file_at_all(tmp_path):
    refused(tmp_path / "gone.png", r"gone\.png does not exist")
    refused(tmp_path, "is a folder")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.png")
        refused(tmp_path / "pipe.png", "is no file")


def test_a_file_that_must_not_be_read(tmp_path, monkeypatch):
    (tmp_path / "secret.png").write_bytes(PHOTO)
    real = Path.open

    def locked(self: Path, *rest: object, **options: object):  # the superuser may read everything
        if self.name == "secret.png":
            raise PermissionError(13, "Permission denied", str(self))
        return real(self, *rest, **options)

    monkeypatch.setattr(Path, "open", locked)
    refused(tmp_path / "secret.png", r"secret\.png cannot be read: Permission denied")
    with pytest.raises(ReverieError, match=r"secret\.png cannot be read: Permission denied"):
        images.settings(tmp_path / "secret.png")


@pytest.mark.skipif(os.name != "posix", reason="what a name may be differs")
def test_a_name_that_cannot_be(tmp_path):
    refused(tmp_path / ("x" * 300 + ".png"), "cannot be read: File name too long")
    refused(tmp_path / "a\0b.png", "does not exist")


def test_a_file_too_long_to_be_a_picture(tmp_path):
    path = tmp_path / "long.webp"
    path.write_bytes(b"RIFF\xff\xff\xff\x7fWEBPVP8X")
    os.truncate(path, 2**29 + 1)  # no block of it is on the disk
    refused(path, "takes 512 MB; 512 are the most")


def test_a_pillow_image_whose_file_is_damaged(tmp_path):
    (tmp_path / "half.png").write_bytes(PHOTO[:-60])
    with Image.open(tmp_path / "half.png") as image, pytest.raises(ReverieError, match="The picture is damaged"):
        images.decode(image)


# Bombs: few bytes that unpack into many, or into much work


def tiff(**changed: int) -> bytes:
    """A TIFF whose header says other numbers than its data."""
    data = bytearray(saved(photo(), "TIFF", compression="tiff_adobe_deflate"))
    tags = {"width": 256, "height": 257, "samples": 277, "rows_per_strip": 278}
    start = struct.unpack_from("<I", data, 4)[0] + 2
    for entry in range(start, start + 12 * struct.unpack_from("<H", data, start - 2)[0], 12):
        for name, value in changed.items():
            if struct.unpack_from("<H", data, entry)[0] == tags[name]:
                data[entry + 2 : entry + 12] = struct.pack("<HII", 4, 1, value)
    return bytes(data)


def bombs() -> dict[str, bytes]:
    nothing = zlib.compress(bytes(50_000_000), 9)
    one_bit = zlib.compress(bytes(2001 * 16000), 9)
    bmp = bytearray(saved(photo(), "BMP"))
    bmp[18:26] = struct.pack("<II", 50000, 50000)
    jpeg = saved(photo((2048, 2048)), "JPEG", progressive=True)
    last = jpeg.rindex(b"\xff\xda")
    gif = bytearray(saved(photo().quantize(), "GIF", interlace=False))
    descriptor = gif.index(b"\x2c\0\0\0\0")
    gif[descriptor + 5 : descriptor + 9] = b"\xff\xff\xff\xff"  # the frame is larger than the picture
    return {
        "header.png": png(30000, 30000, chunk(b"IDAT", zlib.compress(bytes(1000))), colours=6),
        "most.png": png(2**31 - 1, 2**31 - 1, chunk(b"IDAT", zlib.compress(bytes(1000)))),
        "bits.png": png(16000, 16000, chunk(b"IDAT", one_bit), bits=1),
        "text.png": png(9, 9, *[chunk(b"zTXt", b"a\0\0" + nothing)] * 9, chunk(b"IDAT", zlib.compress(bytes(1000)))),
        "profile.png": png(9, 9, chunk(b"iCCP", b"a\0\0" + nothing), chunk(b"IDAT", zlib.compress(bytes(1000)))),
        "header.tif": tiff(width=60000, height=60000, rows_per_strip=60000),
        "strip.tif": tiff(width=8192, height=8192, rows_per_strip=8192),
        "samples.tif": tiff(samples=60000),
        "header.bmp": bytes(bmp),
        "header.jpg": saved(photo(), "JPEG").replace(struct.pack(">HH", 17, 24), b"\xff\xff\xff\xff"),
        "canvas.webp": b"RIFF\x32\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + b"\xff\x3f\0\xff\x3f\0" + bytes(20),
        "screen.gif": b"GIF89a\xff\xff\xff\xff\0\0\0;",
        "frame.gif": bytes(gif),
        "scans.jpg": jpeg[:-2] + jpeg[last:-2] * 1000 + jpeg[-2:],
    }


CHILD = """
import json, sys, time
import numpy, PIL.Image
from reverie import ReverieError, images
images.decode(numpy.zeros((9, 9, 3), numpy.uint8))
def peak():
    line = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
for path in sys.argv[1:]:
    before, start = peak(), time.perf_counter()
    try:
        images.decode(path)
        said = "a picture"
    except ReverieError as error:
        said = str(error)
    print(json.dumps([path, said, time.perf_counter() - start, peak() - before]), flush=True)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell the peak of the memory")
def test_bombs_are_refused_soon_and_in_little_memory(tmp_path):
    """In a process of its own, whose peak of memory is known. Each sentence speaks of its own file."""
    paths = []
    for name, data in bombs().items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(data)
    done = subprocess.run([sys.executable, "-c", CHILD, *paths], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(results) == len(paths)
    for path, said, seconds, megabytes in results:
        assert said.startswith(path) and "\n" not in said, said
        assert seconds < 5 and megabytes < 300, (path, seconds, megabytes)


# Damage at random: 1,000 files, the same ones each time


def whole() -> list[bytes]:
    """Pictures of every format, in many ways of writing it."""
    rgb = photo()
    clear = rgb.copy()
    clear.putalpha(rgb.convert("L"))
    few = rgb.quantize(16)
    wide = Image.fromarray(np.asarray(rgb.convert("L")).astype(np.uint16) * 257)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace(b"rXYZ", b"swap").replace(b"gXYZ", b"rXYZ").replace(b"swap", b"gXYZ")
    turned = Image.Exif()
    turned[0x0112] = 6
    with_all = {"exif": turned, "icc_profile": profile}
    text = metadata.document({"command": "dream render", "arguments": {"image": "a.png"}, "seed": 0})
    return [
        *(saved(image, "PNG", **with_all) for image in (rgb, clear, few, wide, rgb.convert("1"), rgb.convert("LA"))),
        saved(few, "PNG", transparency=bytes(range(16)), pnginfo=metadata.png(text)),
        saved(rgb, "JPEG", exif=metadata.exif(text)),
        saved(rgb, "JPEG", progressive=True, **with_all),
        saved(rgb.convert("L"), "JPEG"),
        saved(rgb.convert("CMYK"), "JPEG"),
        saved(rgb, "WEBP"),
        saved(clear, "WEBP", **with_all),
        saved(rgb, "WEBP", lossless=True, exif=metadata.exif(text)),
        saved(few, "GIF", transparency=3),
        saved(few, "GIF", interlace=False, comment=text.encode()),
        *(saved(rgb, "TIFF", compression=how) for how in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg")),
        saved(clear, "TIFF", **with_all),
        saved(rgb.convert("1"), "TIFF", compression="group4"),
        saved(wide, "TIFF"),
        saved(rgb.convert("CMYK"), "TIFF"),
        saved(rgb, "BMP"),
        saved(few, "BMP"),
        saved(rgb.convert("1"), "BMP"),
    ]


def damaged(files: list[bytes], chance: random.Random) -> bytes:
    data = bytearray(chance.choice(files))
    where = chance.randrange(len(data)) if chance.random() < 0.5 else chance.randrange(min(len(data), 120))
    match chance.randrange(7):
        case 0:  # flipped bits
            for _ in range(chance.randint(1, 8)):
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        case 1:  # cut short
            del data[where:]
        case 2:  # the beginning of one, the rest of another
            data[where:] = chance.choice(files)[where:]
        case 3:  # a length, an offset or a size out of all bounds
            data[where : where + 4] = chance.choice([b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", b"\0\0\xff\xff"])
        case 4:  # a hole
            data[where : where + chance.randint(1, 64)] = b""
        case 5:  # noise
            length = chance.randint(1, 64)
            data[where : where + length] = chance.randbytes(length)
        case 6:  # a part twice
            data[where:where] = data[where : where + chance.randint(1, 64)]
    if data.startswith(b"\x89PNG") and chance.random() < 0.7:
        return with_checksums(bytes(data))
    return bytes(data)


def with_checksums(data: bytes) -> bytes:
    """A PNG whose checksums are right, so that the damage gets past them."""
    fixed, place = data[:8], 8
    while place + 8 <= len(data):
        length = min(struct.unpack_from(">I", data, place)[0], len(data) - place - 8)
        fixed += data[place : place + 8 + length]
        fixed += struct.pack(">I", zlib.crc32(data[place + 4 : place + 8 + length]))
        place += 12 + length
    return fixed


def test_a_thousand_damaged_pictures(tmp_path, capfd):
    files, chance = whole(), random.Random(0)
    for number, data in enumerate(files):
        path = tmp_path / f"whole{number}"
        path.write_bytes(data)
        assert images.decode(path).rgb.shape in ((17, 24, 3), (24, 17, 3)), number
    path = tmp_path / "damaged"
    pictures = 0
    for number in range(1000):
        path.write_bytes(damaged(files, chance))
        try:
            picture = images.decode(path)
        except ReverieError as error:
            assert str(error).startswith(str(path)) and "\n" not in str(error), number
        else:
            pictures += 1
            assert picture.rgb.dtype == np.uint8 and picture.rgb.ndim == 3 and picture.rgb.shape[2] == 3, number
            assert picture.alpha is None or picture.alpha.shape == picture.rgb.shape[:2], number
        try:
            settings = images.settings(path)
        except ReverieError as error:
            assert str(error).startswith(str(path)) and "\n" not in str(error), number
        else:
            assert settings is None or isinstance(settings, dict), number
    assert 200 < pictures < 800  # harm enough, and not so much that nothing gets to the decoders
    assert capfd.readouterr() == ("", "")
