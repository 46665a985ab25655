"""The tour: what it draws, and a page whose pictures are there."""

import re
import shutil

import numpy as np
import pytest
from PIL import Image

import reverie
from reverie import ReverieError
from reverie.tour import build, dream, gan, paintings, style, vae
from reverie.tour.landscape import clouds, landscape
from reverie.tour.page import page


def test_the_landscape_is_a_picture_and_always_the_same():
    picture = landscape(96, 64)
    assert picture.shape == (64, 96, 3) and picture.dtype == np.uint8
    np.testing.assert_array_equal(picture, landscape(96, 64))
    assert (landscape(96, 64, seed=1) != picture).any()
    sky, lake = picture[:8].mean((0, 1)), picture[-8:].mean((0, 1))
    assert sky[2] > sky[0] and lake.sum() < sky.sum() * 1.2  # blue above, no brighter below


def test_clouds_have_the_spectrum_asked_for():
    noise = clouds(256, 256, np.random.default_rng(0), slope=2.0)
    power = np.abs(np.fft.rfft2(noise - noise.mean()))
    frequency = np.hypot(np.fft.fftfreq(256)[:, None], np.fft.rfftfreq(256)[None])
    bands = [np.sqrt(np.mean(power[(frequency > f) & (frequency < 1.5 * f)] ** 2)) for f in (0.02, 0.08)]
    assert 10 < bands[0] / bands[1] < 24  # 4 ** 2


def test_the_dream_part_shows_pictures_that_are_there(tmp_path, monkeypatch):
    monkeypatch.setattr(dream, "landscape", lambda: landscape(96, 64))
    monkeypatch.setattr(dream, "LAYERS", {"inception_3b": "<early>"})
    filters = dream.filters
    monkeypatch.setattr(dream, "filters", lambda layer, **settings: filters(layer, count=1, size=32, steps=1))
    html = page([dream.dream_part(tmp_path, seed=0)])
    shown = re.findall(r'src="([^"]+)"', html)
    assert len(shown) == 3 and all((tmp_path / name).stat().st_size > 1000 for name in shown)
    assert "&lt;early&gt;" in html


def test_paintings_are_always_the_same_and_differ():
    drawn = [draw(96) for draw in (paintings.strokes, paintings.glass, paintings.waves)]
    for draw, picture in zip((paintings.strokes, paintings.glass, paintings.waves), drawn, strict=True):
        assert picture.shape == (96, 96, 3) and picture.dtype == np.uint8
        np.testing.assert_array_equal(picture, draw(96))
        assert picture.std(axis=(0, 1)).min() > 15  # more than one colour
    assert len({picture.tobytes() for picture in drawn}) == 3


def test_the_style_part_shows_pictures_that_are_there(tmp_path, monkeypatch):
    monkeypatch.setattr(style, "landscape", lambda: landscape(96, 64))
    monkeypatch.setattr(style, "PAINTINGS", {"glass": (lambda: paintings.glass(96), 1.0, 1.0, "Lead & glass.")})
    transfer, texture = style.transfer, style.texture
    monkeypatch.setattr(
        style, "transfer", lambda *pictures, **options: transfer(*pictures, **options, size=96, steps=1)
    )
    monkeypatch.setattr(style, "texture", lambda *pictures, **options: texture(*pictures, **options, steps=1))
    html = page([style.style_part(tmp_path, seed=0)])
    shown = re.findall(r'src="([^"]+)"', html) + re.findall(r"url\(([^)]+)\)", html)
    assert len(shown) == 3 and all((tmp_path / name).stat().st_size > 1000 for name in shown)
    assert "Lead &amp; glass." in html


def shown_by(module, make, settings, folder, monkeypatch):
    """The page of a part that trains for two steps, and the pictures on it, which are there."""
    for name, value in settings.items():
        monkeypatch.setattr(module, name, value)
    train = module.train
    monkeypatch.setattr(
        module, "train", lambda *drawn, out, **_: train(*drawn, steps=2, size="tiny", out=out, quiet=True)
    )
    html = page([make(folder, minutes=1, seed=0)])
    shown = re.findall(r'src="([^"]+)"', html)
    assert all((folder / name).stat().st_size > 500 for name in shown)
    return html, shown


def test_a_tour_overwrites_no_run_but_its_own(tmp_path, monkeypatch):
    for part in ("text", "dream", "style", "vae", "gan"):
        monkeypatch.setattr(build, f"{part}_part", lambda folder, **_: "<section></section>")
    for _ in range(2):
        build.tour(tmp_path / "tour")
    (tmp_path / "gan").mkdir()
    (tmp_path / "gan" / "mine.txt").write_text("Mine.")
    with pytest.raises(ReverieError, match=r"A tour would overwrite .*gan"):
        build.tour(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gan", "tour"]
    assert [path.name for path in (tmp_path / "gan").iterdir()] == ["mine.txt"]


def test_the_space_part_shows_pictures_that_are_there(tmp_path, monkeypatch):
    few = {"FACES": 40, "SIZE": 16, "SHEET": (1, 2), "MAP": 2, "SMILES": 2, "POINTS": 2, "STEPS": 2}
    html, shown = shown_by(vae, vae.vae_part, few, tmp_path, monkeypatch)
    assert len(shown) == 5
    assert "40 of them" in html and "16 x 16 pixels" in html
    with Image.open(tmp_path / "walk.webp") as walk:
        assert walk.n_frames == 4 and walk.size == (320, 320)
    with Image.open(tmp_path / "smile.png") as strip:
        assert strip.size == (5 * 128, 2 * 128)


def test_the_contest_part_shows_pictures_that_are_there(tmp_path, monkeypatch):
    few = {"FACES": 40, "SIZE": 16, "POINTS": 2, "STEPS": 2}
    _, shown = shown_by(gan, gan.gan_part, few, tmp_path, monkeypatch)
    assert len(shown) == 2
    with Image.open(tmp_path / "grown.webp") as grown:
        assert grown.n_frames >= 2
    with Image.open(tmp_path / "newcomers.webp") as walk:
        assert walk.n_frames == 4 and walk.size == (320, 320)
    shutil.rmtree(tmp_path / "gan" / "samples")  # as if it had been stopped before its first look
    monkeypatch.setattr(gan, "train", lambda *drawn, **_: reverie.open(tmp_path / "gan"))
    assert "grown.webp" in gan.gan_part(tmp_path, minutes=1, seed=0)
