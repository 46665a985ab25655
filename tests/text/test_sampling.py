"""What each sampler does to a distribution, and that the draw has the distribution it is given."""

import math

import numpy as np
import pytest

import reverie.text  # noqa: F401
from reverie import backend
from reverie.errors import ReverieError
from reverie.text import sampling
from reverie.text.sampling import SAMPLERS, MinP, RepetitionPenalty, Temperature, TopK, TopP, check

pytestmark = pytest.mark.backends
draw = backend.compiled(sampling.draw, ())
PROBABILITIES = np.array([0.05, 0.4, 0.1, 0.25, 0.15, 0.05], "float32")


def apply(sampler, logits: np.ndarray, values: list[float], recent: np.ndarray | None = None) -> np.ndarray:
    column = np.asarray(values, "float32")[:, None]
    recent = np.zeros(logits.shape, bool) if recent is None else recent
    return backend.to_numpy(backend.compiled(sampler, ())(np.asarray(logits, "float32"), column, recent))


def sample(samplers: list, values: list[float], logits: np.ndarray, u: float) -> int:
    def function(columns, logits, u):
        return sampling.sample(samplers, columns, logits, None, u)

    columns = tuple(np.array([value], "float32") for value in values)
    token = backend.compiled(function, ())(columns, np.asarray(logits, "float32"), np.array([u], "float32"))
    return int(backend.to_numpy(token)[0])


def softmax(logits: np.ndarray) -> np.ndarray:
    weights = np.exp(logits - logits.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True)


def kept(sampler, probabilities: np.ndarray, value: float) -> set[int]:
    logits = apply(sampler, np.log(probabilities)[None], [value])[0]
    return set(np.flatnonzero(softmax(logits) > 0).tolist())


def test_drawn_frequencies_are_the_probabilities():
    draws = 20_000
    u = np.random.default_rng(3).random(draws).astype("float32")
    tokens = backend.to_numpy(draw(np.tile(np.log(PROBABILITIES), (draws, 1)), u))
    expected = draws * PROBABILITIES
    chi_square = ((np.bincount(tokens, minlength=6) - expected) ** 2 / expected).sum()
    assert chi_square < 20.5  # 5 degrees of freedom, 99.9 %


def test_the_draw_is_the_inverse_of_the_cumulative_distribution():
    u = np.array([0.0, 0.04, 0.06, 0.44, 0.46, 0.999999], "float32")
    tokens = backend.to_numpy(draw(np.tile(np.log(PROBABILITIES), (6, 1)), u))
    assert tokens.tolist() == [0, 0, 1, 1, 2, 5]


@pytest.mark.parametrize("size", [3, 65, 200, 1000, 5000])
def test_an_impossible_token_is_never_drawn(size):
    rng = np.random.default_rng(size)
    logits = rng.normal(size=(50, size)).astype("float32")
    possible = rng.random((50, size)) < 0.1
    possible[:, rng.integers(0, size)] = True
    logits = np.where(possible, logits, -1e30).astype("float32")
    for u in (0.0, 2.0**-23, 0.5, 1 - 2.0**-23):
        tokens = backend.to_numpy(draw(logits, np.full(50, u, "float32")))
        assert possible[np.arange(50), tokens].all()
        if u == 0:
            assert (tokens == possible.argmax(1)).all()


@pytest.mark.parametrize("size", [300, 5000])
def test_a_large_vocabulary_is_drawn_as_its_cumulative_sum_says(size):
    rng = np.random.default_rng(size)
    logits = (3 * rng.normal(size=(200, size))).astype("float32")
    u = rng.random(200).astype("float32")
    tokens = backend.to_numpy(draw(logits, u))
    mass = softmax(logits.astype("float64")).cumsum(-1)
    rows = np.arange(200)
    assert (mass[rows, tokens] > u - 1e-5).all()
    assert (np.where(tokens > 0, mass[rows, tokens - 1], 0) <= u + 1e-5).all()


def test_entropy_rises_with_temperature():
    values = [1e-4, 0.2, 0.5, 1.0, 1.5, 5.0, 1e2]
    p = softmax(apply(Temperature(), np.tile(np.log(PROBABILITIES), (7, 1)), values))
    entropy = -(p * np.log(np.maximum(p, 1e-30))).sum(-1)
    assert (np.diff(entropy) > 0).all()
    assert entropy[-1] == pytest.approx(math.log(6), abs=1e-3)
    assert np.allclose(p[3], PROBABILITIES, atol=1e-6)


def test_extreme_temperatures_and_logits_stay_finite():
    logits = np.array([[1e4, -1e4, 0.0], [1e30, 0.0, -1e30], [2.0, 2.0, 1.0]], "float32")
    for value in (0.0, 1e-30, 1e-4, 1.0, 1e2):
        p = softmax(apply(Temperature(), logits, [value] * 3))
        assert np.isfinite(p).all()
    assert softmax(apply(Temperature(), logits, [1e-4] * 3))[0].tolist() == [1, 0, 0]


def test_temperature_zero_takes_the_first_of_the_most_likely():
    logits = np.array([[1.0, 3.0, 3.0, 2.0]], "float32")
    assert sample([Temperature()], [0.0], logits, 0.0) == 1


def test_top_k_keeps_the_most_likely():
    assert kept(TopK(), PROBABILITIES, 1) == {1}
    assert kept(TopK(), PROBABILITIES, 3) == {1, 3, 4}
    assert kept(TopK(), PROBABILITIES, 0) == kept(TopK(), PROBABILITIES, 99) == set(range(6))


def test_top_k_keeps_ties():
    assert kept(TopK(), np.array([0.25, 0.25, 0.25, 0.125, 0.125]), 2) == {0, 1, 2}


@pytest.mark.parametrize("size", [5, 81, 700])
def test_top_p_keeps_the_smallest_set_with_the_mass(size):
    rng = np.random.default_rng(size)
    for p in (0.01, 0.3, 0.5, 0.9, 0.99):
        probabilities = softmax(2 * rng.normal(size=size)).astype("float32")
        order = np.argsort(-probabilities)
        mass = probabilities[order].astype("float64").cumsum()
        smallest = set(order[: int((mass < p).sum()) + 1].tolist())
        assert kept(TopP(), probabilities, p) == smallest


def test_top_p_keeps_ties_and_one_keeps_all():
    assert kept(TopP(), np.array([0.2, 0.4, 0.2, 0.2]), 0.5) == {0, 1, 2, 3}
    assert kept(TopP(), np.array([0.1, 0.4, 0.3, 0.2]), 1e-6) == {1}
    assert kept(TopP(), np.array([0.5, 0.5 - 1e-9, 1e-9]), 1.0) == {0, 1, 2}


def test_min_p_is_relative_to_the_most_likely():
    assert kept(MinP(), PROBABILITIES, 0.3) == {1, 3, 4}
    assert kept(MinP(), PROBABILITIES, 0.0) == set(range(6))


def test_repetition_penalty_lowers_both_signs():
    logits = np.array([[2.0, -2.0, 2.0, -2.0]])
    recent = np.array([[True, True, False, False]])
    assert apply(RepetitionPenalty(), logits, [2.0], recent)[0].tolist() == [1, -4, 2, -2]


def test_the_order_is_the_one_stated():
    names = ["repetition_penalty", "temperature", "top_k", "top_p", "min_p"]
    assert [sampler.name for sampler in SAMPLERS] == names
    # At temperature 2 the most likely of these has less than 0.6, so top-p keeps two; before it, only one.
    logits = np.log(np.array([[0.65, 0.3, 0.05]], "float32"))
    assert sample([Temperature(), TopP()], [2.0, 0.6], logits, 0.9) == 1
    assert sample([TopP()], [0.6], logits, 0.9) == 0


def test_rows_have_their_own_values():
    logits = np.tile(np.log(PROBABILITIES), (2, 1))
    assert (softmax(apply(TopK(), logits, [1, 3])) > 0).sum(-1).tolist() == [1, 3]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("temperature", [-0.1, math.nan, 1e9, math.inf, "warm", None]),
        ("top_k", [-1, 2.5, math.nan]),
        ("top_p", [0, -1, 1.1, math.nan]),
        ("min_p", [1, -0.1, math.nan]),
        ("repetition_penalty", [0, -2, 1e9, math.nan]),
    ],
)
def test_values_that_do_not_fit_are_refused(name, values):
    sampler = next(s for s in SAMPLERS if s.name == name)
    for value in values:
        with pytest.raises(ReverieError, match=name):
            check(sampler, value, 1)
    with pytest.raises(ReverieError, match="2 values"):
        check(sampler, [sampler.neutral] * 2, 3)
    assert check(sampler, sampler.neutral, 2) == [sampler.neutral] * 2
