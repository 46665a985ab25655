"""`report`: how much of the photo was kept and how near the painting's style is, in the eyes of another network."""

import io
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from reverie import backend, features, images
from reverie.images.picture import Source
from reverie.pixels.scaling import numbers, resized
from reverie.pixels.settings import check
from reverie.publish import publish
from reverie.style import presets
from reverie.style.limits import LIMITS, parts
from reverie.style.losses import TINY, gram_matrix
from reverie.style.preparation import several
from reverie.style.regions import fitted

SIZE = 512  # px, longest side at which all pictures are judged, if none is smaller
LARGEST = 1024  # px on a side: of a painting shown larger, a corner is enough
JUDGES = {
    "reverie-dream": ("conv1", "conv2", "inception_3a", "inception_3b", "inception_4c"),
    "reverie-style": ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"),
}


@dataclass(frozen=True)
class Point:
    """A picture between photo and painting. content, style: its distances from them; see `report`."""

    name: str
    content: float
    style: float


@dataclass(frozen=True)
class Report:
    """points: the repainted pictures. photo, painting: the two ends. network: which judged, at `size` pixels."""

    points: list[Point]
    photo: Point
    painting: Point
    network: str
    size: int

    @property
    def sentence(self) -> str:
        best = min(self.points, key=lambda point: point.style)
        return (
            f"Judged by {self.network}, {best.name} has a style distance of {best.style:.2f} "
            f"(the photo {self.photo.style:.2f}) and a content distance of {best.content:.2f} "
            f"(the painting {self.painting.content:.2f})."
        )

    def plot(self, path: str | Path) -> None:
        """Draws the pictures between photo and painting as a PNG. Raises ReverieError if it cannot be written."""
        _draw(self, images.output(path, (".png",)))

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "sentence": self.sentence}


def report(
    content: Source,
    styles: "Source | Sequence[Source]",
    pictures: "Source | Sequence[Source]",
    names: Sequence[str] | None = None,
    *,
    network: Any = None,
    style_weights: Sequence[float] | None = None,
    style_scale: float = 1.0,
) -> Report:
    """How far repainted pictures are from the photo's content and from the paintings' style.

    The judge is a network that did not paint, so that it cannot be flattered: `reverie-dream`, or `reverie-style` for
    pictures that were painted with `reverie-dream`. It sees all pictures with their longest side 512 px, so that large
    and small ones compare; if one is smaller, all at its size, for an enlarged picture has no fine strokes to judge.
    With F its activations, each position divided by its length over the channels, and G Gram matrices:

        content = mean over layers and positions of sum_c (F - F_photo)²          0: the same; 2: nothing alike
        style   = mean over layers of |G - G_painting| / |G_painting|            0: the same; about 1: nothing alike

    The first is LPIPS (Zhang et al. 2018) without its learnt weights; the second is the root of the `style_loss`.

    content, styles, style_weights, style_scale: as for `transfer`. pictures: one or several. names: of the pictures, on
    the chart. network: another judge. Raises ReverieError for a picture or value that cannot be used.
    """
    check(LIMITS, style_scale=style_scale)
    sources, results = several(styles), several(pictures)
    shares = parts(style_weights, len(sources))
    names = list(names or (["repainted"] if len(results) == 1 else [f"picture {i + 1}" for i in range(len(results))]))
    if len(names) != len(results):
        raise ValueError(f"{len(names)} names for {len(results)} pictures")
    judged = [_read(result) for result in results]
    size = min(SIZE, *(max(picture.shape) for picture in judged))
    photo = _read(images.fit(images.decode(content).rgb, size))
    paintings = [_read(style) for style in sources]
    if network is None:
        network = other("reverie-dream" if "reverie-dream" in map(_painter, results) else None)
    loaded = features.load(network)
    model = loaded.activations(JUDGES.get(loaded.name) or presets.layers(presets.choose(None, None), loaded)[1])

    kept, plain = _seen(model, photo)
    shown = [fitted(painting, size * style_scale)[:LARGEST, :LARGEST] for painting in paintings]
    seen = [_seen(model, painting)[1] for painting in shown]
    wanted = [np.average(of_layer, axis=0, weights=shares) for of_layer in zip(*seen, strict=True)]

    def point(name: str, picture: np.ndarray) -> Point:
        found, grams = _seen(model, resized(picture, (photo.shape[0], photo.shape[1])))
        return Point(name, _content(found, kept), _style(grams, wanted))

    heaviest = paintings[int(np.argmax(shares))]
    return Report(
        [point(name, picture) for name, picture in zip(names, judged, strict=True)],
        Point("the photo", 0.0, _style(plain, wanted)),
        Point("the painting", point("", heaviest).content, 0.0),
        loaded.name,
        size,
    )


def other(network: Any) -> str:
    """The embedded network that judges what this one painted."""
    return "reverie-style" if network == "reverie-dream" else "reverie-dream"


def _seen(model: Any, picture: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """For each layer the activations, each position of length 1, and the Gram matrix."""
    maps = model(picture[None], training=False)
    grams = [backend.to_numpy(gram_matrix(a)) for a in maps]
    found = [backend.to_numpy(a)[0] for a in maps]
    return [a / (np.linalg.norm(a, axis=-1, keepdims=True) + TINY) for a in found], grams


def _content(found: list[np.ndarray], kept: list[np.ndarray]) -> float:
    return float(np.mean([np.square(a - b).sum(-1).mean() for a, b in zip(found, kept, strict=True)]))


def _style(grams: list[np.ndarray], wanted: list[np.ndarray]) -> float:
    return float(np.mean([np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in zip(grams, wanted, strict=True)]))


def _read(picture: Source) -> np.ndarray:
    return numbers(images.decode(picture).rgb)


def _painter(picture: Source) -> Any:
    """The network that a picture says it was painted with."""
    made = picture.info.get("reverie") if isinstance(picture, Image.Image) else None
    if isinstance(picture, str | os.PathLike):
        made = images.settings(picture)
    arguments = made.get("arguments") if isinstance(made, dict) else None
    return arguments.get("network") if isinstance(arguments, dict) else None


INK, SOFT, FAINT, MARK, LINE = "#22262e", "#7a808c", "#e6e8ec", "#d9572b", "#2f6db3"


def _draw(found: Report, path: Path) -> None:
    from matplotlib.figure import Figure  # half a second

    figure = Figure(figsize=(7.0, 5.4), dpi=150, facecolor="white")
    plot = figure.subplots()
    figure.subplots_adjust(left=0.12, right=0.95, top=0.8, bottom=0.13)
    figure.text(0.045, 0.93, "Content kept, style taken", fontsize=16, fontweight="bold", color=INK, va="center")
    about = f"Judged by {found.network}, which did not paint, at {found.size} px. Down and to the left is better."
    figure.text(0.045, 0.865, about, fontsize=10, color=SOFT, va="center")
    plot.spines[["top", "right"]].set_visible(False)
    plot.spines[["left", "bottom"]].set_color(SOFT)
    plot.grid(color=FAINT, linewidth=0.8)
    plot.set_axisbelow(True)
    plot.tick_params(colors=SOFT, labelsize=9, length=0, pad=5)
    plot.set_xlabel("content: distance from the photo", color=SOFT)
    plot.set_ylabel("style: distance from the painting", color=SOFT)
    turned = 45 if len(found.points) > 1 else 0  # degrees: the names of neighbours must not lie over each other
    every = [found.photo, found.painting, *found.points]
    plot.set_xlim(0, 1.15 * max(point.content for point in every) or 1.0)
    plot.set_ylim(0, 1.15 * max(point.style for point in every) or 1.0)
    plot.plot([p.content for p in found.points], [p.style for p in found.points], color=LINE, linewidth=1.6)
    for point in every:
        end = point is found.photo or point is found.painting
        plot.plot(point.content, point.style, "o", color=INK if end else MARK, markersize=8, clip_on=False, zorder=3)
        late = point is found.painting
        plot.annotate(
            point.name, (point.content, point.style), xytext=(-8 if late else 4 if turned else 8, 7),
            textcoords="offset points", ha="right" if late else "left", color=INK if end else MARK, fontweight="bold",
            fontsize=10, rotation=0 if end else turned, rotation_mode="anchor",
        )  # fmt: skip
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    publish(path, drawn.getvalue())
