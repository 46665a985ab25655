"""Keras Applications: their preprocessing, their files, their names, and that weights end up where Keras puts them."""

import importlib
import inspect
import random

import h5py
import keras
import numpy as np
import pytest
from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

from reverie import ReverieError, backend, features
from reverie.features import applications, registry

MODULES = {
    "InceptionV3": "inception_v3",
    "VGG16": "vgg16",
    "VGG19": "vgg19",
    "ResNet50": "resnet",
    "Xception": "xception",
    "MobileNetV2": "mobilenet_v2",
    "EfficientNetB0": "efficientnet",
    "EfficientNetV2B0": "efficientnet_v2",
    "ConvNeXtTiny": "convnext",
    "DenseNet121": "densenet",
}
PICTURES = np.random.default_rng(0).uniform(0, 1, (2, 80, 96, 3)).astype("float32")
# In the suite: valid padding, no classifier, models inside the model. The rest takes long.
EACH = [
    name if name in ("InceptionV3", "VGG16", "ConvNeXtTiny") else pytest.param(name, marks=pytest.mark.long)
    for name in MODULES
]


def source(function, where="keras.src.applications"):
    return importlib.import_module(f"{where}.{MODULES[function]}")


def test_the_registry_has_these():
    assert [network.function for network in registry.APPLICATIONS] == list(MODULES)


@pytest.mark.backends
@pytest.mark.parametrize("function", MODULES)
def test_preprocessing_is_kerass(function):
    expected = source(function, "keras.applications").preprocess_input(255 * PICTURES.astype("float64"))
    found = backend.to_numpy(applications.preprocessing(function)(PICTURES))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("function", MODULES)
def test_hashes_and_names_stand_in_kerass_source(function):
    code = inspect.getsource(source(function)).replace('"\n        f"', "").replace('"\n        "', "")
    for file in registry.find(function).files:
        assert file.hash in code
        stem = file.name.removesuffix(".h5").removesuffix("notop").removesuffix("no_top").rstrip("_")
        known = {
            "resnet50": "_weights_tf_dim_ordering_tf_kernels",
            "mobilenetv2": "_weights_tf_dim_ordering_tf_kernels",
        }
        assert known.get(function.lower(), stem) in code


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:.*Weights for input shape")
@pytest.mark.parametrize("function", MODULES)
@pytest.mark.parametrize("top", [True, False])
def test_keras_asks_for_the_same_files(function, top, monkeypatch):
    asked = {}

    def get_file(name, url, cache_subdir, file_hash=None):
        asked.update(name=name, url=url, hash=file_hash or "")
        raise InterruptedError

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", get_file)
    if top and function.startswith("VGG"):
        pytest.skip("taken without its classifier")
    with pytest.raises(InterruptedError):
        getattr(keras.applications, function)(include_top=top)
    file = registry.find(function).files[0 if top or function.startswith("VGG") else 1]
    assert asked == {"name": file.name, "url": file.url, "hash": file.hash}


@pytest.mark.parametrize("function", EACH)
def test_each_loads_with_random_weights_at_any_size(function):
    state = random.getstate()
    network = features.load(function, weights="random")
    assert random.getstate() == state
    assert network.name == function.lower()
    assert network.input_size is None
    assert network.classifier == (None if function.startswith("VGG") else "predictions")
    entry = registry.find(function)
    assert (
        sum(int(np.prod(weight.shape)) for weight in network.variables if "seed" not in weight.path) == entry.parameters
    )
    early = network.layers[6]
    (maps,) = network.activations(early)(PICTURES)
    assert maps.shape[0] == 2
    assert maps.shape[-1] == network.channels(early)
    assert np.isfinite(backend.to_numpy(maps)).all()
    assert network.stride([name for name in network.layers if name != "predictions"][-1]) == 32


def test_random_weights_are_the_same_each_time():
    first, second = (features.load("vgg16", weights="random") for _ in range(2))
    for mine, other in zip(first.variables, second.variables, strict=True):
        np.testing.assert_array_equal(backend.to_numpy(mine.value), backend.to_numpy(other.value))
    assert first.layers == second.layers


def test_a_name_kerass_counter_gave_is_counted_from_zero():
    images = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(2, 1, name="conv2d_17")(images)
    x = keras.layers.Conv2D(2, 1, name="conv2d_9")(x)
    x = keras.layers.ZeroPadding2D(name="zero_padding2d_3")(x)
    x = keras.layers.ReLU(name="mixed_3")(x)
    model = keras.Model(images, x)
    applications._rename(model)
    assert [layer.name for layer in model.layers[1:]] == ["conv2d_1", "conv2d", "zero_padding2d", "mixed_3"]


def saved(model, path):
    """As Keras' published files are: the HDF5 of older versions."""
    with h5py.File(path, "w") as file:
        save_weights_to_hdf5_group(file, model)
    return path


def shaken(model):
    """Weights like trained ones: biases, variances that are not one, and activations that neither fade nor explode."""
    generator = np.random.default_rng(3)
    weights = []
    for weight in model.get_weights():
        spread = np.prod(weight.shape[:-1]) ** -0.5 if weight.ndim > 1 else 0
        weights.append(
            generator.normal(0, spread, weight.shape) if spread else generator.uniform(0.5, 1.5, weight.shape)
        )
    model.set_weights(weights)
    return model


def same(network, model, layer, function):
    """Whether a layer of the network does what it does in Keras' own model."""
    pictures = source(function, "keras.applications").preprocess_input(255 * PICTURES)
    expected = backend.to_numpy(keras.Model(model.inputs[0], model.get_layer(layer).output)(pictures))
    found = backend.to_numpy(network.activations(layer)(PICTURES)[0])
    assert expected.std() > 0
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("top", [True, False])
def test_a_file_with_or_without_the_classifier(top, tmp_path):
    images = keras.Input((80, 96, 3))
    model = shaken(keras.applications.MobileNetV2(weights=None, include_top=top, input_tensor=images))
    network = features.load("mobilenetv2", weights=saved(model, tmp_path / "weights.h5"))
    assert network.classifier == ("predictions" if top else None)
    same(network, model, "block_2_add", "MobileNetV2")


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:.*Weights for input shape")
@pytest.mark.parametrize("top", [True, False])
@pytest.mark.parametrize("function", MODULES)
def test_files_mean_what_they_mean_to_keras(function, top, tmp_path, monkeypatch):
    """The published file, as `weights="imagenet"` reads it."""
    if top and function.startswith("VGG"):
        pytest.skip("taken without its classifier")
    build = getattr(keras.applications, function)
    path = saved(shaken(build(weights=None, include_top=top)), tmp_path / "weights.h5")
    monkeypatch.setattr("keras.src.utils.file_utils.get_file", lambda *arguments, **options: str(path))
    model = build(include_top=top, input_tensor=keras.Input((80, 96, 3)))
    applications._rename(model)
    network = features.load(function, weights=path)
    shared = [layer.name for layer in model.layers if layer.name in network.layers]
    assert len(shared) > 3
    same(network, model, shared[2], function)
    same(network, model, shared[len(shared) // 4], function)


def test_files_that_do_not_fit(tmp_path):
    (tmp_path / "text.h5").write_text("no weights")
    with pytest.raises(ReverieError, match=r"text.h5 is not an HDF5 file of weights, or not a whole one"):
        features.load("vgg16", weights=tmp_path / "text.h5")
    other = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(2, 3)])
    with pytest.raises(ReverieError, match=r"other.h5 does not hold the weights of vgg16"):
        features.load("vgg16", weights=saved(other, tmp_path / "other.h5"))
    whole = (tmp_path / "other.h5").read_bytes()
    (tmp_path / "cut.h5").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ReverieError, match=r"cut.h5 is not an HDF5 file"):
        features.load("vgg16", weights=tmp_path / "cut.h5")
