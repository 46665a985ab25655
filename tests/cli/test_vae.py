"""`reverie vae`: what is written where, what is printed, and what is refused."""

import inspect
import json

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

import reverie
from reverie import faces, features, images, vae
from reverie.cli.again import command_line
from reverie.cli.vae import app
from reverie.latent import difference

SIZE = 16


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with drawn faces, in one folder and in two by their smile, and a run of a few steps on them."""
    place = tmp_path_factory.mktemp("vae")
    drawn = faces.draw(32, SIZE)
    drawn.write(place / "all")
    for row, smile in enumerate(drawn.attributes["smile"]):
        side = place / ("smiling" if smile else "serious")
        side.mkdir(exist_ok=True)
        Image.fromarray(drawn.pixels[row]).save(side / drawn.names[row])
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setenv("XDG_CACHE_HOME", str(place / "cache"))
        result = run(f"train all --steps 4 --size tiny --resolution {SIZE} --out runs/faces --seed 3 --json --quiet")
        assert result.exit_code == 0, result.output
        made = json.loads(result.stdout)
        assert made["model"] == "runs/faces/model.safetensors" and made["network"]["resolution"] == SIZE
        yield place


@pytest.fixture
def inside(place, tmp_path, monkeypatch):
    """Works in a folder of its own, where "all", "smiling", "serious" and "runs" are those made above."""
    monkeypatch.chdir(tmp_path)
    for name in ("all", "smiling", "serious", "runs"):
        (tmp_path / name).symlink_to(place / name)
    return tmp_path


def run(line):
    return CliRunner().invoke(app, line.split())


def again(path):
    root = typer.Typer()
    root.add_typer(app)
    root.callback()(lambda: None)
    return command_line(images.settings(path), root)


def test_samples_on_a_sheet(inside):
    result = run("sample runs/faces --count 5 --seed 2 --temperature 0.5")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "faces.samples.png\n", "")
    with Image.open("faces.samples.png") as sheet:
        assert sheet.width > 3 * 96 and sheet.height < sheet.width  # 3 columns, 2 rows, enlarged
    assert again("faces.samples.png") == "reverie vae sample runs/faces --count 5 --temperature 0.5 --seed 2"


def test_samples_in_a_folder(inside):
    result = run("sample runs/faces/model.safetensors --count 12 --out new/faces --json")
    assert json.loads(result.stdout)["file"] == "new/faces"
    assert sorted(path.name for path in (inside / "new/faces").iterdir())[8:10] == ["09.png", "10.png"]
    made = np.stack([np.asarray(Image.open(path)) for path in sorted((inside / "new/faces").iterdir())])
    assert (made == reverie.open("runs/faces", "vae").sample(12)).all()
    assert again("new/faces/01.png") == "reverie vae sample runs/faces/model.safetensors --out new/faces --count 12"


def test_samples_from_the_mixture(inside):
    assert run("sample runs/faces --count 2 --prior mixture --out mixture").exit_code == 0
    made = np.stack([np.asarray(Image.open(path)) for path in sorted((inside / "mixture").iterdir())])
    assert (made == reverie.open("runs/faces", "vae").sample(2, prior="mixture")).all()


def test_reconstructions(inside):
    result = run("reconstruct runs/faces all --count 10 --out seen.png")
    assert (result.exit_code, result.stdout) == (0, "seen.png\n")
    with Image.open("seen.png") as sheet:
        assert sheet.width > 8 * 96 and sheet.height > 4 * 96  # twice pictures above, reconstructions below
        first = np.asarray(sheet)
    assert again("seen.png") == "reverie vae reconstruct runs/faces all --count 10"
    assert run("reconstruct runs/faces all/000000.png all/000001.png --count 1").stdout == "000000.reconstructed.png\n"
    with Image.open("000000.reconstructed.png") as sheet:
        assert sheet.width > 2 * 96  # all that were named
    shown = np.asarray(Image.open("all/000000.png")).repeat(6, axis=0).repeat(6, axis=1)
    assert any((first[top : top + 96, 4:100] == shown).all() for top in range(60))  # below the title


def test_a_walk_as_a_film(inside):
    result = run("walk runs/faces --points 3 --steps 2 --fps 10 --size 64 --seed 1 --out w.gif --json")
    assert json.loads(result.stdout)["frames"] == 6
    with Image.open("w.gif") as film:
        assert film.n_frames == 6 and film.size == (64, 64) and film.info["duration"] == 100
    assert again("w.gif") == "reverie vae walk runs/faces --points 3 --steps 2 --fps 10.0 --size 64 --seed 1"


def test_a_walk_past_pictures_as_a_strip(inside):
    result = run("walk runs/faces all/000000.png all/000001.png all/000002.png --steps 4 --out w.png")
    assert (result.exit_code, result.stdout) == (0, "w.png\n")
    with Image.open("w.png") as strip:
        assert strip.width > 4 * 96 > strip.height > 3 * 96
    result = run("walk runs/faces all --points 1000 --steps 3 --out many.png --json")
    assert json.loads(result.stdout)["frames"] == 3 * 32  # as long as there are pictures
    assert run("walk runs/faces --steps 1 --size 32").stdout == "faces.walk.gif\n"


def test_a_manifold(inside):
    result = run("manifold runs/faces --rows 3 --dimensions 4 2")
    assert (result.exit_code, result.stdout) == (0, "faces.manifold.png\n")
    with Image.open("faces.manifold.png") as map_:
        expected = reverie.open("runs/faces", "vae").manifold(3, (4, 2))
        assert (np.asarray(map_)[:SIZE, SIZE : 2 * SIZE] == expected[0, 1]).all()
        assert (np.asarray(map_)[2 * SIZE :, :SIZE] == expected[2, 0]).all()
    assert again("faces.manifold.png") == "reverie vae manifold runs/faces --rows 3 --dimensions 4 2"


def test_a_concept_and_an_edit(inside):
    result = run("concept runs/faces smiling serious --strip strip.png --json")
    found = json.loads(result.stdout)
    assert found["concept"] == "smiling.concept.safetensors" and found["name"] == "smiling"
    assert found["with"] + found["without"] == 32
    with Image.open("strip.png") as strip:
        assert strip.width > 7 * 96 and strip.height > 4 * 96

    result = run("edit runs/faces smiling.concept.safetensors all/000003.png --strength 2.5")
    assert (result.exit_code, result.stdout) == (0, "000003.smiling.png\n")
    model = reverie.open("runs/faces", "vae")
    concept = model.concept(inside / "smiling", inside / "serious")
    expected = model.edit(inside / "all/000003.png", concept, 2.5)
    assert (np.asarray(Image.open("000003.smiling.png")) == expected[0]).all()

    result = run("edit runs/faces smiling.concept.safetensors all --strength=-1")
    assert (result.exit_code, result.stdout) == (0, "all.smiling\n")
    assert sorted(path.name for path in (inside / "all.smiling").iterdir()) == [f"{i:06d}.png" for i in range(32)]
    expected = model.edit(inside / "all", concept, -1)
    assert (np.asarray(Image.open("all.smiling/000030.png")) == expected[30]).all()
    assert again("all.smiling/000030.png").endswith("smiling.concept.safetensors all --strength=-1.0")

    result = run("edit runs/faces smiling.concept.safetensors all/000003.png all/000004.png --strip --out both.png")
    assert (result.exit_code, result.stdout) == (0, "both.png\n")

    result = run(f"edit runs/faces smiling.concept.safetensors {51 * 'all/000003.png '} --strip --json")
    assert json.loads(result.stdout)["count"] == 50
    assert "a row for each picture, 50 at most" in " ".join(run("edit --help").stdout.split())


def test_a_concept_from_an_attribute(inside):
    line = "concept runs/faces smile --among all --against glasses --against hair --out smile.safetensors"
    assert run(line).stdout == "smile.safetensors\n"
    model, drawn = reverie.open("runs/faces", "vae"), images.folder(inside / "all", SIZE)
    expected = model.concept("smile", among=drawn, against=("glasses", "hair"))
    found = vae.Concept.load(inside / "smile.safetensors")
    assert (found.vector == expected.vector).all() and (found.name, found.sides) == ("smile", expected.sides)


@pytest.fixture
def small(monkeypatch):
    """A small network instead of the one that ships."""
    import keras

    pictures = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(8, 3, strides=4, name="conv1")(pictures)
    network = features.load(keras.Model(pictures, x, name="small"))
    monkeypatch.setattr(features, "load", lambda *names: network)


def test_a_report(inside, small):
    options = "--count 8 --scored 2 --points 50 --seed 1"
    result = run(f"report runs/faces serious --training smiling {options} --sheet sheet.png --json")
    assert result.exit_code == 0 and "Encoding 17 pictures" in result.stderr, result.output
    found = json.loads(result.stdout)
    assert found["scored"] == 2 and found["compared"] == 8 and found["training_pictures"] > 8 and found["seed"] == 1
    line = f"reverie vae report runs/faces serious --training smiling {options} --sheet sheet.png"
    assert sorted(again("sheet.png").split()) == sorted(line.split())
    quiet = run(f"report runs/faces serious --training smiling {options} --quiet")
    assert (quiet.stdout.splitlines(), quiet.stderr) == (found["sentences"], "")


def test_pictures_of_one_name_do_not_overwrite_each_other(inside):
    run("concept runs/faces smiling serious --out c.safetensors")
    (inside / "other").mkdir()
    (inside / "other/000001.png").write_bytes((inside / "all/000002.png").read_bytes())
    assert run("edit runs/faces c.safetensors all/000001.png other/000001.png --out two").exit_code == 0
    assert sorted(path.name for path in (inside / "two").iterdir()) == ["000001-000001.png", "000002-000001.png"]


@pytest.mark.parametrize(
    "line",
    [
        "train nowhere",
        "train all --steps 0",
        "sample nowhere",
        "sample all/000000.png",
        "sample runs/faces --count 0",
        "sample runs/faces --out x.txt",
        "reconstruct runs/faces nowhere.png",
        "reconstruct runs/faces all --count 0",
        "walk runs/faces --out x.txt",
        "walk runs/faces --points 1",
        "walk runs/faces all/000000.png",
        "walk runs/faces --out w.png --points 1000 --steps 3",
        "walk runs/faces --size 4",
        "manifold runs/faces --rows 0",
        "manifold runs/faces --dimensions 0 999",
        "concept runs/faces smiling",
        "concept runs/faces smiling serious --among all",
        "concept runs/faces smiling serious --against glasses",
        "concept runs/faces smiling serious --out x.png",
        "concept runs/faces moustache --among all",
        "edit runs/faces runs/faces/model.safetensors all",
        "edit runs/faces nowhere.safetensors all",
        "report runs/faces nowhere",
        "report runs/faces all --count 0",
        "report runs/faces all --sheet x.txt",
    ],
)
def test_refused(inside, line):
    before = sorted(path.name for path in inside.iterdir())
    result = run(line)
    assert result.exit_code != 0 and type(result.exception).__name__ == "ReverieError", result.output
    assert sorted(path.name for path in inside.iterdir()) == before


@pytest.mark.parametrize("latents", [3, 17])
def test_a_concept_that_does_not_fit_is_refused(inside, latents):
    difference(np.zeros((2, latents), np.float32), np.ones((2, latents), np.float32)).save("c.safetensors")
    assert type(run("edit runs/faces c.safetensors all/000000.png").exception).__name__ == "ReverieError"
    assert not (inside / "000000.c.png").exists()


def test_many_pictures_into_one_are_refused(inside):
    run("concept runs/faces smiling serious --out c.safetensors")
    assert type(run("edit runs/faces c.safetensors all --out x.png").exception).__name__ == "ReverieError"
    assert not (inside / "x.png").exists()


VERBS = ["train", "sample", "reconstruct", "walk", "manifold", "concept", "edit"]


@pytest.mark.parametrize("verb", VERBS)
def test_names_and_defaults_are_the_library_s(verb):
    command = {c.name: c for c in app.registered_commands}[verb].callback
    there = inspect.signature(vae.train if verb == "train" else getattr(vae.VAE, verb)).parameters
    ours = inspect.signature(command).parameters
    assert there.keys() - {"self"} <= ours.keys()
    for name, parameter in there.items():
        if name != "self":
            assert ours[name].default in (parameter.default, None) or inspect.Parameter.empty in (
                ours[name].default,
                parameter.default,
            ), name


def test_defaults_of_the_report_are_the_library_s():
    from reverie.cli.vae.report import report as ours
    from reverie.vae.report import report as theirs

    here, there = inspect.signature(ours).parameters, inspect.signature(theirs).parameters
    assert here.keys() - {"sheet", "json", "quiet"} == there.keys() - {"tell"}
    assert all(here[name].default == there[name].default for name in there if name != "tell")


def test_every_verb_is_there():
    assert typer.main.get_command(app).commands.keys() >= {*VERBS, "report"}
