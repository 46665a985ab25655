"""`FastStyle`, a trained painter, and `apply`, which repaints a photo with it."""

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image

from reverie import backend, images, modelfile
from reverie.errors import ReverieError
from reverie.images.picture import Source
from reverie.pixels.memory import machine, used
from reverie.pixels.scaling import numbers
from reverie.pixels.settings import settings
from reverie.style import colour
from reverie.style.fast.network import STRIDE, build
from reverie.style.limits import check, check_choice, parts
from reverie.style.preparation import listed

ENGINE = "style"
MARGIN = 32  # px that the photo is continued by at its edges, mirrored: what the painter makes of an edge is cut off
PIXEL = 260  # bytes of memory at most that a pixel takes, the photo itself and the picture included
LIMITS = {"styles": 64, "width": 512, "blocks": 64}
COLOURS = ("painting", "luminance")


class FastStyle:
    """A network that repaints photos in one pass, in the styles it has learnt.

    painter: see `network.build`. document: what the model file says of it. styles: the names of its styles, in order.
    """

    def __init__(self, painter: keras.Model, document: dict[str, Any], path: Path | None = None) -> None:
        self.painter, self.document = painter, document
        self.path = path  # the file it is in, None if it was never saved
        self.styles = [str(name) for name in document["styles"]]
        self._paint = backend.compiled(lambda x, w: painter([x, w], training=False), painter.variables, quick=True)

    def apply(
        self,
        photo: Source,
        *,
        size: int | None = 512,
        style_weights: Sequence[float] | None = None,
        colours: str = "painting",
        memory: float | None = None,
    ) -> Image.Image:
        """The photo, repainted; see `apply`."""
        check(size=size, memory=memory)
        check_choice("colours", colours, COLOURS)
        shares = parts(style_weights, len(self.styles))
        picture = images.decode(photo)
        rgb = picture.rgb if size is None else images.fit(picture.rgb, size)
        _check_memory(rgb.shape[1], rgb.shape[0], memory)
        pixels = numbers(rgb)
        painted = self.repaint(pixels[None], np.array([shares], np.float32))[0]
        if colours == "luminance":
            painted = colour.coloured(painted, pixels)
        result = images.encode(painted, picture.alpha)
        document = settings(
            "style apply", 0,
            image=photo, model=self.path, size=size, style_weights=listed(style_weights), colours=colours,
            memory=memory,
        )  # fmt: skip
        del document["seed"]  # nothing is drawn at random
        result.info["reverie"] = document
        return result

    def repaint(self, photos: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """float32 (batch, height, width, 3) in [0, 1] and (batch, styles), adding up to 1 -> paintings like the photos.

        For films and for other loops: no file, no fitting, no settings.
        """
        height, width = photos.shape[1:3]
        below, right = MARGIN + -height % STRIDE, MARGIN + -width % STRIDE
        wide = np.pad(photos, ((0, 0), (MARGIN, below), (MARGIN, right), (0, 0)), "symmetric")
        painted: np.ndarray = backend.to_numpy(self._paint(wide, weights))
        return painted[:, MARGIN : MARGIN + height, MARGIN : MARGIN + width]

    def save(self, path: str | Path) -> None:
        """Writes the model file, whole or not at all. Raises ReverieError if it cannot be written."""
        weights = {weight.path: np.array(backend.to_numpy(weight.value)) for weight in self.painter.weights}
        modelfile.write(path, ENGINE, self.document, weights)
        self.path = Path(path)


def apply(
    model: "FastStyle | str | os.PathLike[str]",
    photo: Source,
    *,
    size: int | None = 512,
    style_weights: Sequence[float] | None = None,
    colours: str = "painting",
    memory: float | None = None,
) -> Image.Image:
    """Repaints a photo in one pass, with a model that `style.train` made.

    model: a FastStyle, its file, or the folder of its run. photo: a path, a Pillow image, or a uint8 array (height,
        width, 3). Transparency is kept.
    size: longest side in pixels; None for the photo's own. Strokes were learnt for 512.
    style_weights: how much each of the model's styles counts, in their order; by default alike.
    colours: "painting"; or "luminance", which keeps the photo's colours and paints only brightness.
    memory: GB that the process may take; by default 70 % of the machine's.

    The settings are in the picture's `info["reverie"]`. Raises ReverieError for a model, a picture or a value that
    cannot be used, and if the picture would not fit into memory.
    """
    if not isinstance(model, FastStyle):
        import reverie

        model = reverie.open(Path(model), "style")
    return model.apply(photo, size=size, style_weights=style_weights, colours=colours, memory=memory)


def load(document: dict[str, Any], arrays: dict[str, np.ndarray]) -> FastStyle:
    """The model that a model file's document and arrays describe. Raises ReverieError if they do not fit."""
    config, styles = document.get("network"), document.get("styles")
    if not isinstance(config, dict) or config.keys() != LIMITS.keys() or not isinstance(styles, list):
        raise modelfile.misfit()
    if any(type(config[name]) is not int or not 1 <= config[name] <= most for name, most in LIMITS.items()):
        raise modelfile.misfit()
    least = (18 * config["blocks"] + 1) * config["width"] ** 2  # weights; so much is in the file, or it is not built
    if len(styles) != config["styles"] or least > sum(array.size for array in arrays.values()):
        raise modelfile.misfit()
    painter = built(config)
    modelfile.fill(painter, arrays)
    return FastStyle(painter, document)


def built(config: dict[str, int]) -> keras.Model:
    """The untrained painter of a configuration; it computes in bfloat16 where the processor does."""
    with backend.quick_precision():
        return build(**config)


def _check_memory(width: int, height: int, memory: float | None) -> None:
    limit = memory * 2**30 if memory is not None else machine()
    needed = used() + PIXEL * (width + 2 * MARGIN) * (height + 2 * MARGIN)
    if needed > limit:
        raise ReverieError(
            f"{width} x {height} pixels do not fit into {limit / 2**30:.2g} GB.",
            f"Allow at least {math.ceil(needed / 2**30 * 10) / 10:.1f} GB with memory (--memory), or choose a smaller "
            "size.",
        )
