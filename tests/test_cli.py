"""The command: what it prints where, its exit codes, its defaults, and that it answers without a backend."""

import inspect
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import typer

import reverie
from reverie import ReverieError, modelfile
from reverie.cli import app, main
from reverie.cli.output import print_table
from reverie.text.temperatures import Row, Temperatures


@pytest.fixture
def command(monkeypatch, capsys):
    """Runs a command line in this process: (exit code, stdout, stderr)."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["reverie", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_:
            main()
        return (exit_.value.code or 0, *capsys.readouterr())

    return run


def python(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """Runs code in a process of its own, in UTF-8."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONUTF8": "1"} | environment,
    )


class Parrot:
    """Stands for a trained model."""

    path = Path("runs/parrot/model.safetensors")
    document: dict = {"engine": "text"}  # noqa: RUF012

    def __init__(self):
        self.options = {}

    def stream(self, prompt, **options):
        self.options = options
        yield from ("하나", " 둘", " three")

    def write(self, prompt, **options):
        return self.write_many([prompt], **options)[0]

    def write_many(self, prompts, **options):
        self.options = options
        return [f" {number}" for number in range(len(prompts))]


@pytest.fixture
def parrot(monkeypatch):
    parrot = Parrot()
    monkeypatch.setattr(reverie, "open", lambda path, engine: parrot, raising=False)
    return parrot


def test_version(command):
    assert command("--version") == (0, f"reverie {reverie.__version__}\n", "")


def test_a_user_error_is_one_line_on_stderr(command, monkeypatch):
    def broken(path, engine):
        raise ReverieError("The file is empty.", "Give another.")

    monkeypatch.setattr(reverie, "open", broken, raising=False)
    assert command("text", "write", "m", "p") == (2, "", "reverie: The file is empty. Give another.\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--nonsense"],
        ["dance"],
        ["text", "write"],
        ["text", "write", "m", "p", "--temperature", "warm"],
        ["text", "write", "m", "p", "--samples", "0"],
        ["text", "train", "f", "--size", "colossal"],
        ["info"],
        ["info", "not/there"],
    ],
)
def test_wrong_arguments_exit_with_2(command, arguments):
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert err and "Traceback" not in err


def test_text_is_streamed_after_its_prompt(command, parrot):
    assert command("text", "write", "m", "처음: ") == (0, "처음: 하나 둘 three\n", "")


def test_a_wrong_value_leaves_stdout_empty(command, parrot, monkeypatch):
    def stream(prompt, **options):
        raise ReverieError("temperature cannot be nan.")

    monkeypatch.setattr(parrot, "stream", stream)
    assert command("text", "write", "m", "p", "--temperature", "nan") == (
        2,
        "",
        "reverie: temperature cannot be nan.\n",
    )


def test_several_samples(command, parrot):
    code, out, _ = command("text", "write", "m", "p", "--samples", 2, "--seed", 7)
    assert code == 0
    assert out == "--- 1 of 2 ---\np 0\n\n--- 2 of 2 ---\np 1\n\n"
    assert parrot.options["seed"] == 7


def test_json_is_all_there_is_on_stdout(command, parrot):
    _, out, _ = command("text", "write", "m", "글", "--json")
    assert json.loads(out) == {"prompt": "글", "seed": 0, "texts": [" 0"]}


def test_every_option_reaches_the_model(command, parrot):
    line = """text write m p --length 9 --temperature 0 --top-k 5 --top-p 0.5 --min-p 0.1
        --repetition-penalty 1.5 --stop x --stop y --no-copy 50 --training-text c --seed 2"""
    command(*line.split())
    assert parrot.options == {
        "length": 9, "temperature": 0, "top_k": 5, "top_p": 0.5, "min_p": 0.1, "repetition_penalty": 1.5,
        "stop": ("x", "y"), "no_copy": 50, "training_text": Path("c"), "seed": 2,
    }  # fmt: skip


def test_beam_search_comes_at_once(command, parrot):
    assert command("text", "write", "m", "p", "--beam", 3) == (0, "p 0\n", "")
    assert parrot.options["beam"] == 3


def test_training_prints_the_model_on_stdout(command, monkeypatch):
    seen = {}

    def train(sources, **options):
        seen.update(options, sources=sources)
        return Parrot()

    monkeypatch.setattr(reverie, "text", SimpleNamespace(train=train), raising=False)
    code, out, err = command("text", "train", "a.txt", "b.txt", "--minutes", "2", "--network", "gru")
    assert (code, out) == (0, "runs/parrot/model.safetensors\n")
    assert "reverie text write" in err
    assert (seen["sources"], seen["minutes"], seen["network"]) == (["a.txt", "b.txt"], 2.0, "gru")
    _, out, err = command("text", "train", "a.txt", "--json")
    assert json.loads(out)["model"] == "runs/parrot/model.safetensors"
    assert err == ""


def test_the_table_of_temperatures_fits_a_terminal(command, parrot, monkeypatch, tmp_path):
    row = Row(0.5, 0.125, 0.25, 0.5, 0.0, 0.0, 2.0, 2.25, 0.5, 31, 0.0, "once")
    table = Temperatures([row], replace(row, temperature=None), 0.5, "words", 8, 400, 0)
    monkeypatch.setattr(reverie.text, "temperatures", lambda model, held_out, **options: table)
    (tmp_path / "new.txt").write_text("unseen")
    code, out, _ = command("text", "temperatures", tmp_path, "--held-out", tmp_path / "new.txt")
    lines = out.splitlines()
    assert code == 0
    assert lines[1].split() == ["0.5", "0.125", "0.250", "0.500", "0.000", "0.000", "2.000", "2.250", "31"]
    assert lines[2].startswith("held-out")
    assert max(map(len, lines[:3])) < 80
    assert lines[4] == table.sentence
    _, out, _ = command("text", "temperatures", tmp_path, "--held-out", tmp_path / "new.txt", "--json")
    assert json.loads(out)["recommended"] == 0.5


def test_control_c_is_quiet(command, monkeypatch):
    def interrupted(path, engine):
        raise KeyboardInterrupt

    monkeypatch.setattr(reverie, "open", interrupted, raising=False)
    assert command("text", "write", "m", "p") == (130, "", "")


def test_a_closed_pipe_is_quiet():
    code = """
import os, sys, reverie
from reverie.cli import main
class Endless:
    def stream(self, prompt, **options):
        reader, writer = os.pipe()
        os.dup2(writer, 1)
        os.close(reader)
        while True:
            yield "again and "
reverie.open = lambda path, engine: Endless()
sys.argv = ["reverie", "text", "write", "m", "p"]
main()
"""
    done = python(code)
    assert (done.returncode, done.stderr) == (1, "")


def test_runs_and_info_read_run_folders(command, tmp_path):
    for name, started in {"나의 글": "2027-01-02T12:30:55", "book": "2026-01-02T12:30:59"}.items():
        (tmp_path / name).mkdir()
        document = {"engine": "text", "status": "finished", "started": started, "settings": {"width": 128}}
        if name != "book":
            document |= {"step": 1200, "best": [1000, 1.875]}
        (tmp_path / name / "run.json").write_text(json.dumps(document))
    (tmp_path / "other").mkdir()

    code, out, _ = command("runs", tmp_path)
    lines = out.splitlines()
    assert code == 0 and len(lines) == 3
    assert lines[0].split() == ["folder", "engine", "status", "started", "steps", "validation"]
    assert lines[1].endswith("book     text    finished  2026-01-02 12:30      -           -")
    assert lines[2].endswith("나의 글  text    finished  2027-01-02 12:30   1200       1.875")
    assert [run["started"] for run in json.loads(command("runs", tmp_path, "--json")[1])] == [
        "2026-01-02T12:30:59",
        "2027-01-02T12:30:55",
    ]

    _, out, _ = command("info", tmp_path / "나의 글")
    assert "\nsettings.width  128\n" in out
    assert json.loads(command("info", tmp_path / "book", "--json")[1])["started"] == "2026-01-02T12:30:59"


@pytest.mark.parametrize("content", ["", "[]", "{", None])
def test_a_damaged_run_folder_is_one_sentence(command, tmp_path, content):
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    code, out, err = command("info", tmp_path)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert str(tmp_path) in err


def test_a_table_lines_up_in_any_script(capsys):
    print_table(["name", "n"], [["가나", 5], ["abc", 12.5], ["d", None]])
    assert capsys.readouterr().out.splitlines() == [
        "name       n",
        "가나       5",
        "abc   12.500",
        "d          -",
    ]


def commands() -> dict[str, typer.core.TyperCommand]:
    """Every command by its full name without "reverie"."""
    found = {}
    for group, members in typer.main.get_command(app).commands.items():
        for name, command in getattr(members, "commands", {"": members}).items():
            found[f"{group} {name}".strip()] = command
    return found


def test_options_and_defaults_are_those_of_the_functions():
    """A command is the function's name with spaces."""
    from reverie.text.generate import Generator
    from reverie.tour.build import tour

    functions = {
        "text train": [reverie.text.train],
        "text write": [Generator.write, Generator.stream],
        "text temperatures": [reverie.text.temperatures],
        "text report": [reverie.text.report],
        "tour": [tour],
    }
    elsewhere = ("dream", "style", "vae", "gan")  # tested in tests/cli
    here = {name for name in commands() if name.split()[0] not in elsewhere}
    assert functions.keys() == here - {"info", "runs", "weights"}
    of_the_command = {"help", "json", "plot", "files", "model", "prompt"}
    of_this_command = {("text write", "samples"), ("text write", "training_text")}
    for name, sources in functions.items():
        parameters = {k: v for source in sources for k, v in inspect.signature(source).parameters.items()}
        for option in commands()[name].params:
            if option.name in of_the_command or (name, option.name) in of_this_command:
                continue
            default = parameters[option.name].default
            if default is not inspect.Parameter.empty:
                shown = str(option.default) if isinstance(option.default, Path) else option.default
                assert (shown or None) == (default or None), (name, option.name)


QUICK = """
import sys
from reverie.cli import main
try:
    main()
except SystemExit as exit:
    assert not exit.code, exit.code
print(sorted({name.split(".")[0] for name in sys.modules}), len(sys.modules), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "line",
    ["--help", "text train --help", "runs {0}", "info {0}/book", "info {0}/book/model.safetensors", "weights"],
)
def test_quick_commands_load_no_backend(tmp_path, line):
    """Counted in modules, which unlike seconds are the same on a busy machine: 300 take about 0.15 s."""
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "run.json").write_text('{"status": "finished"}')
    modelfile.write(tmp_path / "book" / "model.safetensors", "text", {}, {"a": np.zeros(1, "float32")})
    done = python(QUICK, *line.format(tmp_path).split())
    assert done.returncode == 0, done.stderr
    loaded, count = done.stderr.rsplit(" ", 1)
    for heavy in ("keras", "tensorflow", "jax", "torch", "tokenizers", "scipy", "PIL"):
        assert f"'{heavy}'" not in loaded
    assert int(count) < 450


def test_a_missing_backend_is_one_sentence(tmp_path):
    code = """
import importlib.util, os, sys
import reverie.cli
os.environ.pop("KERAS_BACKEND", None)
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: (
    None if name in ("tensorflow", "jax", "torch") else find(name, *rest)
)
sys.argv = ["reverie", "text", "train", "book.txt"]
reverie.cli.main()
"""
    done = python(code)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("reverie: No Keras backend is installed.")
    assert done.stderr.count("\n") == 1
