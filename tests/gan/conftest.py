from pathlib import Path

import pytest

from reverie import backend, faces, gan
from reverie.images.folders import Pictures


@pytest.fixture(scope="session")
def drawn() -> Pictures:
    return faces.draw(60, 16)


@pytest.fixture(scope="session")
def run(drawn: Pictures, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run on the faces."""
    folder = tmp_path_factory.mktemp("gan") / "run"
    gan.train(drawn, steps=8, size="tiny", out=folder, quiet=True)
    return folder


@pytest.fixture(scope="session")
def model(run: Path) -> gan.GAN:
    from reverie import modelfile

    return gan.load(*modelfile.read(run / "model.safetensors"))


@pytest.fixture
def single(monkeypatch):
    """Networks compute in single precision, whatever pays here."""
    monkeypatch.setattr(backend, "half_pays", lambda: False)
