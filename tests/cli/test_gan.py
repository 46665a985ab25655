"""`reverie gan`: what is written where, what is printed, and what is refused."""

import inspect
import json
import shutil

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

import reverie
from reverie import faces, gan, images
from reverie.cli.again import command_line
from reverie.cli.gan import app
from reverie.gan import Concept, networks

SIZE = 16


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with drawn faces, in two by their smile, and a run of two steps that learns this as their label."""
    place = tmp_path_factory.mktemp("gan")
    drawn = faces.draw(32, SIZE)
    for row, smile in enumerate(drawn.attributes["smile"]):
        side = place / "all" / ("smiling" if smile else "serious")
        side.mkdir(exist_ok=True, parents=True)
        Image.fromarray(drawn.pixels[row]).save(side / drawn.names[row])
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setenv("XDG_CACHE_HOME", str(place / "cache"))
        result = run(f"train all --steps 2 --size tiny --resolution {SIZE} --out runs/faces --seed 3 --json --quiet")
        assert result.exit_code == 0, result.output
        made = json.loads(result.stdout)
        assert made["model"] == "runs/faces/model.safetensors" and made["labels"] == ["serious", "smiling"]
        yield place


@pytest.fixture
def inside(place, tmp_path, monkeypatch):
    """Works in a folder of its own, where "all" and "runs" are those made above."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(place / "cache"))
    for name in ("all", "runs"):
        (tmp_path / name).symlink_to(place / name)
    return tmp_path


def run(line):
    return CliRunner().invoke(app, line.split())


def again(path):
    root = typer.Typer()
    root.add_typer(app)
    root.callback()(lambda: None)
    return command_line(images.settings(path), root)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_samples_on_a_sheet(inside):
    result = run("sample runs/faces --count 5 --seed 2 --truncation 0.5 --label smiling")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "faces.samples.png\n", "")
    with Image.open("faces.samples.png") as sheet:
        assert sheet.width > 3 * 96 and sheet.height < sheet.width  # 3 columns, 2 rows, enlarged
    line = "reverie gan sample runs/faces --count 5 --truncation 0.5 --label smiling --seed 2"
    assert again("faces.samples.png") == line


def test_samples_in_a_folder(inside):
    result = run("sample runs/faces/model.safetensors --count 12 --label serious --out new/faces --json")
    assert json.loads(result.stdout)["file"] == "new/faces"
    assert names(inside / "new/faces")[8:10] == ["09.png", "10.png"]
    made = np.stack([np.asarray(Image.open(path)) for path in sorted((inside / "new/faces").iterdir())])
    model = reverie.open("runs/faces", "gan")
    assert (made == model.sample(12, label="serious")).all() and not (made == model.sample(12, label="smiling")).all()


def test_a_walk_as_a_film(inside):
    result = run("walk runs/faces --points 3 --steps 2 --fps 10 --size 64 --seed 1 --out w.gif --json")
    assert json.loads(result.stdout)["frames"] == 6
    with Image.open("w.gif") as film:
        assert film.n_frames == 6 and film.size == (64, 64) and film.info["duration"] == 100
    assert again("w.gif") == "reverie gan walk runs/faces --points 3 --steps 2 --fps 10.0 --size 64 --seed 1"
    assert run("walk runs/faces --steps 1 --size 32 --label smiling").stdout == "faces.walk.gif\n"


def test_a_walk_past_pictures_as_a_strip(inside, glance):
    result = run("walk runs/faces all --points 3 --steps 4 --out w.png")
    assert (result.exit_code, result.stdout) == (0, "w.png\n"), result.output
    with Image.open("w.png") as strip:
        assert strip.width > 4 * 96 > strip.height > 3 * 96


def test_pictures_are_found_again(inside, glance):
    line = "invert runs/faces all --latents z.npy --count 10 --label smiling --steps 2"
    result = run(f"{line} --out found.png --json")
    assert result.exit_code == 0, result.output
    latents, losses = np.load("z.npy"), json.loads(result.stdout)["losses"]
    assert json.loads(result.stdout)["labels"] == ["smiling"] * 10
    model = reverie.open("runs/faces", "gan")
    found = model.invert(model.pixels(inside / "all")[:10], label="smiling", steps=2)
    assert (latents == found.latents).all() and losses == pytest.approx(found.losses, abs=1e-3)
    assert again("found.png") == f"reverie gan {line}"
    with Image.open("found.png") as sheet:
        assert sheet.width > 8 * 96 and sheet.height > 4 * 96  # twice pictures above, what was found below
        page = np.asarray(sheet)
    made = model.decode(latents[:1], "smiling")[0].repeat(6, axis=0).repeat(6, axis=1)
    assert any((page[top : top + 96, 4:100] == made).all() for top in range(100, 200))  # below the first picture
    assert run("invert runs/faces all/serious --count 1 --steps 0").stdout == "serious.inverted.png\n"
    with Image.open("serious.inverted.png") as sheet:
        assert sheet.size == (104, 204)  # one above the other, and no title, which would be cut


def test_edits_along_a_concept_found_and_saved(inside, glance):
    line = "edit runs/faces smile.safetensors all/serious --with all/smiling --without all/serious"
    result = run(line)
    assert (result.exit_code, result.stdout) == (0, "serious.smile\n"), result.output
    model, concept = reverie.open("runs/faces", "gan"), Concept.load("smile.safetensors")
    assert concept.name == "smile" and sum(concept.sides) == 32
    again_found = model.concept(inside / "all/smiling", inside / "all/serious")
    assert all((one == other).all() for one, other in zip(concept.maps, again_found.maps, strict=True))
    first = sorted((inside / "serious.smile").iterdir())[0]
    assert names(inside / "serious.smile") == names(inside / "all/serious")
    assert (np.asarray(Image.open(first)) == model.edit(inside / "all/serious", concept)[0]).all()
    assert again(first) == f"reverie gan {line}"

    one = next((inside / "all/serious").iterdir()).relative_to(inside)
    result = run(f"edit runs/faces smile.safetensors {one} --strength=-2 --label serious")
    assert (result.exit_code, result.stdout) == (0, f"{one.stem}.smile.png\n"), result.output
    expected = model.edit(inside / one, concept, -2, label="serious")[0]
    assert (np.asarray(Image.open(f"{one.stem}.smile.png")) == expected).all()

    assert run(f"edit runs/faces smile.safetensors {one} {one} --strip --out strip.png").stdout == "strip.png\n"
    with Image.open("strip.png") as strip:
        assert strip.width > 7 * 96 and strip.height > 2 * 96
    assert type(run("edit runs/faces smile.safetensors all --out x.png").exception).__name__ == "ReverieError"


def test_what_is_counted_and_what_is_broken_is_said(inside, glance, monkeypatch):
    monkeypatch.setattr("reverie.pixels.progress.PLAIN_SECONDS", 0.0)
    shutil.copytree(inside / "all/smiling", inside / "mixed")
    (inside / "mixed/text.png").write_text("Dear diary, I am not a picture.")
    result = run("edit runs/faces c.safetensors all/serious --with mixed --without all/serious --strip")
    assert result.exit_code == 0, result.output
    broken, *lines = result.stderr.splitlines()
    assert broken == "1 picture was left out, being damaged or too small: text.png."
    rows = len(names(inside / "all/serious"))
    totals = [4 * -(-pictures // 8) for pictures in (rows, 7 * rows)]  # four steps for each eight
    steps = [(step, total) for total in totals for step in range(1, total + 1)]
    counted = [f"Finding pictures and moving them, step {step} of {total}" for step, total in steps]
    assert [line.partition("  ")[0] for line in lines] == counted


def test_help_says_how_long_a_strip_is():
    assert "a row for each picture, 50 at most" in " ".join(run("edit --help").stdout.split())


def test_a_strip_of_a_model_without_labels(inside, glance):
    config = networks.design(SIZE, 3, size="tiny")
    gan.GAN(networks.generator(config), {"network": config}).save("plain.safetensors")
    line = "edit plain.safetensors c.safetensors all/serious --with all/smiling --without all/serious --strip"
    assert run(line).stdout == "serious.c.png\n"
    model, concept = reverie.open("plain.safetensors", "gan"), Concept.load("c.safetensors")
    point = model.invert(inside / "all/serious").latents[0]
    last = model.strip(point, concept)[-1].repeat(6, axis=0).repeat(6, axis=1)
    with Image.open("serious.c.png") as page:
        row = np.asarray(page)[:200, -100:-4]
    assert any((row[top : top + 96] == last).all() for top in range(100))


def test_a_report(inside, glance):
    options = "--count 8 --truncation 0.9 --seed 1"
    line = f"report runs/faces {options} --sheet sheet.png"
    result = run(f"{line} --json")
    assert result.exit_code == 0 and "Looking for copies of 32 pictures." in result.stderr, result.output
    found = json.loads(result.stdout)
    assert (found["pictures"], found["compared"], found["seen"], found["seed"]) == (32, 8, 64, 1)
    assert sorted(again("sheet.png").split()) == sorted(f"reverie gan {line}".split())
    quiet = run(f"report runs/faces all {options} --quiet")
    assert (quiet.stdout.splitlines(), quiet.stderr) == (found["sentences"], "")


VERBS = ["train", "sample", "walk", "invert", "edit"]


@pytest.mark.parametrize("verb", [*VERBS, "report"])
def test_names_and_defaults_are_the_library_s(verb):
    command = {c.name: c for c in app.registered_commands}[verb].callback
    there = inspect.signature(getattr(gan, verb) if verb in ("train", "report") else getattr(gan.GAN, verb)).parameters
    ours = inspect.signature(command).parameters
    assert there.keys() - {"self", "progress", "tell"} <= ours.keys()
    for name in there.keys() - {"self", "progress", "tell"}:
        defaults = there[name].default, ours[name].default
        assert defaults[1] in (defaults[0], None) or inspect.Parameter.empty in defaults, name


def test_every_verb_is_there():
    assert typer.main.get_command(app).commands.keys() == {*VERBS, "report"}
