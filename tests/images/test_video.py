"""Films: every frame, in order, at its time; streamed, and whole or not at all."""

import builtins
import weakref

import numpy as np
import pytest
from PIL import Image

import reverie
from reverie import ReverieError, images

SETTINGS = {"command": "dream zoom", "arguments": {"image": "sky.jpg"}, "seed": 3}
KINDS = ["mp4", "gif", "webp"]


def frame(number: int, size: tuple[int, int] = (48, 32)) -> Image.Image:
    """A square on its way over a coloured ground, the same in every frame of the film but for its place."""
    image = Image.new("RGB", size, (200, 60, 20))
    image.paste((20, 60, 200), (4 * number, 8, 4 * number + 16, 24))
    return image


def played(path, seconds: bool = False) -> list[np.ndarray]:
    """The frames of a film; or, the time at which each of them ends."""
    if path.suffix == ".mp4":
        av = pytest.importorskip("av")
        with av.open(path) as film:
            shown = list(film.decode(video=0))
            step = 1 / film.streams.video[0].average_rate
            return [one.time + step if seconds else one.to_ndarray(format="rgb24") for one in shown]
    with Image.open(path) as film:
        result, time = [], 0
        for number in range(film.n_frames):
            film.seek(number)
            film.load()
            time += film.info["duration"] / 1000
            result.append(time if seconds else np.asarray(film.convert("RGB")))
        return result


@pytest.fixture(params=KINDS)
def path(request, tmp_path):
    if request.param == "mp4":
        pytest.importorskip("av")
    return tmp_path / f"film.{request.param}"


def test_every_frame_in_order(path):
    assert images.video.write((frame(number) for number in range(8)), path, 10) == 8
    shown = played(path)
    assert len(shown) == 8
    for number, one in enumerate(shown):
        difference = np.abs(one.astype(int) - np.asarray(frame(number)))
        assert difference.mean() < 6, number
        assert difference[:6].mean() < 6 and difference[12:20, 4 * number + 4 : 4 * number + 12].mean() < 6, number


@pytest.mark.parametrize("fps", [7, 24, 30])
def test_the_film_takes_its_time(fps, path):
    images.video.write((frame(number) for number in range(8)), path, fps)
    for number, end in enumerate(played(path, seconds=True), start=1):
        assert abs(end - number / fps) < 0.006, number  # half a hundredth, also at the end


def test_it_plays_for_ever(tmp_path):
    for name in ("a.gif", "a.webp"):
        images.video.write([frame(0), frame(1)], tmp_path / name, 5)
        with Image.open(tmp_path / name) as film:
            assert film.info["loop"] == 0


def test_the_same_frames_give_the_same_bytes(path):
    images.video.write([frame(0), frame(1)], path, 5, SETTINGS)
    before = path.read_bytes()
    images.video.write([frame(0), frame(1)], path, 5, SETTINGS)
    assert path.read_bytes() == before


def test_a_film_carries_its_settings(path):
    images.video.write([frame(0), frame(1)], path, 5, SETTINGS | {"arguments": {"note": "x" * 700}})
    found = images.settings(path)
    assert found == {"reverie": reverie.__version__, **SETTINGS, "arguments": {"note": "x" * 700}}
    images.video.write([frame(0), frame(1)], path, 5)
    assert images.settings(path) is None


def test_arrays_and_odd_sides(path):
    rgb = images.fit(np.asarray(frame(2)), 49)[:31]  # 49 x 31
    images.video.write([rgb, rgb.astype(np.float32) / 255], path, 5)
    first, second = played(path)
    side = (30, 48, 3) if path.suffix == ".mp4" else (31, 49, 3)
    assert first.shape == second.shape == side
    assert np.abs(second.astype(int) - rgb[: side[0], : side[1]]).mean() < 8


def test_a_still_film(path):
    assert images.video.write([frame(1)] * 3, path, 5) == 3
    assert len(played(path)) == 3


def test_no_frame_is_kept(path):
    alive: list[weakref.ref] = []
    most = 0

    def frames():
        nonlocal most
        for number in range(12):
            image = frame(number % 8)
            alive.append(weakref.ref(image))
            yield image
            del image
            most = max(most, sum(one() is not None for one in alive))

    images.video.write(frames(), path, 10)
    assert len(alive) == 12 and most <= 2  # the first one tells the size


def test_a_failure_leaves_the_old_film(path):
    images.video.write([frame(0)], path, 5)
    before = path.read_bytes()

    def frames():
        yield frame(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        images.video.write(frames(), path, 5)
    with pytest.raises(ReverieError, match="there is no frame"):
        images.video.write([], path, 5)
    with pytest.raises(ValueError, match=r"measures \(9, 9\)"):
        images.video.write([frame(0), frame(0, (9, 9))], path, 5)
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("fps", [0, -1, 61, float("nan")])
def test_a_pace_that_is_none(fps, path):
    with pytest.raises(ReverieError, match="frames per second cannot be written"):
        images.video.write([frame(0)], path, fps)


def test_names_that_no_film_has(tmp_path):
    with pytest.raises(ReverieError, match=r"must end in \.mp4, \.gif or \.webp"):
        images.video.ready(tmp_path / "film.avi")
    with pytest.raises(ReverieError, match="there is no folder"):
        images.video.ready(tmp_path / "gone" / "film.gif")


def test_without_pyav_one_sentence_says_what_to_install(tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name == "av":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ReverieError, match=r"needs PyAV.*reverie\[video\].*\.gif or \.webp"):
        images.video.ready(tmp_path / "film.mp4")
    assert images.video.ready(tmp_path / "film.gif")


@pytest.mark.parametrize(
    "content", [b"", b"\0\0\0\x10ftypisom", bytes(4) + b"ftyp" + b"\xff" * 99, b"\0\0\0\x01ftyp" * 9]
)
def test_a_damaged_mp4_has_no_settings(content, tmp_path):
    (tmp_path / "film.mp4").write_bytes(content)
    if content:
        assert images.settings(tmp_path / "film.mp4") is None
    else:
        with pytest.raises(ReverieError, match="is empty"):
            images.settings(tmp_path / "film.mp4")
