"""The fitted mixture, where the truth is known."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from reverie import ReverieError, modelfile, vae
from reverie.vae.mixture import Mixture, fit

WEIGHTS = np.float32([0.2, 0.5, 0.3])
MEANS = np.float32([[-4, 0], [3, 3], [2, -4]])
FACTORS = np.float32([[[1, 0], [0.5, 0.5]], [[0.7, 0], [-0.9, 0.4]], [[0.3, 0], [0, 1.2]]])
TRUTH = Mixture(WEIGHTS, MEANS, FACTORS)


def covariance(mixture: Mixture) -> np.ndarray:
    return np.stack([factor @ factor.T if factor.ndim == 2 else np.diag(factor**2) for factor in mixture.factors])


def in_order(mixture: Mixture) -> Mixture:
    order = [int(np.argmin(np.linalg.norm(mixture.means - mean, axis=1))) for mean in MEANS]
    assert sorted(order) == [0, 1, 2]
    return Mixture(mixture.weights[order], mixture.means[order], mixture.factors[order])


def test_the_density_is_that_of_the_formula():
    points = np.random.default_rng(0).normal(0, 3, (50, 2))
    expected = sum(
        weight * multivariate_normal(mean, cov).pdf(points)
        for weight, mean, cov in zip(WEIGHTS, MEANS, covariance(TRUTH), strict=True)
    )
    np.testing.assert_allclose(np.exp(TRUTH.log_density(points)), expected, rtol=1e-4)
    straight = Mixture(WEIGHTS, MEANS, np.float32([[1, 2], [0.5, 0.5], [3, 1]]))
    whole = Mixture(WEIGHTS, MEANS, np.stack([np.diag(each) for each in straight.factors]))
    np.testing.assert_allclose(straight.log_density(points), whole.log_density(points), rtol=1e-6)


def test_samples_have_the_moments_of_the_mixture():
    points = TRUTH.sample(200_000, seed=1)
    mean = WEIGHTS @ MEANS
    away = MEANS - mean
    expected = np.einsum("k,kij->ij", WEIGHTS, covariance(TRUTH) + away[:, :, None] * away[:, None])
    np.testing.assert_allclose(points.mean(axis=0), mean, atol=0.03)
    np.testing.assert_allclose(np.cov(points.T), expected, atol=0.1)
    assert (TRUTH.sample(5, seed=2) == TRUTH.sample(5, seed=2)).all()
    still = TRUTH.sample(100, seed=3, temperature=0)
    assert all((point == MEANS).all(axis=1).any() for point in still)


def test_a_known_mixture_is_found_again():
    points = TRUTH.sample(20_000, seed=4)
    found = in_order(fit(points, 3))
    np.testing.assert_allclose(found.weights, WEIGHTS, atol=0.01)
    np.testing.assert_allclose(found.means, MEANS, atol=0.04)
    np.testing.assert_allclose(covariance(found), covariance(TRUTH), atol=0.05)
    unseen = TRUTH.sample(5000, seed=5)
    assert found.log_density(unseen).mean() == pytest.approx(TRUTH.log_density(unseen).mean(), abs=0.003)


def test_one_component_is_the_mean_and_covariance():
    points = TRUTH.sample(3000, seed=6)
    found = fit(points, 1)
    np.testing.assert_allclose(found.means[0], points.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(covariance(found)[0], np.cov(points.T), rtol=2e-3, atol=2e-3)
    straight = fit(points, 1, full=False)
    np.testing.assert_allclose(straight.factors[0], points.std(axis=0), rtol=1e-3)


def test_few_points_make_a_simple_mixture():
    points = np.random.default_rng(7).standard_normal((20, 16))
    assert fit(points).factors.shape == (1, 16)
    assert fit(np.random.default_rng(7).standard_normal((2000, 16))).factors.shape == (10, 16, 16)
    alike = fit(np.ones((30, 2)), 3)  # no spread at all
    assert np.isfinite(alike.sample(4)).all()
    with pytest.raises(ReverieError, match="3 points make no mixture of 4"):
        fit(np.zeros((3, 2)), 4)


def test_a_model_samples_from_its_mixture(model, run, tmp_path):
    pictures = model.sample(4, prior="mixture", seed=1)
    assert (pictures == model.decode(model.mixture.sample(4, 1))).all()
    assert (pictures == model.sample(4, seed=1)).all() and model.prior == "mixture"
    assert not (pictures == model.sample(4, prior="normal", seed=1)).all()
    assert not (pictures == model.sample(4, prior="mixture", temperature=0.3, seed=1)).all()
    document, arrays = modelfile.read(run / "model.safetensors")
    assert arrays["mixture/means"].shape[1] == 16
    without = {name: array for name, array in arrays.items() if not name.startswith("mixture/")}
    plain = vae.load(document, without)
    assert (plain.sample(2) == model.sample(2, prior="normal")).all() and plain.prior == "normal"
    with pytest.raises(ReverieError, match="without a mixture"):
        plain.sample(2, prior="mixture")
    with pytest.raises(ReverieError, match="no prior 'flat'"):
        plain.sample(2, prior="flat")


@pytest.mark.parametrize(
    "name, change",
    [
        ("means", lambda array: array[:, :3]),
        ("weights", lambda array: -array),
        ("weights", lambda array: np.zeros_like(array)),
        ("factors", lambda array: array[..., None, None]),
        ("factors", lambda array: array.astype(np.float64)),
        ("more", lambda array: np.zeros(1, np.float32)),
    ],
)
def test_a_damaged_mixture(run, name, change):
    document, arrays = modelfile.read(run / "model.safetensors")
    arrays[f"mixture/{name}"] = change(arrays.get(f"mixture/{name}"))
    with pytest.raises(ReverieError, match="not those of the network"):
        vae.load(document, arrays)
