"""Training a language model on any text: corpus, network, optimizer, `fit`, model file."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from reverie import backend
from reverie.runs import Run
from reverie.text.callbacks import GenerateText
from reverie.text.corpus import Corpus, prepare
from reverie.text.model import ENGINE, TextModel
from reverie.text.muon import Muon
from reverie.text.network import build, design
from reverie.text.score import Scorer
from reverie.text.windows import windows
from reverie.training.begin import check_start, new_folder, settings_of, settled
from reverie.training.schedule import Schedule
from reverie.training.train import Outcome
from reverie.training.train import train as fit

Sources = str | Path | Sequence[str | Path]

SETTINGS = {"sources", "minutes", "steps", "size", "network", "width", "depth", "context", "tokenizer", "seed"}
MINUTES = 5.0
BATCH_TOKENS = 1536  # tokens in a training step
VALIDATE_EVERY = 100  # steps between two looks at the held-out text
VALIDATION_TOKENS = 16384  # how much of it one look takes in


def train(
    sources: Sources = (),
    *,
    minutes: float | None = None,
    steps: int | None = None,
    size: str = "small",
    network: str = "transformer",
    width: int | None = None,
    depth: int | None = None,
    context: int | None = None,
    tokenizer: str = "auto",
    seed: int = 0,
    out: str | Path | None = None,
    resume: str | Path | None = None,
    quiet: bool = False,
) -> TextModel:
    """Trains a language model on text files and returns it; everything it writes is in one run folder.

    sources: a text file, several, or a folder of them; "-" is standard input. UTF-8, any script. The last tenth
        of each is held out: it is never trained on, and validation is measured on it.
    minutes: how long the whole job may take (5 if neither is given); steps: how many training steps instead.
    size: "tiny", "small", "medium" or "large" sets width, depth and context; each can be given on its own.
    network: "transformer", "lstm" or "gru".  tokenizer: "auto", "characters", "words" or "bpe".
    seed: same machine, versions, seed and inputs, and the same `steps`: the same model, bit for bit.
    out: the run folder; by default a new one under runs/, named after the first source.
    resume: a run folder whose training stopped; goes on exactly, with the settings it was started with.

    Ctrl-C, or a file named `cancel` in the run folder, stops it within two seconds and keeps a usable model.
    Raises ReverieError for unusable sources, settings that do not fit, a folder in use and a full disk.
    """
    started = time.monotonic()
    if resume is not None:
        settings = settings_of(Path(resume), SETTINGS)
    else:
        check_start(minutes, steps, seed)
        design(network, 2, size, width=width, depth=depth, context=context)
        settings = settled(
            sources=_names(sources), minutes=minutes if steps or minutes else MINUTES, steps=steps,
            size=size, network=network, width=width, depth=depth, context=context,
            tokenizer=tokenizer, seed=seed,
        )  # fmt: skip
    folder = Path(resume or out or _new_folder(settings["sources"]))
    with Run.open(folder, engine=ENGINE, settings=settings, seed=settings["seed"], resume=bool(resume)) as run:
        corpus = _corpus(run, settings, resumed=resume is not None)
        return _train(run, corpus, settings, started, resumed=resume is not None, quiet=quiet)


def _train(
    run: Run, corpus: Corpus, settings: dict[str, Any], started: float, *, resumed: bool, quiet: bool
) -> TextModel:
    config = design(
        settings["network"], corpus.tokenizer.vocabulary, settings["size"],
        width=settings["width"], depth=settings["depth"], context=settings["context"],
    )  # fmt: skip
    seed, steps = settings["seed"], settings["steps"]
    keras.utils.set_random_seed(seed)
    network = build(config)
    corpus.require(network.window)
    network.compile(
        optimizer=Muon(),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=backend.JIT,  # XLA fuses what a Transformer does between products
    )
    rows = max(1, BATCH_TOKENS // network.window)
    held_out = spread(corpus.validation, VALIDATION_TOKENS)
    scorer = Scorer(network)
    model = TextModel(network, corpus.tokenizer, {}, path=run.model)

    def describe(outcome: Outcome) -> dict[str, Any]:
        model.document.update(_document(config, corpus, outcome))
        return model.document

    fit(
        network,
        lambda step: windows(corpus.train, seed=seed, step=step, batch=rows, length=network.window),
        run=run,
        describe_model=describe,
        seed=seed,
        steps=steps,
        minutes=settings["minutes"],
        started=started,
        validation=lambda: float(scorer(held_out)[0].mean(dtype="float64")),
        validate_every=min(VALIDATE_EVERY, -(-steps // 2) if steps else VALIDATE_EVERY),
        callbacks=[GenerateText([""], tokenizer=corpus.tokenizer, folder=run.samples)],
        schedule=Schedule(decay=0.6),
        resume=resumed,
        quiet=quiet,
    )
    return model


def spread(tokens: np.ndarray, most: int, parts: int = 8) -> np.ndarray:
    """At most that many tokens, in passages from all over the text: its beginning may be easier than the rest."""
    if len(tokens) <= most:
        return np.asarray(tokens)
    starts = np.linspace(0, len(tokens) - most // parts, parts).astype(int)
    return np.concatenate([tokens[start : start + most // parts] for start in starts])


def _document(config: dict[str, Any], corpus: Corpus, outcome: Outcome) -> dict[str, Any]:
    """What the model file says of itself: how to build it, how to read its tokens, how it was trained."""
    return {
        "network": config,
        "tokenizer": corpus.tokenizer.to_config(),
        "training": {
            "steps": outcome.step,
            "seconds": round(outcome.seconds, 1),
            "stopped": outcome.stopped,
            "validation": outcome.best[1] if outcome.best else None,
            "corpus": {split: corpus.document[split] for split in ("train", "validation")},
        },
    }


def _corpus(run: Run, settings: dict[str, Any], *, resumed: bool) -> Corpus:
    """The run's corpus; a resumed run reads what it made, so that the text may since have changed or gone."""
    folder = run.folder / "corpus"
    if resumed and (folder / "corpus.json").exists():
        return Corpus.open(folder)
    return prepare(settings["sources"], folder, tokenizer=settings["tokenizer"])


def _names(sources: Sources) -> list[str]:
    return [str(name) for name in ([sources] if isinstance(sources, str | Path) else sources)]


def _new_folder(sources: list[str]) -> Path:
    return new_folder(Path(sources[0]).resolve().stem if sources and sources[0] != "-" else "text", "text")
