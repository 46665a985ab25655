"""Settings that go together: a network, what to dream of it, and how far."""

from dataclasses import dataclass
from typing import Any

from reverie.errors import ReverieError


@dataclass(frozen=True)
class Preset:
    """objective: as `expression.parse` reads it. The rest is as in `render`."""

    network: str
    objective: str
    octaves: int
    octave_scale: float
    steps: int
    strength: float

    def numbers(self, **given: Any) -> dict[str, Any]:
        """octaves, octave_scale, steps and strength: those given, and the preset's where None was."""
        return {name: getattr(self, name) if value is None else value for name, value in given.items()}


PRESETS = {
    # Chosen by looking at dreams over layers and strengths.
    "reverie": Preset("reverie-dream", "inception_4c", 4, 1.4, 20, 0.01),
    # Chollet, Deep Learning with Python: mixed4 to mixed7, three octaves of 1.4, thirty steps. Its steps have a
    # length of 20 over the whole picture in [-1, 1]; that is a root mean square of 0.01 in [0, 1] at about 500 px.
    "textbook": Preset("inceptionv3", "mixed4 + 1.5 * mixed5 + 2 * mixed6 + 2.5 * mixed7", 3, 1.4, 30, 0.01),
    # The notebook that was published with DeepDream (Mordvintsev et al., 2015).
    "notebook": Preset("googlenet", "inception_4c", 4, 1.4, 10, 0.01),
}


def choose(preset: str | None, network: Any) -> Preset:
    """The preset of that name; else the one made for that network; else the first.

    Raises ReverieError for a name that is not there.
    """
    if preset is not None and preset not in PRESETS:
        raise ReverieError(f"There is no preset {preset!r}.", f"There are {', '.join(PRESETS)}.")
    made_for = [name for name, values in PRESETS.items() if values.network == str(network).lower()]
    return PRESETS[preset or (made_for or ["reverie"])[0]]
