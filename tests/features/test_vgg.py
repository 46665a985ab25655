"""VGG: the architecture of reverie-style, and its teachers from their files."""

import keras
import numpy as np
import pytest

from reverie import ReverieError, backend
from reverie.features import vgg

IMAGE = np.random.default_rng(0).uniform(0, 1, (1, 33, 40, 3)).astype(np.float32)
NAMES = [f"conv{block}_{number}" for block, count in enumerate((2, 2, 4, 4, 1), 1) for number in range(1, count + 1)]


def arrays_of(widths, kernel, bias, first):
    """As in a file: kernels (out, in, height, width)."""
    rng = np.random.default_rng(1)
    network = vgg.build(widths=widths)
    shapes = {layer.name: layer.kernel.shape for layer in network.layers if layer.name in NAMES}
    shapes[first] = (1, 1, 3, 3)
    found = {}
    for name, (height, width, inputs, outputs) in shapes.items():
        deviation = (2 / (height * width * inputs)) ** 0.5
        found[kernel(name)] = rng.normal(0, deviation, (outputs, inputs, height, width)).astype(np.float32)
        found[bias(name)] = rng.normal(0, 0.1, outputs).astype(np.float32)
    return found


def quarter_arrays():
    short = lambda name: name.replace("_", "")  # noqa: E731
    names = (lambda name: f"model.{short(name)}.weight", lambda name: f"model.{short(name)}.bias")
    found = arrays_of(vgg.QUARTER, *names, "conv0")
    for tap, narrow, wide in zip(vgg.TAPS, vgg.QUARTER, vgg.FULL, strict=True):
        found[f"model.{short(tap)}_aux.weight"] = np.full((wide, narrow, 1, 1), 0.5, np.float32)
        found[f"model.{short(tap)}_aux.bias"] = np.arange(wide, dtype=np.float32)
    return found


def activations(network, name, image=IMAGE):
    return backend.to_numpy(keras.Model(network.input, network.get_layer(name).output)(image))


def convolved(x, kernel, bias, mode):
    """By hand: (height, width, in) with a border of one, kernel (out, in, 3, 3), then ReLU."""
    padded = np.pad(x, ((1, 1), (1, 1), (0, 0)), mode=mode)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (0, 1))  # (height, width, in, 3, 3)
    return np.maximum(np.einsum("abihw,oihw->abo", windows, kernel) + bias, 0)


@pytest.mark.backends
def test_the_students_layers():
    network = vgg.build()
    assert [layer.name for layer in network.layers if layer.name.startswith("conv")] == NAMES
    assert [activations(network, tap).shape[1:] for tap in vgg.TAPS] == [
        (33, 40, 16),
        (16, 20, 32),
        (8, 10, 64),
        (4, 5, 128),
        (2, 2, 128),
    ]
    assert network.count_params() * 2 < 4e6


@pytest.mark.backends
def test_odd_and_even_sizes_are_aligned():
    network = vgg.build()
    whole = np.random.default_rng(0).uniform(0, 1, (1, 128, 128, 3)).astype(np.float32)
    wanted = activations(network, "conv4_1", whole)[:, :4, :4]
    assert wanted.std() > 0
    for cut in (1, 2, 3, 7):
        found = activations(network, "conv4_1", whole[:, :-cut, : -2 * cut])[:, :4, :4]
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6)


def test_the_student_pads_with_zeros_about_its_own_grey():
    network = vgg.build()
    kernel, bias = network.get_layer("conv1_1").get_weights()
    wanted = convolved(IMAGE[0] * 4 - 1.8, kernel.transpose(3, 2, 0, 1), bias, "constant")
    np.testing.assert_allclose(activations(network, "conv1_1")[0], wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.backends
def test_the_quarter_teacher_is_what_its_file_says(tmp_path):
    arrays = quarter_arrays()
    np.savez(tmp_path / "quarter.npz", **arrays)
    network = vgg.quarter(tmp_path / "quarter.npz")
    seen = IMAGE[0] @ arrays["model.conv0.weight"][:, :, 0, 0].T + arrays["model.conv0.bias"]
    wanted = convolved(seen, arrays["model.conv11.weight"], arrays["model.conv11.bias"], "reflect")
    np.testing.assert_allclose(activations(network, "conv1_1")[0], wanted, rtol=1e-4, atol=1e-5)
    wanted = convolved(wanted, arrays["model.conv12.weight"], arrays["model.conv12.bias"], "reflect")
    pooled = wanted[:32].reshape(16, 2, 20, 2, 16).max((1, 3))
    np.testing.assert_allclose(activations(network, "pool1")[0], pooled, rtol=1e-4, atol=1e-5)
    narrow, wide = activations(network, "conv5_1"), activations(network, "conv5_1_full")
    np.testing.assert_allclose(wide, 0.5 * narrow.sum(-1, keepdims=True) + np.arange(512), rtol=1e-4)


def test_the_normalised_teacher_is_what_its_file_says(tmp_path):
    arrays = arrays_of(vgg.FULL[:3], "{}/kernel".format, "{}/bias".format, "conv0_preproc")
    np.savez(tmp_path / "vgg19.npz", **arrays)
    network = vgg.normalised(tmp_path / "vgg19.npz")
    seen = IMAGE[0] @ arrays["conv0_preproc/kernel"][:, :, 0, 0].T + arrays["conv0_preproc/bias"]
    wanted = convolved(seen, arrays["conv1_1/kernel"], arrays["conv1_1/bias"], "reflect")
    np.testing.assert_allclose(activations(network, "conv1_1")[0], wanted, rtol=1e-4, atol=1e-4)
    assert network.output.shape[-1] == 256


@pytest.mark.parametrize("changes", [{"model.conv31.weight": None}, {"model.conv31.weight": (64, 32, 5, 5)}])
def test_an_array_is_missing_or_of_another_shape(tmp_path, changes):
    arrays = quarter_arrays()
    for name, shape in changes.items():
        if shape is None:
            del arrays[name]
        else:
            arrays[name] = np.zeros(shape, np.float32)
    np.savez(tmp_path / "no.npz", **arrays)
    with pytest.raises(ReverieError, match=r"no.npz does not hold the weights of this VGG: model.conv31.weight or"):
        vgg.quarter(tmp_path / "no.npz")


def test_the_other_teachers_file(tmp_path):
    np.savez(tmp_path / "quarter.npz", **quarter_arrays())
    with pytest.raises(ReverieError, match=r"does not hold the weights of this VGG: conv0_preproc/kernel or"):
        vgg.normalised(tmp_path / "quarter.npz")
