"""A landscape drawn by code, for the tour: clouds, ridges and a lake, rich enough in shapes for a network to read."""

from typing import Any

import numpy as np

Array = Any  # (height, width) or (height, width, 3), float64


def landscape(width: int = 768, height: int = 512, seed: int = 8) -> Array:
    """A valley at dusk: uint8 (height, width, 3)."""
    rng = np.random.default_rng(seed)
    y = np.linspace(0, 1, height)[:, None] * np.ones((1, width))
    shore = 0.68
    picture = _sky(y / shore, clouds(height, width, rng, slope=2.0))
    light = np.exp(-(((np.linspace(0, 1, width)[None] - 0.7) / 0.16) ** 2 + ((y - 0.42) / 0.14) ** 2))
    picture = picture + light[..., None] * (0.5, 0.32, 0.12)
    for depth, (top, colour) in enumerate([(0.40, (0.52, 0.47, 0.60)), (0.50, (0.33, 0.36, 0.47)), (0.59, RIDGE)]):
        picture = _ridge(picture, y, top, np.array(colour), 0.05 + 0.03 * depth, rng)
    picture = _lake(picture, y, shore, rng)
    grain = rng.normal(0, 0.012, (height, width, 1))
    return (np.clip(picture + grain, 0, 1) * 255).round().astype(np.uint8)


RIDGE = (0.17, 0.25, 0.24)


def clouds(height: int, width: int, rng: np.random.Generator, slope: float) -> Array:
    """Noise with a spectrum of 1 / frequency^slope, in [0, 1]: (height, width). At 2 it looks like clouds."""
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    frequency[0, 0] = np.inf
    spectrum = np.fft.rfft2(rng.standard_normal((height, width))) * frequency**-slope
    noise = np.fft.irfft2(spectrum, (height, width))
    return (noise - noise.min()) / np.ptp(noise)


def _sky(y: Array, noise: Array) -> Array:
    """Blue above, rose at the horizon, and clouds lit from below; y is 0 at the top and 1 at the horizon."""
    y = np.clip(y, 0, 1)[..., None]
    sky = (1 - y) * (0.22, 0.36, 0.62) + y * (0.96, 0.68, 0.52)
    cover = np.clip((noise - 0.36) / 0.3, 0, 1)[..., None]
    shade = np.clip(np.gradient(noise, axis=0) * 90 + 0.5, 0, 1)[..., None]
    return sky * (1 - 0.75 * cover) + 0.75 * cover * ((1 - shade) * (0.98, 0.90, 0.84) + shade * (0.58, 0.52, 0.62))


def _ridge(picture: Array, y: Array, top: float, colour: Array, roughness: float, rng: np.random.Generator) -> Array:
    """Mountains up to about `top`, their slopes textured, hazier towards the foot."""
    height, width = y.shape
    line = clouds(2, width, rng, slope=1.3)[0] - 0.5
    crest = top - 2.6 * roughness * line
    texture = clouds(height, width, rng, slope=1.75)
    lit = np.clip(0.5 + np.gradient(texture, axis=1) * 45, 0, 1)
    haze = np.clip((y - crest[None]) / 0.35, 0, 1)[..., None]
    slope = colour * (0.7 + 0.6 * lit[..., None]) * (1 - 0.4 * haze) + 0.4 * haze * (0.75, 0.66, 0.64)
    return np.where((y > crest[None])[..., None], slope, picture)


def _lake(picture: Array, y: Array, shore: float, rng: np.random.Generator) -> Array:
    """Below the shore, what is above it, upside down, rippled and darker."""
    height, width = y.shape
    edge = int(shore * height)
    depth = np.arange(height - edge)
    ripple = clouds(height - edge, width, rng, slope=1.4) - 0.5
    rows = np.clip(edge - 1 - depth[:, None] * 1.3 + ripple * (6 + depth[:, None] * 0.5), 0, edge - 1).astype(int)
    columns = np.clip(np.arange(width)[None] + ripple * (4 + depth[:, None] * 0.12), 0, width - 1).astype(int)
    water = picture[rows, columns] * (0.72, 0.78, 0.86) + np.clip(ripple, 0, 1)[..., None] * 0.10
    return np.concatenate([picture[:edge], water])
