"""`reverie weights`: what it prints, and that it needs no backend for it."""

import json
import subprocess
import sys

import pytest

from reverie.cli import main
from reverie.features import networks


@pytest.fixture
def command(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["reverie", "weights", *arguments])
        with pytest.raises(SystemExit) as exit_:
            main()
        assert not exit_.value.code
        return capsys.readouterr().out

    return run


def test_a_line_for_each_network_says_whether_it_is_here(command, tmp_path):
    def cells():
        return {line.split()[0]: line.split()[1:] for line in command().splitlines()[1:]}

    before = cells()
    assert list(before) == [network.name for network in networks()]
    assert before["vgg19"][:4] == ["no", "80", "CC", "BY"]
    (tmp_path / "models" / "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5").write_bytes(bytes(2_000_000))
    assert cells()["vgg19"][:2] == ["yes", "2"]


def test_the_table_fits_a_terminal(command):
    assert max(map(len, command().splitlines())) <= 80


def test_json_has_everything(command, tmp_path):
    (tmp_path / "models" / "googlenet.npz").write_bytes(b"123")
    documents = {document["name"]: document for document in json.loads(command("--json"))}
    assert documents["googlenet"]["file"] == str(tmp_path / "models" / "googlenet.npz")
    assert documents["googlenet"]["bytes"] == 3
    assert documents["inceptionv3"] == {
        "name": "inceptionv3",
        "what": "the textbook's dream network",
        "licence": "Apache-2.0.",
        "source": "Szegedy et al. 2015; Keras Applications.",
        "bytes": 95_407_136,
        "file": None,
    }


def test_no_backend_is_loaded():
    code = """
import sys
from reverie.cli import main
sys.argv = ["reverie", "weights"]
try:
    main()
finally:
    print(*{name.split(".")[0] for name in sys.modules}, file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
    assert done.returncode == 0
    assert not {"keras", "tensorflow", "jax", "torch", "numpy", "h5py"} & set(done.stderr.split())
