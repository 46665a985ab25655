"""Two losses in one step: each reaches its own network, and the slopes are the slopes."""

import math

import keras
import numpy as np
import pytest
from keras import ops

from reverie import backend
from reverie.gan import adversary
from reverie.gan.adversary import Adversary
from reverie.gan.energy import energy_distance
from reverie.gan.networks import design
from reverie.gan.textbook import MADE, NOISE, REAL, Textbook

PICTURES = np.random.default_rng(0).integers(0, 256, (8, 16, 16, 3), dtype=np.uint8)
LABELS = np.arange(8, dtype=np.int32) % 2


def awake(network):
    """Last kernels that start at zero keep gradients from what is before them: here they do not."""
    random = np.random.default_rng(1)
    for variable in network.trainable_variables:
        if not array(variable).any():
            variable.assign(0.1 * random.standard_normal(variable.shape).astype(np.float32))
    return network


def array(variable) -> np.ndarray:
    return np.array(backend.to_numpy(variable.value))


def arrays(network) -> list[np.ndarray]:
    return [array(variable) for variable in network.trainable_variables]


def number(tensor) -> float:
    return float(backend.to_numpy(tensor))


@pytest.mark.backends
@pytest.mark.parametrize("classes", [0, 2])
def test_each_network_learns_by_its_own_loss(classes, single, monkeypatch):
    """A step of descent moves weights as the gradient of their network's own loss says, by finite differences."""
    network = awake(Adversary(design(16, 3, size="tiny", classes=classes), gamma=0.0, seed=0))
    latents = ops.convert_to_tensor(np.random.default_rng(2).standard_normal((8, 64)).astype(np.float32))
    known = [ops.convert_to_tensor(LABELS)] if classes else []

    def scores(seen):
        return backend.to_numpy(network.discriminator([*seen, *known])).astype(np.float64)

    def losses():
        made = network.sight(network.generator([latents, *known] if known else latents, training=True))
        shown = network.sight((PICTURES / 255).astype(np.float32))
        real, fake = scores(shown), scores(made)
        return {
            "generator": np.log1p(np.exp(real - fake)).mean() + number(energy_distance(shown, made, *known)),
            "discriminator": np.log1p(np.exp(fake - real)).mean(),
        }

    rate = 1e-3
    chosen = {
        "generator": ("stage1", "pixels"),
        "discriminator": ("map1_first", "head0_score"),
    }
    weights = network.trainable_variables
    before = [array(weight) for weight in weights]
    monkeypatch.setattr(Adversary, "call", lambda self, x, training=False: latents)
    network.compile(keras.optimizers.SGD(rate), jit_compile=False)
    network.train_on_batch(PICTURES, LABELS)
    gradients = {w.path: (was - array(w)) / rate for w, was in zip(weights, before, strict=True)}
    for weight, was in zip(weights, before, strict=True):
        weight.assign(was)
    for name, layers in chosen.items():
        for weight in (getattr(network, name).get_layer(layer).kernel for layer in layers):
            was, gradient = array(weight), gradients[weight.path]
            step = min(2e-3, 1e-3 / np.linalg.norm(gradient))  # short where it is steep: rectifiers have kinks
            found = []
            for sign in (1, -1):
                weight.assign(was + sign * step * gradient / np.linalg.norm(gradient))
                found.append(losses()[name])
            weight.assign(was)
            slope = (found[0] - found[1]) / (2 * step)
            assert np.linalg.norm(gradient) == pytest.approx(slope, rel=0.05), weight.path


@pytest.mark.backends
@pytest.mark.filterwarnings("ignore:Gradients do not exist")  # for the other network: that is the point
@pytest.mark.parametrize(
    "kind, classes, which",
    [(Adversary, classes, "penalty") for classes in (0, 2)]
    + [(Textbook, 0, "generator"), (Textbook, 0, "discriminator")],
)
def test_each_loss_reaches_its_own_network_only(kind, classes, which):
    class One(kind):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            if kind is Textbook:
                return self.contest(x, y_pred)[which]
            return getattr(self.contest(x, y, y_pred), which)

    preset = "textbook" if kind is Textbook else "projected"
    network = awake(One(design(16, 3, preset, "tiny", classes), seed=0))
    network.compile(keras.optimizers.SGD(0.1), jit_compile=False)
    before = {name: arrays(getattr(network, name)) for name in ("generator", "discriminator")}
    network.train_on_batch(PICTURES, LABELS)
    own = "generator" if which == "generator" else "discriminator"
    for name, weights in before.items():
        changed = [(one != other).any() for one, other in zip(arrays(getattr(network, name)), weights, strict=True)]
        assert sum(changed) > 0.8 * len(changed) if name == own else not any(changed)


@pytest.mark.parametrize("side_by_side", [1, 2, 3])
def test_a_batch_in_parts_is_as_many_contests(side_by_side, single, monkeypatch):
    """Each part of real pictures is compared with as many generated ones, by itself, however the batch is worked on."""
    keras.utils.set_random_seed(0)
    network = awake(Adversary(design(16, 3, size="tiny"), seed=0))
    latents = np.random.default_rng(0).standard_normal((8, network.config["latent"])).astype(np.float32)
    monkeypatch.setattr(adversary, "PART", 4)
    monkeypatch.setattr(backend, "parts", lambda: side_by_side)
    halves = [network.contest(PICTURES[half], LABELS[half], latents[half]) for half in (slice(4), slice(4, 8))]
    network.compute_loss(PICTURES, LABELS, latents, training=False)
    for name in ("generator", "discriminator", "energy", "lead"):
        expected = np.mean([number(getattr(each, name)) for each in halves])
        assert number(network.measured[name].result()) == pytest.approx(expected, rel=1e-4)

    def whole(count: int) -> float:
        pictures = (PICTURES[:count] / 255).astype(np.float32)
        return number(energy_distance(network.sight(pictures), network.sight(network.generator(latents[:count]))))

    assert number(network._contests(PICTURES, LABELS, latents).energy) != pytest.approx(whole(8), rel=1e-3)
    for count, part in ((8, 5), (7, 2)):  # 8 pictures are no two parts of 5, and 7 no three as large
        monkeypatch.setattr(adversary, "PART", part)
        batch = PICTURES[:count], LABELS[:count], latents[:count]
        assert number(network._contests(*batch).energy) == pytest.approx(whole(count), rel=1e-4)


@pytest.mark.backends
def test_the_slope_is_the_gradients_square(single):
    """The finite difference in random directions, on average, against the gradient itself."""
    network = awake(Adversary(design(16, 3, size="tiny"), seed=0))
    seen = network.sight((PICTURES[:4] / 255).astype(np.float32))
    shapes = [tuple(each.shape) for each in seen]
    ends = np.cumsum([np.prod(shape) for shape in shapes])[:-1].tolist()

    def scores(flat):
        maps = [ops.reshape(part, shape) for part, shape in zip(ops.split(flat, ends), shapes, strict=True)]
        return ops.sum(network.discriminator(maps), axis=0)

    def square(head):
        def score(flat):
            return scores(flat)[head], scores(flat)[head]

        program = backend.value_and_grad(score, network.discriminator.variables)
        flat = np.concatenate([backend.to_numpy(each).reshape(-1) for each in seen])
        return np.square(backend.to_numpy(program(flat)[2])).sum() / len(PICTURES[:4])

    gradients = [square(head) for head in range(len(seen))]
    many = [ops.repeat(each, 256 * adversary.SHARE, axis=0) for each in seen]  # of which each so many-th is perturbed
    estimate = number(network._slope(many, []))
    assert estimate == pytest.approx(np.mean(gradients), rel=0.15)  # of 1,024 directions, whose squares spread by √2


@pytest.mark.backends
def test_the_losses_are_those_of_the_formula(single):
    network = awake(Adversary(design(16, 3, size="tiny"), seed=0))
    latents = np.random.default_rng(2).standard_normal((8, 64)).astype(np.float32)

    def scores(pictures):
        return backend.to_numpy(network.discriminator(network.sight(pictures))).astype(np.float64)

    real, fake = scores((PICTURES / 255).astype(np.float32)), scores(network.generator(latents, training=True))
    found = network.contest(PICTURES, LABELS, latents)
    assert number(found.lead) == pytest.approx((real - fake).mean(), rel=1e-4)
    assert number(found.discriminator) == pytest.approx(np.log1p(np.exp(fake - real)).mean(), rel=1e-4)
    assert number(found.generator) == pytest.approx(np.log1p(np.exp(real - fake)).mean(), rel=1e-4)


@pytest.mark.backends
def test_the_average_follows_the_generator_by_its_half_life():
    network = Adversary(design(16, 3, size="tiny"), seed=0)
    kept, now = network.average.trainable_variables or network.average.variables, network.generator.variables
    assert all((array(one) == array(other)).all() for one, other in zip(kept, now, strict=True))
    now[0].assign(array(now[0]) + 1.0)
    network.seen.assign(2000.0)
    before = array(kept[0])
    network._remember(np.float32(50.0))
    half_life = adversary.RAMP * 2050
    assert np.allclose(array(kept[0]) - before, 1 - 0.5 ** (50 / half_life), atol=1e-5)
    assert number(network.seen.value) == 2050
    assert not network.average.trainable_variables


def test_gamma_is_steered_by_the_lead_unless_it_is_given():
    network = Adversary(design(16, 3, size="tiny"), seed=0)
    start = number(network.log_gamma.value)
    network._steer(np.float32(9.0))
    assert number(network.log_gamma.value) == pytest.approx(start + adversary.PULL, rel=1e-4)
    network._steer(np.float32(adversary.LEAD - 0.5))
    assert number(network.log_gamma.value) == pytest.approx(start + adversary.PULL / 2, rel=1e-4)
    network.aim.assign(0.25)
    network._steer(np.float32(0.5))
    assert number(network.log_gamma.value) == pytest.approx(start + 0.75 * adversary.PULL, rel=1e-4)
    given = Adversary(design(16, 3, size="tiny"), gamma=2.0)
    given._steer(np.float32(9.0))
    assert number(given.log_gamma.value) == pytest.approx(math.log(2.0))


@pytest.mark.backends
def test_dropout_is_on_in_training():
    network = Textbook(design(16, 3, "textbook"), seed=0)
    pictures = (PICTURES / 255).astype(np.float32)
    latents = np.zeros((2, 8, 128), np.float32)
    still = [backend.to_numpy(network.discriminator(pictures)) for _ in range(2)]
    assert (still[0] == still[1]).all()
    losses = [network.contest(PICTURES, latents) for _ in range(2)]
    assert number(losses[0]["generator"]) != number(losses[1]["generator"])  # its pictures are the same


def test_the_textbooks_labels():
    """A discriminator that always says 1/2 costs log 2, however noisy its labels are."""
    network = Textbook(design(16, 3, "textbook"), seed=0)
    for variable in network.discriminator.get_layer("score").weights:
        variable.assign(np.zeros(variable.shape))
    losses = network.contest(PICTURES, np.zeros((2, 8, 128), np.float32))
    assert all(number(loss) == pytest.approx(math.log(2), abs=1e-5) for loss in losses.values())
    network.discriminator.get_layer("score").weights[1].assign([20.0])  # sure that all are made
    losses = network.contest(PICTURES, np.zeros((2, 8, 128), np.float32))
    assert number(losses["generator"]) == pytest.approx(20 * (MADE - REAL), rel=1e-3)
    assert 20 * (0.5 - NOISE) < number(losses["discriminator"]) < 20 * 0.5


def test_the_textbook_network_is_the_textbooks():
    """Chollet's discriminator has 404,801 weights, his generator 3,979,651."""
    network = Textbook(design(64, 3, "textbook"), seed=0)
    assert (network.discriminator.count_params(), network.generator.count_params()) == (404_801, 3_979_651)


@pytest.mark.parametrize("count", [20, 17])
def test_a_last_batch_may_be_smaller(drawn, count):
    """Even of one picture, which has no others to differ from."""
    network = Adversary(design(16, 3, size="tiny"), seed=0)
    network.compile(keras.optimizers.Adam(1e-3), jit_compile=False)
    network.fit(drawn.pixels[:count], np.zeros(count, np.int32), batch_size=8, epochs=1, verbose=0)
    assert all(np.isfinite(weights).all() for weights in arrays(network))


@pytest.mark.backends
def test_both_networks_learn_in_fit(drawn):
    """Every weight of both has moved after a few steps, though the last of each block begin at zero."""
    network = Adversary(design(16, 3, size="tiny"), seed=0)
    network.compile(keras.optimizers.Adam(1e-3), jit_compile=False)
    weights = network.generator.trainable_variables + network.discriminator.trainable_variables
    before = [np.array(backend.to_numpy(weight.value)) for weight in weights]
    network.fit(drawn.pixels[:24], np.zeros(24, np.int32), batch_size=8, epochs=1, verbose=0)
    for weight, was in zip(weights, before, strict=True):
        assert (backend.to_numpy(weight.value) != was).any(), weight.path
