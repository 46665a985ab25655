"""What Reverie's style engine makes beside single pictures: films, and fast models."""

import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import reverie
from reverie import images, style

FRAMES, WIDTH, HEIGHT = 8, 320, 240
MINUTES = 60


def flicker(photo: Path, painting: Path) -> dict[str, Any]:
    """Of a film, of its frames painted one by one, and of the clip itself: it pans and zooms over a photo."""
    with Image.open(photo) as opened:
        still = opened.convert("RGB")
    clip = []
    for number in range(FRAMES):
        left, top, share = 0.02 * number, 0.015 * number, 0.75 + 0.01 * number
        box = left * still.width, top * still.height, (left + share) * still.width, (top + share) * still.height
        clip.append(np.asarray(still.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS, box=box)))
    began = time.perf_counter()
    film = [np.asarray(frame) for frame in style.film(clip, painting, size=WIDTH)]
    seconds = (time.perf_counter() - began) / FRAMES
    alone = [np.asarray(style.transfer(frame, painting, size=WIDTH)) for frame in clip]
    kinds = {"film": film, "alone": alone, "clip": clip}
    return {"seconds_per_frame": seconds} | {name: style.flicker(frames, clip) for name, frames in kinds.items()}


def fast(data: Path, folder: Path, photos: list[Path], painting: Path) -> dict[str, Any]:
    """A fast model of one painting: seconds of a warm pass at 512 px, and the files it paints.

    It is trained once, for an hour; a model from an earlier run is taken as it is.
    """
    file = folder / "fast.safetensors"
    if not file.exists():
        style.train(painting, data / "photos" / "photos_1200.zip", minutes=MINUTES, out=file)
    model = reverie.open(file, "style")
    painted = []
    for photo in photos:
        made = model.apply(photo)
        images.save(made, folder / f"{photo.stem}.fast.png")
        painted.append(folder / f"{photo.stem}.fast.png")
    decoded = images.decode(photos[0]).rgb
    times = []
    for _ in range(5):
        began = time.perf_counter()
        model.apply(decoded)
        times.append(time.perf_counter() - began)
    return {"training": model.document["training"], "seconds": float(np.median(times)), "files": painted}
