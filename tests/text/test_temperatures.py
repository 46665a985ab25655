"""The temperature that is recommended is the true one where it is known; the figures are what they say."""

import json
import math
import random
from collections import Counter, defaultdict
from types import SimpleNamespace

import pytest
from PIL import Image

from reverie import ReverieError
from reverie.text.temperatures import Row, Temperatures, distinct, looping, passages, temperatures


class Ngrams:
    """A TextModel small enough to know all about: frequencies of characters after the `order` before."""

    def __init__(self, text: str, order: int = 3, sharpness: float = 1.0) -> None:
        self.order = order
        self.sharpness = sharpness  # how far it exaggerates: it writes like its text at this temperature
        self.counts: dict[str, Counter] = defaultdict(Counter)
        self.characters = Counter(text)
        for i in range(len(text) - order):
            self.counts[text[i : i + order]][text[i + order]] += 1

    def training_text(self) -> None:
        return None

    def distribution(self, context: str, temperature: float = 1.0) -> dict[str, float]:
        counts = self.counts.get(context[-self.order :] if self.order else "", self.characters)
        highest = max(counts.values())
        weights = {c: (n / highest) ** (self.sharpness / max(temperature, 1e-3)) for c, n in sorted(counts.items())}
        total = sum(weights.values())
        return {c: weight / total for c, weight in weights.items()}

    def write(self, prompt: str, *, length: int, temperature: float, seed: int | str) -> str:
        source, text = random.Random(seed), prompt
        for _ in range(length):
            chances = self.distribution(text, temperature)
            text += source.choices(list(chances), list(chances.values()))[0]
        return text[len(prompt) :]

    def write_many(self, prompts: list[str], *, length: int, temperature, seed: int) -> list[str]:
        if isinstance(temperature, float):
            temperature = [temperature] * len(prompts)
        return [
            self.write(prompt, length=length, temperature=t, seed=f"{seed} {row}")
            for row, (prompt, t) in enumerate(zip(prompts, temperature, strict=True))
        ]

    def score(self, text: str) -> SimpleNamespace:
        bits = entropy = 0.0
        for i, character in enumerate(text):
            chances = self.distribution(text[max(0, i - self.order) : i])
            bits -= math.log2(chances.get(character, 1e-4))
            entropy -= sum(p * math.log2(p) for p in chances.values())
        size = len(text.encode())
        return SimpleNamespace(
            bits_per_byte=bits / size,
            perplexity=2 ** (bits / len(text)),
            entropy=entropy / len(text),
            tokens=len(text),
            bytes=size,
        )


def babble(seed: int, letters: str, length: int = 3_000) -> str:
    """Made-up words of uneven letters: enough to give an n-gram model habits."""
    source = random.Random(seed)
    words = ["".join(source.choices(letters, k=source.randint(2, 7))) for _ in range(150)]
    weights = [1 / (rank + 1) for rank in range(len(words))]
    return " ".join(source.choices(words, weights, k=length // 5))[:length]


@pytest.fixture(scope="module")
def source() -> Ngrams:
    return Ngrams(babble(0, "abcdefghijklm"), order=2)


@pytest.fixture(scope="module")
def held_out(source) -> str:
    """What the source says of itself: drawn at temperature 1."""
    return source.write("a", length=12_000, temperature=1.0, seed="held out")


@pytest.fixture(scope="module")
def found(source, held_out, tmp_path_factory) -> Temperatures:
    path = tmp_path_factory.mktemp("training") / "train.txt"
    path.write_text(source.write("a", length=20_000, temperature=1.0, seed="training"))
    return temperatures(source, held_out, training_text=path)


def test_a_model_that_is_the_source_is_recommended_at_temperature_1(found):
    assert 0.9 <= found.recommended <= 1.1
    assert found.best.distance < 0.05


def test_the_distance_is_the_mean_log_ratio_to_the_human_figures(found):
    for row in found.rows:
        ratios = [
            row.distinct_1 / found.human.distinct_1,
            row.distinct_2 / found.human.distinct_2,
            row.distinct_3 / found.human.distinct_3,
            row.entropy / found.human.entropy,
            row.bits_per_byte / found.human.bits_per_byte,
            max(row.invented, 0.01) / max(found.human.invented, 0.01),
        ]
        assert row.distance == pytest.approx(sum(abs(math.log(ratio)) for ratio in ratios) / 6)
    assert found.best.distance == min(row.distance for row in found.rows if not row.veto)


@pytest.mark.parametrize("sharpness", [0.6, 1.4])
def test_a_model_that_exaggerates_is_corrected_by_the_temperature(source, held_out, sharpness):
    """p ** sharpness at temperature T is p ** (sharpness / T): the source again at T = sharpness."""
    model = Ngrams(babble(0, "abcdefghijklm"), order=2, sharpness=sharpness)
    assert abs(temperatures(model, held_out).recommended - sharpness) <= 0.1


def test_variety_and_entropy_rise_with_temperature(found):
    rows = [row for row in found.rows if row.temperature in (0.2, 0.5, 1.0, 1.5)]
    for name in ("distinct_1", "distinct_2", "distinct_3", "entropy", "bits_per_byte"):
        figures = [getattr(row, name) for row in rows]
        assert figures == sorted(figures) and figures[0] < figures[-1], name
    assert rows[0].repetition > rows[-1].repetition


def test_what_loops_is_ruled_out_whatever_its_distance(held_out):
    class Stuck(Ngrams):
        def write_many(self, prompts, **values):
            """Writes like its source, but ends every sample below temperature 1.25 in a loop."""
            texts = super().write_many(prompts, **values)
            return [
                text[:-24] + 3 * text[-24:-16] if t < 1.25 else text
                for text, t in zip(texts, values["temperature"], strict=True)
            ]

    found = temperatures(Stuck(babble(0, "abcdefghijklm"), order=2), held_out, grid=(0.8, 1.0, 1.3, 1.5))
    assert [row.veto for row in found.rows] == ["loops", "loops", "", ""]
    assert found.recommended == 1.3
    assert found.best.distance > found.rows[1].distance
    assert "at 0.8, 1 the samples loop more than people do" in found.sentence


def test_what_copies_is_ruled_out(source, held_out, tmp_path):
    class Parrot(Ngrams):
        def write_many(self, prompts, **values):
            return [held_out[500:900] if t < 1.25 else "no, " * 99 for t in values["temperature"]]

    (tmp_path / "train.txt").write_text(held_out[400:1_000])
    parrot = Parrot("abc abd")
    grid = (1.0, 1.5)
    found = temperatures(parrot, held_out[1_000:], grid=grid, training_text=tmp_path / "train.txt")
    assert [row.veto for row in found.rows] == ["copies", "loops"]
    assert (found.rows[0].longest_copy, found.rows[0].copied) == (400, 1.0)
    assert found.rows[1].longest_copy < 10
    assert "none of the others is free of that" in found.sentence  # the nearest, since none is good


@pytest.mark.parametrize(
    ("letters", "gap", "unit"), [("가나다라마바사", " ", "words"), ("甲乙丙丁戊己", "", "characters")]
)
def test_any_script(letters, gap, unit):
    text = babble(1, letters).replace(" ", gap)
    found = temperatures(Ngrams(text), text, samples=3, length=120, grid=(0.5, 1.0))
    assert found.unit == unit
    assert 0 < found.human.distinct_1 < found.human.distinct_3 <= 1
    assert found.human.distinct_1 < 0.9  # no word is a whole sample long


def test_the_same_seed_gives_the_same_answer(source, held_out):
    once, again, other = (
        temperatures(source, held_out, samples=3, length=100, grid=(0.5, 1.0), seed=seed) for seed in (1, 1, 2)
    )
    assert once == again
    assert once.human.example != other.human.example


def test_the_document_is_json_and_says_it_in_words(found):
    document = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert len(document["rows"]) == 14 and document["human"]["temperature"] is None
    assert document["recommended"] == found.recommended
    assert document["sentence"].startswith(f"Write at temperature {found.recommended:g}: of the 14 tried")
    assert document["sentence"].endswith(".")


@pytest.mark.parametrize(
    ("text", "loops"),
    [
        ("a start, and then the same the same the same the same ", True),
        (
            "a start, and then one longer sentence that is said three times." + "one longer sentence that" * 3,
            True,
        ),
        ("the end is cut in the middle of it: and so on, and so on, and so on, and s", True),
        ("-" * 24, True),
        ("-" * 23, False),
        ("it was so funny, ha ha ha", False),
        ("said twice only, as people do. said twice only, as people do. ", False),
        ("round and round and round and round and then out of it again", False),
        ("", False),
    ],
)
def test_a_loop_is_one_span_three_times_at_the_end(text, loops):
    assert looping(text) is loops


def test_distinct_counts_each_text_by_itself():
    assert distinct(["abab"], 1) == 0.5
    assert distinct(["abab"], 2) == pytest.approx(2 / 3)  # ab ba ab
    assert distinct(["ab", "ba"], 2) == 1.0  # the bb between them is nobody's
    assert distinct(["a"], 2) == 1.0


def test_passages_are_spread_and_never_overlap():
    text = "".join(chr(0x4E00 + i) for i in range(3_000))  # every character tells its place
    for samples, count in ((1, 1), (5, 5), (8, 8), (50, 10)):
        prompts, ends = passages(text, samples=samples, prompt=100, length=200, seed=3)
        assert len(prompts) == len(ends) == count
        covered = "".join(prompt + end for prompt, end in zip(prompts, ends, strict=True))
        assert len(covered) == 300 * count and list(covered) == sorted(set(covered))
    assert passages(text[:160], samples=8, prompt=100, length=200, seed=0) == ([text[:100]], [text[100:160]])


def test_bad_input_is_one_sentence(source):
    with pytest.raises(ReverieError, match="only 30 characters"):
        temperatures(source, "x" * 30)
    with pytest.raises(ReverieError, match="No temperature"):
        temperatures(source, "x" * 9_000, grid=())
    with pytest.raises(ReverieError, match="0 samples"):
        temperatures(source, "x" * 9_000, samples=0)
    with pytest.raises(ReverieError, match="missing or empty"):
        temperatures(source, "x" * 9_000, grid=(1.0,), samples=1, training_text="nowhere.txt")


def test_the_chart_is_a_picture_that_carries_its_settings(found, tmp_path):
    path = tmp_path / "temperatures.png"
    found.plot(path)
    with Image.open(path) as picture:
        colors = {color for _, color in picture.convert("RGB").getcolors(2**20)}
        about = json.loads(picture.text["reverie"])
    assert {
        (0xD9, 0x57, 0x2B),
        (0x2F, 0x6D, 0xB3),
        (0x3C, 0x8C, 0x5A),
    } <= colors  # the mark, the model, people
    assert (about["seed"], about["samples"], about["length"]) == (0, 8, 400)
    first = path.read_bytes()
    found.plot(path)
    assert path.read_bytes() == first
    with pytest.raises(ReverieError, match="cannot be written"):
        found.plot(tmp_path / "no folder" / "chart.png")


def test_one_temperature_without_training_text_can_be_drawn(tmp_path):
    row = Row(0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, None, None, None, "")
    human = Row(None, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, None, None, None, "")
    Temperatures([row], human, 0.0, "characters", 1, 50, 0).plot(tmp_path / "chart.png")
    with Image.open(tmp_path / "chart.png") as picture:
        assert math.prod(picture.size) > 500_000
