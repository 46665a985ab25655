"""`render_sound`: a dream on a sound, through its spectrogram.

The textbook says that DeepDream is not limited to pictures. Here the logarithm of a spectrogram's magnitudes is a
grey picture; the dream changes it, and the sound is made again from the new magnitudes and the old phases. What the
network sees are still shapes: an image network hears nothing. A network trained on spectrograms may be passed instead.
"""

import io
import math
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from reverie import features
from reverie.dream.ascent import Ascent
from reverie.dream.estimate import estimate
from reverie.dream.limits import check
from reverie.dream.objectives import Objective
from reverie.dream.octaves import Schedule, dream, octave_sizes
from reverie.dream.presets import choose
from reverie.dream.render import wanted
from reverie.errors import ReverieError
from reverie.pixels.memory import largest_tile
from reverie.pixels.progress import Progress
from reverie.pixels.settings import settings
from reverie.publish import publish

FLOOR = 80.0  # dB below the loudest: black in the picture
SHORTEST, LONGEST = 1024, 2**24  # samples; the longest lasts six minutes at 44,100 Hz


@dataclass(frozen=True, eq=False)
class Sound:
    """samples: float32 (count, channels) in [-1, 1]. rate: samples a second."""

    samples: np.ndarray
    rate: int
    info: dict[str, Any] = field(default_factory=dict)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes 16-bit wav, whole or not at all. Raises ReverieError if the name does not end in .wav."""
        from scipy.io import wavfile

        path = Path(path)
        if path.suffix.lower() != ".wav":
            raise ReverieError(f"{path} cannot be written: a sound is written as .wav.", "Choose another name.")
        data = io.BytesIO()
        wavfile.write(data, self.rate, np.rint(np.clip(self.samples, -1, 1) * 32767).astype(np.int16))
        publish(path, data.getvalue())


def render_sound(
    sound: str | os.PathLike[str] | Sound,
    network: Any = None,
    objective: Objective | str | None = None,
    *,
    preset: str | None = None,
    weights: str | Path | None = None,
    octaves: int | None = None,
    octave_scale: float | None = None,
    steps: int | None = None,
    strength: float | None = None,
    roll: bool = True,
    seed: int = 0,
    memory: float | None = None,
    progress: Progress | None = None,
) -> Sound:
    """Dreams on a sound: on the logarithm of its spectrogram as a grey picture, low notes below, loud ones white.

    What the dream adds to the picture is read as decibels, by which the spectra of all channels are raised or
    lowered; their phases stay. (Griffin and Lim's search for better phases was tried: it came 1 % nearer to the
    magnitudes.) What would be louder than full scale is turned down, as a whole.

    sound: a wav file or a Sound. The rest is as in `render`; a network passed here takes spectrograms as pictures.
    The settings are in the sound's `info["reverie"]`.
    Raises ReverieError as `render` does, and for what is no wav file of 1,024 to 16,777,216 samples.
    """
    chosen = choose(preset, network)
    numbers = chosen.numbers(octaves=octaves, octave_scale=octave_scale, steps=steps, strength=strength)
    check(**numbers, seed=seed, memory=memory)
    schedule = Schedule(**numbers, roll=roll, seed=seed, grey=True)
    original = sound if isinstance(sound, Sound) else read(sound)
    transform = _transform(original)
    spectra = transform.stft(original.samples.T)  # (channels, frequencies, times)
    grey = _picture(spectra)

    loaded = features.load(chosen.network if network is None else network, weights, quick=True)
    climbed = wanted(objective, None, chosen, loaded)
    ascent = Ascent(loaded, climbed)
    ascent.side = largest_tile(ascent, grey.shape, memory)
    if progress is not None:
        progress.begin(estimate(ascent, octave_sizes(grey.shape, schedule, ascent), schedule.steps).sentence)
    rgb = np.repeat(grey[..., None], 3, axis=-1)
    dreamt, stopped = dream(rgb, ascent, schedule, watch=progress.show if progress is not None else lambda moment: None)
    decibels = FLOOR * (dreamt.mean(-1) - grey.astype(np.float32) / 255)[::-1]
    samples = _sound(transform, spectra, decibels, len(original.samples))
    made_with = settings(
        "dream render", seed, None if stopped is None else f"octave {stopped.octave}, step {stopped.step}",
        image=sound, network=loaded.name, objective=str(climbed), weights=weights, roll=roll, memory=memory, **numbers,
    )  # fmt: skip
    return Sound(samples, original.rate, {"reverie": made_with})


def _transform(sound: Sound) -> Any:
    """A short-time Fourier transform with windows of about 46 ms; short sounds are looked at more often."""
    from scipy.signal import ShortTimeFFT
    from scipy.signal.windows import hann

    window = 2 ** round(math.log2(max(sound.rate, 4000) * 0.046))
    window = min(window, 2 ** int(math.log2(len(sound.samples) / 2)))
    hop = max(1, min(window // 4, len(sound.samples) // 256))
    return ShortTimeFFT(hann(window, sym=False), hop, sound.rate)


def _picture(spectra: np.ndarray) -> np.ndarray:
    """uint8 (frequencies, times) of the loudest channel in each place; 255 is the loudest place, 0 is FLOOR below."""
    magnitude = np.abs(spectra).max(axis=0)[::-1]
    loudest = max(float(magnitude.max()), 1e-12)
    decibels = 20 * np.log10(np.maximum(magnitude / loudest, 1e-12))
    levels: np.ndarray = np.rint(np.clip(1 + decibels / FLOOR, 0, 1) * 255)
    return levels.astype(np.uint8)


def _sound(transform: Any, spectra: np.ndarray, decibels: np.ndarray, count: int) -> np.ndarray:
    """float32 (count, channels): the spectra with their magnitudes changed by so many decibels, as a sound."""
    samples = transform.istft(spectra * 10 ** (decibels / 20), k1=count)
    result: np.ndarray = samples.T / max(1.0, float(np.abs(samples).max()))
    return result.astype(np.float32)


def read(path: str | os.PathLike[str]) -> Sound:
    """A wav file of 8, 16, 24 or 32 bits or floats, any number of channels. Raises ReverieError for anything else."""
    import warnings

    from scipy.io import wavfile

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of chunks it does not know
            rate, samples = wavfile.read(path)
    except OSError as error:
        raise ReverieError(f"{path} cannot be read: {error.strerror or error}.", "Check the path.") from error
    except Exception as error:  # ValueError, struct.error, EOFError, IndexError and more on damaged files
        raise ReverieError(f"{path} is not a wav file.", "Convert it to wav.") from error
    if samples.ndim == 1:
        samples = samples[:, None]
    if not SHORTEST <= len(samples) <= LONGEST:
        raise ReverieError(f"{path} has {len(samples):,} samples.", f"Give a sound of {SHORTEST:,} to {LONGEST:,}.")
    if samples.dtype.kind == "u":
        samples = samples.astype(np.float32) / 128 - 1
    elif samples.dtype.kind == "i":
        samples = samples.astype(np.float32) / float(np.iinfo(samples.dtype).max)
    if not np.isfinite(samples).all():
        raise ReverieError(f"{path} holds numbers that are not finite.", "Save it again as 16-bit wav.")
    return Sound(samples.astype(np.float32), int(rate))
