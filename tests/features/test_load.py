"""Names, files and models: what `features.load` makes of each, and what the registry says."""

import keras
import numpy as np
import pytest
from keras import layers

from reverie import ReverieError, backend, features
from reverie.features import registry
from reverie.features.fetch import fetch


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """An empty cache of Keras, and no way out."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))

    def refused(*arguments, **options):
        raise OSError("no network in tests")

    monkeypatch.setattr("socket.create_connection", refused)
    (tmp_path / "keras" / "models").mkdir(parents=True)
    return tmp_path / "keras" / "models"


def a_model():
    images = keras.Input((None, None, 3))
    return keras.Model(images, layers.Conv2D(2, 3, name="edges")(images), name="mine")


def test_a_model_is_wrapped_and_a_network_returned_as_it_is():
    network = features.load(a_model())
    assert isinstance(network, features.FeatureNetwork)
    assert (network.name, network.layers) == ("mine", ("edges",))
    assert features.load(network) is network


def test_a_model_takes_no_weights():
    with pytest.raises(ReverieError, match="Weights were given for a model"):
        features.load(a_model(), weights="random")


@pytest.mark.parametrize(("name", "near"), [("inception-v3", "inceptionv3"), ("reverie_dream", "reverie-dream")])
def test_an_unknown_name_gets_the_nearest(name, near):
    with pytest.raises(ReverieError, match=f"There is no network '{name}'. Did you mean {near}?"):
        features.load(name)


def test_kerass_spelling_will_do():
    assert registry.find("InceptionV3").name == "inceptionv3"


def test_a_missing_file_of_weights():
    with pytest.raises(ReverieError, match=r"There is no file of weights not/here.h5\."):
        features.load("vgg16", weights="not/here.h5")


@pytest.mark.parametrize("name", [network.name for network in features.networks() if network.kind == "keras"])
def test_offline_the_missing_file_and_what_works_now_are_named(name):
    file = registry.find(name).files[0].name
    with pytest.raises(ReverieError) as caught:
        features.load(name)
    assert caught.value.message == (
        f"The weights of {name} ({file}) are not on this machine, and storage.googleapis.com does not answer."
    )
    assert "reverie-dream and reverie-style work now" in caught.value.hint


def test_googlenet_wants_a_file(home):
    with pytest.raises(ReverieError, match=r"The weights of googlenet \(googlenet.npz\) are not on this machine"):
        features.load("googlenet")


def test_googlenet_with_random_weights_is_the_same_each_time():
    first, second = (features.load("googlenet", weights="random") for _ in range(2))
    assert first.classifier == "logits"
    assert first.stride("inception_4c") == 16
    pictures = np.random.default_rng(0).uniform(0, 1, (1, 64, 80, 3)).astype("float32")
    values = [backend.to_numpy(network.activations("inception_3b")(pictures)[0]) for network in (first, second)]
    np.testing.assert_array_equal(*values)
    assert values[0].std() > 0


def test_the_registry_is_complete():
    networks = features.networks()
    assert [network.name for network in networks[:3]] == ["reverie-dream", "reverie-style", "googlenet"]
    assert len({network.name for network in networks}) == len(networks) == 13
    for network in networks:
        assert all((network.what, network.licence, network.source))
        assert 500_000 < network.bytes < 200e6
        assert all(file.url.endswith(file.name) for file in network.files if network.kind == "keras")


def test_the_cache_is_looked_through_in_order(home):
    network = registry.find("mobilenetv2")
    assert network.found() is None
    (home / network.files[1].name).write_bytes(b"without")
    assert fetch(network) == network.found() == home / network.files[1].name
    (home / network.files[0].name).write_bytes(b"with the classifier")
    assert fetch(network) == network.found() == home / network.files[0].name
    assert network.bytes == 19


def test_the_default_ships_and_names_its_classes():
    network = features.load()
    assert network.name == "reverie-dream"
    assert network.channels("logits") == len(network.classes) == 1000
    assert (network.stride("inception_4c"), network.reach("inception_4c")) == (16, 148)
    assert network.licence == registry.find("reverie-dream").licence
    with pytest.raises(ReverieError, match=r"is not a model file"):
        features.load("reverie-dream", weights=__file__)


def test_what_ships_can_have_random_weights_too():
    network = features.load("reverie-style", weights="random")
    assert [network.stride(name) for name in ("conv1_1", "conv3_1", "conv5_1")] == [1, 4, 16]
    assert network.classifier is None
    assert network.classes is None
