"""The three tokenizers: any text goes in and comes back."""

import json
import random
import runpy
import sys
import time
import unicodedata

import numpy as np
import pytest

from reverie.errors import ReverieError
from reverie.text import bytepair, tokenizers
from reverie.text.bytepair import BytePairTokenizer
from reverie.text.tokenizers import CharacterTokenizer, Tokenizer, WordTokenizer, from_config

ENGLISH = 'The king said: "I don\'t know."\n\n  And the queen, who knew, said nothing; the king waited.\n' * 40
KOREAN = "옛날에 한 왕이 살았다. 왕은 날마다 바다를 보았다.\n" * 40
KINDS = {"characters": CharacterTokenizer, "words": WordTokenizer, "bpe": BytePairTokenizer}
SCRIPTS = [
    (0x20, 0x7F),  # Latin
    (0xA0, 0x250),
    (0x300, 0x370),  # combining marks
    (0x370, 0x600),  # Greek, Cyrillic, Hebrew
    (0x600, 0x700),  # Arabic
    (0x900, 0xE00),  # the scripts of India
    (0x1100, 0x1200),  # Hangul letters
    (0xAC00, 0xD7A4),  # Hangul syllables
    (0x4E00, 0x9FFF),  # hanja
    (0xD800, 0xE000),  # halves of surrogate pairs
    (0x1F300, 0x1FAFF),  # emoji
    (0x0, 0x20),  # control characters
]


def trained(kind: str) -> Tokenizer:
    return KINDS[kind].train([ENGLISH, KOREAN])


@pytest.fixture(scope="module", params=list(KINDS))
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    return trained(request.param)


def any_text(seed: int) -> str:
    """Up to 80 characters of one to three scripts, now and then a word the corpus has."""
    rng = random.Random(seed)
    ranges = rng.sample(SCRIPTS, rng.randint(1, 3))
    words = [" king", "don't", "왕은", "\r\n", "  ", "e\u0301", "👩‍👩‍👧"]
    parts = [
        rng.choice(words) if rng.random() < 0.2 else chr(rng.randrange(*rng.choice(ranges)))
        for _ in range(rng.randint(0, 80))
    ]
    return "".join(parts)


def normal(text: str) -> str:
    repaired = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return unicodedata.normalize("NFC", repaired)


def test_any_text_comes_back_in_nfc(tokenizer: Tokenizer) -> None:
    for seed in range(400):
        text = any_text(seed)
        ids = tokenizer.encode(text)
        assert ids.dtype == np.int32
        assert ids.ndim == 1
        assert len(ids) == 0 or (ids.min() >= 0 and ids.max() < tokenizer.vocabulary)
        assert tokenizer.decode(ids) == normal(text), ascii(text)


def test_streaming_gives_what_decoding_gives_however_the_tokens_are_cut(tokenizer: Tokenizer) -> None:
    rng = random.Random(0)
    for _ in range(200):
        ids = [rng.randrange(tokenizer.vocabulary) for _ in range(rng.randrange(40))]  # mostly broken UTF-8
        decoder = tokenizer.decoder()
        shown = "".join(decoder.feed([token]) for token in ids)
        assert shown + decoder.finish() == tokenizer.decode(ids)


def test_streaming_holds_back_nothing_but_an_incomplete_character(tokenizer: Tokenizer) -> None:
    """After each token, each character whose last byte has come is there: no waiting for a space."""
    for text in ("왕은 바다를", "뷁쀍 unseen 漢字 😀", "the king"):
        decoder = tokenizer.decoder()
        data, shown = b"", ""
        digits: list[int] = []
        for token in tokenizer.encode(text).tolist():
            piece = tokenizer.piece(token)
            if piece is None:
                digits.append(token)
                piece = bytes([16 * digits[-2] + digits[-1]]) if len(digits) % 2 == 0 else b""
            data += piece
            shown += decoder.feed([token])
            assert shown == data.decode(errors="ignore")
        assert shown == text
        assert decoder.finish() == ""


def test_config_makes_the_same_tokenizer_again(tokenizer: Tokenizer) -> None:
    again = from_config(json.loads(json.dumps(tokenizer.to_config())))
    assert type(again) is type(tokenizer)
    assert again.vocabulary == tokenizer.vocabulary
    text = ENGLISH[:500] + KOREAN[:200] + "뷁 漢字 😀"
    assert again.encode(text).tolist() == tokenizer.encode(text).tolist()


@pytest.mark.parametrize("kind", list(KINDS))
def test_training_is_deterministic(kind: str) -> None:
    assert trained(kind).to_config() == trained(kind).to_config()


def test_invalid_bytes_become_the_replacement_character() -> None:
    characters, pairs = trained("characters"), trained("bpe")
    a = int(characters.encode("a")[0])
    assert characters.decode([0xE, 0xD, a]) == "\ufffda"  # a byte that begins a syllable, then a letter
    assert characters.decode([0xE, a]) == "\ufffda"  # half a byte
    assert characters.decode([a, 0xE]) == "a\ufffd"
    assert pairs.decode([0xED, ord("a")]) == "\ufffda"


def test_a_token_outside_the_vocabulary_is_an_error(tokenizer: Tokenizer) -> None:
    for token in (-1, tokenizer.vocabulary):
        with pytest.raises(IndexError, match="outside the vocabulary"):
            tokenizer.decode([token])


def test_characters_spell_what_they_do_not_know() -> None:
    tokenizer = CharacterTokenizer.train(["banana"])
    assert tokenizer.vocabulary == 16 + 3
    assert tokenizer.encode("nab").tolist() == [18, 16, 17]
    assert tokenizer.encode("é").tolist() == [0xC, 0x3, 0xA, 0x9]
    assert tokenizer.encode("").tolist() == []
    edges = "".join(map(chr, (0, 0x7F, 0x80, 0x7FF, 0x800, 0xFFFF, 0x10000, 0x10FFFF)))  # 1 to 4 bytes
    assert tokenizer.decode(tokenizer.encode(edges)) == edges
    assert len(tokenizer.encode(edges)) == 2 * len(edges.encode())


def test_rare_characters_of_a_large_set_are_spelled() -> None:
    syllables = "".join(chr(0xAC00 + n) for n in range(600))
    everyday, rare = syllables[:550], syllables[550:]
    tokenizer = CharacterTokenizer.train([everyday] * 4 + [rare] + [everyday] * 4)
    assert tokenizer.characters == everyday
    assert len(tokenizer.encode(rare[0])) == 6
    assert CharacterTokenizer.train([syllables[:512]]).characters == syllables[:512]
    huge = "".join(chr(0xAC00 + n) for n in range(6000)) * 8
    assert len(CharacterTokenizer.train([huge]).characters) == 4096


def test_words_keep_their_space_apostrophes_and_marks() -> None:
    hindi = "हिन्दी "
    tokenizer = WordTokenizer.train(["I don't know. " * 3 + hindi * 3])
    pieces = [tokenizer.piece(int(token)) for token in tokenizer.encode("I don't know. हिन्दी")]
    assert [piece.decode() for piece in pieces if piece] == ["I", " don't", " know", ".", " हिन्दी"]


def test_rare_words_are_spelled_by_characters() -> None:
    tokenizer = WordTokenizer.train(["the cat " * 5 + "the dog"])
    assert len(tokenizer.encode(" the cat")) == 2
    assert len(tokenizer.encode(" dog")) == 4
    assert len(WordTokenizer.train([ENGLISH], size=16 + len(set(ENGLISH)) + 5).words) == 5


def test_pairs_learn_the_frequent_first_and_stop_at_the_size() -> None:
    one = BytePairTokenizer.train(["abc abc ab"], size=257)
    assert one.vocabulary == 257
    assert one.piece(256) == b"ab"
    every = BytePairTokenizer.train(["abc abc ab"])
    assert {every.piece(token) for token in range(256, every.vocabulary)} >= {b"ab", b" ab"}
    assert every.vocabulary < 260  # no other pair occurs twice
    large = BytePairTokenizer.train([ENGLISH, KOREAN])
    assert len(large.encode(ENGLISH)) < len(ENGLISH) / 3
    assert len(large.encode(KOREAN)) < len(KOREAN)


def test_pairs_write_bytes_as_the_library_does() -> None:
    from tokenizers.pre_tokenizers import ByteLevel

    assert sorted(bytepair.LETTERS) == sorted(ByteLevel.alphabet())
    for text in ("a ~", "é", "한", "\u00ad\x7f\t"):
        written = ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(text)[0][0]
        assert written == "".join(bytepair.LETTERS[byte] for byte in text.encode())


def test_long_texts_are_cut_without_changing_the_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = trained("bpe")
    text = (ENGLISH + KOREAN) * 4
    whole = tokenizer.encode(text).tolist()
    for part in (*range(1, 30), 100, 10**9):
        monkeypatch.setattr(bytepair, "PART", part)
        assert tokenizer.encode(text).tolist() == whole


def test_a_text_without_any_space_takes_no_quadratic_time(tokenizer: Tokenizer) -> None:
    begin = time.perf_counter()
    assert tokenizer.decode(tokenizer.encode("a" * 200_000)) == "a" * 200_000
    tokenizer.encode(" " * 200_000)
    assert time.perf_counter() - begin < 3


def test_encoding_a_million_characters_is_quick() -> None:
    """It is part of the time to a trained model. 0.01 s where measured, with room for a busy machine."""
    text = (ENGLISH * 300)[:1_000_000]
    tokenizer = CharacterTokenizer.train([text])
    begin = time.perf_counter()
    ids = tokenizer.encode(text)
    assert time.perf_counter() - begin < 0.3
    assert len(ids) == 1_000_000


def test_the_pair_library_is_loaded_only_to_make_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", None)  # whoever imports it now fails
    module = runpy.run_path(tokenizers.__file__)
    for kind in ("characters", "words"):
        module["from_config"](module["train"](kind, ["abc"], 3).to_config()).encode("x")
    pairs = runpy.run_path(bytepair.__file__)["BytePairTokenizer"]
    assert pairs([(ord("a"), ord("b"))]).decode([256]) == "ab"
    with pytest.raises(ImportError):
        pairs.train(["abc"])


def test_the_kind_follows_the_size_of_the_corpus() -> None:
    assert tokenizers.choose(1_000_000) == "characters"
    assert tokenizers.choose(50_000_000) == "bpe"


@pytest.mark.parametrize(
    "config",
    [
        None,
        {},
        {"kind": "pickle"},
        {"kind": "characters"},
        {"kind": "characters", "characters": 5},
        {"kind": "characters", "characters": "aa"},
        {"kind": "characters", "characters": "\ud800"},
        {"kind": "words", "characters": "ab", "words": ["a"]},
        {"kind": "words", "characters": "ab", "words": [""]},
        {"kind": "words", "characters": "ab", "words": [3]},
        {"kind": "words", "characters": "ab", "words": None},
        {"kind": "bpe", "merges": [[0, 256]]},
        {"kind": "bpe", "merges": [[-1, 0]]},
        {"kind": "bpe", "merges": [[0, True]]},
        {"kind": "bpe", "merges": [[0]]},
        {"kind": "bpe", "merges": [[0, 0]] + [[n, n] for n in range(256, 300)]},  # doubles 44 times
    ],
)
def test_a_config_that_describes_no_tokenizer_is_refused(config: object) -> None:
    with pytest.raises(ReverieError, match="tokenizer"):
        from_config(config)


def test_a_kind_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ReverieError, match="no tokenizer 'sentences'"):
        tokenizers.train("sentences", ["abc"], 3)
