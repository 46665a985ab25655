"""Samples while a model trains."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from reverie.text.generate import Generator


class GenerateText(keras.callbacks.Callback):
    """Writes a text at each temperature at the end of each epoch, to `folder/epoch-0001.txt` and so on.

    The callback of the textbook (Chollet, Deep Learning with Python), with temperatures that reach the draw.
    All texts of an epoch are rows of one batch. Works in the `fit` of any network with `context`, `start` and `step`,
    as `reverie.text.transformer.Transformer` has them.

    prompts: one text or several; each is continued at each temperature. tokenizer: the one the training
    tokens were made with. length: characters per text. seed: the same for each epoch, so that epochs differ
    by what was learned only. Raises ReverieError, when training begins, if a value does not fit.
    """

    def __init__(
        self,
        prompts: str | Sequence[str],
        temperatures: Sequence[float] = (0.2, 0.5, 0.7, 1.0, 1.5),
        *,
        tokenizer: Any,
        folder: str | Path,
        length: int = 200,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.prompts = [prompts] if isinstance(prompts, str) else list(prompts)
        self.temperatures = list(temperatures)
        self.tokenizer, self.folder, self.length, self.seed = tokenizer, Path(folder), length, seed
        self._generator: Generator | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._generator = Generator(self.model, self.tokenizer)
        self._settings(self._generator)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        assert self._generator is not None
        texts = ["".join(row) for row in zip(*self._settings(self._generator), strict=True)]
        sections = [
            f"--- temperature {temperature:g} ---\n{prompt}{text}\n"
            for (temperature, prompt), text in zip(self._rows(), texts, strict=True)
        ]
        path = self.folder / f"epoch-{epoch + 1:04d}.txt"
        path.write_text("\n".join(sections), encoding="utf-8")

    def _rows(self) -> list[tuple[float, str]]:
        return [(temperature, prompt) for temperature in self.temperatures for prompt in self.prompts]

    def _settings(self, generator: Generator) -> Any:
        return generator.stream(
            [prompt for _, prompt in self._rows()],
            temperature=[temperature for temperature, _ in self._rows()],
            length=self.length,
            seed=self.seed,
        )
