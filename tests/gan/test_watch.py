"""A network that looks at itself sees collapse, copies and a discriminator that has won, and acts."""

import numpy as np
import pytest

from reverie import backend, gan
from reverie.gan import watch
from reverie.gan.adversary import LEAD, Adversary
from reverie.gan.networks import design
from reverie.runs import Run

FINE = {"discriminator": 0.5, "generator": 1.0}


@pytest.fixture
def watched(drawn, tmp_path):
    """A watch over a network whose samples are given by the test."""
    network = Adversary(design(16, 3, size="tiny"), strength=0.5, seed=0)
    network.compile("adam")
    network.optimizer.iterations.assign(watch.PATIENCE)
    model = gan.GAN(network.average, {"network": network.config})
    with Run.open(tmp_path / "run", engine="gan") as run:
        watching = gan.Watch(model, drawn.pixels, run)
        watching.set_model(network)
        watching.show = lambda pixels: setattr(
            model, "sample", lambda count, seed: np.resize(pixels, (count, *pixels.shape[1:]))
        )
        yield watching


def others(count: int = 60) -> np.ndarray:
    from reverie import faces

    return faces.draw(count, 16, seed=9).pixels


def number(variable) -> float:
    return float(backend.to_numpy(variable.value))


def test_new_pictures_of_the_same_kind_are_fine(watched):
    watched.show(others())
    look = watched.look(0.5)
    assert 0.8 < look.variety < 1.25 and 0.8 < look.distance < 1.25 and not look.sentences
    watched.on_epoch_end(5, FINE)
    assert number(watched.model.augment.strength) == 0.5 and watched.run.document["warnings"] == []


def test_samples_that_are_alike_are_a_collapse(watched, capsys):
    base = others(1)
    watched.show(
        np.clip(base.astype(int) + np.random.default_rng(0).integers(-6, 7, (60, 16, 16, 3)), 0, 255).astype(np.uint8)
    )
    watched.on_epoch_end(5, FINE)
    assert number(watched.model.aim) == watch.CALMER * LEAD
    said = capsys.readouterr().err
    assert "Its samples are alike" in said and "penalty will rise" in said
    watched.model.optimizer.iterations.assign(600)
    watched.on_epoch_end(6, FINE)
    assert not capsys.readouterr().err  # said once
    watched.model.optimizer.iterations.assign(800)
    watched.show(others())
    watched.on_epoch_end(7, FINE)
    assert [each.split(":")[0] for each in watched.run.document["warnings"]] == ["Step 400"]  # though it is over


def test_what_stays_wrong_ends_the_run(watched, drawn, capsys):
    watched.show(others(1))
    network = watched.model
    for step in range(200, watch.PATIENCE + watch.HOPELESS + 1, 200):
        assert not network.stop_training
        network.optimizer.iterations.assign(step)
        if step == 1000:  # a run that is resumed counts on
            watched = gan.Watch(watched.gan, drawn.pixels, watched.run)
            watched.set_model(network)
        watched.on_epoch_end(step // 200, FINE)
    assert network.stop_training and "It has been so for 2,000 steps." in capsys.readouterr().err
    network.stop_training = False  # whoever wants to, goes on, and has as many steps again
    ends = []
    for step in range(watch.PATIENCE + watch.HOPELESS + 200, watch.PATIENCE + 2 * watch.HOPELESS + 1, 200):
        network.optimizer.iterations.assign(step)
        watched.on_epoch_end(step // 200, FINE)
        ends += [step] * network.stop_training
    assert ends == [watch.PATIENCE + 2 * watch.HOPELESS]


def test_pictures_that_are_there_twice_hide_no_collapse(watched, drawn):
    twice = gan.Watch(watched.gan, np.concatenate([drawn.pixels[:30], drawn.pixels[:30]]), watched.run)
    watched.show(others(1))
    assert "collapse" in twice.look().sentences
    watched.show(others())
    assert 0.5 < twice.look().variety < 1.5


def test_mirrored_copies_are_copies_of_pictures_that_are_mirrored(watched, drawn):
    watched.show(drawn.pixels[:, :, ::-1])
    assert watched.look().distance > 0
    watched.flip = True
    assert watched.look().distance == 0


def test_what_was_right_in_between_goes_on(watched):
    for step in range(200, watch.PATIENCE + watch.HOPELESS + 1, 200):
        watched.show(others() if step == 1600 else others(1))
        watched.model.optimizer.iterations.assign(step)
        watched.on_epoch_end(step // 200, FINE)
    assert not watched.model.stop_training


def test_the_first_steps_do_not_count(watched):
    watched.model.optimizer.iterations.assign(watch.PATIENCE - 1)
    watched.show(others(1))
    watched.on_epoch_end(0, FINE)
    assert watched.run.document["warnings"] == []


def test_copies_raise_augmentation_until_it_is_at_its_strongest(watched, drawn, capsys):
    watched.show(drawn.pixels)
    assert watched.look().distance == 0
    for epoch in range(4):
        watched.on_epoch_end(epoch, FINE)
    assert number(watched.model.augment.strength) == 1.0
    assert "It begins to copy" in capsys.readouterr().err and "begins to copy" in watched.run.document["warnings"][0]


def test_a_discriminator_that_has_won(watched):
    watched.show(others())
    watched.on_epoch_end(5, {**FINE, "discriminator": 0.001})
    assert "without effort" in watched.run.document["warnings"][0]
    assert number(watched.model.aim) == watch.CALMER * LEAD


def test_the_penalty_rises_with_steps_not_with_looks_and_falls_again(watched):
    """Two troubles at once are one; in 50 steps a quarter as much is done as in 200; more than a stop is never done."""
    network = watched.model

    def looked(step: int, pixels) -> float:
        watched.show(pixels)
        network.optimizer.iterations.assign(step)
        watched.on_epoch_end(0, {**FINE, "discriminator": 0.001 if len(pixels) == 1 else 0.5})
        return number(network.aim)

    assert looked(400, others(1)) == pytest.approx(0.5 * LEAD)
    assert looked(450, others(1)) == pytest.approx(0.5**1.25 * LEAD)
    assert looked(650, others()) == pytest.approx(0.5**0.25 * LEAD)
    assert looked(850, others()) == LEAD
    assert min(looked(step, others(1)) for step in range(1050, 2250, 200)) == watch.CALMEST * LEAD


def test_what_the_user_set_stays(watched, drawn):
    watched.adapt, watched.model.steered = False, False
    watched.show(drawn.pixels)
    before = number(watched.model.aim), number(watched.model.augment.strength)
    watched.on_epoch_end(5, {**FINE, "discriminator": 0.001})
    assert before == (number(watched.model.aim), number(watched.model.augment.strength))


def test_rows_that_a_resumed_run_repeats_are_replaced(watched):
    watched.show(others())
    for step in (4, 8, 8, 12):
        watched.model.optimizer.iterations.assign(step)
        watched.on_epoch_end(0, FINE)
    rows = (watched.run.folder / "losses.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["step", "4", "8", "12"]
