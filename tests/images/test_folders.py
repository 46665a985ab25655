"""folder: any collection of pictures becomes one array on disk, once; what is broken is named, the rest goes on."""

import gzip
import os
import shutil
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reverie import ReverieError, images
from reverie.images import folders

COLOURS = {"red": (200, 30, 30), "green": (20, 180, 60)}


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two labels of three pictures each, of other sizes and formats."""
    for label, colour in COLOURS.items():
        (tmp_path / "source" / label).mkdir(parents=True)
        for number, (size, suffix) in enumerate([((40, 30), "png"), ((20, 50), "bmp"), ((16, 16), "webp")]):
            file = tmp_path / "source" / label / f"{number}.{suffix}"
            Image.new("RGB", size, colour).save(file, **({"lossless": True} if suffix == "webp" else {}))
    return tmp_path / "source"


def test_sub_folders_are_labels(source, cache):
    pictures = images.folder(source, 16, cache=cache)
    assert pictures.pixels.shape == (6, 16, 16, 3) and pictures.pixels.dtype == np.uint8
    assert isinstance(pictures.pixels, np.memmap) and not pictures.pixels.flags.writeable
    assert pictures.label_names == ["green", "red"] and pictures.labels is not None
    assert pictures.names[0] == "green/0.png" and pictures.names[5] == "red/2.webp" and pictures.broken == []
    for row, label in zip(pictures.pixels, pictures.labels, strict=True):
        assert (row == COLOURS[pictures.label_names[label]]).all()


def test_the_middle_square_is_kept(tmp_path, cache):
    """Left third red, middle blue, right green: only blue is left; a quarter turn shows the same."""
    picture = np.zeros((16, 48, 3), np.uint8)
    picture[:, :16, 0] = picture[:, 16:32, 2] = picture[:, 32:, 1] = 255
    for name, array in (
        ("wide", picture),
        ("high", picture.swapaxes(0, 1)),
        ("double", picture.repeat(2, 0).repeat(2, 1)),
    ):
        (tmp_path / "in").mkdir(exist_ok=True)
        Image.fromarray(np.ascontiguousarray(array)).save(tmp_path / "in" / f"{name}.png")
    pictures = images.folder(tmp_path / "in", 16, cache=cache)
    assert len(pictures) == 3 and pictures.labels is None
    assert (pictures.pixels[1:] == (0, 0, 255)).all()
    assert (pictures.pixels[0, 3:-3, 3:-3] == (0, 0, 255)).all()  # "double": at the cut the filter sees beyond it


def test_grey_pictures_have_one_channel_until_one_has_colour(tmp_path, cache):
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    for name in "ab":
        Image.fromarray(ramp).save(tmp_path / f"{name}.png")
    grey = images.folder(tmp_path, 16, cache=cache)
    assert grey.channels == 1 and (grey.pixels == ramp[..., None]).all()
    assert images.folder(tmp_path, 16, channels=3, cache=cache).channels == 3
    Image.new("RGB", (16, 16), (200, 30, 30)).save(tmp_path / "c.png")
    assert images.folder(tmp_path, 16, cache=cache).pixels.shape == (3, 16, 16, 3)
    luma = images.folder(tmp_path, 16, channels=1, cache=cache).pixels
    assert (luma[0] == ramp[..., None]).all() and (luma[2] == 81).all()  # 0.299 R + 0.587 G + 0.114 B


def test_what_is_transparent_is_white(tmp_path, cache):
    Image.new("RGBA", (8, 8), (10, 20, 30, 0)).save(tmp_path / "a.png")
    assert (images.folder(tmp_path, 8, cache=cache).pixels == 255).all()


def test_broken_pictures_are_named_and_the_rest_goes_on(source, cache):
    (source / "red" / "text.png").write_text("no picture")
    (source / "red" / "half.png").write_bytes((source / "red" / "0.png").read_bytes()[:60])
    Image.new("RGB", (4, 4)).save(source / "red" / "tiny.png")
    (source / "red" / "notes.txt").write_text("not meant as a picture")
    pictures = images.folder(source, 16, cache=cache)
    assert len(pictures) == 6 and [name for name, _ in pictures.broken] == [
        "red/half.png",
        "red/text.png",
        "red/tiny.png",
    ]
    assert all("red" in why and "\n" not in why for _, why in pictures.broken)
    assert images.folder(source, 16, cache=cache).broken == pictures.broken
    assert (
        pictures.complaint.startswith("3 pictures were left out") and "red/half.png, red/text.png" in pictures.complaint
    )


def test_names_of_other_encodings(tmp_path, cache):
    for name in (b"M\xfcll", "꽃".encode()):
        place = tmp_path / "faces" / os.fsdecode(name)
        place.mkdir(parents=True)
        Image.new("RGB", (8, 8), (len(name), 0, 0)).save(place / "a.png")
    for _ in range(2):
        found = images.folder(tmp_path / "faces", 8)
        assert found.label_names == ["M?ll", "꽃"] and found.labels.tolist() == [0, 1]
        assert os.fsencode(found.names[0]) == b"M\xfcll/a.png"


def test_they_are_read_once(source, cache, monkeypatch):
    first = images.folder(source, 16, cache=cache)
    monkeypatch.setattr(folders, "square", lambda *_: pytest.fail("read again"))
    second = images.folder(source, 16, cache=cache)
    assert (second.pixels == first.pixels).all() and second.digest == first.digest
    assert second.names == first.names and (second.labels == first.labels).all()


def test_the_digest_is_of_the_pixels(source, tmp_path, cache):
    digest = images.folder(source, 16, cache=cache).digest
    shutil.copytree(source, tmp_path / "elsewhere", copy_function=shutil.copyfile)
    assert images.folder(tmp_path / "elsewhere", 16, cache=cache).digest == digest
    assert images.folder(source, 8, cache=cache).digest != digest
    Image.new("RGB", (16, 16), (1, 2, 3)).save(tmp_path / "elsewhere" / "red" / "2.webp")
    assert images.folder(tmp_path / "elsewhere", 16, cache=cache).digest != digest


def test_a_changed_folder_is_read_again_and_the_old_array_goes(source, cache):
    first = images.folder(source, 16, cache=cache)
    Image.new("RGB", (16, 16), (1, 2, 3)).save(source / "red" / "9.png")
    second = images.folder(source, 16, cache=cache)
    assert len(second) == 7 and second.digest != first.digest
    assert len(list(cache.rglob("*.pixels"))) == 1
    assert images.folder(source, 8, cache=cache).size == 8 and len(list(cache.rglob("*.pixels"))) == 2


@pytest.mark.parametrize("damage", ["cut", "document", "gone"])
def test_a_damaged_cache_is_made_again(source, cache, damage):
    images.folder(source, 16, cache=cache)
    pixels, document = next(cache.rglob("*.pixels")), next(cache.rglob("pictures.json"))
    if damage == "cut":
        pixels.write_bytes(pixels.read_bytes()[:-1])
    elif damage == "gone":
        pixels.unlink()
    else:
        document.write_text("{")
    assert len(images.folder(source, 16, cache=cache)) == 6


def test_a_zip_file_is_the_folder_in_it(source, tmp_path, cache):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for file in sorted(source.rglob("*.*")):
            archive.write(file, Path("top") / file.relative_to(source))
        archive.writestr("top/../../../evil.png", (source / "red/0.png").read_bytes())
        archive.writestr("__MACOSX/red/0.png", b"no picture")
        archive.writestr("top/red/broken.png", b"no picture")
    packed = images.folder(tmp_path / "all.zip", 16, cache=cache)
    assert packed.label_names == ["green", "red"] and len(packed) == 6
    assert [name for name, _ in packed.broken] == ["top/red/broken.png"] and "top/red/broken.png" in packed.broken[0][1]
    assert not list(tmp_path.parent.rglob("evil.png"))


def test_a_table_gives_attributes(source, cache):
    (source / "faces.csv").write_text(
        "file,smile,age,hair\nred/0.png,yes,31,brown\ngreen/1.bmp,no,,blond\nred/2.webp,yes,2.5,\n", "utf-8"
    )
    pictures = images.folder(source / "faces.csv", 16, cache=cache)
    assert pictures.names == ["green/1.bmp", "red/0.png", "red/2.webp"] and len(pictures) == 3
    assert pictures.attributes["smile"].tolist() == [0, 1, 1]
    assert pictures.attributes["hair"].tolist() == ["blond", "brown", ""]
    age = pictures.attributes["age"]
    assert np.isnan(age[0]) and age[1:].tolist() == [31, 2.5]


def test_a_folder_with_attributes_csv_and_a_broken_picture(source, cache):
    (source / "red" / "0.png").write_bytes(b"broken")
    (source / "attributes.csv").write_text("file,smile\nred/0.png,1\nred/1.bmp,0\nred/2.webp,1\n", "utf-8")
    pictures = images.folder(source, 16, cache=cache)
    smile = dict(zip(pictures.names, pictures.attributes["smile"].tolist(), strict=True))
    assert len(smile) == 5 and smile["red/1.bmp"] == 0 and smile["red/2.webp"] == 1
    assert np.isnan(smile["green/0.png"]) and pictures.label_names == ["green", "red"]


def idx(array: np.ndarray) -> bytes:
    return struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def test_idx_files_with_labels_beside(tmp_path, cache):
    digits = np.random.default_rng(0).integers(0, 256, (5, 12, 10), dtype=np.uint8)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(digits)))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.uint8([7, 2, 7, 9, 2])))
    pictures = images.folder(tmp_path / "train-images-idx3-ubyte.gz", cache=cache)
    assert (pictures.pixels[..., 0] == digits[:, 1:11]).all() and pictures.channels == 1
    assert pictures.label_names == ["2", "7", "9"] and pictures.labels.tolist() == [1, 0, 1, 2, 0]
    with pytest.raises(ReverieError, match=r"holds arrays, not pictures.*train-images-idx3-ubyte.gz"):
        images.folder(tmp_path, cache=cache)


@pytest.mark.parametrize("dtype", ["uint8", "bool", "float32"])
def test_numpy_arrays(dtype, tmp_path, cache):
    values = np.random.default_rng(0).integers(0, 2, (4, 8, 8, 3)).astype(dtype)
    np.save(tmp_path / "a.npy", values)
    np.savez(tmp_path / "a.npz", images=values, labels=np.int64([[5], [5], [1], [5]]))
    expected = values if dtype == "uint8" else (values * 255).astype(np.uint8)
    for name in ("a.npy", "a.npz"):
        assert (images.folder(tmp_path / name, cache=cache).pixels == expected).all()
    assert images.folder(tmp_path / "a.npz", cache=cache).labels.tolist() == [1, 1, 0, 1]


@pytest.mark.parametrize(
    "name, data, sentence",
    [
        ("a-idx3-ubyte", idx(np.zeros((9, 8, 8), np.uint8))[:-1], "is damaged"),
        ("a-idx3-ubyte", struct.pack(">HBB3I", 0, 8, 3, 2**31, 2**16, 2**16), "is damaged"),
        ("a-idx3-ubyte.gz", b"\x1f\x8b no gzip", "is damaged"),
        ("a-idx1-ubyte", idx(np.zeros(9, np.uint8)), "holds no pictures"),
        ("a.npy", b"\x93NUMPY\1\0", "is damaged"),
        ("a.npz", b"PK\3\4", "is damaged"),
        ("a.zip", b"PK\3\4", "is no folder, zip file, CSV file or array"),
        ("a.csv", b"file,smile\n", "holds no picture"),
        ("a.csv", b"\xff\xfe\0", "no CSV file in UTF-8"),
        ("a.csv", b"file,smile\na.png\n", "Row 2 .* has 1 fields"),
        ("a.csv", b"file,smile\na.png,1\na.png,0\n", "more than once"),
        ("a.csv", b"file,smile\na.png,1\n", "no usable picture: its one picture is broken.*a.png does not exist"),
        ("a.png", b"no picture", "is no folder, zip file, CSV file or array"),
    ],
)
def test_bad_files_are_one_sentence(name, data, sentence, tmp_path, cache):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ReverieError, match=sentence):
        images.folder(tmp_path / name, cache=cache)
    assert not list(cache.rglob("*"))[3:]  # at most empty folders


def test_bad_folders_are_one_sentence(tmp_path, cache):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ReverieError, match=r"empty holds no picture"):
        images.folder(tmp_path / "empty", cache=cache)
    with pytest.raises(ReverieError, match="does not exist"):
        images.folder(tmp_path / "nowhere", cache=cache)
    (tmp_path / "empty" / "a.png").write_bytes(b"")
    with pytest.raises(ReverieError, match=r"no usable picture.*is empty"):
        images.folder(tmp_path / "empty", cache=cache)
    for wrong in ({"size": 4}, {"size": 5000}, {"channels": 2}):
        with pytest.raises(ReverieError):
            images.folder(tmp_path / "empty", cache=cache, **wrong)


def test_a_full_disk_leaves_nothing(source, cache, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folders.os, "fsync", full)
    with pytest.raises(ReverieError, match="The disk is full"):
        images.folder(source, 16, cache=cache)
    assert not [path for path in cache.rglob("*") if path.is_file()]


def test_split_takes_each_row_once(source, cache):
    train, test = images.folder(source, 8, cache=cache).split(0.3)
    assert len(test) == 2 and sorted([*train, *test]) == list(range(6))


def test_what_is_written_is_read_back(source, tmp_path, cache):
    pictures = images.folder(source, 16, cache=cache)
    pictures.attributes["warm"] = np.float32([0, 0, 0, 1, 1, np.nan])
    pictures.attributes["name"] = np.array(["a", "b, c", "d", "e", "ü", ""])
    pictures.write(tmp_path / "copy")
    copy = images.folder(tmp_path / "copy", 16, cache=cache)
    assert (copy.pixels == pictures.pixels).all() and copy.label_names == pictures.label_names
    assert np.array_equal(copy.attributes["warm"], pictures.attributes["warm"], equal_nan=True)
    assert (copy.attributes["name"] == pictures.attributes["name"]).all() and (copy.labels == pictures.labels).all()
    with pytest.raises(ReverieError, match="is there already"):
        pictures.write(tmp_path / "copy")
