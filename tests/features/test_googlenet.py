"""GoogLeNet: its normalisation against the formula, and weights with Caffe's names and order of colours."""

import numpy as np
import pytest
from keras import ops

from reverie import ReverieError, backend
from reverie.features import googlenet


@pytest.fixture(scope="module")
def arrays():
    """As in a file of weights: small random kernels, in Caffe's names and Caffe's order of colours."""
    rng = np.random.default_rng(0)
    found = {}
    for layer in googlenet.build().layers:
        for part, weight in zip(("kernel", "bias"), layer.weights, strict=False):
            name = f"{googlenet.caffe_name(layer.name)}/{part}"
            found[name] = (0.05 * rng.standard_normal(weight.shape, dtype=np.float32)).astype(np.float16)
    return found


@pytest.fixture(scope="module")
def file(arrays, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "googlenet.npz"
    np.savez(path, **arrays)
    return path


@pytest.mark.backends
def test_normalisation_is_the_formula():
    x = np.random.default_rng(1).normal(0, 30, (2, 3, 4, 7)).astype(np.float32)
    wanted = np.empty_like(x)
    for channel in range(7):
        near = x[..., max(0, channel - 2) : channel + 3]
        wanted[..., channel] = x[..., channel] / (1 + 1e-4 / 5 * np.sum(near**2, axis=-1)) ** 0.75
    found = backend.to_numpy(googlenet.LocalResponseNormalization()(ops.convert_to_tensor(x)))
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
    assert np.abs(found / x).min() < 0.9  # it does something to numbers of this size


def test_normalisation_has_no_parameters_and_a_config():
    layer = googlenet.LocalResponseNormalization(size=3, alpha=0.5, beta=2.0, name="norm")
    again = googlenet.LocalResponseNormalization.from_config(layer.get_config())
    x = np.random.default_rng(1).normal(size=(1, 2, 2, 5)).astype(np.float32)
    np.testing.assert_array_equal(backend.to_numpy(again(x)), backend.to_numpy(layer(x)))


def test_names_are_caffes():
    names = ("conv1", "conv2_reduce", "conv2", "inception_3a_1x1", "inception_5b_pool_proj", "logits")
    assert [googlenet.caffe_name(name) for name in names] == [
        "conv1/7x7_s2",
        "conv2/3x3_reduce",
        "conv2/3x3",
        "inception_3a/1x1",
        "inception_5b/pool_proj",
        "loss3/classifier",
    ]


def test_a_picture_is_seen_in_blue_green_red_minus_the_mean(arrays, file):
    """One output of conv1, worked out by hand from Caffe's own kernel."""
    image = np.random.default_rng(2).uniform(0, 1, (1, 32, 32, 3)).astype(np.float32)
    model = googlenet.build(file)
    found = backend.to_numpy(googlenet.keras.Model(model.input, model.get_layer("conv1").output)(image))
    caffes = image[0, :, :, ::-1] * 255 - (104, 117, 123)
    kernel, bias = (arrays[f"conv1/7x7_s2/{part}"].astype(np.float64) for part in ("kernel", "bias"))
    patch = caffes[2 * 5 - 3 : 2 * 5 + 4, 2 * 6 - 3 : 2 * 6 + 4]
    wanted = np.maximum(np.einsum("hwi,hwio->o", patch, kernel) + bias, 0)
    np.testing.assert_allclose(found[0, 5, 6], wanted, rtol=1e-4, atol=1e-3)
    corner = np.maximum(np.einsum("hwi,hwio->o", caffes[:4, :4], kernel[3:, 3:]) + bias, 0)  # zeros after the mean
    np.testing.assert_allclose(found[0, 0, 0], corner, rtol=1e-4, atol=1e-3)
    assert wanted.max() > 1 and corner.max() > 1


def test_a_classifier_stored_as_a_convolution_will_do(arrays, tmp_path):
    flat = arrays["loss3/classifier/kernel"]
    np.savez(tmp_path / "g.npz", **{**arrays, "loss3/classifier/kernel": flat[None, None]})
    found = googlenet.build(tmp_path / "g.npz").get_layer("logits").get_weights()[0]
    np.testing.assert_array_equal(found, flat)


def test_an_array_is_missing_or_of_another_shape(arrays, tmp_path):
    name = "inception_4c/5x5_reduce"
    without = {key: array for key, array in arrays.items() if key != f"{name}/bias"}
    for wrong in (without, {**arrays, f"{name}/kernel": arrays[f"{name}/kernel"][..., 1:]}):
        np.savez(tmp_path / "wrong.npz", **wrong)
        with pytest.raises(ReverieError, match=f"wrong.npz does not hold the weights of GoogLeNet: {name} is missing"):
            googlenet.build(tmp_path / "wrong.npz")
