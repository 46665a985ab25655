"""The temperature at which a model writes most like the text it learned from: found, not guessed."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reverie.errors import ReverieError
from reverie.text.copies import Copies, CopyIndex
from reverie.text.invention import invented
from reverie.text.sources import read

if TYPE_CHECKING:
    from reverie.text.model import TextModel

GRID = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5)
COMPARED = ("distinct_1", "distinct_2", "distinct_3", "entropy", "bits_per_byte", "invented")
LOOPS_ALLOWED, COPIES_ALLOWED = 0.1, 0.05  # so much more than the human text's share is a veto


@dataclass(frozen=True)
class Row:
    """What a temperature's samples look like; for the human text, of the same amount, `temperature` is None.

    All shares are in [0, 1].

    distinct_1, distinct_2, distinct_3: share of the words, word pairs and triples that are different ones.
    repetition: share of a sample's four-word sequences that it has used before, mean over the samples.
    loops: share of the samples that end going round in a circle (see `looping`).
    entropy: bits per token of the model's own distribution (at temperature 1) along the text.
    bits_per_byte: what the text costs the model (at temperature 1).
    invented: share of the words that the training text does not hold; None without the training text, and where
        the text does not part its words.
    longest_copy, copied: characters of the longest verbatim copy of the training text, and share of the text
        in copies of 50 characters or more; None without the training text.
    distance: from the human row. veto: why this row may not be recommended, "loops", "copies" or "".
    example: the first sample.
    """

    temperature: float | None
    distinct_1: float
    distinct_2: float
    distinct_3: float
    repetition: float
    loops: float
    entropy: float
    bits_per_byte: float
    invented: float | None
    longest_copy: int | None
    copied: float | None
    example: str
    distance: float = 0.0
    veto: str = ""


@dataclass(frozen=True)
class Temperatures:
    """One row for each temperature, the human row, and the temperature that comes nearest to it.

    unit: what distinct-n counts, "words" or, in scripts that do not part them, "characters".
    """

    rows: list[Row]
    human: Row
    recommended: float
    unit: str
    samples: int
    length: int
    seed: int

    @property
    def best(self) -> Row:
        return next(row for row in self.rows if row.temperature == self.recommended)

    @property
    def sentence(self) -> str:
        """What is recommended and why."""
        best, coldest, hottest, human = self.best, self.rows[0], self.rows[-1], self.human
        pair = "word pairs" if self.unit == "words" else "character pairs"
        said = (
            f"Write at temperature {best.temperature:g}: of the {len(self.rows)} tried it comes nearest to "
            f"the held-out text ({best.distinct_2:.0%} of its {pair} are different ones, against "
            f"{human.distinct_2:.0%}; {best.bits_per_byte:.2f} bits per byte, against "
            f"{human.bits_per_byte:.2f}{_invention(best, human)})"
        )
        if coldest is not best and coldest.distinct_2 < human.distinct_2:
            circles = f" and {coldest.loops:.0%} of the samples end in a loop" if coldest.loops else ""
            said += f"; at {coldest.temperature:g} only {coldest.distinct_2:.0%} are different{circles}"
        if hottest is not best and hottest.bits_per_byte > human.bits_per_byte:
            said += f"; at {hottest.temperature:g} it strays to {hottest.bits_per_byte:.2f} bits per byte"
        for veto, verb in (("loops", "loop"), ("copies", "copy the training text")):
            if any(row.veto == veto for row in self.rows):
                out = ", ".join(f"{row.temperature:g}" for row in self.rows if row.veto == veto)
                said += f"; at {out} the samples {verb} more than people do"
        if best.veto:
            said += "; none of the others is free of that"
        return said + "."

    def plot(self, path: str | Path) -> None:
        """Draws the rows as a PNG. Raises ReverieError if it cannot be written."""
        from reverie.text.plot import temperature_chart  # the drawing library takes half a second to load

        temperature_chart(self, path)

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "sentence": self.sentence}


def temperatures(
    model: "TextModel",
    held_out: str | Path | None = None,
    *,
    training_text: str | Path | None = None,
    grid: Sequence[float] = GRID,
    samples: int = 8,
    length: int = 400,
    prompt: int = 64,
    seed: int = 0,
) -> Temperatures:
    """Samples at every temperature and compares them with text that people wrote and the model has not seen.

    The model continues the same passages of `held_out` at each temperature; the human row is how they really
    go on, cut to the same length, so that all figures are taken from equal amounts of text. The distance of a
    row is the mean of |ln(figure / human figure)| over distinct-1, -2, -3, entropy, bits per byte and, with the
    training text, the share of invented words, without which misspelling would count as variety. The
    recommended row is the nearest of those that neither loop (in over 10 % more of the samples than the human
    text) nor copy (over 5 % more of the text); if all do, the nearest of all.

    Matching the human text's likelihood is Holtzman et al. (2020), who tune nucleus sampling so; distinct-n
    is Li et al. (2016). Here both count, since either alone is met by some degenerate sampling.

    held_out: unseen text, or the path of a file of it, best of samples * (prompt + length) characters or more.
    training_text: the UTF-8 file that copies are looked for in. A model in its run folder has both by itself.
    grid: temperatures. samples: how many for each. length, prompt: characters.
    Raises ReverieError if a value makes no sense or the held-out text is too short.
    """
    grid = sorted({float(temperature) for temperature in grid})
    if not grid:
        raise ReverieError("No temperature was given to try.", "Give some, such as 0.5, 0.8 and 1.0.")
    held_out = unseen(model, held_out)
    training_text = training_text or model.training_text()
    prompts, human = passages(held_out, samples=samples, prompt=prompt, length=length, seed=seed)
    samples, length = len(human), len(human[0])
    written = model.write_many(
        prompts * len(grid),
        length=length,
        temperature=[temperature for temperature in grid for _ in prompts],
        seed=seed,
    )
    groups = [human] + [written[i : i + samples] for i in range(0, len(written), samples)]
    copies: Sequence[Copies | None] = [None] * len(groups)
    if training_text is not None:
        copies = CopyIndex(training_text).compare(groups)
    unit = _unit(human)
    inventions: Sequence[float | None] = [None] * len(groups)
    if training_text is not None and unit == "words":
        inventions = invented(groups, training_text)

    rows = []
    for temperature, texts, copy, invention in zip([None, *grid], groups, copies, inventions, strict=True):
        score = model.score("\n\n".join(texts))
        units = [text.split() if unit == "words" else list(text) for text in texts]
        rows.append(
            Row(
                temperature=temperature,
                distinct_1=distinct(units, 1),
                distinct_2=distinct(units, 2),
                distinct_3=distinct(units, 3),
                repetition=sum(1 - distinct([one], 4) for one in units) / samples,
                loops=sum(map(looping, texts)) / samples,
                entropy=score.entropy,
                bits_per_byte=score.bits_per_byte,
                invented=invention,
                longest_copy=copy.longest if copy else None,
                copied=copy.share if copy else None,
                example=texts[0],
            )
        )
    people, *rows = rows
    rows = [replace(row, distance=_distance(row, people), veto=_veto(row, people)) for row in rows]
    best = min(rows, key=lambda row: (row.veto != "", row.distance))
    assert best.temperature is not None
    return Temperatures(rows, people, best.temperature, unit, samples, length, seed)


def unseen(model: "TextModel", held_out: str | Path | None) -> str:
    """The text itself, that of a file, or by default what the model's run held out."""
    if held_out is None:
        return model.held_out()
    return "".join(text for text, _ in read(held_out)) if isinstance(held_out, Path) else held_out


def passages(text: str, *, samples: int, prompt: int, length: int, seed: int) -> tuple[list[str], list[str]]:
    """Passages spread over a text: their first `prompt` characters, and the `length` characters that follow.

    One begins at a random place of each of `samples` equal parts of the text. They never overlap: a short
    text has fewer, and one that is shorter than a single passage has one with a shorter end.
    Raises ReverieError if a number is below 1 or fewer than 50 characters are left to follow a prompt.
    """
    if min(samples, prompt, length) < 1:
        raise ReverieError(
            f"Nothing can be measured on {samples} samples of {length} characters after {prompt} characters.",
            "Each must be at least 1.",
        )
    if len(text) < prompt + min(length, 50):
        raise ReverieError(
            f"The held-out text has only {len(text):,} characters.",
            f"Hold out more text: {samples * (prompt + length):,} characters are right, "
            f"{prompt + min(length, 50)} the least.",
        )
    passage = min(prompt + length, len(text))
    samples = min(samples, len(text) // passage)
    spare = len(text) / samples - passage  # characters of a part that its passage leaves free
    places = np.arange(samples) * len(text) / samples + np.random.default_rng(seed).random(samples) * spare
    starts = [int(place) for place in places]
    return (
        [text[start : start + prompt] for start in starts],
        [text[start + prompt : start + passage] for start in starts],
    )


def distinct(texts: Sequence[Sequence[str]], n: int) -> float:
    """Different sequences of n words over all sequences of n words in these texts (1.0 if there are none).

    Li et al., A diversity-promoting objective function for neural conversation models (2016).
    """
    every = [tuple(words[i : i + n]) for words in texts for i in range(len(words) - n + 1)]
    return len(set(every)) / len(every) if every else 1.0


def looping(text: str, shortest: int = 24) -> bool:
    """Whether a text ends going round: its end is one span, of any length, written three times or more.

    The repeats together have at least `shortest` characters: "ha ha ha" at the end is no loop.
    """
    for period in range(1, len(text) // 3 + 1):
        end = text[-max(3 * period, shortest) :]
        if len(end) >= shortest and end[period:] == end[:-period]:
            return True
    return False


def _invention(best: Row, human: Row) -> str:
    if best.invented is None or human.invented is None:
        return ""
    return f"; {best.invented:.0%} of its words are not in the training text, against {human.invented:.0%}"


def _unit(texts: Sequence[str]) -> str:
    """Words stand between white space; rarer than every 20 characters, it does not part words."""
    characters, words = sum(map(len, texts)), sum(len(text.split()) for text in texts)
    return "words" if words * 20 >= characters else "characters"


def _distance(row: Row, human: Row) -> float:
    pairs = [(getattr(row, name), getattr(human, name)) for name in COMPARED]
    # Shares near zero are counts of a few words: below 1 % they count as equal.
    ratios = [abs(math.log(max(a, 0.01) / max(b, 0.01))) for a, b in pairs if b is not None]
    return sum(ratios) / len(ratios)


def _veto(row: Row, human: Row) -> str:
    if row.loops > human.loops + LOOPS_ALLOWED:
        return "loops"
    return "copies" if (row.copied or 0.0) > (human.copied or 0.0) + COPIES_ALLOWED else ""
