"""The preset with two levels of latents: one flat space to its user, and a true bound."""

import keras
import numpy as np
import pytest
from keras import ops

from reverie import backend, modelfile, vae
from reverie.vae.autoencoder import Autoencoder
from reverie.vae.evaluate import Evaluator
from reverie.vae.networks import FINE, design


@pytest.fixture(scope="module")
def network():
    """Untrained, and shaken, so that the second level says something."""
    keras.utils.set_random_seed(0)
    network = Autoencoder(design(8, 1, "bernoulli", "hierarchical", "tiny", latent=2), seed=0)
    random = np.random.default_rng(0)
    for weight in network.trainable_weights:
        weight.assign(np.asarray(weight) + random.normal(0, 0.02, weight.shape).astype(np.float32))
    return network


@pytest.fixture(scope="module")
def pictures():
    return (255 * (np.random.default_rng(1).random((3, 8, 8, 1)) < 0.5)).astype(np.uint8)


def terms(network, pictures, noise):
    target = ops.convert_to_tensor(pictures / np.float32(255))
    return [backend.to_numpy(part) for part in network.posterior(target, ops.convert_to_tensor(noise))]


@pytest.mark.backends
def test_no_cloud_is_wider_than_the_space(pictures):
    """However strange a picture: the exponential of a large log-variance has ended a training."""
    network = Autoencoder(design(8, 1, "bernoulli", "hierarchical", "tiny", latent=2), seed=0)
    for weight in network.trainable_weights:
        if "log_variance" in weight.path and "kernel" in weight.path:
            weight.assign(np.full(weight.shape, 1000, np.float32))
        else:
            weight.assign(np.asarray(weight) + 0.1)
    _, log_variance, _ = terms(network, pictures, np.zeros((3, network.latents), np.float32))
    assert np.abs(log_variance).max() > 10 and log_variance.max() <= 2


@pytest.mark.backends
def test_the_second_level_depends_on_what_the_first_drew(network, pictures):
    noise = np.zeros((3, network.latents), np.float32)
    mean, _, latent = terms(network, pictures, noise)
    np.testing.assert_array_equal(mean, latent)
    noise[:, 0] = 2
    moved = terms(network, pictures, noise)[0]
    np.testing.assert_array_equal(moved[:, :2], mean[:, :2])
    assert np.abs(moved[:, 2:] - mean[:, 2:]).max() > 1e-3
    assert network.latents == 2 + FINE * 16


def test_the_likelihood_is_the_integral_over_both_levels(network, pictures):
    """Importance sampling from the posterior agrees with drawing from the prior, and is above the bound."""
    draws = np.random.default_rng(0).standard_normal((20_000, network.latents)).astype(np.float32)
    logits = backend.to_numpy(network.decoded(ops.convert_to_tensor(draws)))
    expected = []
    for target in pictures / np.float32(255):
        logs = -(np.logaddexp(0, logits) - logits * target).sum(axis=(1, 2, 3))
        expected.append(-np.logaddexp.reduce(logs.astype(np.float64)) + np.log(len(logs)))
    evaluator = Evaluator(network)
    found = evaluator.likelihood(pictures, 4000)
    assert found == pytest.approx(np.mean(expected), abs=0.1) and found < evaluator(pictures).loss - 0.3


def test_its_latents_are_one_space(drawn, tmp_path):
    model = vae.train(drawn, steps=4, size="tiny", preset="hierarchical", out=tmp_path / "run", quiet=True)
    again = vae.load(*modelfile.read(tmp_path / "run" / "model.safetensors"))
    latents = again.encode(drawn.pixels[:3])
    assert latents.shape == (3, again.latent) and (latents == model.encode(drawn.pixels[:3])).all()
    assert again.decode(latents).shape == (3, 16, 16, 3)
    assert again.sample(2, prior="mixture").shape == (2, 16, 16, 3)
