import keras
import numpy as np
import pytest

from reverie import features, images


def small() -> keras.Model:
    """A chain like a VGG's, with VGG's names, random weights, narrow: conv1_1 to conv5_1."""
    x = pictures = keras.Input((None, None, 3), name="pictures")
    for block, width in enumerate((6, 8, 8, 8, 8), 1):
        if block > 1:
            x = keras.layers.MaxPooling2D(2, name=f"pool{block - 1}")(x)
        for number in range(1, 3 if block == 4 else 2):
            initial = keras.initializers.HeUniform(10 * block + number)
            x = keras.layers.Conv2D(
                width, 3, padding="same", activation="relu", kernel_initializer=initial, name=f"conv{block}_{number}"
            )(x)
    return keras.Model(pictures, x, name="small")


def blobs(height: int, width: int, seed: int = 0, cells: int = 7) -> np.ndarray:
    """Smooth blobs of colour, the same at every size: uint8 (height, width, 3)."""
    grid = np.random.default_rng(seed).random((cells, cells, 3)).astype(np.float32)
    return np.rint(np.clip(images.resize(grid, (height, width)), 0, 1) * 255).astype(np.uint8)


@pytest.fixture(scope="session")
def network():
    return features.load(small())


@pytest.fixture(scope="session")
def paint():
    """blobs(height, width, seed, cells)."""
    return blobs


@pytest.fixture(scope="session")
def pixels():
    """The same as float32 in [0, 1]."""
    return lambda *size, **options: blobs(*size, **options).astype(np.float32) / 255
