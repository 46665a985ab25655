"""The text part: a model learns Python's own manual and writes entries that the manual never had."""

import random
import re
from html import escape
from pathlib import Path
from pydoc_data.topics import topics

import numpy as np

from reverie.text.plot import loss_curve
from reverie.text.temperatures import Row, temperatures
from reverie.text.train import train

PROMPT = 'The "dream" statement\n*********************\n\n'
TEMPERATURES = (0.2, 0.5, 0.7, 1.0, 1.5)
SAYS = {
    0.2: "It plays safe: the likeliest character nearly every time.",
    0.5: "It still follows the manual closely, and repeats itself less.",
    0.7: "Steady sentences with turns of their own.",
    1.0: "Drawn exactly as the model believes.",
    1.5: "Unlikely characters win often: words dissolve.",
}


def manual() -> str:
    """Python's language reference as `help()` prints it, about 300,000 characters.

    Each paragraph once (some stand under several headings), without tables and consoles, the entries in
    random order, so that those held out at the end are of all kinds.
    """
    names = sorted(topics)
    random.Random(0).shuffle(names)
    seen: set[str] = set()
    paragraphs = []
    for paragraph in (part for name in names for part in re.split(r"\n\s*\n", topics[name].strip())):
        if paragraph not in seen and not re.search(r"^\s*(\+[-=]|\||>>>)| {7}", paragraph, re.MULTILINE):
            paragraphs.append(paragraph)
        seen.add(paragraph)
    return "\n\n".join(paragraphs) + "\n"


def text_part(folder: Path, *, minutes: float, seed: int) -> str:
    """Trains, samples at five temperatures, finds the temperature that fits; returns the HTML of the part."""
    corpus, run = folder / "manual.txt", folder / "text"
    corpus.write_text(manual(), encoding="utf-8")
    model = train(corpus, minutes=minutes, seed=seed, out=run)
    samples = model.write_many([PROMPT] * len(TEMPERATURES), length=420, temperature=TEMPERATURES, seed=seed)
    fit = temperatures(model, samples=16)
    _draw_loss(run / "metrics.csv", folder / "loss.png")
    fit.plot(folder / "temperatures.png")
    training = model.document["training"]
    cards = "\n".join(
        f'<article><h3>{temperature}</h3><p class="says">{SAYS[temperature]}</p>'
        f"<pre><b>{escape(PROMPT)}</b>{escape(sample)}</pre></article>"
        for temperature, sample in zip(TEMPERATURES, samples, strict=True)
    )
    rows = "\n".join(_row(row, fit.recommended) for row in [*fit.rows, fit.human])
    return f"""
<section>
<h2>Text: entries the manual never had</h2>
<p class="lead">In {training["seconds"]:.0f} seconds on this computer, a small Transformer read Python's own language
reference, {len(manual()):,} characters that come with every Python, from nothing: it did not know a letter before.
Now it is asked to go on from <b>The &ldquo;dream&rdquo; statement</b>, which Python does not have.</p>
<h3>Five temperatures, one beginning</h3>
<p>The network gives each possible next character a probability. The temperature bends these before one is drawn:
low is predictable, high is surprising.</p>
<div class="cards">{cards}</div>
<h3>How it learned</h3>
<img src="loss.png" alt="Loss in nats per token, training and held-out, against steps">
<h3>Which temperature fits?</h3>
<p>{escape(fit.sentence)}</p>
<img src="temperatures.png" alt="What samples look like at each temperature, against text people wrote">
<table><tr><th>temperature<th>different words<th>invented words<th>loops<th>bits a character<th>longest copy</tr>
{rows}</table>
<p class="do">Your turn: <code>reverie text train my-book.txt --minutes 5 --out runs/mine</code>, then
<code>reverie text write runs/mine "Once upon a time"</code></p>
</section>"""


def _draw_loss(metrics: Path, picture: Path) -> None:
    columns = np.genfromtxt(metrics, delimiter=",", names=True)
    steps, losses, validation = (columns[name].tolist() for name in ("step", "loss", "validation"))
    loss_curve(picture, steps, losses, steps, validation)


def _row(row: Row, recommended: float) -> str:
    name = "text people wrote" if row.temperature is None else f"{row.temperature:g}"
    figures = (f"{row.distinct_1:.0%}", f"{row.invented:.0%}", f"{row.loops:.0%}", f"{row.entropy:.2f}")
    cells = "".join(f"<td>{cell}" for cell in (name, *figures, f"{row.longest_copy} characters"))
    return f"<tr{' class=fits' if row.temperature == recommended else ''}>{cells}</tr>"
