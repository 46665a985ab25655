"""From pictures to what a frozen network sees in them."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from keras import ops

from reverie import backend, features, images
from reverie.errors import ReverieError
from reverie.images.cutting import in_channels
from reverie.images.folders import Pictures

BATCH = 64  # always so many at a time, filled up where there are fewer: one program, the same bits in whatever number
LEAST = 64  # px: smaller pictures are enlarged, or nothing would be left of them in the deepest layers


def embed(pictures: np.ndarray | Pictures, network: Any = "reverie-dream", layer: str | None = None) -> np.ndarray:
    """What a feature network sees in each picture: float32 (n, channels), one layer's mean over all positions.

    pictures: uint8 (n, height, width, 1 or 3), in memory or memory-mapped, read a batch at a time; grey is shown as
    three equal channels. Networks of a fixed size see them resized to it; all others at their own size, but with
    the shorter side at least 64 px. network: as for `features.load`. layer: by default the deepest below the classes,
    which is inception_5b in `reverie-dream`.

    Distances between such features compare sets seen by the same network and layer, and no others: they are not the
    published FID or KID, which are of an Inception-v3 at 299 px. Raises ReverieError for what is no set of pictures.
    """
    pixels = pictures.pixels if isinstance(pictures, Pictures) else pictures
    if pixels.dtype != np.uint8 or pixels.ndim != 4 or pixels.shape[3] not in (1, 3) or 0 in pixels.shape:
        raise ReverieError(
            f"An array of {pixels.dtype} with shape {pixels.shape} is no set of pictures.",
            "Give numbers from 0 to 255 as uint8, of shape (n, height, width, 3).",
        )
    network = _loaded(network, features.load) if isinstance(network, str) else features.load(network)
    program = _program(network, layer or _deepest(network))
    size = _size(network, pixels.shape[1], pixels.shape[2])
    rows = []
    for first in range(0, len(pixels), BATCH):
        shown = [_shown(picture, size) for picture in pixels[first : first + BATCH]]
        batch = np.zeros((BATCH, *size, 3), np.float32)
        batch[: len(shown)] = shown
        rows.append(backend.to_numpy(program(batch))[: len(shown)])
    return np.concatenate(rows)


def _shown(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """float32 (*size, 3) in [0, 1]."""
    numbers = in_channels(picture, 3).astype(np.float32) / 255
    return numbers if picture.shape[:2] == size else np.clip(images.resize(numbers, size), 0, 1)


def _size(network: features.FeatureNetwork, height: int, width: int) -> tuple[int, int]:
    """How large the network sees pictures of this size."""
    if network.input_size:
        return network.input_size
    larger = max(1.0, LEAST / min(height, width))
    return round(height * larger), round(width * larger)


def _deepest(network: features.FeatureNetwork) -> str:
    return [name for name in network.layers if name != network.classifier][-1]


@lru_cache(maxsize=1)  # a report asks several times
def _loaded(name: str, load: Callable[[str], features.FeatureNetwork]) -> features.FeatureNetwork:
    return load(name)


@lru_cache(maxsize=1)
def _program(network: features.FeatureNetwork, layer: str) -> Any:
    model = network.activations(layer)

    def seen(pictures: Any) -> Any:
        (found,) = model(pictures, training=False)  # (batch, height, width, channels), (batch, tokens, channels)
        return ops.mean(found, axis=tuple(range(1, len(found.shape) - 1))) if len(found.shape) > 2 else found

    return backend.compiled(seen, network.variables, quick=True)
