"""How good a model is, and how much of what it writes it knows by heart."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reverie.text.copies import Copies, CopyIndex
from reverie.text.temperatures import passages, unseen

if TYPE_CHECKING:
    from reverie.text.model import TextModel


@dataclass(frozen=True)
class Report:
    """A model's score on held-out text, and its verbatim copies beside those of people.

    bits_per_byte: comparable between models and tokenizers. perplexity: per token, comparable for one
    tokenizer.
    entropy: bits per token of the model's own distribution. tokens, bytes: how much was scored.
    written, human: copies of the training text in what the model wrote, and in the same amount of held-out
        text; None without the training text.
    """

    bits_per_byte: float
    perplexity: float
    entropy: float
    tokens: int
    bytes: int
    written: Copies | None
    human: Copies | None
    temperature: float
    seed: int

    @property
    def sentences(self) -> list[str]:
        """The report in plain English."""
        said = [
            f"Text it has not seen costs the model {self.bits_per_byte:.3f} bits per byte "
            f"(8 would be no knowledge at all; measured on {self.bytes:,} bytes).",
            f"At each of {self.tokens:,} tokens it is as uncertain as between {self.perplexity:.2f} equally "
            "likely ones (its perplexity).",
        ]
        if self.written is None or self.human is None:
            return [*said, "Copies were not looked for: the training text is not at hand."]
        written, human = self.written, self.human
        said += [
            f"In {written.characters:,} characters written at temperature {self.temperature:g}, "
            f"the longest span taken verbatim from the training text has {written.longest:,} characters"
            + (f": {_quoted(written.text)}." if written.longest else "."),
            f"In as much held-out text, written by people, the longest has {human.longest:,}.",
            f"Copied spans of {written.long} characters or more make up {written.share:.1%} of what it wrote "
            f"and {human.share:.1%} of the held-out text.",
        ]
        if written.share > human.share + 0.05:
            said.append("It recites its training text: train it for less time, on more text, or write with --no-copy.")
        elif written.share > human.share:
            said.append("It copies a little more than people do; --no-copy keeps long copies out.")
        else:
            said.append("It copies no more than people do.")
        return said

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "sentences": self.sentences}


def report(
    model: "TextModel",
    held_out: str | Path | None = None,
    *,
    training_text: str | Path | None = None,
    temperature: float = 0.8,
    samples: int = 16,
    length: int = 1000,
    prompt: int = 64,
    seed: int = 0,
) -> Report:
    """Scores all of `held_out`, and looks for verbatim copies in what the model writes.

    The model continues passages of `held_out`; how they really go on is the human text it is compared with.
    People repeat phrases too, and how long the longest copy gets depends on the amount: hence the same amount
    of both. Only what follows a prompt is looked at.

    held_out: unseen text, or the path of a file of it, best of samples * (prompt + length) characters or more.
    training_text: the UTF-8 file that copies are looked for in. A model in its run folder has both by itself.
    temperature: that of the writing. samples: how many, of `length` characters each.
    Raises ReverieError if a value makes no sense or the held-out text is too short.
    """
    held_out = unseen(model, held_out)
    training_text = training_text or model.training_text()
    prompts, human = passages(held_out, samples=samples, prompt=prompt, length=length, seed=seed)
    index = CopyIndex(training_text) if training_text is not None else None
    score = model.score(held_out)
    copies: list[Copies] | list[None] = [None, None]
    if index is not None:
        written = model.write_many(prompts, length=len(human[0]), temperature=temperature, seed=seed)
        copies = index.compare([written, human])
    return Report(
        bits_per_byte=score.bits_per_byte,
        perplexity=score.perplexity,
        entropy=score.entropy,
        tokens=score.tokens,
        bytes=score.bytes,
        written=copies[0],
        human=copies[1],
        temperature=temperature,
        seed=seed,
    )


def _quoted(text: str, most: int = 120) -> str:
    """A span on one line, its middle left out where it is long."""
    line = " ".join(text.split())
    if len(line) > most:
        line = f"{line[: most // 2].rstrip()} ... {line[-most // 2 :].lstrip()}"
    return f"“{line}”"
