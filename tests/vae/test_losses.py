"""The terms of the bound against what statistics says they are."""

import numpy as np
import pytest
from keras import ops
from scipy import stats

from reverie import backend
from reverie.vae import losses
from reverie.vae.sampling import Sampling

RANDOM = np.random.default_rng(0)


def tensors(*arrays):
    return [ops.convert_to_tensor(np.asarray(array, "float32")) for array in arrays]


def numbers(tensor):
    return backend.to_numpy(ops.convert_to_tensor(tensor))


@pytest.mark.backends
def test_rate_is_the_divergence_of_two_gaussians():
    mean, log_variance = RANDOM.normal(size=(2, 3, 4)).astype("float32")
    rate = numbers(losses.rate_by_latent(*tensors(mean, log_variance)))
    drawn = mean + np.exp(log_variance / 2) * RANDOM.standard_normal((200_000, 3, 4)).astype("float32")
    ratio = stats.norm.logpdf(drawn, mean, np.exp(log_variance / 2)) - stats.norm.logpdf(drawn)
    np.testing.assert_allclose(rate, ratio.mean(axis=0), atol=0.03)
    assert np.abs(numbers(losses.rate_by_latent(*tensors(np.zeros((1, 2)), np.zeros((1, 2)))))).max() == 0


@pytest.mark.backends
def test_bernoulli_is_a_sum_over_all_pixels():
    logits = RANDOM.normal(size=(2, 5, 5, 1)).astype("float32") * 3
    target = (RANDOM.random((2, 5, 5, 1)) < 0.5).astype("float32")
    expected = -stats.bernoulli.logpmf(target, 1 / (1 + np.exp(-logits))).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(numbers(losses.bernoulli(*tensors(target, logits))), expected, rtol=1e-5)
    sure = numbers(losses.bernoulli(*tensors(np.ones((1, 1, 1, 1)), np.full((1, 1, 1, 1), 1e4))))
    assert sure == 0 and np.isfinite(sure).all()


@pytest.mark.backends
def test_gaussian_is_the_density():
    target, mean = RANDOM.random((2, 3, 4, 4, 3)).astype("float32")
    expected = -stats.norm.logpdf(target, mean, np.sqrt(0.03)).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(numbers(losses.gaussian(*tensors(target, mean, 0.03))), expected, rtol=1e-5)


def test_the_best_variance_is_the_likeliest():
    target, mean = RANDOM.random((2, 3, 4, 4, 3)).astype("float32")
    best = float(numbers(losses.best_variance(*tensors(target, mean))))

    def lost(variance):
        return numbers(losses.gaussian(*tensors(target, mean, variance))).mean()

    assert lost(best) < min(lost(best * 0.99), lost(best * 1.01))


@pytest.mark.backends
def test_sampling_draws_from_the_cloud_with_its_own_seed():
    mean, log_variance = np.tile(np.float32([[1, -2]]), (50_000, 1)), np.tile(np.float32([[0, -4]]), (50_000, 1))
    layer = Sampling(seed=1)
    first, second = numbers(layer(tensors(mean, log_variance))), numbers(layer(tensors(mean, log_variance)))
    assert not (first == second).all()
    np.testing.assert_allclose(first.mean(axis=0), [1, -2], atol=0.02)
    np.testing.assert_allclose(first.std(axis=0), [1, np.exp(-2)], rtol=0.02)
    assert (numbers(Sampling(seed=1)(tensors(mean, log_variance))) == first).all()
    assert Sampling.from_config(layer.get_config()).seed == 1
