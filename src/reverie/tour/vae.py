"""The space part: little faces drawn by code, a space of them learned in a minute, and ways through it."""

from pathlib import Path

import numpy as np
from PIL import Image

from reverie import images
from reverie.faces import describe, draw, portrait
from reverie.images import video
from reverie.vae import VAE, train

FACES, SIZE = 2000, 32  # drawn to learn from, and pixels on a side
LATENT = 64  # numbers for each
SHEET = (5, 12)  # rows and columns of those shown, larger than the network sees them
MAP = 14  # rows
SMILES = 4  # rows of the strip
STRENGTHS = (0, 0.5, 1, 1.5)
POINTS, STEPS = 6, 20  # of the walk
TYPICAL = 0.8  # temperature


def vae_part(folder: Path, *, minutes: float, seed: int) -> str:
    """Draws faces, learns their space, walks and edits in it; returns the HTML of the part."""
    run = folder / "vae"
    rows, columns = SHEET
    people = np.stack([portrait(describe(index, seed), 88) for index in range(rows * columns)])
    images.save(_mosaic(people, columns, 88), folder / "faces.png")
    drawn = draw(FACES, SIZE, seed)
    model = train(drawn, minutes=minutes, latent=LATENT, flip=True, seed=seed, out=run)
    _draw_space(model, folder, seed)
    smile = model.concept("smile", among=drawn, against=["glasses", "hair", "pose", "skin"])
    serious = drawn.pixels[drawn.attributes["smile"] == 0][:SMILES]
    strips = np.stack([each for face in serious for each in (face, *model.strip(face, smile, STRENGTHS))])
    images.save(_mosaic(strips, 1 + len(STRENGTHS), 128), folder / "smile.png")
    training = model.document["training"]
    return f"""
<section>
<h2>Space: people who never were</h2>
<p class="lead">These faces were drawn by a few hundred lines of code, {FACES:,} of them, no two alike. In
{training["seconds"]:.0f} seconds a variational autoencoder learned to say in {LATENT} numbers what is in such a
picture of {SIZE} x {SIZE} pixels, and to draw it again from them.</p>
<img src="faces.png" alt="A contact sheet of drawn faces">
<h3>A map of the space</h3>
<p>The numbers are a place, and near places are alike. Nobody drew these faces: in the corners are four that the network
made up, and all the others are what it believes lies between them.</p>
<img src="manifold.png" alt="A map of faces, each like its neighbours">
<div class="cards">
<article><h3>A walk</h3><p class="says">Past {POINTS} people and back to the first.</p>
<img src="walk.webp" width="320" alt="A face that turns into others, one after the other"></article>
<article><h3>New faces</h3><p class="says">Places drawn at random, from where faces lie.</p>
<img src="samples.png" width="320" alt="Sixteen faces that were not drawn"></article>
</div>
<h3>A direction that means a smile</h3>
<p>The middle of all who smile, less the middle of all who do not, told apart from glasses, hair, pose and skin, is a
direction. In each row: a serious person as drawn, the same as the network draws them, and one, two and three steps
towards a smile.</p>
<img src="smile.png" alt="Four faces in rows, from serious to a broad smile">
<p class="do">Your turn: <code>reverie vae train my-pictures/ --minutes 10 --out runs/mine</code>, then
<code>reverie vae walk runs/mine</code></p>
</section>"""


def _draw_space(model: VAE, folder: Path, seed: int) -> None:
    grid = model.manifold(MAP, seed=seed)
    images.save(_mosaic(grid.reshape(-1, *grid.shape[2:]), MAP, 64), folder / "manifold.png")
    samples = model.sample(16, temperature=TYPICAL, seed=seed)
    images.save(_mosaic(samples, 4, 128), folder / "samples.png")
    walk = model.walk(points=POINTS, steps=STEPS, temperature=TYPICAL, seed=seed)
    video.write((images.fit(picture, 320) for picture in walk), folder / "walk.webp", fps=15)


def _mosaic(pictures: np.ndarray, columns: int, side: int) -> Image.Image:
    """uint8 (n, size, size, 3), edge to edge, each `side` pixels on a side."""
    tiles = np.stack([np.asarray(images.fit(picture, side)) for picture in pictures])
    rows = tiles.reshape(-1, columns, side, side, 3).swapaxes(1, 2)
    return Image.fromarray(rows.reshape(-1, columns * side, 3))
