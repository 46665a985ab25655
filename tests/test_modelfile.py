"""The model file: what is written is read back, whole, by the right engine, with the same bytes each time."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from reverie import modelfile
from reverie.errors import ReverieError

ARRAYS = {
    "b/kernel": np.arange(6, dtype=np.float32).reshape(2, 3),
    "a": np.array(7, np.int32),
    "empty": np.zeros((0, 4), np.float16),
}
DOCUMENT = {"network": {"kind": "transformer", "width": 8}, "tokenizer": ["a", "가", '"\n']}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    modelfile.write(path, "text", DOCUMENT, ARRAYS)
    return path


def test_what_is_written_is_read(path: Path) -> None:
    document, arrays = modelfile.read(path, "text")
    assert document == {**DOCUMENT, "format": 1, "engine": "text"} == modelfile.describe(path)
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)


def test_any_safetensors_library_reads_it(path: Path) -> None:
    np.testing.assert_array_equal(load_file(path)["b/kernel"], ARRAYS["b/kernel"])


def test_equal_models_are_equal_bytes(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.safetensors"
    modelfile.write(other, "text", DOCUMENT, dict(reversed(ARRAYS.items())))
    assert other.read_bytes() == path.read_bytes()


def test_a_model_that_was_read_can_be_written(path: Path, tmp_path: Path) -> None:
    document, arrays = modelfile.read(path)
    modelfile.write(tmp_path / "again.safetensors", "text", document, arrays)
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


def test_half_precision_is_stored_exactly(tmp_path: Path) -> None:
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    values = np.array([[1.5, -3.25e8], [2**-120, 0.1]], bfloat16)
    modelfile.write(tmp_path / "m.safetensors", "text", {}, {"x": values, "turned": values.T})
    arrays = modelfile.read(tmp_path / "m.safetensors")[1]
    np.testing.assert_array_equal(arrays["x"], values.astype(np.float32))
    np.testing.assert_array_equal(arrays["turned"], values.T.astype(np.float32))


def test_the_old_file_stays_if_the_new_one_cannot_be_written(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(ReverieError, match="b/kernel hold numbers that are not finite"):
        modelfile.write(path, "text", DOCUMENT, {"b/kernel": np.array([np.nan])})
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == ["model.safetensors"]


def test_a_place_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ReverieError, match=r"nowhere.m\.safetensors cannot be written"):
        modelfile.write(tmp_path / "nowhere" / "m.safetensors", "text", {}, {})
