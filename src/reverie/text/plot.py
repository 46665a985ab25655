"""The two charts of the text engine, as PNG: how a model learned, and which temperature suits it.

Matplotlib draws them, through its Figure class alone: no window, no global state. It takes half a second to
load, so this module is imported where a chart is drawn and nowhere else.
"""

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

import reverie
from reverie.errors import ReverieError

if TYPE_CHECKING:
    from reverie.text.temperatures import Row, Temperatures

INK, SOFT, FAINT = "#22262e", "#7a808c", "#e6e8ec"
MODEL, HUMAN, MARK = "#2f6db3", "#3c8c5a", "#d9572b"
DPI = 150


def loss_curve(
    path: str | Path,
    steps: Sequence[float],
    losses: Sequence[float],
    validation_steps: Sequence[float] = (),
    validation_losses: Sequence[float] = (),
    *,
    unit: str = "nats per token",
    settings: dict[str, Any] | None = None,
) -> None:
    """Draws training and validation loss over the steps; the best validation loss is marked.

    settings go into the file's metadata. Raises ReverieError if the file cannot be written.
    """
    about = f"Loss in {unit}: lower is better."
    best = min(range(len(validation_losses)), key=lambda i: validation_losses[i], default=None)
    if best is not None:
        about += f" Best on held-out text: {validation_losses[best]:.3f}, at step {validation_steps[best]:,.0f}."
    figure, axes = _page(8.0, 4.5, "How the model learned", about)
    (plot,) = axes.ravel()
    plot.plot(steps, losses, color=MODEL, linewidth=1.0, alpha=0.45 if len(validation_steps) else 1.0)
    plot.xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:,.0f}"))
    plot.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    plot.set_xlabel("training step", color=SOFT)
    plot.set_xlim(0, 1.02 * max([*steps, *validation_steps, 1]))
    ends = [("training", steps, losses, MODEL)] if len(steps) else []
    if best is not None:
        plot.plot(validation_steps, validation_losses, color=MARK, linewidth=2.0)
        plot.plot(validation_steps[best], validation_losses[best], "o", color=MARK, markersize=6)
        ends.append(("held out", validation_steps, validation_losses, MARK))
    _label_ends(plot, ends)
    _save(figure, path, settings or {})


def temperature_chart(found: "Temperatures", path: str | Path) -> None:
    """Draws four figures over the temperature, with the level of the human text and the recommendation."""
    pair = "word pairs" if found.unit == "words" else "character pairs"
    panels: list[tuple[str, str, Callable[[Row], float]]] = [
        ("Distance from the human text", "{:.2f}", _distance),
        (f"Variety: different {pair}", "{:.0%}", lambda row: row.distinct_2),
    ]
    if found.human.invented is None:
        panels.append(("Surprise, in bits per byte", "{:.2f}", lambda row: row.bits_per_byte))
    else:
        panels.append(("Words the training text does not hold", "{:.0%}", lambda row: row.invented or 0.0))
    if found.human.longest_copy is None:
        panels.append(("Samples that end in a loop", "{:.0%}", lambda row: row.loops))
    else:
        panels.append(("Longest verbatim copy, in characters", "{:.0f}", lambda row: row.longest_copy or 0))
    figure, axes = _page(
        9.0,
        6.8,
        f"Write at temperature {found.recommended:g}",
        f"There the model is most like the text that people wrote "
        f"({found.samples} samples of {found.length} characters at each temperature).",
        rows=2,
        columns=2,
    )
    if any(row.veto for row in found.rows):
        figure.text(0.97, 0.025, "hollow: ruled out, for it loops or copies", fontsize=9, color=SOFT, ha="right")
    for plot, (title, form, figure_of) in zip(axes.ravel(), panels, strict=True):
        _panel(plot, found, title, form, figure_of)
    for plot in axes[1]:
        plot.set_xlabel("temperature", color=SOFT)
    _save(figure, path, {"seed": found.seed, "samples": found.samples, "length": found.length})


def _distance(row: "Row") -> float:
    return row.distance


def _panel(plot: Axes, found: "Temperatures", title: str, form: str, figure_of: Callable[["Row"], float]) -> None:
    temperatures = [row.temperature or 0.0 for row in found.rows]
    values = [figure_of(row) for row in found.rows]
    best = figure_of(found.best)
    human = None if figure_of is _distance else figure_of(found.human)  # the human text is where the distance is 0
    top = 1.25 * max(*values, human or 0.0) or 1.0
    span = (temperatures[-1] - temperatures[0]) or 1.0
    plot.set_title(title, loc="left", color=INK, fontsize=10.5, pad=10)
    right = temperatures[-1] + 0.04 * span
    plot.set_xlim(temperatures[0] - 0.04 * span, right)
    plot.set_ylim(0, top)
    most = 1.0 if "%" in form else top  # no tick above 100 %
    plot.set_yticks([tick for tick in MaxNLocator(4).tick_values(0, top) if tick <= min(top, most)])
    plot.yaxis.set_major_formatter(FuncFormatter(lambda value, _: "" if value == 0 else form.format(value)))

    plot.axvline(found.recommended, color=MARK, linewidth=1.0, alpha=0.6)
    plot.plot(temperatures, values, color=MODEL, linewidth=1.8)
    for row, x, y in zip(found.rows, temperatures, values, strict=True):
        fill = "white" if row.veto else MODEL
        plot.plot(x, y, "o", color=MODEL, markersize=4.5, markerfacecolor=fill, clip_on=False, zorder=3)
    plot.plot(found.recommended, best, "o", color=MARK, markersize=8, zorder=4, clip_on=False)
    beside: dict[str, Any] = {"textcoords": "offset points", "fontsize": 9.5, "fontweight": "bold"}
    late = found.recommended > temperatures[0] + 0.8 * span
    plot.annotate(
        form.format(best), (found.recommended, top), xytext=(-5 if late else 5, -1), va="top",
        ha="right" if late else "left", color=MARK, **beside,
    )  # fmt: skip
    if human is not None:
        plot.axhline(human, color=HUMAN, linewidth=1.4, linestyle=(0, (4, 3)))
        plot.annotate(
            f"human\n{form.format(human)}", (right, human), xytext=(4, 0), va="center", color=HUMAN,
            annotation_clip=False, **beside,
        )  # fmt: skip


def _page(
    width: float, height: float, title: str, subtitle: str, rows: int = 1, columns: int = 1
) -> tuple[Figure, Any]:
    """A white page with its title, and its plots without frames."""
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
    axes = figure.subplots(rows, columns, squeeze=False)
    left = 0.75 / width
    figure.subplots_adjust(
        left=left,
        right=1 - 0.8 / width,
        top=1 - (1.05 if rows == 1 else 1.35) / height,
        bottom=0.75 / height,
        hspace=0.38,
        wspace=0.37,
    )
    figure.text(0.3 / width, 1 - 0.45 / height, title, fontsize=16, fontweight="bold", color=INK, va="center")
    figure.text(0.3 / width, 1 - 0.78 / height, subtitle, fontsize=10, color=SOFT, va="center")
    for plot in axes.ravel():
        plot.spines[["top", "right", "left"]].set_visible(False)
        plot.spines["bottom"].set_color(SOFT)
        plot.grid(axis="y", color=FAINT, linewidth=0.8)
        plot.set_axisbelow(True)
        plot.tick_params(colors=SOFT, labelsize=9, length=0, pad=5)
    return figure, axes


def _label_ends(plot: Axes, lines: list[tuple[str, Sequence[float], Sequence[float], str]]) -> None:
    """Writes each line's name at its end, apart from each other where the lines end close together."""
    for number, (name, x, y, color) in enumerate(sorted(lines, key=lambda line: line[2][-1])):
        plot.annotate(
            name, (x[-1], y[-1]), xytext=(8, 7 * number), textcoords="offset points", va="center", color=color
        )


def _save(figure: Figure, path: str | Path, settings: dict[str, Any]) -> None:
    """Writes the page; what it was made from goes into the PNG's metadata, under the key `reverie`."""
    drawn = io.BytesIO()
    about = json.dumps({"version": reverie.__version__, **settings})
    figure.savefig(drawn, format="png", metadata={"reverie": about})
    try:
        Path(path).write_bytes(drawn.getvalue())
    except OSError as error:
        raise ReverieError(
            f"The chart {path} cannot be written: {error.strerror}.",
            "Choose a file in a folder you may write to.",
        ) from error
