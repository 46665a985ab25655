"""Distillation, stage by stage: the loss it takes, what is forced, that it learns, and that it goes on as it was."""

import keras
import numpy as np
import pytest

from recipes import photos, state
from recipes.distillation import deviations, distance, outputs_of, stages_of
from reverie import backend


@pytest.fixture
def batches(pictures):
    return [photos.batch(pictures, 16, 8, np.random.default_rng(number)) for number in range(4)]


def train(model, batches, steps, first=0):
    return [model.train_on_batch(batches[n % len(batches)], None) for n in range(first, first + steps)]


def test_every_stage_learns(distillation, batches):
    model = distillation(batches)
    before = np.array([float(loss) for loss in model(batches[0])])
    train(model, batches, 80)
    after = np.array([float(loss) for loss in model(batches[0])])
    assert (after < 0.35 * before).all(), (before, after)


def test_the_teacher_does_not_change_and_is_not_trained(distillation, batches):
    model = distillation(batches)
    before = [backend.to_numpy(variable) for variable in model.teacher.variables]
    assert len(model.trainable_variables) == 6  # the student's
    train(model, batches, 3)
    for old, variable in zip(before, model.teacher.variables, strict=True):
        np.testing.assert_array_equal(backend.to_numpy(variable), old)


def test_the_student_as_its_own_teacher_has_no_loss(distillation, batches):
    """In its own units a stage gives what it is asked for, be its input forced or not."""
    model = distillation(batches, student=1)
    model.scales = {name: np.ones(1, np.float32) for name in model.scales}
    for forcing in (0, 0.5, 1):
        model.forcing.assign(forcing)
        np.testing.assert_allclose([float(loss) for loss in model(batches[0])], 0, atol=1e-8)


def test_forcing(distillation, batches):
    """Forced, a stage's loss does not depend on the stage before, and gives it no gradient; else both do."""
    model = distillation(batches)

    def loss_of_second():
        return float(model(batches[0])[1])

    def reaches_first():
        tensorflow = pytest.importorskip("tensorflow")
        with tensorflow.GradientTape() as tape:
            loss = model(batches[0])[1]
        return tape.gradient(loss, model.stages[0].trainable_variables[0].value) is not None

    found = {}
    for forcing in (0, 1):
        model.forcing.assign(forcing)
        before = loss_of_second()
        kernel = model.stages[0].trainable_variables[0]
        kernel.assign(kernel + 0.3)
        found[forcing] = loss_of_second() - before
        kernel.assign(kernel - 0.3)
    assert found[1] == 0 and abs(found[0]) > 0.01
    assert reaches_first()


def test_a_coin_is_thrown_for_every_sample(distillation, batches):
    """With the first stage silenced, samples whose input was the teacher's stand out; about half of them are."""
    model = distillation(batches)
    for variable in model.stages[0].trainable_variables:
        variable.assign(variable * 0)
    model.forcing.assign(0.5)
    seen = []
    second = model.stages[1]
    model.stages[1] = lambda x, training: seen.append(backend.to_numpy(x)) or second(x)
    for _ in range(16):
        model(batches[0])
    forced = np.array([x.any(axis=(1, 2, 3)) for x in seen])  # (16, 8)
    assert 0.3 < forced.mean() < 0.7
    assert (forced.std(axis=0) > 0).all() and (forced.std(axis=1) > 0).any()


def test_distance_of_feature_maps_is_the_mean_square():
    a, b = np.random.default_rng(0).normal(size=(2, 3, 4, 5, 6)).astype(np.float32)
    assert float(distance(a, b)) == pytest.approx(np.mean((a - b) ** 2), rel=1e-5)


def test_distance_of_logits_leaves_out_their_mean():
    a, b = np.random.default_rng(0).normal(size=(2, 4, 6)).astype(np.float32)
    centred = [x - x.mean(-1, keepdims=True) for x in (a, b)]
    p, q = (np.exp(x) / np.exp(x).sum(-1, keepdims=True) for x in (a, b))
    wanted = np.mean((centred[0] - centred[1]) ** 2) + 0.3 * np.mean(np.sum(q * np.log(q / p), -1))
    assert float(distance(a, b)) == pytest.approx(wanted, rel=1e-4)
    assert float(distance(a + 7, b)) == pytest.approx(wanted, rel=1e-4)


def test_deviations_are_per_channel_and_not_too_small():
    images = keras.Input((None, None, 2))
    teacher = keras.Model(images, [images, keras.layers.GlobalMaxPooling2D()(images)])
    x = np.random.default_rng(0).normal(0, [5, 0.001], (4, 32, 32, 2)).astype(np.float32)
    found = deviations(teacher, ("map", "logits"), [x[:2], x[2:]])
    np.testing.assert_allclose(found["map"], [5, 0.25], rtol=0.05)  # the second: a tenth of the mean of both
    logits = x.max((1, 2))
    centred = logits - logits.mean(1, keepdims=True)
    np.testing.assert_allclose(found["logits"], [np.sqrt(np.mean(centred**2))], rtol=1e-3)


def test_stages_in_a_row_are_the_network(pictures):
    images = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(4, 3, name="a")(images)
    x = keras.layers.MaxPooling2D(name="pool")(x)
    network = keras.Model(images, keras.layers.Conv2D(5, 3, name="b")(x))
    x = np.random.default_rng(0).uniform(0, 1, (1, 12, 12, 3)).astype(np.float32)
    first, second = stages_of(network, ("a", "b"))
    wanted = [backend.to_numpy(output) for output in outputs_of(network, ("a", "b"))(x)]
    np.testing.assert_allclose(backend.to_numpy(keras.tree.flatten(first(x))[0]), wanted[0], rtol=1e-5)
    np.testing.assert_allclose(backend.to_numpy(keras.tree.flatten(second(wanted[0]))[0]), wanted[1], rtol=1e-5)


def test_it_goes_on_bit_for_bit(distillation, batches, tmp_path):
    """Four steps, saved, loaded into another, four more: as eight in a row, with every coin and moment."""

    def halved(model, first):
        model.forcing.assign(0.5)
        train(model, batches, 4, first)

    whole = distillation(batches)
    halved(whole, 0)
    state.save(tmp_path / "last.safetensors", whole)
    halved(whole, 4)
    resumed = distillation(batches, student=9)
    state.load(tmp_path / "last.safetensors", resumed)
    assert int(resumed.optimizer.iterations) == 4
    halved(resumed, 4)
    for name, wanted in state.values(whole).items():
        np.testing.assert_array_equal(state.values(resumed)[name], wanted)
    for name, wanted in state.averaged(whole).items():
        np.testing.assert_array_equal(state.averaged(resumed)[name], wanted)


def test_a_checkpoint_holds_the_averages(distillation, batches, tmp_path):
    """Half of the old average and half of the new weights at each step, begun after the first."""
    model = distillation(batches)
    train(model, batches, 1)
    average = {name: value.copy() for name, value in state.values(model).items()}
    for number in range(1, 4):
        train(model, batches, 1, number)
        average = {name: 0.5 * average[name] + 0.5 * value for name, value in state.values(model).items()}
    now = state.values(model)
    state.save(tmp_path / "last.safetensors", model)
    weights, scales = state.read(tmp_path / "last.safetensors")
    for name, value in weights.items():
        np.testing.assert_allclose(value, average[name], rtol=1e-4, atol=1e-6)
        np.testing.assert_array_equal(state.values(model)[name], now[name])  # saving leaves the weights alone
    np.testing.assert_array_equal(scales["first"], backend.to_numpy(model.scales["first"]))
