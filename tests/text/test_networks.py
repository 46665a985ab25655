"""What every language model promises: causality, a cached step equal to the full pass, an allow-list."""

import numpy as np
import pytest

import reverie.text  # noqa: F401
from reverie import backend
from reverie.errors import ReverieError
from reverie.text.network import NETWORKS, build, design

VOCABULARY = 11


def small(kind: str, context: int = 8):
    import keras

    keras.utils.set_random_seed(1)
    network = build(design(kind, VOCABULARY, width=64, depth=2, context=context))
    rng = np.random.default_rng(0)
    for variable in network.trainable_variables:  # zero-initialised kernels would hide mistakes
        variable.assign(variable + 0.2 * rng.standard_normal(variable.shape).astype("float32"))
    return network


def tokens(rows: int, length: int) -> np.ndarray:
    return np.random.default_rng(5).integers(0, VOCABULARY, (rows, length)).astype("int32")


def logits(network, batch: np.ndarray) -> np.ndarray:
    return backend.to_numpy(network(batch))


@pytest.mark.backends
@pytest.mark.parametrize("kind", NETWORKS)
def test_the_past_does_not_see_the_future(kind):
    network = small(kind)
    before = tokens(2, network.window)
    after = before.copy()
    after[:, 5] = (after[:, 5] + 1) % VOCABULARY
    a, b = logits(network, before), logits(network, after)
    np.testing.assert_array_equal(a[:, :5], b[:, :5])
    assert np.abs(a[:, 5:] - b[:, 5:]).max(axis=(0, 2)).min() > 1e-4


@pytest.mark.backends
@pytest.mark.parametrize("kind", NETWORKS)
def test_token_by_token_equals_all_at_once(kind):
    network = small(kind)
    batch = tokens(3, network.window)
    whole = logits(network, batch)
    step = backend.compiled(network.step, network.variables)
    state = network.start(3)
    for position in range(batch.shape[1]):
        one, state = step(batch[:, position], np.int32(position), state)
        np.testing.assert_allclose(backend.to_numpy(one), whole[:, position], atol=2e-5)


@pytest.mark.backends
def test_stepping_goes_on_past_the_ring_buffer():
    """After many more tokens than the buffer holds, what left the network's reach has no influence."""
    network = small("transformer", context=4)
    reach = 64  # beyond depth x context and every table of earlier tokens
    same_end = tokens(1, reach)
    step = backend.compiled(network.step, network.variables)
    ends = []
    for beginning in (1, 2):
        state = network.start(1)
        for position, token in enumerate([beginning, beginning, *same_end[0]]):
            one, state = step(np.array([token], "int32"), np.int32(position), state)
        ends.append(backend.to_numpy(one))
    np.testing.assert_allclose(ends[0], ends[1], atol=1e-5)


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_network_is_made_again_from_its_description(kind):
    config = design(kind, VOCABULARY, width=64, depth=2, context=8)
    shapes = [(v.path, tuple(v.shape)) for v in build(config).weights]
    assert shapes == [(v.path, tuple(v.shape)) for v in build(dict(config)).weights]
    assert len({path for path, _ in shapes}) == len(shapes)


@pytest.mark.parametrize(
    "change",
    [
        {"network": "os.system"},
        {"network": None},
        {"width": 10**9},
        {"width": -64},
        {"depth": 0},
        {"depth": "2"},
        {"vocabulary": 10**12},
        {"context": None},
        {"context": True},
    ],
)
def test_a_hostile_description_is_refused(change):
    config = design("transformer", VOCABULARY, width=64, depth=1, context=8)
    with pytest.raises(ReverieError):
        build(config | change)


@pytest.mark.parametrize("kind, size, wrong", [("cnn", "small", "cnn"), ("lstm", "enormous", "enormous")])
def test_unknown_names_are_named(kind, size, wrong):
    with pytest.raises(ReverieError, match=wrong):
        design(kind, VOCABULARY, size)


def test_every_pair_of_a_small_alphabet_has_a_row_of_its_own():
    from reverie.text.embedding import FACTOR, MODULUS, ROWS

    now, before = np.meshgrid(np.arange(100), np.arange(100))
    rows = ((now % MODULUS) * FACTOR + before) % MODULUS % ROWS
    assert len(np.unique(rows)) == 100 * 100
