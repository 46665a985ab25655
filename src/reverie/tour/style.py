"""The style part: the landscape that was dreamt on, repainted in the style of three paintings drawn by code."""

from html import escape
from pathlib import Path

from PIL import Image

from reverie import images
from reverie.style.texture import texture
from reverie.style.transfer import transfer
from reverie.tour.landscape import landscape
from reverie.tour.paintings import glass, strokes, waves

# how it is drawn, strength, style_scale, what is said
PAINTINGS = {
    "strokes": (strokes, 4.0, 1.2, "The brush turns in clouds and on water; the ridges keep their place."),
    "glass": (glass, 1.0, 1.0, "Panes of colour, and lead along the edges of things."),
    "waves": (waves, 1.0, 1.0, "A woodcut's arches climb the mountains and fill the clouds."),
}


def style_part(folder: Path, *, seed: int) -> str:
    """Draws the paintings, repaints in their styles, makes a tileable texture; returns the HTML of the part."""
    photo = Image.fromarray(landscape())
    cards = []
    for name, (draw, strength, scale, says) in PAINTINGS.items():
        painting = Image.fromarray(draw())
        images.save(painting, folder / f"painting-{name}.png")
        made = transfer(photo, painting, strength=strength, style_scale=scale, seed=seed)
        images.save(made, folder / f"style-{name}.png")
        cards.append(
            f'<article><h3>{name}</h3><p class="says">{escape(says)}</p><img src="style-{name}.png" '
            f'alt="The landscape in the style of {name}"><img src="painting-{name}.png" width="96" alt="{name}">'
            "</article>"
        )
    tile = texture(Image.fromarray(waves()), width=256, height=256, style_scale=1.5, tileable=True, seed=seed)
    images.save(tile, folder / "tile.png")
    return f"""
<section>
<h2>Style: one landscape, three hands</h2>
<p class="lead">A picture's content is what is where; its style is which strokes, colours and textures come together,
wherever they are. A small network that comes with Reverie tells the two apart, and the picture is changed, step by
step, until it has the content of one and the style of another: neural style transfer.</p>
<div class="cards">{"".join(cards)}</div>
<h3>Style alone</h3>
<p>Without a photo the style makes a texture. This one, from the woodcut, meets itself at its edges:</p>
<div style="height: 256px; border-radius: 10px; background: url(tile.png)" role="img"
aria-label="A texture, laid side by side"></div>
<p class="do">Your turn: <code>reverie style transfer my-photo.jpg my-painting.jpg</code>, with
<code>--strength 3</code> for more of the painting and <code>--colours luminance</code> for the photo's own colours.</p>
</section>"""
