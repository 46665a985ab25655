"""The report says what a model knows by heart, and the loss curve is drawn."""

import json
import random
from types import SimpleNamespace

import pytest
from PIL import Image

from reverie import ReverieError
from reverie.text.plot import loss_curve
from reverie.text.report import Report, report


def noise(seed: int, length: int) -> str:
    return "".join(random.Random(seed).choices("abcdefghij klmnop", k=length))


class Known:
    """A model of which everything is known: it writes noise around a piece of `recited`."""

    def __init__(self, recited: str = "") -> None:
        self.recited = recited
        self.asked: list[tuple] = []

    def training_text(self) -> None:
        return None

    def write_many(self, prompts, *, length, temperature, seed):
        self.asked.append((len(prompts), length, temperature, seed))
        return [
            (noise(seed + 50 + row, length // 2) + self.recited + noise(seed + 90 + row, length))[:length]
            for row in range(len(prompts))
        ]

    def score(self, text):
        size = len(text.encode())
        return SimpleNamespace(bits_per_byte=1.5, perplexity=2.83, entropy=1.4, tokens=len(text) - 1, bytes=size)


@pytest.fixture
def training(tmp_path):
    path = tmp_path / "train.txt"
    path.write_text(noise(1, 30_000))
    return path


HELD_OUT = noise(2, 20_000)


def test_a_model_that_recites_is_told_from_one_that_does_not(training):
    recited = training.read_text()[5_000:5_200]
    parrot = report(Known(recited), HELD_OUT, training_text=training)
    assert parrot.written.longest == 200 and parrot.written.text == recited
    assert parrot.written.share == pytest.approx(0.2)
    assert parrot.human.longest < 12 and parrot.human.share == 0.0
    assert parrot.written.characters == parrot.human.characters == 16_000
    said = " ".join(parrot.sentences)
    assert "has 200 characters" in said and "20.0% of what it wrote" in said and "0.0% of the held-out" in said
    assert "It recites" in said

    honest = report(Known(), HELD_OUT, training_text=training)
    assert honest.written.share == 0.0 and abs(honest.written.longest - honest.human.longest) <= 3
    assert honest.sentences[-1] == "It copies no more than people do."


def test_people_who_repeat_themselves_are_the_measure(tmp_path):
    """Held-out text that stands in the training text: a model that recites a little is not to blame."""
    (tmp_path / "train.txt").write_text(HELD_OUT)
    found = report(Known(HELD_OUT[300:400]), HELD_OUT, training_text=tmp_path / "train.txt")
    assert found.human.share == 1.0 and found.human.longest == 1_000
    assert found.written.share == pytest.approx(0.1, rel=0.01)  # the noise around may go on a character more
    assert found.sentences[-1] == "It copies no more than people do."


def test_the_scores_are_the_models(training):
    found = report(Known(), HELD_OUT, training_text=training)
    assert (found.bits_per_byte, found.perplexity, found.entropy) == (1.5, 2.83, 1.4)
    assert (found.tokens, found.bytes) == (19_999, 20_000)
    said = " ".join(found.sentences)
    assert "1.500 bits per byte" in said and "20,000 bytes" in said and "2.83 equally likely" in said


def test_without_the_training_text_nothing_is_written():
    model = Known()
    found = report(model, HELD_OUT)
    assert found.written is None and found.human is None and model.asked == []
    assert found.sentences[-1].startswith("Copies were not looked for")


def test_values_reach_the_model_and_the_document(training):
    model = Known()
    found = report(model, HELD_OUT, training_text=training, temperature=0.5, samples=3, length=120, seed=7)
    assert model.asked == [(3, 120, 0.5, 7)]
    document = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert (document["temperature"], document["seed"]) == (0.5, 7)
    assert document["written"]["characters"] == 360
    assert document["sentences"] == found.sentences


def test_a_short_held_out_text_gives_a_short_report(training):
    model = Known()
    assert report(model, HELD_OUT[:564], training_text=training).written.characters == 500
    assert model.asked == [(1, 500, 0.8, 0)]
    with pytest.raises(ReverieError, match="only 70 characters"):
        report(model, HELD_OUT[:70], training_text=training)


def test_a_long_copy_is_quoted_on_one_line(training):
    recited = training.read_text()[5_000:5_400]
    line = next(said for said in report(Known(recited), HELD_OUT, training_text=training).sentences if "“" in said)
    assert len(line) < 300 and "\n" not in line and " ... " in line
    assert isinstance(report(Known(recited), HELD_OUT, training_text=training), Report)


@pytest.mark.parametrize("validated", [True, False])
def test_the_loss_curve_is_a_picture(tmp_path, validated):
    steps = list(range(1, 101))
    losses = [4 / (1 + step / 20) + 1 for step in steps]
    held_out = ([25, 50, 75, 100], [2.9, 2.2, 2.0, 2.1]) if validated else ()
    loss_curve(tmp_path / "loss.png", steps, losses, *held_out, settings={"seed": 3})
    with Image.open(tmp_path / "loss.png") as picture:
        colors = {color for _, color in picture.convert("RGB").getcolors(2**20)}
        assert json.loads(picture.text["reverie"])["seed"] == 3
    assert ((0xD9, 0x57, 0x2B) in colors) is validated
    assert (0x2F, 0x6D, 0xB3) in colors
    with pytest.raises(ReverieError, match="cannot be written"):
        loss_curve(tmp_path / "none" / "loss.png", steps, losses)
