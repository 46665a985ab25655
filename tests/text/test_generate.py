"""Writing: the text depends on the prompt, the settings and the seed, and on nothing else."""

import itertools
import math
import re

import keras
import numpy as np
import pytest

import reverie.text  # noqa: F401
from reverie import backend
from reverie.errors import ReverieError
from reverie.text.beam import Beam
from reverie.text.generate import Generator, generate
from reverie.text.loop import FEWEST, ROWS
from reverie.text.network import build, design
from reverie.text.tokenizers import CharacterTokenizer

LETTERS = "\n abcdefghijklmnopqrstuvwxyz"
TOKENIZER = CharacterTokenizer(LETTERS)


class Chain:
    """A Markov chain with the interface of a network: the next token depends on the last one only."""

    context, variables = 4, ()

    def __init__(self, logits: np.ndarray) -> None:
        self.table, self.vocabulary, self.traces = logits.astype("float32"), len(logits), 0

    def start(self, batch: int):
        return (np.zeros((batch, 1), "float32"),)

    def step(self, token, position, state):
        self.traces += 1
        return keras.ops.take(keras.ops.convert_to_tensor(self.table), token, axis=0), state


def chain(seed: int = 0, sharpness: float = 1.0) -> Chain:
    logits = sharpness * np.random.default_rng(seed).normal(size=(TOKENIZER.vocabulary,) * 2)
    logits[:, :16] = -1e9  # the tokens that spell bytes
    return Chain(logits)


def following(successors: dict[str, str]) -> Chain:
    """A chain in which each token is surely followed by another."""
    logits = np.full((TOKENIZER.vocabulary,) * 2, -50.0)
    for before, after in successors.items():
        logits[TOKENIZER.encode(before)[0], TOKENIZER.encode(after)[0]] = 50.0
    return Chain(logits)


@pytest.fixture(scope="module")
def transformer():
    keras.utils.set_random_seed(1)
    network = build(design("transformer", TOKENIZER.vocabulary, width=64, depth=2, context=8))
    rng = np.random.default_rng(0)
    for variable in network.trainable_variables:
        variable.assign(variable + 0.3 * rng.standard_normal(variable.shape).astype("float32"))
    return network


@pytest.fixture(scope="module")
def writer(transformer) -> Generator:
    return Generator(transformer, TOKENIZER)


@pytest.mark.backends
def test_drawn_text_has_the_frequencies_of_the_chain():
    p = np.array([0.5, 0.3, 0.15, 0.05])
    logits = np.full((TOKENIZER.vocabulary,) * 2, -1e9)
    logits[:, TOKENIZER.encode("abcd")] = np.log(p)
    texts = generate(Chain(logits), TOKENIZER, [""] * 16, length=250, temperature=1.0, seed=4)
    counts = np.array(["".join(texts).count(letter) for letter in "abcd"])
    assert counts.sum() == 4000
    assert ((counts - 4000 * p) ** 2 / (4000 * p)).sum() < 16.3  # chi-square, 3 degrees of freedom, 99.9 %


class Numbered:
    """A tokenizer in which token i is the character 256 + i."""

    vocabulary = TOKENIZER.vocabulary
    unused: list[int] = []  # noqa: RUF012

    def encode(self, text: str) -> list[int]:
        return [ord(character) - 256 for character in text]

    def feed(self, tokens) -> str:
        return "".join(chr(256 + token) for token in tokens)

    def decoder(self) -> "Numbered":
        return self


@pytest.mark.backends
def test_greedy_is_the_most_likely_token_of_the_full_pass(transformer):
    tokenizer = Numbered()
    prompt = tokenizer.feed([20, 3, 17, 40, 9])
    text = generate(transformer, tokenizer, [prompt], length=30, temperature=0)[0]
    tokens = tokenizer.encode(prompt + text)
    full = backend.to_numpy(transformer(np.array([tokens], "int32")))[0]  # over four times the context
    for t in range(4, len(tokens) - 1):
        assert full[t].max() - full[t, tokens[t + 1]] < 1e-4, f"token {t + 1}"


@pytest.mark.backends
def test_text_longer_than_the_context_is_written_and_top_k_one_is_greedy(writer):
    greedy, first = writer.write(["on and on"] * 2, length=100, temperature=[0, 0.7], top_k=[0, 1])
    assert len(greedy) == 100 and greedy == first


@pytest.mark.backends
def test_a_row_is_the_same_alone_and_among_others(writer):
    prompts = ["a", "the quick brown fox", "", "zz top", "k"]
    temperatures = [1.0, 0.7, 1.3, 0.0, 1.0]
    together = writer.write(prompts, length=60, temperature=temperatures, seed=9)
    for row, prompt in enumerate(prompts):
        alone = writer.write([prompt], length=60, temperature=temperatures[row], seed=9, row=row)
        assert alone == [together[row]]


def test_a_row_is_the_same_in_every_batch_size(writer):
    alone = writer.write(["once upon a time"], length=100, temperature=1.0, row=35)[0]
    for rows in (36, 40):
        many = writer.write(["x"] * 35 + ["once upon a time"] + ["x"] * (rows - 36), length=100, temperature=1.0)
        assert many[35] == alone, rows


def test_a_row_has_the_same_bits_in_every_batch_size(transformer):
    def logits(token, state):
        for position in range(3):
            out, state = transformer.step(token, position, state)
        return out

    token = np.random.default_rng(1).integers(0, TOKENIZER.vocabulary, ROWS).astype("int32")
    rows = {}
    for size in {FEWEST, 4, 8, ROWS}:
        program = backend.compiled(logits, transformer.variables)
        state = tuple(backend.to_numpy(a) for a in transformer.start(size))
        rows[size] = backend.to_numpy(program(token[:size], state))
    for size, out in rows.items():
        assert np.array_equal(out, rows[ROWS][:size]), size


def test_seeds_and_rows_draw_different_texts(writer):
    a, b = writer.write(["a"] * 2, length=60, temperature=1.0, seed=1)
    c = writer.write(["a"], length=60, temperature=1.0, seed=2)[0]
    assert len({a, b, c}) == 3
    assert writer.write(["a"], length=60, temperature=1.0, seed=1) == [a]


@pytest.mark.backends
def test_the_text_does_not_depend_on_the_block(writer):
    prompts = ["some words to begin with, more than one block of seven", "b"]
    texts = [
        writer.write(prompts, length=90, temperature=0.9, repetition_penalty=1.2, stop=["qx"], block=block)
        for block in (1, 7, 64, 256)
    ]
    assert texts[0] == texts[1] == texts[2]


def test_nothing_is_compiled_again_for_new_values():
    if backend.name == "torch":
        pytest.skip("nothing is compiled")
    network = chain()
    writer = Generator(network, TOKENIZER)
    options = {"top_k": 5, "top_p": 0.9, "min_p": 0.1, "repetition_penalty": 1.1}
    writer.write(["a"], temperature=0.5, **options)
    traces = network.traces
    assert traces > 0
    other = {"top_k": 7, "top_p": 0.5, "min_p": 0.2, "repetition_penalty": 1.5}
    writer.write(["a longer prompt", "b"], temperature=[0.1, 9], length=777, seed=3, block=9, **other)
    assert network.traces == traces


def test_low_temperature_is_greedy_and_high_is_finite():
    network = chain(sharpness=3)
    cold, greedy, hot = generate(network, TOKENIZER, ["a"] * 3, length=80, temperature=[1e-4, 0, 1e2])
    assert cold == greedy and len(hot) == 80


def test_entropy_of_the_text_rises_with_temperature():
    temperatures = [0.2, 0.5, 1.0, 2.0, 10.0]
    texts = generate(chain(sharpness=3), TOKENIZER, [""] * 5, length=2000, temperature=temperatures)

    def entropy(text: str) -> float:
        p = np.array([text.count(letter) for letter in set(text)]) / len(text)
        return float(-(p * np.log(p)).sum())

    measured = [entropy(text) for text in texts]
    assert measured == sorted(measured) and measured[-1] > measured[0] + 0.5


@pytest.mark.backends
def test_the_repetition_penalty_looks_back_64_tokens():
    network = chain(seed=8, sharpness=3)
    plain, penalised = generate(
        network, TOKENIZER, ["abc"] * 2, length=200, temperature=0, repetition_penalty=[1.0, 2.0]
    )
    for text, penalty in ((plain, 1.0), (penalised, 2.0)):
        tokens = list(TOKENIZER.encode("abc"))
        for _ in text:
            logits = network.table[tokens[-1]].copy()
            for token in set(tokens[-64:]):
                logits[token] *= penalty if logits[token] < 0 else 1 / penalty
            tokens.append(int(logits.argmax()))
        assert TOKENIZER.decode(tokens) == "abc" + text
    assert len(set(penalised)) > len(set(plain))  # the loop is left


def test_length_counts_characters_and_spelled_ones_arrive_whole():
    # Each Hangul syllable is not in the vocabulary, so it is spelled: six tokens.
    spelled = TOKENIZER.encode("한글 ")
    assert len(spelled) == 13

    class Speller(Chain):
        def step(self, token, position, state):
            following = keras.ops.take(np.roll(spelled, -1), keras.ops.mod(position, len(spelled)))
            return 50 * keras.ops.one_hot(keras.ops.zeros_like(token) + following, self.vocabulary), state

    network = Speller(np.zeros((TOKENIZER.vocabulary,) * 2))
    pieces = [piece[0] for piece in Generator(network, TOKENIZER).stream(["한"], length=9, temperature=0, block=1)]
    # The prompt is the first six tokens; every later syllable comes as soon as its last token is there.
    assert "".join(pieces) == "글 한글 한글 한"
    assert all(len(piece) == 1 for piece in pieces)


@pytest.mark.parametrize("block", [1, 3, 64])
def test_a_stop_string_ends_the_text_even_across_blocks(block):
    network = following(dict(itertools.pairwise("abcdefga")))
    writer = Generator(network, TOKENIZER)
    options = {"length": 50, "temperature": 0, "block": block}
    assert writer.write(["a"], stop=["fg"], **options) == ["bcde"]
    assert writer.write(["a"], stop="ga", **options) == ["bcdef"]
    assert writer.write(["a"], stop=["efgab", "cd"], **options) == ["b"]
    assert writer.write(["a"], stop=["never"], **options) == ["bcdefga" * 7 + "b"]
    assert writer.write(["a"], stop=["efg"], length=5, temperature=0, block=block) == ["bcdef"]
    pieces = [piece[0] for piece in writer.stream(["a"], stop=["efx"], **options)]
    assert "".join(pieces) == "bcdefga" * 7 + "b"  # what was held back is shown after all


class Copied:
    """A brute-force stand-in for the index of copies."""

    def __init__(self, text: str) -> None:
        self.text = text

    def first_violation(self, text: str, n: int, start: int = 0) -> int | None:
        return next((i for i in range(max(start, n), len(text)) if text[i - n : i + 1] in self.text), None)


@pytest.mark.parametrize("block", [1, 7, 64])
def test_no_copy_keeps_every_copy_short(block):
    source = "the cat sat on the mat and the dog ran to the man in the van with the pan " * 3
    counts = np.zeros((TOKENIZER.vocabulary,) * 2)
    ids = TOKENIZER.encode(source)
    np.add.at(counts, (ids[:-1], ids[1:]), 1)
    counts[:, :16] = -0.01
    network = Chain(np.log(counts + 0.011))
    index = Copied(source)
    options = {"length": 150, "temperature": [0.0, 0.5, 1.0], "seed": 2}
    writer = Generator(network, TOKENIZER)
    free = writer.write(["the "] * 3, **options)
    bound = writer.write(["the "] * 3, no_copy=(index, 5), block=block, **options)
    assert any(index.first_violation("the " + text, 5) is not None for text in free)
    assert all(index.first_violation("the " + text, 5, 4) is None for text in bound)
    assert bound == writer.write(["the "] * 3, no_copy=(index, 5), **options)
    assert [len(text) for text in bound] == [150] * 3
    assert writer.write(["the "] * 3, no_copy=(index, 1000), **options) == free


def test_no_copy_says_so_when_nothing_is_left():
    class Everything(Copied):
        def first_violation(self, text: str, n: int, start: int = 0) -> int | None:
            return start if len(text) > start else None

    with pytest.raises(ReverieError, match="refused"):
        generate(chain(), TOKENIZER, ["a"], no_copy=(Everything(""), 3))


@pytest.mark.parametrize("prompts", [["prompt"], ["", "ROMEO: 한국어 🙂", "x" * 5000]])
def test_any_prompt_is_continued(writer, prompts):
    texts = writer.write(prompts, length=20)
    assert [len(text) for text in texts] == [20] * len(prompts)


def test_no_prompts_no_texts(writer):
    assert writer.write([]) == [] and list(writer.stream([])) == []


def test_a_long_prompt_counts_by_its_end(writer, transformer):
    end = "ab" * (2 * transformer.context)
    assert writer.write(["x" * 77 + end], length=20) == writer.write(["yz" * 50 + end], length=20)


def test_the_network_may_learn_in_between():
    if backend.name == "torch":
        pytest.skip("nothing is compiled")
    keras.utils.set_random_seed(3)
    network = build(design("gru", TOKENIZER.vocabulary, width=64, depth=1, context=8))
    writer = Generator(network, TOKENIZER)
    before = writer.write(["a"], length=20, temperature=0)
    network.head.bias.assign(50 * np.eye(TOKENIZER.vocabulary, dtype="float32")[TOKENIZER.encode("z")[0]])
    assert writer.write(["a"], length=20, temperature=0) == ["z" * 20] != before


@pytest.mark.parametrize(
    "settings",
    [
        {"temperature": -1}, {"temperature": math.nan}, {"temperature": 1e9}, {"temperature": [1, 2]},
        {"top_p": 0}, {"top_k": -1}, {"min_p": 1}, {"repetition_penalty": 0}, {"length": 0}, {"length": 2.5},
        {"seed": -1}, {"block": 0}, {"block": 257}, {"beam": 0}, {"no_copy": (None, 0)}, {"row": -1},
    ],
)  # fmt: skip
def test_bad_values_are_refused_at_once(writer, settings):
    with pytest.raises(ReverieError, match=re.escape(next(iter(settings)))):
        writer.write(["a"], **settings)


def best_by_brute_force(network: Chain, prompt: str, length: int) -> tuple[str, float]:
    log_p = network.table - np.log(np.exp(network.table.astype("float64")).sum(-1, keepdims=True))
    letters = TOKENIZER.encode(LETTERS)

    def score(tokens: tuple[int, ...]) -> float:
        return sum(log_p[a, b] for a, b in itertools.pairwise((TOKENIZER.encode(prompt)[-1], *tokens)))

    best = max(itertools.product(letters, repeat=length), key=score)
    return TOKENIZER.decode(best), score(best)


@pytest.mark.backends
def test_beam_search_finds_what_greedy_misses():
    # From a, b is likelier than c; but c is surely followed by d, and b by anything.
    logits = np.full((TOKENIZER.vocabulary,) * 2, -20.0)
    a, b, c, d = TOKENIZER.encode("abcd")
    logits[a, [b, c]] = np.log([0.55, 0.45])
    logits[b, TOKENIZER.encode("efghij")] = np.log(1 / 6)
    logits[c, d] = 0.0
    writer = Generator(Chain(logits), TOKENIZER)
    assert writer.write(["a"], length=2, temperature=0) == ["be"]
    assert writer.write(["a"], length=2, beam=2) == ["cd"]


def test_beam_search_equals_brute_force():
    network = chain(seed=5, sharpness=2)
    best, _ = best_by_brute_force(network, "a", 3)
    assert Generator(network, TOKENIZER).write(["a"], length=3, beam=64) == [best]


def test_a_beam_of_one_is_greedy(transformer, writer):
    greedy = writer.write(["hello"], length=20, temperature=0)[0]
    prompt = [int(t) for t in TOKENIZER.encode("hello")]
    assert Beam(transformer, TOKENIZER).search(prompt, 1, 20) == greedy


def test_beam_search_stops_at_a_stop_string():
    network = following(dict(itertools.pairwise("abcdefga")))
    assert Generator(network, TOKENIZER).write(["a"], beam=3, length=20, stop=["ef"]) == ["bcd"]
    with pytest.raises(ReverieError, match="beam"):
        Generator(network, TOKENIZER).write(["a"], beam=3, no_copy=(Copied(""), 5))
