"""The networks that ship: they are there, they load, and no other file passes for them."""

import re

import numpy as np
import pytest
from safetensors.numpy import load_file

from reverie import ReverieError, backend, features, modelfile
from reverie.features import embedded, inception, vgg

LIMITS = {"reverie-dream": 16e6, "reverie-style": 4e6}  # bytes


@pytest.fixture
def file(tmp_path):
    """A whole file of random weights for reverie-style."""
    network = vgg.build()
    arrays = {variable.path: backend.to_numpy(variable).astype(np.float16) for variable in network.variables}
    path = tmp_path / "mine.safetensors"
    modelfile.write(path, "features", {"network": "reverie-style"}, arrays)
    return path


def rewritten(file, engine="features", **changes):
    """The file with some arrays replaced, or removed where None."""
    arrays = {**load_file(file), **{name.replace("__", "/"): array for name, array in changes.items()}}
    modelfile.write(file, engine, {}, {name: array for name, array in arrays.items() if array is not None})


def refused(file, words):
    network = vgg.build()
    before = [backend.to_numpy(variable) for variable in network.variables]
    with pytest.raises(ReverieError, match=words) as caught:
        embedded.fill(network, file)
    assert str(file) in caught.value.message
    assert re.fullmatch(r"[^\n]+[.]", caught.value.message) and caught.value.hint
    for old, variable in zip(before, network.variables, strict=True):
        np.testing.assert_array_equal(backend.to_numpy(variable), old)  # nothing was loaded by half


@pytest.mark.parametrize("name", embedded.NETWORKS)
def test_what_ships_is_small_and_in_half_precision(name):
    assert embedded.path(name).stat().st_size < LIMITS[name]
    assert {array.dtype for array in load_file(embedded.path(name)).values()} == {np.dtype(np.float16)}


@pytest.mark.parametrize("name", ["reverie-dream", pytest.param("reverie-style", marks=pytest.mark.backends)])
def test_what_ships_is_loaded_whole(name):
    network = embedded.build(name)
    stored = load_file(embedded.path(name))
    assert network.name == name
    assert {variable.path for variable in network.variables} == stored.keys()
    for variable in network.variables:
        np.testing.assert_array_equal(backend.to_numpy(variable), stored[variable.path].astype(np.float32))


def test_the_layers_of_what_ships():
    assert {*inception.STAGES} <= {*features.load("reverie-dream").layers}
    assert {*vgg.TAPS} <= {*features.load("reverie-style").layers}


def test_the_classes_of_what_ships():
    classes = embedded.classes("reverie-dream")
    assert classes is not None and len(classes) == 1000
    assert (classes[0], classes[-1]) == ("tench, Tinca tinca", "toilet tissue, toilet paper, bathroom tissue")
    assert embedded.classes("reverie-style") is None


def test_a_good_file_is_loaded(file):
    network = vgg.build()
    embedded.fill(network, file)
    wanted = load_file(file)["conv3_2/kernel"].astype(np.float32)
    np.testing.assert_array_equal(backend.to_numpy(network.get_layer("conv3_2").kernel), wanted)


def test_an_array_is_missing(file):
    rewritten(file, conv3_2__kernel=None)
    refused(file, "is not of reverie-style: conv3_2/kernel is missing, unknown or of another shape")


def test_an_array_too_many(file):
    rewritten(file, conv9_1__kernel=np.zeros(3, np.float16))
    refused(file, "conv9_1/kernel is missing, unknown")


def test_an_array_of_another_shape(file):
    rewritten(file, conv3_2__bias=np.zeros(63, np.float16))
    refused(file, "conv3_2/bias is missing, unknown or of another shape")


def test_an_array_of_words(file):
    rewritten(file, conv3_2__bias=np.zeros(64, np.int32))
    refused(file, "conv3_2/bias is missing, unknown or of another shape")


def test_the_other_network(file):
    refused(embedded.path("reverie-dream"), "is not of reverie-style")


def test_another_engine(file):
    rewritten(file, engine="text")
    refused(file, "was made by the engine 'text'")


def test_numbers_that_are_not_finite(file):
    whole = file.read_bytes()
    bias = load_file(file)["conv1_1/bias"].tobytes()
    assert whole.count(bias) >= 1
    rewritten(file, conv1_1__bias=np.full(16, 7.5, np.float16))
    seven = np.full(16, 7.5, np.float16).tobytes()
    assert file.read_bytes().count(seven) == 1
    file.write_bytes(file.read_bytes().replace(seven, np.full(16, np.inf, np.float16).tobytes()))
    refused(file, "not finite")


@pytest.mark.parametrize("length", [0, 7, 500, -1])
def test_a_file_cut_short(file, length):
    file.write_bytes(file.read_bytes()[:length])
    refused(file, "damaged|is not a model file")


def test_no_file(file):
    file.unlink()
    refused(file, "There is no model file")
