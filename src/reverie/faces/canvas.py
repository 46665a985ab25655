"""Where a face is painted: flat shapes in the head's own plane, a few times as large as the picture."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageColor, ImageDraw

from reverie.faces.description import BACKGROUNDS, SKINS, Face

SMOOTH = 4  # the canvas is so many times as large as the picture, which is then its mean
SCALE = 1.2  # of the face in the picture; all lengths are before it
EYES_AT = 0.515  # of the picture's height
AROUND = np.linspace(0, 2 * np.pi, 48, endpoint=False)
COS, SIN = np.cos(AROUND), np.sin(AROUND)
ACROSS = np.linspace(-1, 1, 17)  # along a lip, a brow, a fringe
Colour = tuple[int, ...]


class Canvas:
    """Paints points of the head's own plane, whose origin lies between the eyes: x to the right, y down."""

    def __init__(self, face: Face, side: int) -> None:
        self.side = side
        self.image = _ground(face.background, side).copy()
        self.draw = ImageDraw.Draw(self.image, "RGB")
        self.glaze = ImageDraw.Draw(self.image, "RGBA")  # mixes what is transparent
        cos, sin = np.cos(face.tilt), np.sin(face.tilt)
        self.turned = np.array([[cos, sin], [-sin, cos]]) * (SCALE * side)
        self.straight = np.eye(2) * (SCALE * side)
        self.origin = np.array([0.5 + 0.012 * face.turn, EYES_AT]) * side
        self.foot = np.array([0.5, EYES_AT]) * side

    def fill(self, points: np.ndarray, colour: Colour, *, straight: bool = False) -> None:
        """A polygon. straight: of the body, which does not tilt."""
        placed = points @ self.straight + self.foot if straight else points @ self.turned + self.origin
        (self.draw if len(colour) == 3 else self.glaze).polygon(placed.ravel().tolist(), fill=colour)

    def stroke(self, points: np.ndarray, width: float, colour: Colour, taper: float = 1.0) -> None:
        """A line, thinner towards its ends by `taper` (0: not at all)."""
        self.fill(ribbon(points, width, taper), colour)

    def soft(self, middle: tuple[float, float], radius: float, colour: Colour, strength: float) -> None:
        """A round patch that fades out."""
        x, y = np.array(middle) @ self.turned + self.origin
        reach = max(1, int(radius * SCALE * self.side))
        mask = _patch(reach, int(255 * strength))
        self.image.paste(colour, (int(x) - reach, int(y) - reach), mask)


def curve(x: np.ndarray | float, y: np.ndarray | float) -> np.ndarray:
    """The points (n, 2) with these coordinates."""
    return np.stack(np.broadcast_arrays(x, y), axis=1)


def ellipse(x: float, y: float, wide: float, high: float | None = None) -> np.ndarray:
    """Its outline, around (x, y); a circle without `high`."""
    return curve(x + wide * COS, y + (wide if high is None else high) * SIN)


def ribbon(points: np.ndarray, width: float, taper: float) -> np.ndarray:
    """The outline of a line of that width."""
    along = points[_NEXT[: len(points)].clip(max=len(points) - 1)] - points[_LAST[: len(points)]]
    along /= np.sqrt((along * along).sum(axis=1, keepdims=True)) + 1e-9
    half = along[:, ::-1] * (_thickness(len(points), taper) * (0.5 * width))
    return np.concatenate([points + half, (points - half)[::-1]])


_NEXT, _LAST = np.arange(1, 200), np.maximum(np.arange(-1, 198), 0)


@lru_cache(maxsize=256)
def _thickness(points: int, taper: float) -> np.ndarray:
    ends = np.linspace(-1, 1, points)[:, None]
    return np.sqrt(np.maximum(1 - taper * ends**2, 0.02)) * (-1, 1)


def skins(face: Face) -> tuple[Colour, Colour]:
    skin = rgb(SKINS[face.skin])
    return skin, mix(skin, (120, 40, 40), 0.27)


@lru_cache(maxsize=256)
def rgb(colour: str) -> Colour:
    return ImageColor.getrgb(colour)


@lru_cache(maxsize=4096)
def mix(one: Colour, other: Colour, share: float) -> Colour:
    return tuple(round(max(0, min(255, a + share * (b - a)))) for a, b in zip(one, other, strict=True))


@lru_cache(maxsize=len(BACKGROUNDS))
def _ground(name: str, side: int) -> Image.Image:
    """The background: its colour, lighter around the head."""
    place = (np.arange(side, dtype=np.float32) + 0.5) / side
    distance = np.hypot(place[None, :] - 0.5, place[:, None] - 0.42) / 0.75
    light = 0.42 * np.clip(1 - distance, 0, 1)[..., None] ** 1.2
    colour = np.array(rgb(BACKGROUNDS[name]), np.float32)
    return Image.fromarray(np.rint(colour + light * (255 - colour)).astype(np.uint8))


@lru_cache(maxsize=256)
def _patch(reach: int, strength: int) -> Image.Image:
    place = (np.arange(2 * reach) + 0.5) / reach - 1
    distance = np.hypot(place[None, :], place[:, None])
    return Image.fromarray((strength * np.clip(1 - distance, 0, 1) ** 0.8).astype(np.uint8))
