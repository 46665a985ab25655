"""What the seam promises: gradients that are right, for pictures of every size."""

import subprocess
import sys

import numpy as np
import pytest

import reverie.backend as backend

import keras  # isort: skip

pytestmark = pytest.mark.backends


def network():
    keras.utils.set_random_seed(1)
    layers = [keras.layers.Input((None, None, 3)), keras.layers.Conv2D(4, 3, padding="same", activation="tanh")]
    return keras.Sequential(layers)


def program(calls=None):
    model = network()

    def loss(x, weights):
        if calls is not None:
            calls.append(1)
        activations = model(x)
        terms = [keras.ops.mean(activations**2), keras.ops.mean(activations)]
        return weights["square"] * terms[0] + weights["mean"] * terms[1], terms

    return backend.value_and_grad(loss, model.variables)


WEIGHTS = {"square": np.float32(2.0), "mean": np.float32(-0.5)}


@pytest.mark.parametrize("size", [8, 13])
def test_gradient_agrees_with_finite_differences(size):
    ascend = program()
    x = np.random.default_rng(size).random((1, size, size, 3), "float32")
    _, _, gradient = ascend(x, WEIGHTS)
    step = 1e-2
    for place in [(0, 0, 0, 0), (0, size - 1, 2, 1), (0, 3, size - 1, 2)]:
        above, below = x.copy(), x.copy()
        above[place] += step
        below[place] -= step
        difference = float(ascend(above, WEIGHTS)[0]) - float(ascend(below, WEIGHTS)[0])
        assert backend.to_numpy(gradient)[place] == pytest.approx(difference / (2 * step), rel=0.02, abs=1e-5)


def test_loss_and_terms_come_back():
    loss, terms, _ = program()(np.full((1, 8, 8, 3), 0.5, "float32"), WEIGHTS)
    square, mean = (float(backend.to_numpy(term)) for term in terms)
    assert float(backend.to_numpy(loss)) == pytest.approx(2.0 * square - 0.5 * mean, abs=1e-6)


@pytest.mark.skipif(backend.name != "tensorflow", reason="JAX compiles each size; PyTorch compiles nothing")
def test_one_graph_serves_every_size():
    calls: list[int] = []
    ascend = program(calls)
    for size in (8, 9, 16):
        ascend(np.zeros((1, size, size + 1, 3), "float32"), WEIGHTS)
    assert len(calls) == 1


@pytest.mark.skipif(backend.name != "tensorflow", reason="of TensorFlow's threads")
@pytest.mark.parametrize("cores, before, parts", [(2, "", 2), (3, "", 3), (64, "", 1), (2, "keras.ops.ones(1)", 1)])
def test_threads_are_kept_apart_only_in_a_fresh_process_on_few_cores(cores, before, parts):
    code = f"""
import os, keras, reverie.backend as backend
os.cpu_count = lambda: {cores}
{before}
backend.one_thread_each()
assert backend.parts() == {parts}, backend.parts()
import tensorflow as tf
assert tf.config.threading.get_intra_op_parallelism_threads() == {int(parts > 1)}
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
