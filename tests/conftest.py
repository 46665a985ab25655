"""What tests of several rooms share."""

import pytest


@pytest.fixture(autouse=True, scope="session")
def as_it_is():
    """Something runs first, so that no training of these tests changes how the others run (`one_thread_each`)."""
    import keras

    import reverie.backend

    reverie.backend.to_numpy(keras.ops.ones(1))


@pytest.fixture
def glance(monkeypatch):
    """A small network sees the pictures, instead of the one that ships; they are found, and moved, in three steps."""
    import keras

    import reverie.gan.invert
    from reverie import features, gan

    pictures = x = keras.Input((None, None, 3))
    for name in ("conv2", "inception_3b", "inception_4c"):
        x = keras.layers.Conv2D(4, 3, strides=4, padding="same", name=name)(x)
    network = features.load(keras.Model(pictures, x, name="small"))
    monkeypatch.setattr(features, "load", lambda *names: network)
    monkeypatch.setitem(gan.GAN.invert.__kwdefaults__, "steps", 3)
    monkeypatch.setattr(reverie.gan.invert, "MOVES", 3)
