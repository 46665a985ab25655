"""A little face, painted from its description."""

import numpy as np

from reverie.faces import hair
from reverie.faces.canvas import ACROSS, COS, SIN, SMOOTH, Canvas, curve, ellipse, mix, rgb, ribbon, skins
from reverie.faces.description import HAIR_COLOURS, Face


def portrait(face: Face, size: int) -> np.ndarray:
    """The face as uint8 (size, size, 3); the same face gives the same pixels with the same version of Pillow."""
    canvas = Canvas(face, size * SMOOTH)
    head = _head(face)
    hair.behind(canvas, face)
    _body(canvas, face, head)
    _ears(canvas, face)
    _skin(canvas, face, head)
    _mouth(canvas, face)
    _nose(canvas, face)
    for side in (-1, 1):
        _eye(canvas, face, side)
    if face.glasses != "none":
        _temples(canvas, face)
    hair.before(canvas, face)
    for side in (-1, 1):
        _brow(canvas, face, side)
    if face.glasses != "none":
        _glasses(canvas, face)
    return np.asarray(canvas.image.reduce(SMOOTH))


def _head(face: Face) -> np.ndarray:
    """The outline of the face, from the ear on the right, by the chin, all round."""
    width, above, below = face.head
    down = np.maximum(SIN, 0)
    x = width * np.sign(COS) * np.abs(COS) ** (1 - face.square) * (1 - face.jaw * down**2)
    y = np.where(SIN > 0, below, above) * np.sign(SIN) * np.abs(SIN) ** (1 - 0.6 * face.square)
    return curve(x + 0.022 * face.turn * down, y)


def _body(canvas: Canvas, face: Face, head: np.ndarray) -> None:
    skin, shade = skins(face)
    shirt = rgb(face.shirt)
    below = face.head[2]
    u = ACROSS
    neck = 0.085
    top = below + 0.045
    shoulders = curve(0.40 * u, top + 0.035 + 0.13 * np.abs(u) ** 2.6)
    shoulders[np.abs(u) < 0.3, 1] = top
    corners = np.array([[0.44, 0.6], [-0.44, 0.6]])
    canvas.fill(np.concatenate([shoulders, corners]), shirt, straight=True)
    column = np.array([[-neck, 0.1], [neck, 0.1], [neck, top + 0.012], [-neck, top + 0.012]])
    canvas.fill(column, skin, straight=True)
    if face.collar == 0:  # round
        dip = curve(neck * 1.12 * u, top - 0.005 + 0.05 * np.sqrt(1 - u**2 * 0.98))
        canvas.fill(dip, mix(shirt, (0, 0, 0), 0.14), straight=True)
        canvas.fill(dip * (0.88, 1) - (0, 0.016), skin, straight=True)
    elif face.collar == 1:  # pointed
        canvas.fill(np.array([[-neck, top - 0.01], [neck, top - 0.01], [0.0, top + 0.1]]), skin, straight=True)
        for side in (-1, 1):
            lapel = np.array([[side * neck, top - 0.03], [side * 0.17, top + 0.04], [side * 0.03, top + 0.12]])
            canvas.fill(lapel, mix(shirt, (255, 255, 255), 0.3), straight=True)
    else:  # rolled
        roll = np.array([[-0.105, top - 0.045], [0.105, top - 0.045], [0.125, top + 0.03], [-0.125, top + 0.03]])
        canvas.fill(roll, mix(shirt, (0, 0, 0), 0.1), straight=True)
    shadow = head[SIN > -0.2] + (0, 0.038)
    shadow[:, 0] = np.clip(shadow[:, 0], -neck, neck)
    if face.collar < 2:
        canvas.fill(shadow, shade, straight=True)


def _ears(canvas: Canvas, face: Face) -> None:
    skin, shade = skins(face)
    for side in (-1, 1):
        seen = 1 - 0.75 * face.turn * side
        x = side * (face.head[0] - 0.002) - 0.012 * face.turn
        canvas.fill(ellipse(x, 0.045, 0.036 * min(seen, 1.25), 0.055), skin)
        canvas.fill(ellipse(x + side * 0.004, 0.049, 0.018 * seen, 0.032), shade)


def _skin(canvas: Canvas, face: Face, head: np.ndarray) -> None:
    """The face, with a shadow down its far side, colour on its cheeks, and freckles."""
    skin, shade = skins(face)
    canvas.fill(head, skin)
    edge = head[np.arange(-6, 16)]
    inner = edge * (0.88, 0.955) - (0.004, 0.004)
    canvas.fill(np.concatenate([edge, inner[::-1]]), mix(skin, shade, 0.5))
    cheek = mix(skin, (232, 84, 84), 0.5)
    for side in (-1, 1):
        far = 1 - 0.2 * face.turn * side
        x = side * 0.122 * far + 0.05 * face.turn
        canvas.soft((x, 0.112 - 0.008 * face.smile), 0.062, cheek, face.blush)
    if face.freckles:
        dots = np.array([(-0.122, 0.088), (-0.07, 0.084), (-0.096, 0.117)])  # large enough to be seen at 64 pixels
        dark = mix(skin, (96, 34, 14) if sum(skin) > 330 else (30, 8, 4), 0.62)
        for x, y in np.concatenate([dots, dots * (-1, 1)]):
            canvas.fill(ellipse(x + 0.05 * face.turn, y, 0.0125)[::6], dark)


def _eye(canvas: Canvas, face: Face, side: int) -> None:
    """White, iris and pupil cut off by the lids, a spark, and the line of the lashes."""
    middle = np.array([side * 0.094 + 0.05 * face.turn, 0.0])
    wide = 0.044 * face.eye_size * (1 - 0.14 * face.turn * side)
    above, below = 0.046 * face.eye_size, 0.04 * face.eye_size * (1 - 0.42 * max(face.smile, 0.0) ** 2)
    arch = np.sqrt(1 - ACROSS**2)
    lid, floor = -above * arch, below * arch
    white = np.concatenate([curve(wide * ACROSS, lid), curve(wide * ACROSS, floor)[::-1]])
    canvas.fill(white + middle, (255, 253, 250))
    right, down = 0.014 * face.gaze[0], 0.008 * face.gaze[1] - 0.002
    for radius, colour in ((0.0285, rgb(face.eye)), (0.0165, (24, 20, 24))):
        disc = ellipse(right, down, radius * face.eye_size)
        disc[:, 0] = np.clip(disc[:, 0], -wide, wide)
        arch = np.sqrt(1 - np.minimum(disc[:, 0] / wide, 1) ** 2)
        disc[:, 1] = np.clip(disc[:, 1], -above * arch, below * arch)
        canvas.fill(disc + middle, colour)
    canvas.fill(ellipse(right - 0.009, down - 0.011, 0.0078)[::4] + middle, (255, 255, 255))
    line = curve(1.04 * wide * ACROSS, lid - 0.002) + middle
    if face.lashes:
        outer = line[::side]  # ends at the temple
        line = np.concatenate([outer, outer[-1:] + np.array([side * 0.014, -0.012])])
    canvas.stroke(line, 0.0135, (43, 30, 34), 0.6)


def _brow(canvas: Canvas, face: Face, side: int) -> None:
    raised, slant, thick = face.brow
    colour = mix(rgb(HAIR_COLOURS[face.hair_colour]), (40, 26, 24), 0.35)
    x = 0.058 * ACROSS * (1 - 0.14 * face.turn * side)
    y = -0.083 - 0.016 * raised - 0.012 * (1 - ACROSS**2) - side * 0.011 * slant * ACROSS - 0.012 * (face.smile - 0.3)
    middle = np.array([side * 0.098 + 0.05 * face.turn, 0.0])
    canvas.stroke(curve(x, y) + middle, 0.014 + 0.011 * thick, colour, 0.55)


def _nose(canvas: Canvas, face: Face) -> None:
    skin, shade = skins(face)
    dark = mix(skin, shade, 1.25)
    x, size = 0.072 * face.turn, face.nose_size
    if face.nose == 0:  # a button
        canvas.fill(ellipse(x, 0.082, 0.03 * size, 0.021 * size), mix(skin, (226, 110, 90), 0.32))
        canvas.fill(ellipse(x - 0.008, 0.074, 0.008, 0.006), mix(skin, (255, 255, 255), 0.45))
    elif face.nose == 1:  # a curve below
        tip = curve(0.028 * size * ACROSS + x, 0.078 + 0.017 * size * np.sqrt(1 - ACROSS**2))
        canvas.stroke(tip, 0.012, dark, 0.5)
    else:  # seen a little from the side
        side = 1.0 if face.turn >= 0 else -1.0
        bridge = np.array([[0.006, 0.02], [0.014, 0.045], [0.03 * size, 0.075], [0.024 * size, 0.09], [-0.012, 0.094]])
        canvas.stroke(bridge * (side, 1) + (x, 0), 0.012, dark, 0.6)


def _mouth(canvas: Canvas, face: Face) -> None:
    skin, shade = skins(face)
    lip = mix(skin, (176, 44, 62), 0.72 if face.lips else 0.42)
    dark = mix(shade, (96, 24, 34), 0.75)
    smile = face.smile
    half = face.mouth * (1 + 0.38 * smile)
    u, bow = ACROSS, 1 - ACROSS**2
    middle = np.array([0.058 * face.turn, 0.158])
    upper = curve(half * u, 0.034 * smile * (bow - 0.55)) + middle
    if face.teeth and smile > 0.4:
        depth = 0.026 + 0.044 * smile
        lower = upper + curve(0, depth * np.sqrt(bow))
        hole = np.concatenate([upper, lower[::-1]])
        canvas.fill(ribbon(np.concatenate([hole, hole[:1]]), 0.016 if face.lips else 0.01, 0), lip)
        canvas.fill(hole, (118, 32, 44))
        tongue = ellipse(middle[0], middle[1] + 0.0153 * smile + 1.05 * depth, 0.6 * half, 0.5 * depth)
        tongue[:, 1] = np.minimum(tongue[:, 1], np.interp(tongue[:, 0], lower[:, 0], lower[:, 1] - 0.002))
        canvas.fill(tongue, (222, 104, 106))
        teeth = np.minimum(upper[:, 1] + 0.42 * depth, lower[:, 1])
        canvas.fill(np.concatenate([upper, curve(upper[:, 0], teeth)[::-1]]), (255, 254, 250))
    elif face.lips:
        swell = 0.016 * np.sqrt(bow)
        cupid = upper - curve(0, 0.75 * swell - 0.006 * np.exp(-((u / 0.22) ** 2)))
        canvas.fill(np.concatenate([cupid, (upper + curve(0, 1.2 * swell))[::-1]]), lip)
        canvas.stroke(upper, 0.007, dark, 0.7)
    else:
        canvas.stroke(upper, 0.0155, dark, 0.55)
        below = curve(0.4 * half * u, 0.03 + 0.022 * smile + 0.006 * bow) + middle
        canvas.stroke(below, 0.008, mix(skin, shade, 0.9), 0.9)
    if smile > 0.4:
        for side in (-1, 1):
            corner = middle + np.array([side * half * 1.05, -0.0187 * smile])
            fold = np.array([[-0.004, -0.014], [0.007, 0.0], [-0.002, 0.014]]) * (side, 1)
            canvas.stroke(corner + fold, 0.01, dark)


def _glasses(canvas: Canvas, face: Face) -> None:
    frame = rgb(face.frame)
    square = {"round": 1.0, "square": 0.45, "cat": 0.7, "half": 0.6}[face.glasses]
    for side in (-1, 1):
        middle = np.array([side * 0.097 + 0.05 * face.turn, 0.008])
        wide = 0.079 * (1 - 0.14 * face.turn * side)
        x = wide * np.sign(COS) * np.abs(COS) ** square
        y = (0.079 if face.glasses == "round" else 0.066) * np.sign(SIN) * np.abs(SIN) ** square
        if face.glasses == "cat":
            y = y - 0.03 * np.maximum(side * x / wide, 0) ** 2 * (SIN < 0.3)
        lens = curve(x, y) + middle
        canvas.fill(lens, (255, 255, 255, 46))
        glint = np.array([[-0.03, -0.045], [-0.012, -0.045], [-0.04, 0.03], [-0.05, 0.015]]) * (1, 0.8) + middle
        canvas.fill(glint, (255, 255, 255, 70))
        if face.glasses == "half":
            canvas.stroke(lens[SIN <= 0.05][np.argsort(x[SIN <= 0.05])], 0.02, frame, 0.1)
        else:
            canvas.stroke(np.concatenate([lens, lens[:2]]), 0.0155, frame, 0)
    bridge = curve(0.052 * face.turn + 0.02 * ACROSS, -0.004 - 0.012 * (1 - ACROSS**2))
    canvas.stroke(bridge, 0.014, frame, 0)


def _temples(canvas: Canvas, face: Face) -> None:
    """What holds the glasses at the ears; hair may cover it."""
    for side in (-1, 1):
        inner = side * 0.16 + 0.05 * face.turn
        outer = side * (face.head[0] + 0.002)
        if side * (outer - inner) > 0:
            canvas.stroke(np.array([[inner, -0.014], [outer, -0.004]]), 0.014, rgb(face.frame), 0)
