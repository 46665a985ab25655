import keras
import numpy as np
import pytest

from reverie import features


def small(padding: str = "same") -> keras.Model:
    """A network of two convolutions and a pooling with names a, p and b, and a classifier of five, random weights."""
    initial = keras.initializers.GlorotUniform
    x = pictures = keras.Input((None, None, 3), name="pictures")
    x = keras.layers.Conv2D(
        8, 3, strides=2, padding=padding, activation="silu", kernel_initializer=initial(1), name="a"
    )(x)
    x = keras.layers.MaxPooling2D(3, 2, padding=padding, name="p")(x)
    x = keras.layers.Conv2D(12, 3, padding=padding, activation="silu", kernel_initializer=initial(2), name="b")(x)
    pooled = keras.layers.GlobalAveragePooling2D(name="pooled")(x)
    return keras.Model(pictures, keras.layers.Dense(5, kernel_initializer=initial(3), name="logits")(pooled))


def photo(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Smooth blobs of colour, the same at every size: uint8 (height, width, 3)."""
    from reverie import images

    grid = np.random.default_rng(seed).random((9, 9, 3)).astype(np.float32)
    return np.rint(np.clip(images.resize(grid, (height, width)), 0, 1) * 255).astype(np.uint8)


@pytest.fixture(scope="session")
def network():
    return features.load(small())


@pytest.fixture(scope="session")
def model():
    return small()


@pytest.fixture(scope="session")
def paint():
    """photo(height, width, seed)."""
    return photo


@pytest.fixture(scope="session")
def build():
    """small(padding)."""
    return small
