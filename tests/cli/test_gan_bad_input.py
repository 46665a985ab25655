"""Bad input to `reverie gan`: one sentence on stderr, exit code 2, nothing on stdout, nothing half-written."""

import sys

import numpy as np
import pytest
from PIL import Image

from reverie import faces, gan, modelfile
from reverie.cli import main
from reverie.gan import networks
from reverie.gan.concept import Eyes, find
from reverie.latent import difference

SIZE = 16


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Faces in colour, models that have learned nothing, concepts, and folders that are no good."""
    place = tmp_path_factory.mktemp("gan")
    drawn = faces.draw(20, SIZE)
    drawn.write(place / "colour")
    for name in ("empty", "one", "few", "same", "text", "small", "runs/faces", "runs/flowers"):
        (place / name).mkdir(parents=True)
    for row in range(9):
        Image.fromarray(drawn.pixels[0]).save(place / f"same/{row}.png")
        Image.new("RGB", (7, 7), (row, 0, 0)).save(place / f"small/{row}.png")
    for row in range(7):
        Image.fromarray(drawn.pixels[row]).save(place / f"few/{row}.png")
    Image.fromarray(drawn.pixels[0]).save(place / "one/0.png")
    (place / "text/a.png").write_text("Dear diary, I am not a picture.")
    np.save(place / "tiny.npy", drawn.pixels[:, :12, :12])
    for name, labels in (("faces", []), ("flowers", ["rose", "tulip"])):
        config = networks.design(SIZE, 3, size="tiny", classes=len(labels))
        document = {"network": config} | ({"labels": labels, "shares": [0.5, 0.5]} if labels else {})
        gan.GAN(networks.generator(config), document).save(place / f"runs/{name}/model.safetensors")
    modelfile.write(place / "vae.safetensors", "vae", {}, {"a": np.zeros(1, np.float32)})
    for size, name in ((SIZE, "smile"), (96, "other")):
        grey = np.full((2, size, size, 3), 128, np.uint8)
        find(Eyes(size), grey, grey + 1, name).save(place / f"{name}.safetensors")
    difference(*np.zeros((2, 4, 3), np.float32)).save(place / "space.safetensors")
    return place


def everything(folder):
    """What is in a folder, and behind its links."""
    return sorted(path for top in folder.iterdir() for path in (top, *top.resolve().rglob("*")))


@pytest.fixture
def inside(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(place / "cache"))
    for path in place.iterdir():
        if path.name != "cache":
            (tmp_path / path.name).symlink_to(path)
    return tmp_path


@pytest.mark.parametrize(
    "line, said",
    [
        ("train", "No pictures were given"),
        ("train nowhere", "nowhere does not exist"),
        ("train empty", "empty holds no picture"),
        ("train one --steps 1", "only one picture: an adversarial network needs 8 or more"),
        ("train few --steps 1", "only 7 pictures: an adversarial network needs 8 or more"),
        ("train same --steps 1", "All 9 pictures are the same"),
        ("train text --steps 1", "no usable picture"),
        ("train small --steps 1", "no usable picture"),
        ("train tiny.npy --steps 1", "measure 12 pixels on a side. Choose a resolution from 16"),
        ("train colour --steps 1 --resolution 15", "Pictures of 15 pixels are not made"),
        ("train colour --steps 0", "steps cannot be 0"),
        ("train colour --steps 1 --minutes 1", "Both minutes and steps"),
        ("train colour --gamma nan", "gamma cannot be nan"),
        ("train colour --augment 1.5", "augment cannot be 1.5"),
        ("train colour --steps 1 --seed=-1", "seed cannot be -1"),
        ("train colour --steps 1 --seed 4294967296", "seed cannot be 4294967296"),
        ("train --resume nowhere", "holds no run"),
        ("sample nowhere", "nowhere"),
        ("sample colour", "holds no trained model"),
        ("sample vae.safetensors", "a model of the engine vae, and one of gan is needed"),
        ("sample smile.safetensors", "a concept, not a model"),
        ("sample runs/faces --count 0", "0 pictures cannot be sampled"),
        ("sample runs/faces --out x.txt", "x.txt"),
        ("sample runs/faces --truncation=-0.1", "truncation cannot be -0.1"),
        ("sample runs/faces --truncation 101", "truncation cannot be 101"),
        ("sample runs/faces --truncation nan", "truncation cannot be nan"),
        ("sample runs/faces --seed=-1", "seed cannot be -1"),
        ("sample runs/faces --label tulip", "It was trained without labels"),
        ("sample runs/flowers --label daisy", "It knows: rose, tulip"),
        ("walk runs/faces --points 1", "points cannot be 1"),
        ("walk runs/faces --steps 0", "steps cannot be 0"),
        ("walk runs/faces --seed=-1", "seed cannot be -1"),
        ("walk runs/faces --fps 0", "0 frames per second"),
        ("walk runs/faces --size 4", "size cannot be 4"),
        ("walk runs/faces --out x.txt", "x.txt"),
        ("walk runs/faces --out w.png --points 1000 --steps 3", "A strip of 3,000 pictures"),
        ("walk runs/faces one", "nowhere to walk to"),
        ("invert runs/faces empty", "empty holds no picture"),
        ("invert runs/faces text/a.png", "is not a picture"),
        ("invert runs/faces colour --count 0", "0 pictures cannot be shown"),
        ("invert runs/faces colour --steps=-1", "steps cannot be -1"),
        ("invert runs/faces colour --seed=-1", "seed cannot be -1"),
        ("invert runs/faces colour --latents z.txt", "z.txt"),
        ("invert runs/flowers colour --label daisy", "It knows: rose, tulip"),
        ("edit runs/faces nowhere.safetensors colour", "nowhere.safetensors"),
        ("edit runs/faces runs/faces/model.safetensors colour", "a model, not a concept"),
        ("edit runs/faces other.safetensors colour", "pictures of 96 pixels, and those of this model are seen at 64"),
        ("edit runs/faces space.safetensors colour", "one of `reverie vae`"),
        ("edit runs/faces smile.safetensors colour --strength nan", "strength cannot be nan"),
        ("edit runs/faces smile.safetensors colour --out x.png", "x.png is one picture, and 20 were given"),
        ("edit runs/faces new.safetensors colour --with colour", "Give --with and --without"),
        ("edit runs/faces new.safetensors colour --with colour --without one", "needs 2 pictures with it"),
        ("edit runs/faces new.safetensors colour --with colour --without few --strength nan", "strength cannot be nan"),
        ("edit runs/faces new.png colour --with colour --without few", "new.png"),
        ("edit runs/faces vae.safetensors colour --with colour --without few", "a model, not a concept"),
        ("report runs/faces", "Where its pictures are is not known"),
        ("report runs/faces nowhere", "nowhere"),
        ("report runs/faces few", "7 pictures say little"),
        ("report runs/faces colour --count 1", "count cannot be 1"),
        ("report runs/faces colour --seed=-1", "seed cannot be -1"),
        ("report runs/faces colour --sheet x.txt", "x.txt"),
    ],
)
def test_one_sentence(inside, monkeypatch, capsys, line, said):
    before = everything(inside)
    monkeypatch.setattr(sys, "argv", ["reverie", "gan", *line.split()])
    with pytest.raises(SystemExit) as exited:
        main()
    out, err = capsys.readouterr()
    complaints = [one for one in err.splitlines() if "left out, being damaged or too small" not in one]
    assert exited.value.code == 2 and out == "" and len(complaints) == 1, (out, err)
    assert complaints[0].startswith("reverie: ") and said in err
    assert everything(inside) == before


@pytest.mark.parametrize(
    "options, said",
    [
        ("--fps 0", "0 frames per second"),
        ("--fps 61", "61 frames per second"),
        ("--fps nan", "nan frames per second"),
        ("--size 4", "size cannot be 4"),
        ("--out x.txt", "x.txt"),
        ("--points 2 --steps 700 --out w.png", "A strip of 2,100 pictures"),
    ],
)
def test_a_walk_that_cannot_be_written_is_refused_before_the_search(inside, monkeypatch, capsys, options, said):
    def searched(*_, **__):
        raise AssertionError("searched for pictures")

    monkeypatch.setattr(gan.GAN, "invert", searched)
    three = " ".join(f"colour/{row:06d}.png" for row in range(3))
    monkeypatch.setattr(sys, "argv", ["reverie", *f"gan walk runs/faces {three} {options}".split()])
    with pytest.raises(SystemExit) as exited:
        main()
    assert exited.value.code == 2 and said in capsys.readouterr().err
