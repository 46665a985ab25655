"""The dream part: a network looks at a landscape drawn by code, and the landscape becomes what it sees."""

from html import escape
from pathlib import Path

from PIL import Image

from reverie import images
from reverie.dream.filters import filters
from reverie.dream.presets import choose
from reverie.dream.render import render
from reverie.tour.landscape import landscape

LAYERS = {
    "inception_3b": "Early in the network: eyes, rings and spirals.",
    "inception_4c": "In the middle: animals with too many legs, towers and arches.",
    "inception_5a": "Late: whole creatures, birds and snakes and insects, wherever one might be.",
}
SHEET = "inception_4c"


def dream_part(folder: Path, *, seed: int) -> str:
    """Draws, dreams at three depths, shows what channels look for; returns the HTML of the part."""
    picture = Image.fromarray(landscape())
    images.save(picture, folder / "landscape.png")
    cards = []
    for layer, says in LAYERS.items():
        name = f"dream-{layer}.png"
        images.save(render(picture, objective=layer, seed=seed), folder / name)
        cards.append(
            f'<article><h3>{layer}</h3><p class="says">{escape(says)}</p>'
            f'<img src="{name}" alt="The landscape as {layer} dreams it"></article>'
        )
    sheet = filters(SHEET, count=12, columns=6, size=112, steps=80, seed=seed)
    images.save(sheet, folder / "filters.png")
    return f"""
<section>
<h2>Dream: what a network sees in the clouds</h2>
<p class="lead">This landscape was drawn by a page of arithmetic. A small network that comes with Reverie looks at it,
and at each step the picture is changed a little towards whatever the network already sees there, first small, then
larger: DeepDream.</p>
<img src="landscape.png" alt="A valley at dusk: clouds, ridges and a lake">
<h3>Three layers, one picture</h3>
<div class="cards">{"".join(cards)}</div>
<h3>What channels look for</h3>
<p>The same climb from noise, for one channel of <code>{SHEET}</code> at a time: a picture of what excites it.</p>
<img src="filters.png" alt="A contact sheet of twelve channels">
<p class="do">Your turn: <code>reverie dream render my-photo.jpg -o dream.png</code>, or
<code>reverie dream render my-photo.jpg --sheet -o sheet.png</code> to choose from many
({choose(None, None).network} is the network).</p>
</section>"""
