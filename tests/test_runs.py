"""Run folders: who may write there, and what is said about those that are not whole."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from reverie import publish, runs
from reverie.errors import ReverieError
from reverie.runs import Run, listing, read_document


def new(folder: Path) -> Run:
    return Run.open(folder, engine="text", settings={"size": "tiny"}, seed=5)


def test_a_new_run_says_what_it_is(tmp_path: Path) -> None:
    with new(tmp_path / "a" / "run") as run:
        run.update(loss=1.5)
    document = json.loads((tmp_path / "a" / "run" / "run.json").read_text())
    assert document["engine"] == "text" and document["settings"] == {"size": "tiny"} and document["seed"] == 5
    assert document["loss"] == 1.5 and document["status"] == "running" and document["resumed"] == 0
    assert document["versions"]["keras"] and document["started"].startswith("20")


def test_a_run_is_not_overwritten(tmp_path: Path) -> None:
    new(tmp_path).close()
    before = (tmp_path / "run.json").read_bytes()
    with pytest.raises(ReverieError, match=r"already holds a run\. Continue it with --resume"):
        new(tmp_path)
    assert (tmp_path / "run.json").read_bytes() == before


def test_resuming_keeps_settings_and_removes_leftovers(tmp_path: Path) -> None:
    new(tmp_path).close()
    (tmp_path / "cancel").touch()
    (tmp_path / "checkpoints" / f".step-1.json.77{publish.ASIDE}").touch()
    with Run.open(tmp_path, engine="text", resume=True) as run:
        assert run.document["settings"] == {"size": "tiny"} and run.document["resumed"] == 1
        assert not run.cancel.exists() and not list(run.checkpoints.iterdir())


def test_a_run_that_is_refused_before_it_goes_on_is_as_it_was(tmp_path: Path) -> None:
    with new(tmp_path / "run") as run:
        run.update(status="finished", checkpoint=False)
    before = (tmp_path / "run" / "run.json").read_bytes()
    with pytest.raises(ReverieError), Run.open(tmp_path / "run", engine="text", resume=True):
        raise ReverieError("The corpus has changed.", "Put it back.")
    assert (tmp_path / "run" / "run.json").read_bytes() == before
    assert [each["status"] for each in listing(tmp_path)] == ["finished"]


def test_names_of_other_encodings_are_kept(tmp_path: Path) -> None:
    with new(tmp_path / "run") as run:
        run.update(file=os.fsdecode(b"M\xfcll.jpg"), name="뮐")
    document = read_document(tmp_path / "run")
    assert os.fsencode(document["file"]) == b"M\xfcll.jpg" and document["name"] == "뮐"


def test_one_process_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "PATIENCE", 0.0)
    with new(tmp_path), pytest.raises(ReverieError, match="is in use by another process"):
        Run.open(tmp_path, engine="text", resume=True)
    Run.open(tmp_path, engine="text", resume=True).close()


def test_a_folder_without_a_run_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(ReverieError, match="holds no run"):
        Run.open(tmp_path / "none", engine="text", resume=True)
    assert not list(tmp_path.iterdir())


def test_a_run_of_another_engine(tmp_path: Path) -> None:
    new(tmp_path).close()
    with pytest.raises(ReverieError, match="made by the engine 'text', not by 'vae'"):
        Run.open(tmp_path, engine="vae", resume=True)


@pytest.mark.parametrize("resume", [True, False])
def test_run_json_is_missing(tmp_path: Path, resume: bool) -> None:
    new(tmp_path).close()
    (tmp_path / "checkpoints" / "step-00000001.json").write_text("{}")
    (tmp_path / "run.json").unlink()
    with pytest.raises(ReverieError, match=r"run\.json is missing" if resume else "already holds a run"):
        Run.open(tmp_path, engine="text", resume=resume)


def test_the_checkpoints_are_missing(tmp_path: Path) -> None:
    with new(tmp_path) as run:
        run.update(checkpoint=True)
    (tmp_path / "checkpoints").rmdir()
    with pytest.raises(ReverieError, match="only half there: its checkpoints are missing"):
        Run.open(tmp_path, engine="text", resume=True)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"status": 3}', "\x00\xff"])
def test_run_json_is_nonsense(tmp_path: Path, content: str) -> None:
    new(tmp_path).close()
    (tmp_path / "run.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(ReverieError, match="only half there"):
        Run.open(tmp_path, engine="text", resume=True)
    assert [run["status"] for run in runs.listing(tmp_path)] == ["damaged"]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ReverieError, match="cannot be written"):
        new(tmp_path / "file" / "run")


@pytest.mark.parametrize("number, why", [(30, "Read-only file system"), (13, "Permission denied")])
def test_a_read_only_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, why: str) -> None:
    """The system's answers are made up: root, who runs many test suites, may write anywhere."""

    def refuse(*arguments: object, **options: object) -> int:
        raise OSError(number, why)

    monkeypatch.setattr(runs.os, "open", refuse)
    with pytest.raises(ReverieError, match="cannot be written: it is read-only") as caught:
        new(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fcntl = pytest.importorskip("fcntl")

    def refuse(*arguments: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)
    new(tmp_path).close()


def test_listing(tmp_path: Path) -> None:
    with new(tmp_path / "finished") as run:
        run.update(status="finished", started="2020")
    with new(tmp_path / "killed") as run:
        run.update(started="2021")
    (tmp_path / "something else").mkdir()
    with new(tmp_path / "now") as run:
        run.update(started="2022")
        found = [(Path(run["folder"]).name, run["status"]) for run in runs.listing(tmp_path)]
    assert found == [("finished", "finished"), ("killed", "killed"), ("now", "running")]
    assert runs.listing(tmp_path / "nothing here") == []


def test_listing_loads_no_backend(tmp_path: Path) -> None:
    new(tmp_path).close()
    code = "import sys; from reverie.runs import listing; assert listing(sys.argv[1]); print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    assert not {"keras", "tensorflow", "jax", "torch", "numpy"} & set(result.stdout.split())


def test_publishing_is_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    publish.publish(path, b"old")

    def full(descriptor: int, data: bytes) -> None:
        os.write(descriptor, bytes(data)[:1])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(publish, "write", full)
    with pytest.raises(ReverieError, match=r"The disk is full: .*file could not be written"):
        publish.publish(path, b"new")
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]
