"""One way to write every character: Unicode's composed form, NFC, whole or arriving in chunks.

A syllable such as "한" may be stored as one code point or as three; both look the same. NFC makes them the
same, so a model learns one spelling. Everything that is trained on or prompted with goes through here.
"""

import unicodedata

BLOCK = 1024


def compose(text: str) -> str:
    """`text` in NFC; halves of broken surrogate pairs become U+FFFD (whole pairs become their character).

    Works block by block, cut where nothing can combine across the cut, because reordering a run of
    combining marks takes time quadratic in its length. A run of `BLOCK` marks and more is cut; no script
    has runs over 30.
    """
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    blocks = []
    start = 0
    while start < len(text):
        end = start + BLOCK
        if end < len(text):
            end = cut(text, start, end) or end
        blocks.append(unicodedata.normalize("NFC", text[start:end]))
        start = end
    return "".join(blocks)


def cut(text: str, start: int, end: int) -> int:
    """The last position in (start, end] where `text` falls into parts that compose independently, or 0."""
    for position in range(end, start, -1):
        if position < len(text) and _begins(text[position]):
            return position
    return 0


def _begins(character: str) -> bool:
    """Whether nothing before `character` can combine with it: it is no mark, and no later part of a syllable.

    The ranges are the vowels and final consonants of Hangul and the vowel signs of Kirat Rai: letters,
    yet they join the letter before.
    """
    return not (
        unicodedata.category(character).startswith("M")
        or "\u1160" <= character <= "\u11ff"
        or "\U00016d63" <= character <= "\U00016d6a"
    )


class Composer:
    """`compose` for a text that arrives in chunks of any size; the joined results are that of the whole.

    The end of a chunk waits for the next, since an accent may follow: at most `BLOCK` characters are held
    back.
    """

    def __init__(self) -> None:
        self._held = ""

    def feed(self, chunk: str) -> str:
        """Everything that can no longer change."""
        text = self._held + chunk
        end = cut(text, max(0, len(text) - BLOCK), len(text)) or (len(text) if len(text) >= BLOCK else 0)
        self._held = text[end:]
        return compose(text[:end])

    def finish(self) -> str:
        """The rest, at the end of the text."""
        rest, self._held = compose(self._held), ""
        return rest
