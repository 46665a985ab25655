"""The recipes' own parts: what is folded into kernels, the sitting, and the optimizer."""

import itertools

import keras
import numpy as np
import pytest

from recipes import dream, photos, sitting, state, style
from recipes.arguments import parse
from recipes.distillation import outputs_of
from recipes.muon import Muon
from reverie import backend, modelfile
from reverie.features import embedded, inception, vgg

PICTURE = np.random.default_rng(0).uniform(0, 1, (2, 48, 48, 3)).astype(np.float32)


def values(network):
    return {variable.path: backend.to_numpy(variable) for variable in network.variables}


def outputs(network, layers):
    return [backend.to_numpy(output) for output in outputs_of(network, layers)(PICTURE)]


def test_folded_the_network_gives_the_teachers_units():
    """A stage trained in units of `scales` gives, folded, its output times them, but for one factor per layer."""
    keras.utils.set_random_seed(0)
    network = inception.build()
    rng = np.random.default_rng(0)
    widths = {stage: network.get_layer(stage).output.shape[-1] for stage in inception.STAGES}
    scales = {stage: rng.uniform(0.2, 5, 1 if stage == "logits" else width) for stage, width in widths.items()}
    before = outputs(network, inception.STAGES)
    state.fill(network, dream.folded(values(network), scales))
    for stage, old, new in zip(inception.STAGES, before, outputs(network, inception.STAGES), strict=True):
        factor = scales[stage] / (1 if stage == "logits" else scales[stage].mean())
        np.testing.assert_allclose(new, old * factor, rtol=1e-3, atol=1e-5 * np.abs(old * factor).max())


def test_folding_changes_nothing_where_there_is_nothing_to_fold():
    network = inception.build()
    scales = {
        stage: np.ones(1 if stage == "logits" else network.get_layer(stage).output.shape[-1])
        for stage in inception.STAGES
    }
    weights = values(network)
    for name, folded in dream.folded(weights, scales).items():
        np.testing.assert_array_equal(folded, weights[name])


def test_folding_the_style_network_scales_its_taps_and_nothing_else():
    keras.utils.set_random_seed(0)
    network = vgg.build()
    random = np.random.default_rng(1)
    scales = {
        tap: random.uniform(0.5, 3, network.get_layer(tap).output.shape[-1]).astype(np.float32) for tap in style.TAPS
    }
    before = outputs(network, style.TAPS)
    state.fill(network, style.folded(values(network), scales))
    for tap, old, new in zip(style.TAPS, before, outputs(network, style.TAPS), strict=True):
        np.testing.assert_allclose(new, old * scales[tap], rtol=1e-3, atol=1e-4)


def test_chains_name_every_layer_with_a_kernel_and_what_it_reads():
    for chain, network in ((dream.chain(), inception.build()), (style.chain(), vgg.build())):
        kernels = {layer.name: layer.kernel.shape for layer in network.layers if hasattr(layer, "kernel")}
        assert [name for name, _, _ in chain] == list(dict.fromkeys(name for name, _, _ in chain))
        assert {name for name, _, _ in chain} == kernels.keys()
        for name, inputs, _ in chain:
            assert kernels[name][-2] == (sum(kernels[i][-1] for i in inputs) or 3)


def test_export_writes_what_the_network_loads(tmp_path, monkeypatch):
    monkeypatch.setattr(embedded, "path", lambda name: tmp_path / f"{name}.safetensors")
    network = vgg.build()
    path = state.export("reverie-style", values(network), classes=["a", "b"])
    assert modelfile.describe(path)["network"] == "reverie-style"
    assert embedded.classes("reverie-style") == ("a", "b")
    for name, value in values(embedded.build("reverie-style")).items():
        np.testing.assert_array_equal(value, values(network)[name].astype(np.float16).astype(np.float32))


def test_a_sitting_writes_a_log_and_goes_on(distillation, pictures, tmp_path, monkeypatch, capsys):
    """Two of a twentieth of a second each: the second begins at the batch and the step where the first ended."""
    monkeypatch.setattr(sitting, "LOG", 3)
    asked = []

    def batches(start):
        asked.append(start)
        return photos.batches(pictures, 16, 8, 0, start)

    def sit(*arguments):
        model = distillation([next(photos.batches(pictures, 16, 8, 1))])
        options = ["--data", "unused", "--out", str(tmp_path), "--minutes", str(0.05 / 60), *arguments]
        sitting.train(model, batches, lambda: "figures", parse("tiny", options))
        return int(model.optimizer.iterations), capsys.readouterr().out.splitlines()

    first, log = sit()
    assert first >= 3 and first % 3 == 0
    assert "step      3  forcing 1.00" in log[0] and log[-1] == "    held out: figures"
    second, log = sit("--resume", "--forcing", "0.25", "--rate", "0.001")
    assert second > first and asked == [0, first]
    assert "forcing 0.25  rate 0.0001" in log[0] or "forcing 0.25  rate 0.0000" in log[0]


def test_the_rate_warms_up_and_falls_to_nothing(distillation, pictures, tmp_path, monkeypatch):
    """By a clock that stands at 0, 10, 20 ... s of a sitting of 100 s."""
    model = distillation([next(photos.batches(pictures, 16, 8, 1))])
    monkeypatch.setattr(sitting, "WARM_UP", 4)
    clock = itertools.count(0, 10)
    monkeypatch.setattr(sitting.time, "monotonic", lambda: next(clock))
    hook = sitting.Sitting(tmp_path / "unused", 100, 0.02, lambda: "")
    hook.set_model(model)
    rates = []
    for step in range(12):
        model.optimizer.iterations.assign(step)
        hook.on_train_batch_begin(0)
        rates.append(float(model.optimizer.learning_rate) / 0.02)
    assert rates == pytest.approx([0.25, 0.5, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.02, 0.02, 0.02], abs=1e-5)


@pytest.mark.parametrize("shape", [(3, 3, 4, 8), (1, 1, 16, 6), (3, 3, 1, 16), (6, 6)])
def test_muons_first_step_has_the_gradients_directions_at_one_length(shape):
    """The gradient's singular values span two decades, the step's less than a factor of four about the rate."""
    matrix = np.random.default_rng(0).normal(size=(int(np.prod(shape[:-1])), shape[-1]))
    u, _, v = np.linalg.svd(matrix, full_matrices=False)
    gradient = (u * np.geomspace(0.01, 1, len(v)) @ v).astype(np.float32)
    variable = keras.Variable(np.zeros(shape, np.float32), name="kernel")
    optimizer = Muon(0.1)
    optimizer.build([variable])
    optimizer.apply([keras.ops.convert_to_tensor(gradient.reshape(shape))])
    lengths = -u.T @ backend.to_numpy(variable).reshape(matrix.shape) @ v.T / 0.1
    diagonal = np.diag(lengths)
    assert ((diagonal > 0.4) & (diagonal < 1.7)).all(), diagonal
    assert np.abs(lengths - np.diag(diagonal)).max() < 0.1


def test_biases_and_logits_are_adams():
    """Adam's first step is the sign of the gradient, whatever its length."""
    for name, shape in (("bias", (5,)), ("logits", (4, 5))):
        variable = keras.Variable(np.zeros(shape, np.float32), name=name)
        optimizer = Muon(0.1, adam=0.5)
        optimizer.build([variable])
        gradient = _random(shape)
        optimizer.apply([gradient])
        np.testing.assert_allclose(backend.to_numpy(variable), -0.05 * np.sign(backend.to_numpy(gradient)), rtol=1e-4)


def _random(shape):
    return keras.ops.convert_to_tensor(np.random.default_rng(0).normal(size=shape).astype(np.float32))
