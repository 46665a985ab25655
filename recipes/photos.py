"""The photos the embedded networks learn from: read once into memory, then cropped, scaled, coloured and mixed."""

import io
import queue
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

ARCHIVES = ("photos_1200.zip", "photos_distill.zip")
HELD_OUT = 12  # every 12th photo of the first archive, in the order of their names, is never trained on
AHEAD = 6  # batches made before they are asked for

Batches = Iterator[np.ndarray]


def read(folder: Path) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The photos in `folder`/photos for training, and those held out: uint8 arrays (height, width, 3), RGB."""
    train: list[np.ndarray] = []
    held_out: list[np.ndarray] = []
    for archive in ARCHIVES:
        with zipfile.ZipFile(folder / "photos" / archive) as file:
            for index, name in enumerate(sorted(file.namelist())):
                held = archive == ARCHIVES[0] and index % HELD_OUT == 0
                if name.lower().endswith((".jpg", ".jpeg", ".png")):
                    picture = Image.open(io.BytesIO(file.read(name))).convert("RGB")
                    (held_out if held else train).append(np.asarray(picture))
    return train, held_out


def centre_crops(photos: list[np.ndarray], size: int = 224) -> np.ndarray:
    """The middle of each photo, its shorter side scaled to 8/7 of `size`: (n, size, size, 3) float32 in [0, 1]."""
    crops = []
    for photo in photos:
        height, width = photo.shape[:2]
        side = min(height, width) * 7 / 8
        left, top = (width - side) / 2, (height - side) / 2
        box = (left, top, left + side, top + side)
        crops.append(Image.fromarray(photo).resize((size, size), Image.Resampling.BICUBIC, box=box))
    return np.stack([np.asarray(crop) for crop in crops]).astype(np.float32) / 255


def batches(photos: list[np.ndarray], size: int, count: int, seed: int, start: int = 0) -> Batches:
    """Endless batches (count, size, size, 3) float32 in [0, 1]; batch number n depends on `seed` and n alone.

    They are made in a thread of their own; `start` is the number of the first.
    """
    ready: queue.Queue[np.ndarray] = queue.Queue(AHEAD)

    def work() -> None:
        number = start
        while True:
            ready.put(batch(photos, size, count, np.random.default_rng([seed, number])))
            number += 1

    threading.Thread(target=work, daemon=True).start()
    while True:
        yield ready.get()


def batch(photos: list[np.ndarray], size: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` random crops of random photos, flipped, coloured anew, and a third of them mixed with another."""
    crops = np.stack([crop(photos[rng.integers(len(photos))], size, rng) for _ in range(count)])
    images = recolour(crops.astype(np.float32) / 255, rng)
    mixed = rng.permutation(count)[: count // 3]
    share = rng.uniform(0.3, 0.9, (len(mixed), 1, 1, 1)).astype(np.float32)
    images[mixed] = share * images[mixed] + (1 - share) * images[np.roll(mixed, 1)]
    noisy = rng.permutation(count)[: count // 8]
    deviation = rng.uniform(0, 0.12, (len(noisy), 1, 1, 1)).astype(np.float32)
    images[noisy] += deviation * rng.standard_normal(images[noisy].shape, dtype=np.float32)
    return np.clip(images, 0, 1)


def crop(photo: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """A part of 15 % to 100 % of the photo's area, of an aspect near 1, scaled to (size, size, 3), perhaps mirrored."""
    height, width = photo.shape[:2]
    side = min(height, width) * np.sqrt(rng.uniform(0.15, 1.0))
    aspect = np.exp(rng.uniform(-0.25, 0.25))
    across, down = min(width, side * aspect), min(height, side / aspect)
    left, top = rng.uniform(0, width - across), rng.uniform(0, height - down)
    box = (left, top, left + across, top + down)
    scaled = np.asarray(Image.fromarray(photo).resize((size, size), Image.Resampling.BILINEAR, box=box))
    return scaled[:, ::-1] if rng.random() < 0.5 else scaled


def recolour(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Random saturation, contrast, brightness and tint for each of (n, height, width, 3)."""
    shape = (len(images), 1, 1, 1)
    grey = images.mean(axis=-1, keepdims=True)
    images = grey + (images - grey) * rng.uniform(0.4, 1.5, shape).astype(np.float32)
    mean = images.mean(axis=(1, 2, 3), keepdims=True)
    gain = rng.uniform(0.7, 1.3, shape) * rng.uniform(0.9, 1.1, (len(images), 1, 1, 3))
    return (images - mean) * gain.astype(np.float32) + mean + rng.uniform(-0.12, 0.12, shape).astype(np.float32)
