"""Hostile and damaged model files: one sentence with the file's name, and nothing allocated or run."""

import json
import random
import re
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reverie import modelfile
from reverie.errors import ReverieError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


def refused(path: Path, words: str, engine: str | None = None) -> None:
    with pytest.raises(ReverieError, match=words) as caught:
        modelfile.read(path, engine)
    assert str(path) in caught.value.message
    assert re.fullmatch(r"[^\n]+[.]", caught.value.message) and caught.value.hint


def build(path: Path, tensors: dict[str, Any], data: bytes, document: Any = None, raw: str | None = None) -> None:
    """A file with any header."""
    text = json.dumps({"format": 1, "engine": "text"} if document is None else document) if raw is None else raw
    header = json.dumps({"__metadata__": {"reverie": text}, **tensors}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + data)


def tensor(shape: list[Any], start: int, end: int, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def test_the_builder_here_builds_a_good_file(path: Path) -> None:
    build(path, {"x": tensor([2], 0, 8)}, np.array([1, 2], np.float32).tobytes())
    np.testing.assert_array_equal(modelfile.read(path, "text")[1]["x"], [1, 2])


def test_no_file(path: Path) -> None:
    refused(path, "There is no model file")


def test_a_folder(tmp_path: Path) -> None:
    refused(tmp_path, "cannot be read")


def test_an_empty_file(path: Path) -> None:
    path.touch()
    refused(path, "is empty")


@pytest.mark.parametrize("content", [b"hello", b"PK\x03\x04" + b"\0" * 100, b"\x89HDF\r\n\x1a\n" + b"\0" * 64])
def test_something_else_renamed(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    refused(path, "is not a model file")


def test_safetensors_of_somebody_else(path: Path) -> None:
    header = json.dumps({"__metadata__": {"format": "pt"}, "x": tensor([1], 0, 4)}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"\0" * 4)
    refused(path, "Reverie did not make it")


def test_another_engine(path: Path) -> None:
    modelfile.write(path, "vae", {}, {})
    refused(path, "made by the engine 'vae', not by 'text'", engine="text")


def test_a_newer_format(path: Path) -> None:
    build(path, {}, b"", {"format": 2, "engine": "text"})
    refused(path, "format 2")


@pytest.mark.parametrize("size", [modelfile.HEADER_LIMIT + 1, 2**30, 2**63, 2**64 - 1])
def test_a_giant_header_is_not_read(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.write(struct.pack("<Q", size) + b'{"')
        file.truncate(min(size, 2**31) + 8)  # sparse
    tracemalloc.start()
    refused(path, "its header claims")
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("tensors", "data"),
    [
        ({"x": tensor([2**40], 0, 8)}, 8),
        ({"x": tensor([2**62, 2**62], 0, 8)}, 8),
        ({"x": tensor([2**63, 2], 0, 0)}, 0),
        ({"x": tensor([3], 0, 8)}, 8),
        ({"x": tensor([-2], 0, 8)}, 8),
        ({"x": tensor([2.5], 0, 10)}, 10),
        ({"x": tensor([2], 0, 8), "y": tensor([2], 4, 12)}, 12),
        ({"x": tensor([2], 0, 8), "y": tensor([2], 0, 8)}, 8),
        ({"x": tensor([2], 8, 16)}, 16),
        ({"x": tensor([2], 0, 8), "y": tensor([2], 12, 20)}, 20),
        ({"x": tensor([2], 0, 8)}, 12),
        ({"x": tensor([2], 0, 8)}, 4),
        ({"x": tensor([2], 8, 0)}, 8),
        ({"x": tensor([2**50, 0], 0, 0), "y": tensor([2], 0, 8)}, 4),
        ({"x": tensor([1], 0, 4, "F31")}, 4),
        ({"x": tensor([1], 0, 4, "I128")}, 4),
        ({"x": [1, 2, 3]}, 4),
        ({"x": {"dtype": "F32", "shape": [1]}}, 4),
    ],
)
def test_shapes_and_ranges_that_do_not_match(path: Path, tensors: dict[str, Any], data: int) -> None:
    build(path, tensors, b"\0" * data)
    tracemalloc.start()
    refused(path, "is damaged")
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


@pytest.mark.parametrize("kind", ["BF16", "F8_E4M3", "F8_E5M2"])
def test_a_type_numpy_does_not_have(path: Path, kind: str) -> None:
    build(path, {"x": tensor([4], 0, 8 if kind == "BF16" else 4, kind)}, b"\0" * (8 if kind == "BF16" else 4))
    try:
        modelfile.read(path)  # depends on the library's version; what matters is that nothing else is raised
    except ReverieError as error:
        assert "cannot be read" in str(error)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not JSON",
        "[]",
        "null",
        '"text"',
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"format": 1, "engine": "text", "loss": NaN}',
        '{"format": 1, "engine": "text", "loss": 1e999}',
        '{"format": 1, "engine": "text", "half": "\\ud800"}',
        '{"format": ' + "9" * 5000 + ', "engine": "text"}',
        '{"engine": "text"}',
        '{"format": true, "engine": "text"}',
        '{"format": 0, "engine": "text"}',
        '{"format": "1", "engine": "text"}',
        '{"format": 1}',
        '{"format": 1, "engine": ["text"]}',
        '{"format": 1, "engine": "../../os"}',
    ],
)
def test_a_description_that_describes_nothing(path: Path, text: str) -> None:
    build(path, {}, b"", raw=text)
    refused(path, "its description")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite(path: Path, value: float) -> None:
    build(path, {"x": tensor([2], 0, 8)}, np.array([1, value], np.float32).tobytes())
    refused(path, "'x' holds numbers that are not finite")


def good(path: Path) -> bytes:
    arrays = {"kernel": np.ones((4, 5), np.float32), "bias": np.ones(3, np.float16), "seed": np.ones(2, np.uint32)}
    modelfile.write(path, "text", {"network": {"kind": "gru"}}, arrays)
    return path.read_bytes()


def test_a_file_cut_anywhere(path: Path) -> None:
    data = good(path)
    for length in range(len(data)):
        path.write_bytes(data[:length])
        refused(path, "empty|not a model file|damaged")


def test_random_damage_raises_nothing_else(path: Path) -> None:
    data, dice, harmless = good(path), random.Random(5), 0
    header = 8 + int.from_bytes(data[:8], "little")
    for _ in range(2000):
        damaged = bytearray(data)
        for _ in range(dice.randint(1, 4)):
            damaged[dice.randrange(header)] = dice.randrange(256)
        path.write_bytes(damaged)
        try:
            modelfile.read(path)
            harmless += 1
        except ReverieError as error:
            assert str(path) in error.message
    assert harmless < 500  # a letter of a name may change unnoticed, not much else
