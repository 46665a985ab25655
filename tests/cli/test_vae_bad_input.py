"""Bad input to `reverie vae`: one sentence on stderr, exit code 2, nothing on stdout, nothing half-written."""

import shutil
import sys

import numpy as np
import pytest
from PIL import Image

from reverie import faces, gan, vae
from reverie.cli import main

SIZE = 8


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Faces of 8 x 8 pixels in colour and in grey, a model of each, and folders that are no good."""
    place = tmp_path_factory.mktemp("vae")
    drawn = faces.draw(20, SIZE)
    drawn.write(place / "colour")
    (place / "grey").mkdir()
    for row, pixels in enumerate(drawn.pixels):
        Image.fromarray(pixels).convert("L").save(place / "grey" / f"{row}.png")
    for name in ("empty", "one", "text", "small", "labelled/round", "labelled/square", "labelled/none"):
        (place / name).mkdir(parents=True)
    shutil.copy(place / "colour/000000.png", place / "one")
    (place / "text/a.png").write_text("Dear diary, I am not a picture.")
    for row in range(20):
        Image.new("RGB", (7, 7), (row, 0, 0)).save(place / f"small/{row}.png")
        Image.new("RGB", (8, 8), (row, 0, 0)).save(place / f"labelled/{'round' if row % 2 else 'square'}/{row}.png")
    maps = tuple(np.zeros((1, 1, 1), np.float32) for _ in gan.concept.LAYERS)
    gan.Concept(maps, 64, "seen", (2, 2)).save(place / "seen.safetensors")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(place / "cache"))
        for name in ("colour", "grey"):
            out = place / f"runs/{name}"
            vae.train(place / name, resolution=SIZE, steps=1, size="tiny", out=out, quiet=True)
    return place


@pytest.fixture
def inside(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(place / "cache"))
    for name in ("colour", "grey", "runs", "empty", "one", "text", "small", "labelled", "seen.safetensors"):
        (tmp_path / name).symlink_to(place / name)
    return tmp_path


def everything(folder):
    """What is in a folder, and behind its links."""
    return sorted(path for top in folder.iterdir() for path in (top, *top.resolve().rglob("*")))


def run(line, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["reverie", "vae", *line.split()])
    with pytest.raises(SystemExit) as exited:
        main()
    return exited.value.code


@pytest.mark.parametrize(
    "line, said",
    [
        ("train empty", "empty holds no picture"),
        ("train one --steps 1", "only one picture"),
        ("train one/000000.png --steps 1", "one picture is not enough"),
        ("train text --steps 1", "no usable picture"),
        ("train small --steps 1", "no usable picture"),
        ("train nowhere", "nowhere does not exist"),
        ("train", "No pictures were given"),
        ("train colour --steps 1 --resolution 4", "resolution of 4"),
        ("train colour --steps 1 --latent 0", "latent of 0"),
        ("train colour --steps 1 --seed=-1", "seed cannot be -1"),
        ("sample runs/colour --seed=-1", "seed cannot be -1"),
        ("concept runs/colour colour one --out runs/grey/model.safetensors", "a model, not a concept"),
        ("train colour --steps 1 --beta nan", "beta cannot be nan"),
        ("train --resume nowhere", "holds no run"),
        ("sample runs/colour --temperature nan", "temperature cannot be nan"),
        ("sample colour", "holds no trained model"),
        ("reconstruct runs/colour empty", "holds no picture"),
        ("reconstruct runs/colour text/a.png", "is not a picture"),
        ("walk runs/colour one", "nowhere to walk to"),
        ("walk runs/colour --fps 0", "0 frames per second"),
        ("concept runs/colour empty colour", "empty holds no picture"),
        ("concept runs/colour colour one", "only one picture without colour"),
        ("concept runs/colour none --among labelled", "no attribute or label 'none'"),
        ("concept runs/colour round none --among labelled", "no attribute or label 'none'"),
        ("concept runs/colour round round --among labelled", "10 pictures have round, and 0 have round"),
        ("concept runs/colour round", "pictures with it and pictures without"),
        ("concept runs/colour hair --among colour", "hair is a column of words"),
        ("edit runs/colour runs/grey/model.safetensors colour", "a model, not a concept"),
        ("edit runs/colour seen.safetensors colour", "one of `reverie gan`"),
        ("report runs/colour one", "One picture says nothing"),
        ("report runs/colour colour --seed=-1", "seed cannot be -1"),
    ],
)
def test_one_sentence(inside, monkeypatch, capsys, line, said):
    before = everything(inside)
    assert run(line, monkeypatch) == 2
    out, err = capsys.readouterr()
    complaints = [one for one in err.splitlines() if "left out, being damaged or too small" not in one]
    assert out == "" and len(complaints) == 1 and complaints[0].startswith("reverie: ") and said in err, err
    assert everything(inside) == before


def test_pictures_of_8_pixels_are_pictures(inside, monkeypatch, capsys):
    assert run("concept runs/colour round square --among labelled --out round.safetensors", monkeypatch) == 0
    assert run("edit runs/colour round.safetensors labelled/square/0.png --out more.png", monkeypatch) == 0
    with Image.open("more.png") as edited:
        assert edited.size == (SIZE, SIZE)


@pytest.mark.parametrize("model, pictures", [("grey", "colour"), ("colour", "grey")])
def test_grey_and_colour_go_together(inside, monkeypatch, capsys, model, pictures):
    assert run(f"concept runs/{model} {pictures} labelled --out c.safetensors", monkeypatch) == 0
    assert run(f"edit runs/{model} c.safetensors {pictures} --out edited", monkeypatch) == 0
    assert len(list((inside / "edited").iterdir())) == 20
    some = np.asarray(Image.open(sorted((inside / "edited").iterdir())[0]))
    assert some.shape == (SIZE, SIZE, 3)
    assert run(f"reconstruct runs/{model} {pictures} --out seen.png", monkeypatch) == 0
    assert capsys.readouterr().err == ""


def test_what_is_broken_is_named_and_the_rest_goes_on(inside, monkeypatch, capsys):
    shutil.copytree(inside / "colour", inside / "mixed")
    (inside / "mixed/text.png").write_text("Dear diary, I am not a picture.")
    run("concept runs/colour colour labelled --out c.safetensors", monkeypatch)
    capsys.readouterr()
    for line in (
        "edit runs/colour c.safetensors mixed",
        "reconstruct runs/colour mixed",
        "walk runs/colour mixed --steps 1 --size 16",
        "concept runs/colour mixed labelled",
        "report runs/colour mixed --points 1 --scored 1 --count 2 --quiet",
    ):
        assert run(line, monkeypatch) == 0
        assert capsys.readouterr().err == "1 picture was left out, being damaged or too small: text.png.\n", line
    assert len(list((inside / "mixed.c").iterdir())) == 20


@pytest.mark.parametrize(
    "options, said",
    [
        ("--fps 0", "0 frames per second"),
        ("--size 4", "size cannot be 4"),
        ("--out x.txt", "x.txt"),
        ("--points 2 --steps 700 --out w.png", "A strip of 2,100 pictures"),
    ],
)
def test_a_walk_that_cannot_be_written_is_refused_before_encoding(inside, monkeypatch, capsys, options, said):
    def encoded(*_):
        raise AssertionError("encoded pictures")

    monkeypatch.setattr(vae.VAE, "encode", encoded)
    three = " ".join(f"colour/{row:06d}.png" for row in range(3))
    assert run(f"walk runs/colour {three} {options}", monkeypatch) == 2
    assert said in capsys.readouterr().err
