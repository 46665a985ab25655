"""Any Keras model as a feature network: names, activations, models inside models, tokens, and what is refused."""

import keras
import numpy as np
import pytest
from keras import layers

from reverie import ReverieError, backend, features
from reverie.features import FeatureNetwork

PICTURES = np.random.default_rng(0).uniform(0, 1, (2, 20, 24, 3)).astype("float32")


def small(name="small"):
    """A network with a branch, a classifier, and a layer that looks at the whole picture."""
    images = keras.Input((None, None, 3))
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="edges")(images)
    wide = layers.Conv2D(4, 5, padding="same", name="wide")(x)
    x = layers.Concatenate(name="both")([x, wide])
    x = layers.MaxPooling2D(2, name="half")(x)
    gate = layers.Dense(8, name="gate")(layers.GlobalAveragePooling2D(keepdims=True, name="whole")(x))
    x = layers.Multiply(name="gated")([x, gate])
    logits = layers.Dense(5, name="logits")(layers.GlobalAveragePooling2D(name="mean")(x))
    return keras.Model(images, logits, name=name)


def outputs(model, pictures=PICTURES):
    return [backend.to_numpy(output) for output in model(pictures)]


@pytest.mark.backends
def test_activations_are_those_of_the_model():
    model = small()
    network = FeatureNetwork(model)
    names = ["gated", "edges", "logits"]
    wanted = [backend.to_numpy(keras.Model(model.input, model.get_layer(name).output)(PICTURES)) for name in names]
    for found, expected in zip(outputs(network.activations(names)), wanted, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
        assert found.dtype == np.float32


def test_names_come_in_order_and_only_what_has_a_map_or_logits():
    network = FeatureNetwork(small())
    assert network.layers == ("edges", "wide", "both", "half", "whole", "gate", "gated", "logits")
    assert (network.name, network.input_size, network.classifier) == ("small", None, "logits")
    assert [network.channels(name) for name in ("edges", "both", "logits")] == [4, 8, 5]
    assert [network.stride(name) for name in ("both", "half", "gated")] == [1, 2, 2]


def test_reach_is_the_larger_of_the_branches_and_none_where_the_whole_picture_counts():
    network = FeatureNetwork(small())
    assert [network.reach(name) for name in ("edges", "wide", "both", "half")] == [1, 3, 3, 3]
    assert [network.reach(name) for name in ("whole", "gated", "logits")] == [None, None, None]


def test_one_name_gives_a_list_of_one_and_the_same_model_again():
    network = FeatureNetwork(small())
    model = network.activations("edges")
    assert [output.shape for output in outputs(model)] == [(2, 20, 24, 4)]
    assert network.activations(["edges"]) is model


def test_nothing_is_computed_beyond_the_layers_asked_for():
    found = {layer.name for layer in FeatureNetwork(small()).activations(["wide", "edges"]).layers}
    assert {"edges", "wide"} <= found
    assert not found & {"both", "half", "logits"}


def test_layers_are_shared_and_the_model_stays_as_it_was():
    model = small()
    before = backend.to_numpy(model(PICTURES))
    network = FeatureNetwork(model)
    network.activations("edges")
    np.testing.assert_array_equal(backend.to_numpy(model(PICTURES)), before)
    assert model.trainable
    assert {id(variable) for variable in network.variables} == {id(variable) for variable in model.variables}
    for variable in model.get_layer("edges").variables:
        variable.assign(variable * 0 - 1)
    assert outputs(network.activations("edges"))[0].max() == 0


def test_half_precision_comes_out_as_float32():
    images = keras.Input((None, None, 3))
    network = FeatureNetwork(keras.Model(images, layers.Conv2D(2, 3, dtype="bfloat16", name="half")(images)))
    assert outputs(network.activations("half"))[0].dtype == np.float32


def test_a_model_of_one_channel_sees_the_mean():
    grey = keras.Sequential([keras.Input((20, 24, 1)), layers.Conv2D(2, 3, name="edges")])
    network = FeatureNetwork(grey)
    assert network.input_size == (20, 24)
    expected = backend.to_numpy(grey(PICTURES.mean(axis=-1, keepdims=True)))
    np.testing.assert_allclose(outputs(network.activations("edges"))[0], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.backends
@pytest.mark.parametrize("kind", ["functional", "sequential"])
def test_models_inside_models_are_opened(kind):
    """Twice: a Sequential around a functional model, which holds a Sequential."""
    block = keras.Sequential([keras.Input((None, None, 4)), layers.Conv2D(4, 3, strides=2, name="deep")], name="block")
    images = keras.Input((None, None, 3))
    inner = keras.Model(images, block(layers.Conv2D(4, 3, name="first")(images)), name="inner")
    parts = [layers.Rescaling(2.0, -1.0, name="signed"), inner, layers.Conv2D(2, 1, name="last")]
    outer = keras.Sequential([keras.Input((None, None, 3)), *parts])
    if kind == "functional":
        x = images = keras.Input((None, None, 3))
        for part in parts:
            x = part(x)
        outer = keras.Model(images, x)
    network = FeatureNetwork(outer)
    assert network.layers == ("signed", "first", "deep", "block", "inner", "last")
    assert (network.stride("deep"), network.channels("inner"), network.reach("last")) == (2, 4, 3)
    deep, inside, last = outputs(network.activations(["deep", "inner", "last"]))
    np.testing.assert_allclose(deep, backend.to_numpy(inner(PICTURES * 2 - 1)), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(deep, inside)
    np.testing.assert_allclose(last, backend.to_numpy(outer(PICTURES)), rtol=1e-5, atol=1e-6)


@pytest.mark.backends
def test_a_vision_transformer_works_by_layer_name():
    """Patches of 8 px, a position for each, one block of attention: tokens (batch, 12, 16)."""
    images = keras.Input((24, 32, 3))
    x = layers.Reshape((12, 16), name="tokens")(layers.Conv2D(16, 8, strides=8, name="patches")(images))
    x = x + layers.Embedding(12, 16, name="positions")(np.arange(12))
    x = layers.Add(name="attended")([x, layers.MultiHeadAttention(2, 8, name="attention")(query=x, value=x)])
    x = layers.LayerNormalization(name="normal")(x)
    classes = layers.Dense(7, name="predictions")(layers.GlobalAveragePooling1D(name="mean")(x))
    network = FeatureNetwork(keras.Model(images, classes, name="vit"), classes=list("abcdefg"))
    assert network.layers == ("patches", "tokens", "attention", "attended", "normal", "predictions")
    assert network.input_size == (24, 32)
    assert network.classes == tuple("abcdefg")
    assert (network.reach("patches"), network.reach("attended")) == (0, None)
    assert [network.stride(name) for name in ("patches", "attended")] == [8, 8]
    assert network.channels("attended") == 16
    tokens, scores = outputs(network.activations(["attended", "predictions"]), np.zeros((1, 24, 32, 3), "float32"))
    assert (tokens.shape, scores.shape) == ((1, 12, 16), (1, 7))


def test_names_of_classes_go_with_logits_only():
    images = keras.Input((None, None, 3))
    no_logits = keras.Model(images, layers.Conv2D(2, 1, name="map")(images))
    assert FeatureNetwork(no_logits, classes=["a", "b"]).classes is None
    assert FeatureNetwork(small(), classes=["too", "few"]).classes is None


def test_a_layer_called_twice_stands_for_its_last_call():
    images = keras.Input((None, None, 3))
    layer = layers.Conv2D(3, 3, padding="same", name="again")
    model = keras.Model(images, layer(layer(images)))
    network = FeatureNetwork(model)
    assert network.reach("again") == 2
    np.testing.assert_allclose(
        outputs(network.activations("again"))[0], backend.to_numpy(model(PICTURES)), rtol=1e-5, atol=1e-6
    )


class Hidden(keras.Model):
    def call(self, x):
        return x


def twice_named():
    def inner(name):
        images = keras.Input((None, None, 3))
        return keras.Model(images, layers.Conv2D(3, 1, name="same")(images), name=name)

    images = keras.Input((None, None, 3))
    return keras.Model(images, inner("left")(inner("right")(images)), name="twice")


def two_pictures():
    images = [keras.Input((None, None, 3)), keras.Input((None, None, 3))]
    return keras.Model(images, layers.Add()(images), name="pair")


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (lambda: Hidden(name="hidden"), "The model hidden does not show how its layers are connected"),
        (lambda: keras.Sequential([layers.Conv2D(2, 3)], name="unbuilt"), "The model unbuilt does not show"),
        (twice_named, "The model twice has two layers of the same name"),
        (two_pictures, "The model pair takes"),
        (lambda: keras.Sequential([keras.Input((9,)), layers.Dense(2)], name="flat"), r"flat takes \(None, 9\)"),
        (
            lambda: keras.Sequential([keras.Input((3, None, None)), layers.ReLU()], name="first"),
            "The model first takes",
        ),
        (lambda: layers.Conv2D(2, 3), "A network is a name or a keras.Model, and this is Conv2D"),
        (lambda: None, "this is NoneType"),
    ],
)
def test_what_cannot_be_a_feature_network_gets_a_sentence(model, sentence):
    with pytest.raises(ReverieError, match=sentence):
        features.load(model())


def test_an_unknown_layer_gets_the_nearest_names():
    network = FeatureNetwork(small())
    with pytest.raises(ReverieError, match=r"The network small has no layer 'edge'\. It has edges"):
        network.activations(["wide", "edge"])
    with pytest.raises(ReverieError, match="no layer 'mean'"):
        network.stride("mean")
