"""The adversarial part: faces grown from noise, looked at again and again meanwhile, and a walk among them."""

from pathlib import Path

import numpy as np
from PIL import Image

from reverie import images
from reverie.faces import draw
from reverie.gan import train
from reverie.gan.callbacks import samples
from reverie.images import video

FACES, SIZE = 4000, 32  # drawn to learn from, and pixels on a side
TRAINED = 2000  # steps for each of the tour's minutes, however long they take: before, some eyes and mouths are smears
HELD = 6  # times the last sheet is shown, before it begins anew
POINTS, STEPS = 6, 20  # of the walk
TYPICAL = 0.8  # truncation


def gan_part(folder: Path, *, minutes: float, seed: int) -> str:
    """Draws faces, trains two networks against each other on them; returns the HTML of the part."""
    run = folder / "gan"
    drawn = draw(FACES, SIZE, seed)
    steps = max(2, round(TRAINED * minutes))
    model = train(drawn, steps=steps, size="small", flip=True, augment=0.0, seed=seed, out=run)
    sheets = [np.asarray(Image.open(path).convert("RGB")) for path in sorted((run / "samples").glob("epoch-*.png"))]
    sheets.append(np.asarray(samples(model)))  # if it was stopped, the only one perhaps
    video.write([*sheets, *[sheets[-1]] * HELD], folder / "grown.webp", fps=3)
    walk = model.walk(points=POINTS, steps=STEPS, truncation=TYPICAL, seed=seed)
    video.write((images.fit(picture, 320) for picture in walk), folder / "newcomers.webp", fps=15)
    training = model.document["training"]
    return f"""
<section>
<h2>Contest: faces from noise</h2>
<p class="lead">Two networks, one against the other. The first makes pictures from random numbers, the second tells them
from drawn faces; each learns from what the other does. They saw {training["seen"]:,} pictures of {SIZE} x {SIZE} pixels
in {training["seconds"]:.0f} seconds.</p>
<h3>Growing</h3>
<p>Always the same random numbers, looked at again and again while the two were learning.</p>
<img src="grown.webp" alt="A sheet of pictures that begin as noise and become faces">
<div class="cards">
<article><h3>A walk</h3><p class="says">Past {POINTS} of their faces and back to the first.</p>
<img src="newcomers.webp" width="320" alt="A face that turns into others, one after the other"></article>
</div>
<p class="do">Your turn: <code>reverie gan train my-pictures/ --minutes 20 --out runs/mine</code>, then
<code>reverie gan sample runs/mine</code></p>
</section>"""
