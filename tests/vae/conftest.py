from pathlib import Path

import numpy as np
import pytest

from reverie import faces, vae
from reverie.images.folders import Pictures


@pytest.fixture(scope="session")
def drawn() -> Pictures:
    return faces.draw(120, 16)


@pytest.fixture(scope="session")
def dots() -> Pictures:
    """Black pictures with a white square in one of nine places: binary, with log 9 nats in each."""
    pixels = np.zeros((180, 12, 12, 1), np.uint8)
    for row, place in enumerate(np.random.default_rng(0).integers(0, 9, 180)):
        top, left = 4 * (place // 3), 4 * (place % 3)
        pixels[row, top : top + 4, left : left + 4] = 255
    return Pictures(pixels, [str(row) for row in range(180)])


@pytest.fixture(scope="session")
def run(drawn: Pictures, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run on the faces."""
    folder = tmp_path_factory.mktemp("vae") / "run"
    vae.train(drawn, steps=24, size="tiny", out=folder, quiet=True)
    return folder


@pytest.fixture(scope="session")
def model(run: Path) -> vae.VAE:
    from reverie import modelfile

    return vae.load(*modelfile.read(run / "model.safetensors"))
