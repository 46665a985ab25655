"""`reverie info` on a picture: what it was made with, and the line that makes it again."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

import reverie
from reverie import images
from reverie.cli import main
from reverie.cli.again import command_line

RGB = np.zeros((20, 30, 3), np.uint8)

app = typer.Typer()
dream = typer.Typer()
app.add_typer(dream, name="dream")
received: dict[str, Any] = {}


@dream.command()
def render(
    image: Annotated[Path, typer.Argument(metavar="PHOTO")],
    more: Annotated[list[str] | None, typer.Argument()] = None,
    layers: Annotated[list[str] | None, typer.Option("--layer", "-l")] = None,
    strength: float = 1.5,
    octave_scale: float = 1.4,
    size: Annotated[tuple[int, int] | None, typer.Option()] = None,
    roll: bool = True,
    quick: Annotated[bool, typer.Option("--quick")] = False,
    kind: Literal["warm", "cold"] = "warm",
    out: Annotated[Path, typer.Option()] = Path("dream.png"),
    note: str = "",
    seed: int = 0,
) -> None:
    received.update(locals())


@app.command()
def other() -> None:
    pass


def line(seed: int | None = 0, **arguments: object) -> str:
    said = command_line({"command": "dream render", "arguments": arguments, "seed": seed}, app)
    assert said is not None
    return said


def test_defaults_are_left_out():
    assert line(image="sky.jpg", strength=1.5, roll=True, quick=False, out="dream.png", size=None) == (
        "reverie dream render sky.jpg"
    )


def test_everything_else_is_said():
    assert line(7, image="my sky.jpg", strength=0.1, roll=False, quick=True, layers=["a", "b"], size=[3, 4]) == (
        "reverie dream render 'my sky.jpg' --layer a --layer b --strength 0.1 --size 3 4 --no-roll --quick --seed 7"
    )


HOSTILE = [
    "$(reboot)",
    "; rm -rf ~",
    "`id`",
    "a'b\"c",
    "\x1b[2J\x07",
    "\\x1b' \n\t",
    "하늘 .jpg",
    "*",
    "-rf",
    "--out=x",
    "",
]


@pytest.mark.skipif(shutil.which("bash") is None, reason="no shell to ask")
@pytest.mark.parametrize("text", HOSTILE)
def test_a_shell_reads_the_line_as_it_was_meant(text):
    """Whatever a stranger wrote into a picture stays one word, and the command receives the same values."""
    given = {"image": text or "a.jpg", "more": [text, "b"], "layers": [text], "note": text, "strength": 1e-05}
    said = line(3, **given)
    assert said.isprintable() or "하" in said
    shown = subprocess.run(["bash", "-c", f"printf '%s\\0' {said}"], capture_output=True, check=True).stdout
    words = shown.decode().split("\0")[:-1]
    assert words[:3] == ["reverie", "dream", "render"]
    received.clear()
    result = CliRunner().invoke(app, words[1:])
    assert result.exit_code == 0, result.output
    assert {name: str(value) if name == "image" else value for name, value in received.items() if name in given} == {
        **given,
        "image": str(Path(given["image"])),
    }
    assert received["seed"] == 3


def test_a_picture_from_memory_is_shown_by_its_name():
    assert line(image=None, strength=2.0) == "reverie dream render PHOTO --strength 2.0"


def test_an_argument_this_version_does_not_know_is_said_all_the_same():
    assert line(image="a.jpg", tile_size=9) == "reverie dream render a.jpg --tile-size=9"


@pytest.mark.parametrize(
    "command", ["", "dream", "dream zoom", "render", "dream render; reboot", "other", None, 7, ["dream"]]
)
def test_a_command_that_does_not_exist(command):
    said = command_line({"command": command, "arguments": [1, 2]}, app)
    assert said == ("reverie other" if command == "other" else None)


@pytest.fixture
def info(monkeypatch, capsys):
    """Runs `reverie info`: (exit code, stdout, stderr)."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["reverie", "info", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_:
            main()
        code = exit_.value.code
        return (code if isinstance(code, int) else 0, *capsys.readouterr())

    return run


SETTINGS = {"command": "text write", "arguments": {"model": "a b", "prompt": "x", "length": 9}, "seed": 5}


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "gif"])
def test_info_says_how_a_picture_was_made(suffix, info, tmp_path):
    path = tmp_path / f"a.{suffix}"
    if suffix == "gif":
        images.video.write([RGB], path, 5, SETTINGS)
    else:
        images.save(RGB, path, SETTINGS)
    code, out, err = info(path)
    assert (code, err) == (0, "")
    lines = [" ".join(one.split()) for one in out.splitlines()]
    kind = {"jpg": "JPEG"}.get(suffix, suffix.upper())
    for said in (f"format {kind}", "width 30", "height 20", "command text write", "seed 5", "arguments.length 9"):
        assert said in lines
    assert out.endswith("\nMake it again:\nreverie text write 'a b' x --length 9 --seed 5\n")


def test_info_as_json(info, tmp_path):
    images.save(RGB, tmp_path / "a.png", SETTINGS)
    assert json.loads(info(tmp_path / "a.png", "--json")[1]) == {
        "format": "PNG",
        "width": 30,
        "height": 20,
        "reverie": reverie.__version__,
        **SETTINGS,
        "again": "reverie text write 'a b' x --length 9 --seed 5",
    }


def test_a_picture_of_others_has_no_settings(info, tmp_path):
    images.save(RGB, tmp_path / "a.png")
    assert info(tmp_path / "a.png") == (0, "format    PNG\nwidth     30\nheight    20\nsettings  -\n", "")
    assert json.loads(info(tmp_path / "a.png", "--json")[1])["settings"] is None


def test_no_picture_writes_on_the_terminal(info, tmp_path):
    images.save(
        RGB, tmp_path / "a.png", {"command": "\x1b[2Jevil", "arguments": {"\x07bell": "\x9b31m"}, "seed": "\x1b"}
    )
    out = info(tmp_path / "a.png")[1]
    assert all(one.isprintable() for one in out.splitlines()) and "\\x1b[2Jevil" in out


@pytest.mark.parametrize(
    "name, content, said",
    [
        ("text.png", b"no picture", "is not a picture"),
        ("half", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is damaged"),
        ("empty.jpg", b"", "is empty"),
        ("gone.webp", None, "does not exist"),
        ("notes.txt", b"no picture, no model", "is not a model file"),
    ],
)
def test_what_is_no_picture_is_one_sentence(name, content, said, info, tmp_path):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    code, out, err = info(tmp_path / name)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert name in err and said in err


def test_info_on_a_picture_loads_neither_a_backend_nor_numpy(tmp_path):
    images.save(RGB, tmp_path / "a.png", SETTINGS)
    code = (
        "import sys; from reverie.cli import main\n"
        "try: main()\n"
        "except SystemExit: print(sorted({n.split('.')[0] for n in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, "info", tmp_path / "a.png"], capture_output=True, text=True)
    assert "Make it again" in done.stdout and "PIL" in done.stderr
    for heavy in ("numpy", "keras", "tensorflow", "jax", "torch", "scipy", "matplotlib", "av"):
        assert f"'{heavy}'" not in done.stderr
