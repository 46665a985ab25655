"""Little faces with known attributes, drawn by code: any number, to learn from, and to measure against the truth."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from reverie.faces.description import (
    BACKGROUNDS,
    EYES,
    FRAMES,
    GLASSES,
    HAIR_COLOURS,
    HAIRS,
    SHIRTS,
    SKINS,
    Face,
)
from reverie.faces.painting import portrait
from reverie.images.folders import Pictures

POSES = {"left": (-1.0, -0.55), "front": (-0.2, 0.2), "right": (0.55, 1.0)}  # the turn of each
SMILING, SERIOUS = (0.6, 1.0), (-0.2, 0.08)  # the smile of those who smile, and of those who do not
Choice = TypeVar("Choice")


def draw(count: int, size: int = 64, seed: int = 0) -> Pictures:
    """`count` faces, uint8 (count, size, size, 3) in memory; face i of a seed is the same in whatever number of them.

    Every attribute is drawn evenly and independently of all others:

        smile        0 or 1, half each              smile_amount  -0.2 to 0.08, or 0.6 to 1
        glasses      0 or 1, half each              glasses_shape "none", "round", "square", "cat", "half"
        hair         short, quiff, curly, bob, long, bun
        hair_colour  black, brown, blond, red, silver, blue
        skin         porcelain, peach, honey, bronze, cocoa
        background   coral, sun, mint, sky, lilac, slate
        pose         left, front, right             turn          -1 to 1
        freckles     0 or 1, half each

    and so is what has no name: the shape of head, nose, mouth and brows, eyes and where they look, lips, shirt.
    """
    if count < 1:
        raise ValueError(f"{count} faces")
    drawn = [describe(index, seed) for index in range(count)]
    pixels = np.stack([portrait(each, size) for each in drawn])
    attributes = {
        "smile": np.array([each.smile > 0.3 for each in drawn], np.float32),
        "smile_amount": np.array([each.smile for each in drawn], np.float32),
        "glasses": np.array([each.glasses != "none" for each in drawn], np.float32),
        "glasses_shape": np.array([each.glasses for each in drawn]),
        "hair": np.array([each.hair for each in drawn]),
        "hair_colour": np.array([each.hair_colour for each in drawn]),
        "skin": np.array([each.skin for each in drawn]),
        "background": np.array([each.background for each in drawn]),
        "pose": np.array([_pose(each.turn) for each in drawn]),
        "turn": np.array([each.turn for each in drawn], np.float32),
        "freckles": np.array([each.freckles for each in drawn], np.float32),
    }
    return Pictures(pixels, [f"{index:06d}.png" for index in range(count)], attributes=attributes)


def describe(index: int, seed: int = 0) -> Face:
    """The description of one face; `dataclasses.replace` changes an attribute, `portrait` draws it."""
    random = np.random.default_rng((seed, index))

    def one(of: Sequence[Choice]) -> Choice:
        return of[int(random.integers(len(of)))]

    def between(low: float, high: float) -> float:
        return float(random.uniform(low, high))

    def yes(share: float = 0.5) -> bool:
        return bool(random.random() < share)

    return Face(
        smile=between(*(SMILING if yes() else SERIOUS)),
        teeth=yes(0.6),
        glasses=one(GLASSES) if yes() else "none",
        frame=one(FRAMES),
        hair=one(HAIRS),
        hair_colour=one(tuple(HAIR_COLOURS)),
        skin=one(tuple(SKINS)),
        background=one(tuple(BACKGROUNDS)),
        turn=between(*one(tuple(POSES.values()))),
        tilt=between(-0.1, 0.1),
        head=(between(0.198, 0.228), between(0.2, 0.222), between(0.25, 0.285)),
        jaw=between(0.08, 0.34),
        square=between(0.05, 0.3),
        gaze=(between(-1, 1), between(-0.6, 1)),
        eye=one(EYES),
        eye_size=between(0.92, 1.12),
        lashes=yes(),
        brow=(between(-1, 1), between(-1, 1), between(0, 1)),
        nose=one((0, 1, 2)),
        nose_size=between(0.85, 1.25),
        mouth=between(0.058, 0.074),
        lips=yes(0.4),
        freckles=yes(),
        blush=between(0.1, 0.6),
        shirt=one(SHIRTS),
        collar=one((0, 1, 2)),
        part=between(-1, 1),
        wave=between(0, 1),
    )


def _pose(turn: float) -> str:
    return next(pose for pose, (low, high) in POSES.items() if low <= turn <= high)
