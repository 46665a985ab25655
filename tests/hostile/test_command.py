"""Bad input at the command line: one sentence on stderr, exit code 2, nothing on stdout, nothing half-written."""

import json
import shutil
import struct
import sys
from pathlib import Path

import pytest

import reverie
from reverie.cli import main


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    """The run folder of a model that has learned next to nothing."""
    folder = tmp_path_factory.mktemp("model")
    text = folder / "text.txt"
    text.write_text("once upon a time there was a small model. " * 60, encoding="utf-8")
    reverie.text.train(text, steps=2, width=64, depth=1, context=16, out=folder / "run", quiet=True)
    return folder / "run"


@pytest.fixture
def refused(monkeypatch, capsys, tmp_path):
    """Runs a command that must be refused, and returns the sentence."""

    def run(*arguments: object) -> str:
        monkeypatch.chdir(tmp_path)
        before = sorted(tmp_path.rglob("*"))
        monkeypatch.setattr(sys, "argv", ["reverie", *map(str, arguments)])
        with pytest.raises(SystemExit) as exited:
            main()
        out, err = capsys.readouterr()
        assert exited.value.code == 2
        assert out == ""
        assert err.count("\n") == 1
        assert err.startswith("reverie: ")
        assert sorted(tmp_path.rglob("*")) == before
        return err

    return run


@pytest.mark.parametrize(
    "name, content, said",
    [
        ("empty.txt", b"", "no text"),
        ("binary.txt", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" * 40, "binary"),
        ("utf16.txt", ("\ufeff" + "word " * 400).encode("utf-16-le"), "UTF-16"),
        ("latin1.txt", ("caf\u00e9 " * 400).encode("latin-1"), "UTF-8"),
        ("short.txt", b"too short", "few"),
    ],
)
def test_corpora(refused, tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    sentence = refused("text", "train", name, "--steps", 2)
    assert name in sentence
    assert said in sentence


def test_a_missing_corpus(refused):
    assert "missing.txt" in refused("text", "train", "missing.txt", "--steps", 2)


@pytest.mark.parametrize(
    "option, value",
    [
        ("--temperature", "-1"),
        ("--temperature", "nan"),
        ("--temperature", "1e9"),
        ("--top-p", "0"),
        ("--top-p", "1.5"),
        ("--top-k", "-3"),
        ("--min-p", "2"),
        ("--repetition-penalty", "0"),
        ("--length", "0"),
        ("--beam", "0"),
        ("--no-copy", "0"),
    ],
)
def test_sampling_values(refused, model, option, value):
    sentence = refused("text", "write", model, "once", option, value)
    assert option.strip("-").replace("-", "_") in sentence


def test_temperature_zero_is_greedy(model):
    opened = reverie.open(model)
    assert opened.write("once", length=30, temperature=0, seed=1) == opened.write("once", length=30, top_k=1, seed=2)


@pytest.mark.parametrize("prompt", ["옛날 옛적에", "Однажды", "🜁", "\ud800", "a\u0301", "\x00"])
def test_a_prompt_in_a_script_the_model_has_never_seen(model, prompt):
    assert len(reverie.open(model).write(prompt, length=5)) == 5


def truncated(good: bytes) -> bytes:
    return good[: len(good) // 2]


def renamed(good: bytes) -> bytes:
    return b"PK\x03\x04" + b"\x00" * 200


def giant_header(good: bytes) -> bytes:
    return struct.pack("<Q", 2**30) + good[8:]


def edited(**change: object):
    def change_document(good: bytes) -> bytes:
        size = struct.unpack("<Q", good[:8])[0]
        header = json.loads(good[8 : 8 + size])
        document = json.loads(header["__metadata__"]["reverie"])
        header["__metadata__"]["reverie"] = json.dumps(document | change)
        new = json.dumps(header).encode()
        new += b" " * (-len(new) % 8)
        return struct.pack("<Q", len(new)) + new + good[8 + size :]

    return change_document


def shape_bomb(good: bytes) -> bytes:
    size = struct.unpack("<Q", good[:8])[0]
    header = json.loads(good[8 : 8 + size])
    name = next(key for key in header if key != "__metadata__")
    header[name]["shape"] = [2**40, 2**20]
    new = json.dumps(header).encode()
    return struct.pack("<Q", len(new)) + new + good[8 + size :]


HUGE = {"network": "transformer", "vocabulary": 999_999, "width": 8192, "depth": 128, "context": 65536}
HOSTILE = {
    "truncated": truncated,
    "renamed": renamed,
    "giant header": giant_header,
    "shape bomb": shape_bomb,
    "another engine": edited(engine="gan"),
    "a newer format": edited(format=99),
    "another network": edited(network=HUGE),
    "no network": edited(network={}),
    "no tokenizer": edited(tokenizer={"kind": "os.system"}),
}


@pytest.mark.parametrize("damage", HOSTILE)
def test_model_files(refused, model, tmp_path, damage):
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(HOSTILE[damage]((model / "model.safetensors").read_bytes()))
    refused("text", "write", bad, "once")


def test_run_folders(refused, model, tmp_path):
    text = model.parent / "text.txt"
    assert "already holds a run" in refused("text", "train", text, "--steps", 2, "--out", model)
    assert "holds no run" in refused("text", "train", "--resume", tmp_path / "nowhere")
    half = tmp_path / "half"
    (half / "checkpoints").mkdir(parents=True)
    (half / "checkpoints" / "step-00000001.json").write_text("{}")
    assert "half" in refused("text", "train", "--resume", half)
    assert "half" in refused("text", "write", half, "once")


def test_a_run_folder_in_use(refused, model, tmp_path):
    from reverie.runs import Run

    shutil.copytree(model, tmp_path / "busy")
    with Run.open(tmp_path / "busy", engine="text", resume=True):
        assert "in use" in refused("text", "train", "--resume", tmp_path / "busy")
