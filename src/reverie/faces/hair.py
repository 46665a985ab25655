"""Six ways to wear it, in two layers: behind the head and before it."""

import numpy as np

from reverie.faces.canvas import Canvas, Colour, curve, ellipse, mix, rgb
from reverie.faces.description import HAIR_COLOURS, Face

OVER = np.linspace(np.pi, 2 * np.pi, 33)  # over the head, from left to right
OVER_COS, OVER_SIN = np.cos(OVER), np.sin(OVER)
BACK = np.linspace(1, -1, 33)  # along a hairline, from right to left


def behind(canvas: Canvas, face: Face) -> None:
    colour = mix(rgb(HAIR_COLOURS[face.hair_colour]), (20, 10, 24), 0.22)
    width, above, below = face.head
    if face.hair == "curly":
        _curls(canvas, face, colour, -1.2 * np.pi, 0.2 * np.pi, 15, 1.16, 0.082)
        canvas.fill(ellipse(0, 0, 1.1 * width, 1.1 * above), colour)
    elif face.hair == "bob":
        canvas.fill(_mane(width + 0.065, above + 0.055, below * 0.82, 0.9), colour)
    elif face.hair == "long":
        canvas.fill(_mane(width + 0.062, above + 0.055, 0.4, 1.12), colour)
    elif face.hair == "bun":
        top = 0.02 * face.turn, -above - 0.075
        canvas.fill(ellipse(*top, 0.098, 0.084), rgb(HAIR_COLOURS[face.hair_colour]))
        canvas.stroke(ellipse(*top, 0.055, 0.045)[4:30], 0.013, colour)


def _mane(width: float, above: float, below: float, flare: float) -> np.ndarray:
    """From the ends on the left over the head to the ends on the right."""
    t = np.linspace(np.pi, 2 * np.pi, 30)
    cap = curve(width * np.cos(t), above * np.sin(t))
    fall = np.linspace(0, 1, 9)[:, None]
    right = np.concatenate([width * (1 + (flare - 1) * fall**1.5), below * fall], axis=1)
    right[-1] += (-0.035, 0.012)
    return np.concatenate([cap, right, (right * (-1, 1))[::-1]])


def _curls(
    canvas: Canvas, face: Face, colour: Colour, start: float, end: float, number: int, out: float, radius: float
) -> None:
    width, above, _ = face.head
    for position, t in enumerate(np.linspace(start, end, number)):
        grown = radius * (1 + 0.16 * np.sin(2.4 * position + 6 * face.wave))
        canvas.fill(ellipse(out * width * np.cos(t), out * above * np.sin(t) + 0.01, grown)[::2], colour)


def before(canvas: Canvas, face: Face) -> None:
    """Over the forehead: a cap between an outer arc, from ear to ear, and the hairline."""
    colour = rgb(HAIR_COLOURS[face.hair_colour])
    light, dark = mix(colour, (255, 255, 255), 0.24), mix(colour, (20, 10, 24), 0.22)
    if face.hair == "curly":
        _curls(canvas, face, colour, -0.9 * np.pi, -0.1 * np.pi, 10, 1.02, 0.066)
        for t in (-2.58, -2.26, -1.95, -1.63):
            curl = ellipse(1.12 * face.head[0] * np.cos(t), 1.14 * face.head[1] * np.sin(t), 0.032)
            canvas.stroke(curl[22:38], 0.012, light)
        return
    arc, sides, hairline, strands = CAPS[face.hair](face)
    canvas.fill(np.concatenate([arc, sides, hairline, sides[::-1] * (-1, 1)]), colour)
    canvas.stroke(arc[7:15] * (0.86, 0.9) if face.part > 0 else arc[16:25] * (0.86, 0.9), 0.02, light)
    for strand in strands:
        canvas.stroke(strand, 0.01, dark)


# A cap's outer arc, from left to right; its right side, downwards; its hairline, from right to left; and strands.
Cap = tuple[np.ndarray, np.ndarray, np.ndarray, list[np.ndarray]]


def _arc(face: Face, wider: float, higher: float) -> tuple[np.ndarray, float]:
    """The arc, and half its width."""
    width, above, _ = face.head
    wide = width + wider
    return curve(wide * np.sign(OVER_COS) * np.abs(OVER_COS) ** 0.86, (above + higher) * OVER_SIN), wide


def _short(face: Face) -> Cap:
    above = face.head[1]
    arc, wide = _arc(face, 0.014, 0.035)
    parted = np.exp(-(((BACK - _part(face)) / 0.4) ** 2))
    hairline = curve((wide - 0.022) * BACK, -above * (0.6 + 0.2 * parted - 0.3 * BACK**6))
    return arc, np.array([[wide, 0.035], [wide - 0.022, 0.03]]), hairline, []


def _quiff(face: Face) -> Cap:
    width, above, _ = face.head
    arc, wide = _arc(face, 0.014, 0.03)
    lean = float(np.sign(face.part))
    rise = 0.085 * np.exp(-(((OVER_COS - 0.35 * lean) / 0.55) ** 2))
    spikes = 0.03 * np.abs(np.sin(4.5 * OVER + 3 * face.wave)) * -OVER_SIN
    arc = arc + curve(0.25 * lean * rise, -rise - spikes)
    hairline = curve((wide - 0.02) * BACK, -above * (0.56 + 0.08 * np.cos(3 * BACK)))
    strand = np.array([[0, -0.62 * above], [0.015 * lean, -0.8 * above], [0.048 * lean, -1.02 * above]])
    strands = [strand + np.array([place * width, 0]) for place in (-0.5, -0.1, 0.35)]
    return arc, np.array([[wide, 0.03], [wide - 0.018, 0.025]]), hairline, strands


def _bob(face: Face) -> Cap:
    width, above, _ = face.head
    arc, wide = _arc(face, 0.052, 0.055)
    sides = np.array([[wide + 0.004, 0.06], [wide, 0.13], [width * 0.86, 0.1]])
    hairline = curve(0.88 * width * BACK, -0.088 - 0.022 * (1 - BACK**2) + 0.006 * np.cos(14 * BACK))
    lock = np.array([[0, -above * 0.72], [0.012, -above * 0.6], [0.01, -above * 0.5]])
    return arc, sides, hairline, [lock + np.array([place * width, 0]) for place in (-0.35, 0.1, 0.5)]


def _long(face: Face) -> Cap:
    width, above, _ = face.head
    arc, wide = _arc(face, 0.052, 0.055)
    part = _part(face)
    sides = np.array([[wide + 0.01, 0.1], [wide + 0.016, 0.3], [wide - 0.03, 0.33], [width * 0.93, 0.1]])
    fall = np.clip(1 - np.abs(BACK - part) / np.where(part < BACK, 1 - part, 1 + part), 0, 1)
    hairline = curve(0.92 * width * BACK, 0.02 - (above * 0.86 + 0.02) * fall**0.62)
    middle = part * width * 0.92
    return arc, sides, hairline, [np.array([[middle * 0.9, -above - 0.045], [middle, -above * 0.86]])]


def _bun(face: Face) -> Cap:
    arc, wide = _arc(face, 0.014, 0.02)
    hairline = curve((wide - 0.016) * BACK, -0.7 * face.head[1] * np.sqrt(1 - 0.98 * BACK**2) - 0.01)
    return arc, np.array([[wide, 0.02], [wide - 0.014, 0.02]]), hairline, []


CAPS = {"short": _short, "quiff": _quiff, "bob": _bob, "long": _long, "bun": _bun}


def _part(face: Face) -> float:
    """Where the hair parts, from -1 to 1 across the forehead; it turns with the head."""
    return 0.55 * face.part + 0.25 * face.turn
