"""Weights from .npz files, and everything that is none."""

import io

import numpy as np
import pytest

from reverie import ReverieError
from reverie.features import npz


def bytes_of(save, *arrays, **named):
    stream = io.BytesIO()
    save(stream, *arrays, **named)
    return stream.getvalue()


def test_arrays_are_read_as_floats(tmp_path):
    np.savez(tmp_path / "w.npz", **{"a/b": np.arange(6, dtype=np.float16).reshape(2, 3), "c": np.ones(2, np.uint8)})
    found = npz.read(tmp_path / "w.npz")
    assert found.keys() == {"a/b", "c"} and {array.dtype for array in found.values()} == {np.dtype(np.float32)}
    np.testing.assert_array_equal(found["a/b"], [[0, 1, 2], [3, 4, 5]])


WHOLE = bytes_of(np.savez, a=np.zeros(1000, np.float32))
NOT_ONE = {
    "empty": b"",
    "text": b"not weights at all",
    "the start of a zip": b"PK\x03\x04 cut",
    "cut": WHOLE[:-30],
    "damaged inside": WHOLE[:200] + b"\xff" * 200 + WHOLE[400:],
    "one array": bytes_of(np.save, np.zeros(3)),
    "objects": bytes_of(np.savez, a=np.array([print], object)),
    "words": bytes_of(np.savez, a=np.array(["word"])),
}


@pytest.mark.parametrize("content", NOT_ONE.values(), ids=NOT_ONE.keys())
def test_what_is_none(tmp_path, content):
    path = tmp_path / "no.npz"
    path.write_bytes(content)
    with pytest.raises(ReverieError, match=r"no.npz is not an .npz file of weights\."):
        npz.read(path)


def test_no_file(tmp_path):
    with pytest.raises(ReverieError, match=r"no.npz is not an .npz file of weights\."):
        npz.read(tmp_path / "no.npz")
