"""Muon against the singular value decomposition, Adam against Keras' own."""

import keras
import numpy as np
import pytest

import reverie.text  # noqa: F401
from reverie.text.muon import Muon, from_blocks, group, orthogonalise, to_blocks


@pytest.mark.backends
def test_singular_values_go_to_one_and_directions_stay():
    rng = np.random.default_rng(0)
    left, _, right = np.linalg.svd(rng.standard_normal((4, 24, 24)))
    matrices = ((left * np.geomspace(0.05, 1.0, 24)) @ right).astype("float32")
    found = keras.ops.convert_to_numpy(orthogonalise(keras.ops.convert_to_tensor(matrices)))
    values = np.linalg.svd(found)[1]
    # Three quintic steps bring what differed by a factor of 20 into a band around one, not to one itself.
    assert values.min() > 0.4
    assert values.max() < 1.6
    alignment = np.einsum("nij,nij->n", found, left @ right) / 24
    assert alignment.min() > 0.85


@pytest.mark.parametrize("shape", [(16, 16), (16, 64), (64, 16), (3, 16, 32)])
def test_blocks_are_cut_and_put_back(shape):
    kernel = np.arange(np.prod(shape), dtype="float32").reshape(shape)
    blocks = to_blocks(kernel, 16)
    assert tuple(blocks.shape) == (kernel.size // 256, 16, 16)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(from_blocks(blocks, shape)), kernel)
    if shape == (16, 64):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(blocks)[1], kernel[:, 16:32])


def test_kernels_of_every_rank_are_matrices_and_tables_are_not():
    assert group(keras.Variable(np.zeros((32, 96)), name="kernel")) == ("matrix", 32)
    assert group(keras.Variable(np.zeros((4, 32, 32)), name="kernels")) == ("matrix", 32)
    assert group(keras.Variable(np.zeros((500, 32)), name="ngram_table")) == ("table", 0)
    assert group(keras.Variable(np.zeros((512, 32)), name="embeddings")) == ("other", 0)
    assert group(keras.Variable(np.zeros((32, 500)), name="head")) == ("other", 0)
    assert group(keras.Variable(np.zeros(32), name="scale")) == ("other", 0)


@pytest.mark.backends
def test_the_rest_is_adam():
    rng = np.random.default_rng(1)
    gradients = rng.standard_normal((5, 7)).astype("float32")
    ours, theirs = (keras.Variable(np.ones(7, "float32"), name="scale") for _ in range(2))
    muon = Muon(other_rate=0.01, beta_1=0.9, beta_2=0.99)
    adam = keras.optimizers.Adam(0.01, beta_1=0.9, beta_2=0.99, epsilon=1e-10)
    for gradient in gradients:
        muon.apply([keras.ops.convert_to_tensor(gradient)], [ours])
        adam.apply([keras.ops.convert_to_tensor(gradient)], [theirs])
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-5)


@pytest.mark.backends
def test_rows_of_a_table_that_were_not_touched_only_decay():
    table = keras.Variable(np.ones((4, 8), "float32"), name="table")
    gradient = np.zeros((4, 8), "float32")
    gradient[1] = 3.0
    optimizer = Muon(table_rate=0.5, table_decay=0.01)
    for after in (0.99 - 0.5, (0.99 - 0.5) * 0.99 - 0.5 / 2**0.5):
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [table])
        np.testing.assert_allclose(table.numpy()[1], after, rtol=1e-5)
    np.testing.assert_allclose(table.numpy()[[0, 2, 3]], 0.99**2, rtol=1e-5)


def test_the_rate_scales_every_group():
    kernel = keras.Variable(np.eye(16, dtype="float32"), name="kernel")
    scale = keras.Variable(np.ones(16, "float32"), name="scale")
    optimizer = Muon(learning_rate=0.0)
    optimizer.apply([np.ones((16, 16), "float32"), np.ones(16, "float32")], [kernel, scale])
    np.testing.assert_array_equal(kernel.numpy(), np.eye(16, dtype="float32"))
    np.testing.assert_array_equal(scale.numpy(), np.ones(16, "float32"))
    assert int(optimizer.iterations) == 1
