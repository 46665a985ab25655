"""A trained language model: write with it, score texts with it, save it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from reverie import modelfile
from reverie.errors import ReverieError
from reverie.text import tokenizers
from reverie.text.copies import CopyIndex
from reverie.text.corpus import Corpus
from reverie.text.generate import Generator
from reverie.text.network import build, least
from reverie.text.score import Score, Scorer
from reverie.text.unicode import compose

ENGINE = "text"
HELD_OUT = 200_000  # tokens: enough for every figure, and soon scored


class TextModel:
    """A network with its tokenizer; `document` is what the model file says about both and their training."""

    def __init__(
        self, network: keras.Model, tokenizer: Any, document: dict[str, Any], path: Path | None = None
    ) -> None:
        self.network = network
        self.tokenizer = tokenizer
        self.document = document
        self.path = path  # the file it is in, None if it was never saved
        self._generator = Generator(network, tokenizer)
        self._scorer = Scorer(network)
        self._copies: tuple[Path, CopyIndex] | None = None

    def write(self, prompt: str = "", **settings: Any) -> str:
        """What follows the prompt, without the prompt. Takes the settings of `stream`, and `beam`: above 1, the
        likeliest text is searched for instead of drawn, that many at a time.
        """
        return self.write_many([prompt], **settings)[0]

    def write_many(self, prompts: Sequence[str], **settings: Any) -> list[str]:
        """What follows each prompt. Sampling settings may be lists with a value for each prompt."""
        return self._generator.write([compose(prompt) for prompt in prompts], **self._copying(settings))

    def stream(self, prompt: str = "", **settings: Any) -> Iterator[str]:
        """What follows the prompt, in pieces as it is written.

        length: characters (400). temperature: above 1 surprising, below predictable, 0 greedy (0.8).
        top_k, top_p, min_p, repetition_penalty: see `reverie.text.sampling`; off by default.
        seed: same seed, same text (0). stop: strings the text ends before.
        no_copy: no verbatim copy of the training text is longer than so many characters; training_text: the
        file to look in, which a model in its run folder finds by itself.

        Raises ReverieError for a setting that does not fit.
        """
        pieces = self._generator.stream([compose(prompt)], **self._copying(settings))
        return (piece[0] for piece in pieces)

    def _copying(self, settings: dict[str, Any]) -> dict[str, Any]:
        """`no_copy` and `training_text` as the generator takes them: the index of the text, and the number."""
        source = settings.pop("training_text", None)
        number = settings.get("no_copy")
        if number is None:
            return settings
        source = source or self.training_text()
        if source is None:
            raise ReverieError("Copies cannot be looked for without the training text.", "Name the file.")
        if self._copies is None or self._copies[0] != Path(source):
            self._copies = Path(source), CopyIndex(source)
        return settings | {"no_copy": (self._copies[1], number)}

    def score(self, text: str) -> Score:
        """How well the model predicts `text`: bits per byte, perplexity, entropy of its own predictions.

        The text is brought into NFC and Unix line ends first, as the corpus was.
        """
        text = compose(text.replace("\r\n", "\n"))
        return self._scorer.score(self.tokenizer.encode(text), len(text.encode()))

    def held_out(self) -> str:
        """The text held out when the model was trained (of a long one the beginning), from its run folder.

        Raises ReverieError if the model is not in its run folder.
        """
        corpus = self._corpus()
        if corpus is None:
            raise ReverieError(
                f"There is no held-out text beside {self.path or 'a model that was never saved'}.",
                "Give some that the model has not seen: --held-out FILE.",
            )
        return corpus.tokenizer.decode(corpus.validation[:HELD_OUT])

    def training_text(self) -> Path | None:
        """The file with the text the model was trained on, if the model is in its run folder."""
        corpus = self._corpus()
        return None if corpus is None else corpus.train_text_path

    def _corpus(self) -> Corpus | None:
        folder = None if self.path is None else self.path.parent / "corpus"
        return Corpus.open(folder) if folder is not None and folder.is_dir() else None

    def save(self, path: str | Path) -> None:
        """Writes the model file, whole or not at all. Raises ReverieError if it cannot be written."""
        modelfile.write(path, ENGINE, self.document, {v.path: v.numpy() for v in self.network.weights})
        self.path = Path(path)


def load(document: dict[str, Any], arrays: dict[str, np.ndarray]) -> TextModel:
    """The model that a model file's document and arrays describe. Raises ReverieError if they do not fit."""
    config = document.get("network")
    if not isinstance(config, dict) or least(config) > sum(array.size for array in arrays.values()):
        raise modelfile.misfit()
    network = build(config)
    tokenizer = tokenizers.from_config(document.get("tokenizer", {}))
    if tokenizer.vocabulary != network.vocabulary:
        raise ReverieError(
            f"The tokenizer has {tokenizer.vocabulary} tokens and the network {network.vocabulary}.",
            "The model file is damaged: train or download it again.",
        )
    modelfile.fill(network, arrays)
    return TextModel(network, tokenizer, document)
