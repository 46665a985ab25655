"""What a face looks like, in words and numbers, and the colours there are."""

from dataclasses import dataclass

SKINS = {"porcelain": "#fbdcc6", "peach": "#f0bd96", "honey": "#d79a6c", "bronze": "#a96c46", "cocoa": "#7f4f39"}
HAIR_COLOURS = {
    "black": "#2c2833",
    "brown": "#5a3826",
    "blond": "#e6b95c",
    "red": "#c05a31",
    "silver": "#c4c6d0",
    "blue": "#4a6fc0",
}
HAIRS = ("short", "quiff", "curly", "bob", "long", "bun")
BACKGROUNDS = {
    "coral": "#f3aa96", "sun": "#f5d27d", "mint": "#9fd6bf", "sky": "#9cc4ea", "lilac": "#c6afe3", "slate": "#7f92a6",
}  # fmt: skip
GLASSES = ("round", "square", "cat", "half")
SHIRTS = ("#f7f3ea", "#34495e", "#e4674f", "#f2b84b", "#4f9d8b", "#7a5fa8", "#d97aa2", "#5b83c4")
EYES = ("#5a3a26", "#3e2b22", "#3f7f63", "#4b7fb5", "#7a8d99")
FRAMES = ("#2b2a33", "#6b3d24", "#b8323a", "#2e5f8a", "#c99a3c")


@dataclass(frozen=True)
class Face:
    """What a face looks like. Lengths are shares of the picture's side, angles in radians, the rest from -1 or 0 to 1.

    smile: from -0.4, sad, to 1. turn: from -1, to the picture's left, to 1. gaze: where the eyes look, right and down.
    glasses: "none", or their shape. head: its half width, half height above and below the eyes' line; jaw: how much
    it narrows; square: how angular it is.
    """

    smile: float
    teeth: bool
    glasses: str
    frame: str
    hair: str
    hair_colour: str
    skin: str
    background: str
    turn: float
    tilt: float
    head: tuple[float, float, float]
    jaw: float
    square: float
    gaze: tuple[float, float]
    eye: str
    eye_size: float
    lashes: bool
    brow: tuple[float, float, float]  # raised, slanted, thick
    nose: int
    nose_size: float
    mouth: float  # half width
    lips: bool
    freckles: bool
    blush: float
    shirt: str
    collar: int
    part: float  # of the hair, from -1, left, to 1
    wave: float  # phase of curls
