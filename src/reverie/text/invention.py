"""Words that a text has and its model never read."""

import re
from collections.abc import Sequence
from pathlib import Path

from reverie.text.sources import Chunks

WORD = re.compile(r"\w+")


def invented(groups: Sequence[Sequence[str]], training_text: str | Path) -> list[float]:
    """The share of each group's words, upper and lower case alike, that the training text does not hold.

    People use some such words, names above all; a model that spells badly invents more. The first and the last
    word of a text do not count, since they may be cut. The training text is read once, in chunks.
    """
    words = [[word for text in texts for word in WORD.findall(text.casefold())[1:-1]] for texts in groups]
    unknown = {word for group in words for word in group}
    for chunk in Chunks(Path(training_text)):
        unknown.difference_update(WORD.findall(chunk.casefold()))
    return [sum(word in unknown for word in group) / max(1, len(group)) for group in words]
