"""The documents say what is so: their code runs, their commands parse, their trees and links exist."""

import functools
import inspect
import re
import runpy
import shlex
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image

import reverie
from reverie.cli import app
from reverie.cli.reference import reference
from reverie.gan import networks
from reverie.style.fast.model import built

ROOT = Path(__file__).parent.parent
NETWORKS = ["docs/networks/reverie-dream.md", "docs/networks/reverie-style.md"]
ENGINES = ["docs/text.md", "docs/dream.md", "docs/style.md"]
SPACES = ["docs/vae.md", "docs/gan.md"]
PAGES = ["README.md", "README.ko.md", "CONTRIBUTING.md", "SECURITY.md", *ENGINES, *SPACES, *NETWORKS]
TEXT = "It was a bright cold day, and the clocks were striking. The day was cold and the sea was grey. " * 60


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", read(page), re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The smallest model, trained once for all pages."""
    folder = tmp_path_factory.mktemp("docs")
    (folder / "book.txt").write_text(TEXT, encoding="utf-8")
    return reverie.text.train(folder / "book.txt", steps=2, size="tiny", out=folder / "run", quiet=True)


@pytest.fixture
def quick(model, tmp_path, monkeypatch):
    """A folder with a book and a photo; training checks what it is given and hands out the trained model."""
    (tmp_path / "book.txt").write_text(TEXT, encoding="utf-8")
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (80, 96, 3), np.uint8)).save(tmp_path / "photo.jpg")
    monkeypatch.chdir(tmp_path)
    train = reverie.text.train

    def trained(*arguments, **options):
        bound = inspect.signature(train).bind(*arguments, **options).arguments
        assert Path(bound["sources"]).exists()
        assert bound["minutes"] <= 5
        return model

    monkeypatch.setattr(reverie.text, "train", trained)
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (80, 96, 3), np.uint8)).save(tmp_path / "painting.jpg")
    for room, name in [(reverie.dream, "render"), (reverie.dream, "sheet"), (reverie.style, "transfer")]:
        monkeypatch.setattr(room, name, functools.partial(small, getattr(room, name)))
    learn = reverie.style.train

    def learnt(*arguments, **options):
        inspect.signature(learn).bind(*arguments, **options)
        config = {"styles": 1, "width": 4, "blocks": 1}
        return reverie.style.FastStyle(built(config), {"network": config, "styles": ["painting"]})

    monkeypatch.setattr(reverie.style, "train", learnt)
    monkeypatch.setattr(reverie.style, "texture", functools.partial(reverie.style.texture, steps=1))


def small(make, *pictures, **options):
    return make(*pictures, **options | {"size": 96, "steps": 1})


@pytest.mark.parametrize("page", ["README.md", *ENGINES])
def test_python_blocks_run(page, quick, space, rival, capsys):
    names: dict = {}
    before = len(list(Path().iterdir()))
    assert blocks(page, "python")
    for block in blocks(page, "python"):
        exec(compile(block, page, "exec"), names)
    assert capsys.readouterr().out.strip() or len(list(Path().iterdir())) > before


@pytest.fixture
def space(tmp_path, monkeypatch):
    """A folder with faces and a small trained model of them, which `vae.train` hands out; `faces.draw` draws few."""
    draw, train = reverie.faces.draw, reverie.vae.train
    drawn = draw(40, 16)
    for name in ("faces", "smiling", "neutral"):
        drawn.write(tmp_path / name)
    for number, name in enumerate(("photo", "one", "other")):
        Image.fromarray(reverie.faces.portrait(reverie.faces.describe(number), 48)).save(tmp_path / f"{name}.jpg")
    model = train(tmp_path / "faces", resolution=16, steps=2, size="tiny", out=tmp_path / "run", quiet=True)
    monkeypatch.chdir(tmp_path)

    def trained(*arguments, **options):
        inspect.signature(train).bind(*arguments, **options)
        return model

    monkeypatch.setattr(reverie.vae, "train", trained)
    monkeypatch.setattr(reverie.faces, "draw", lambda count, size=16, seed=0: draw(40, 16, seed))


def test_the_page_of_the_autoencoder_runs(space, capsys):
    names: dict = {}
    for block in blocks("docs/vae.md", "python"):
        exec(compile(block, "docs/vae.md", "exec"), names)
    assert "negative ELBO" in capsys.readouterr().out and Path("samples.png").stat().st_size > 100


def test_the_example_of_the_autoencoder_runs(space, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["vae.py", "1"])
    runpy.run_path(str(ROOT / "examples/vae.py"))
    assert all(Path(name).exists() for name in ("samples.png", "walk.png", "smile.png"))


@pytest.fixture
def rival(tmp_path, monkeypatch):
    """A folder with pictures, and a generator that has learned nothing, which `gan.train` hands out.

    `faces.draw` draws few.
    """
    draw, train = reverie.faces.draw, reverie.gan.train
    drawn = draw(40, 16)
    for name in ("flowers", "open", "buds"):
        drawn.write(tmp_path / name)
    Image.fromarray(drawn.pixels[0]).resize((48, 32)).save(tmp_path / "photo.jpg")
    config = networks.design(16, 3, size="tiny")
    model = reverie.gan.GAN(networks.generator(config), {"network": config})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def trained(*arguments, **options):
        inspect.signature(train).bind(*arguments, **options)
        return model

    monkeypatch.setattr(reverie.gan, "train", trained)
    monkeypatch.setattr(reverie.faces, "draw", lambda count, size=16, seed=0: draw(40, 16, seed))


def test_the_page_of_the_adversaries_runs(rival, glance, capsys):
    names: dict = {}
    for block in blocks("docs/gan.md", "python"):
        exec(compile(block, "docs/gan.md", "exec"), names)
    assert "Fréchet distance" in capsys.readouterr().out
    assert all(Path(name).exists() for name in ("samples.png", "walk.gif", "bloom.png", "bloom.safetensors"))


def test_the_example_of_the_adversaries_runs(rival, glance, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["gan.py", "1"])
    runpy.run_path(str(ROOT / "examples/gan.py"))
    assert all(Path(name).exists() for name in ("samples.png", "walk.gif", "smile.png"))


def test_the_example_runs(quick, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["text.py", "book.txt"])
    runpy.run_path(str(ROOT / "examples/text.py"))
    assert capsys.readouterr().out.count("--- temperature") == 3


def test_the_example_of_a_dream_runs(quick, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", ["dream.py", "photo.jpg"])
    runpy.run_path(str(ROOT / "examples/dream.py"))
    assert len(list(tmp_path.iterdir())) > 2  # besides the book and the photo


def test_the_example_of_a_style_runs(quick, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", ["style.py", "photo.jpg", "painting.jpg"])
    runpy.run_path(str(ROOT / "examples/style.py"))
    assert {"repainted.png", "bolder.png", "texture.png"} <= {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize("page", PAGES)
def test_commands_exist(page):
    """Each `reverie` line parses, each `make` target is in the Makefile, each extra in pyproject.toml."""
    makefile = read("Makefile")
    extras = tomllib.loads(read("pyproject.toml"))["project"]["optional-dependencies"]
    for line in "".join(blocks(page, "console")).splitlines():
        program, *arguments = shlex.split(line.removeprefix("$ "))
        if program == "reverie":
            command = typer.main.get_command(app)
            while hasattr(command, "commands"):
                command = command.commands[arguments.pop(0)]
            command.make_context(command.name, arguments)
        elif program == "make":
            assert re.search(rf"^{re.escape(arguments[0])}:", makefile, re.MULTILINE), line
        elif program == "pip":
            assert set(re.findall(r"\[([a-z,]+)\]", line)) <= extras.keys(), line
        else:
            assert program == "source", line


def test_the_korean_readme_shows_the_same_code():
    for language in ("python", "console"):
        assert blocks("README.md", language) == blocks("README.ko.md", language)
    shapes = [re.findall(r"^(#+ |\| ---|<!-- \w+)", read(page), re.MULTILINE) for page in PAGES[:2]]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("page", PAGES[:2])
def test_the_tree_stands(page):
    folders: list[tuple[int, Path]] = []
    (tree,) = blocks(page, "text")
    for line in tree.splitlines():
        depth, name = len(line) - len(line.lstrip()), line.split()[0]
        folders = [(d, folder) for d, folder in folders if d < depth]
        path = (folders[-1][1] if folders else ROOT) / name
        assert path.exists(), line
        folders.append((depth, path))


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)\)", read(page)):
        assert ((ROOT / page).parent / target).exists(), target


def test_the_reference_is_the_help():
    assert read("docs/cli.md") == reference(), "run `make docs`"
