"""Three paintings drawn by code, for the tour: brush strokes around stars, stained glass, and a woodcut of waves."""

from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from reverie.tour.landscape import clouds

Array = Any  # (height, width) or (height, width, 3), float64

NIGHT = np.array([(16, 28, 74), (24, 56, 128), (46, 98, 168), (104, 158, 198), (196, 206, 170), (244, 206, 84)])
GLASS = [(196, 40, 44), (232, 148, 32), (246, 206, 78), (34, 104, 168), (22, 58, 120), (44, 136, 96), (136, 62, 130)]
CREAM, INDIGO, FOAM = (238, 226, 198), (28, 54, 104), (120, 164, 190)


def strokes(size: int = 512, seed: int = 3) -> np.ndarray:
    """Short strokes of a loaded brush that turn around a few stars: uint8 (size, size, 3)."""
    rng = np.random.default_rng(seed)
    stars = rng.random((5, 2)) * (1, 0.8)
    y, x = np.mgrid[:size, :size] / size
    noise = clouds(size, size, rng, slope=1.8)
    across, down = np.ones_like(x), 0.9 * np.cos(7 * x + 6 * noise)
    light = np.zeros_like(x)
    for row, column in stars:
        away = np.hypot(y - row, x - column)
        pull = np.exp(-((away / 0.16) ** 2))
        across, down = across - 3 * pull * (y - row) / 0.1, down + 3 * pull * (x - column) / 0.1
        light = np.maximum(light, 1.15 * np.exp(-((away / 0.075) ** 2)) + 0.3 * pull)
    tone = np.clip(0.12 + 0.5 * noise + light, 0, 0.999)
    picture = Image.new("RGB", (size, size), tuple(int(c) for c in NIGHT[1]))
    draw = ImageDraw.Draw(picture)
    for _ in range(size * size // 34):
        point = rng.random(2) * (size - 1)
        shade = tone[int(point[0]), int(point[1])] * (len(NIGHT) - 1) + rng.normal(0, 0.25)
        low = int(np.clip(shade, 0, len(NIGHT) - 2))
        colour = NIGHT[low] + (NIGHT[low + 1] - NIGHT[low]) * np.clip(shade - low, 0, 1) + rng.normal(0, 9, 3)
        draw.line(
            _along(point, across, down, size), tuple(int(c) for c in np.clip(colour, 0, 255)), int(rng.integers(3, 6))
        )
    return np.asarray(picture)


def _along(point: Array, across: Array, down: Array, size: int) -> list[tuple[float, float]]:
    """Some steps of a point along a field of directions."""
    path = []
    for _ in range(5):
        path.append((float(point[1]), float(point[0])))
        at = int(np.clip(point[0], 0, size - 1)), int(np.clip(point[1], 0, size - 1))
        step = np.array([down[at], across[at]])
        point = point + step * (size / 110) / max(1e-6, float(np.hypot(*step)))
    return path


def glass(size: int = 512, seed: int = 1) -> np.ndarray:
    """Pieces of coloured glass held by lead, lit from the middle: uint8 (size, size, 3)."""
    rng = np.random.default_rng(seed)
    turn = rng.random(90) * 2 * np.pi
    reach = np.sqrt(rng.random(90)) * 0.75
    centres = np.stack([0.5 + reach * np.sin(turn), 0.5 + reach * np.cos(turn)], axis=1)
    y, x = np.mgrid[:size, :size] / size
    away = np.stack([np.hypot(y - row, x - column) for row, column in centres])
    near = np.argsort(away, axis=0)[:2]
    first, second = (np.take_along_axis(away, near[i : i + 1], 0)[0] for i in (0, 1))
    apart = np.hypot(*np.moveaxis(centres[near[0]] - centres[near[1]], -1, 0))
    edge = (second**2 - first**2) / (2 * apart)  # distance from the border between the two
    colours = np.array(GLASS, float)[rng.integers(0, len(GLASS), len(centres))]
    pane = colours[near[0]] * (0.75 + 0.5 * clouds(size, size, rng, slope=1.6))[..., None]
    pane = pane * (1.25 - 0.8 * np.hypot(y - 0.5, x - 0.5))[..., None] + 18
    lead = np.clip((edge - 0.006) / 0.003, 0, 1)[..., None]
    result: np.ndarray = np.clip(pane * lead + (1 - lead) * 22, 0, 255).astype(np.uint8)
    return result


def waves(size: int = 512, seed: int = 0) -> np.ndarray:
    """Scales of waves as a woodcut prints them, in indigo on paper: uint8 (size, size, 3)."""
    rng = np.random.default_rng(seed)
    large = size * 2
    picture = Image.new("RGB", (large, large), CREAM)
    draw = ImageDraw.Draw(picture)
    radius = large / 9
    for row, middle in enumerate(np.arange(-radius, large + 2 * radius, radius / 2)):
        for column in np.arange(-1, 12):
            x = (column + 0.5 * (row % 2)) * radius * 1.9 + rng.normal(0, radius / 40)
            y = middle + rng.normal(0, radius / 40)
            for ring, share in enumerate((1.0, 0.82, 0.64, 0.46, 0.28)):
                r = radius * share
                fill = (INDIGO, CREAM, INDIGO, FOAM, CREAM)[ring]
                draw.ellipse((x - r, y - r, x + r, y + r), fill)
    pixels = np.asarray(picture.resize((size, size), Image.Resampling.LANCZOS)).astype(float)
    grain = clouds(size, size, rng, slope=0.7)[..., None]
    result: np.ndarray = np.clip(pixels + (grain - 0.5) * 70, 0, 255).astype(np.uint8)
    return result
