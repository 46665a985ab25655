"""The batches: the same for the same seed and number, in range, and of photos that are not held out."""

import io
import itertools
import zipfile

import numpy as np
from PIL import Image

from recipes import photos


def test_a_batch_depends_on_its_number_and_the_seed_alone(pictures):
    first = list(itertools.islice(photos.batches(pictures, 16, 4, seed=5), 4))
    later = list(itertools.islice(photos.batches(pictures, 16, 4, seed=5, start=2), 2))
    np.testing.assert_array_equal(first[2:], later)
    assert not np.array_equal(first[0], first[1])
    assert not np.array_equal(first[0], next(photos.batches(pictures, 16, 4, seed=6)))
    np.testing.assert_array_equal(first[3], photos.batch(pictures, 16, 4, np.random.default_rng([5, 3])))


def test_a_batch_is_in_range_and_varied(pictures):
    images = photos.batch(pictures, 16, 24, np.random.default_rng(0))
    assert images.shape == (24, 16, 16, 3) and images.dtype == np.float32
    assert images.min() >= 0 and images.max() <= 1
    assert images.std(axis=0).min() > 0.05


def test_a_crop_keeps_what_is_there():
    """Of a photo of one colour, every crop has that colour; crops of a narrow photo stay inside it."""
    narrow = np.full((10, 200, 3), (10, 90, 200), np.uint8)
    for seed in range(5):
        found = photos.crop(narrow, 8, np.random.default_rng(seed))
        np.testing.assert_array_equal(found, np.broadcast_to([10, 90, 200], (8, 8, 3)))


def test_centre_crops_are_the_middle():
    photo = np.zeros((70, 90, 3), np.uint8)
    photo[30:40, 40:50] = 255  # about the middle
    found = photos.centre_crops([photo], 28)[0, ..., 0]
    rows, columns = np.nonzero(found > 0.5)
    assert abs(rows.mean() - 13.5) < 0.6 and abs(columns.mean() - 13.5) < 0.6
    assert found[0].max() < 0.2 and found.max() > 0.9


def test_every_twelfth_of_the_first_archive_is_held_out(tmp_path):
    (tmp_path / "photos").mkdir()
    for archive, count in zip(photos.ARCHIVES, (25, 13), strict=True):
        with zipfile.ZipFile(tmp_path / "photos" / archive, "w") as file:
            for number in reversed(range(count)):
                stream = io.BytesIO()
                Image.new("L" if number == 3 else "RGB", (2, 3), number).save(stream, "PNG")
                file.writestr(f"{number:03d}.png", stream.getvalue())
            file.writestr("README.txt", "not a photo")
    train, held_out = photos.read(tmp_path)
    assert [int(photo.max()) for photo in held_out] == [0, 12, 24]
    assert len(train) == 25 - 3 + 13 and {photo.shape for photo in train} == {(3, 2, 3)}
