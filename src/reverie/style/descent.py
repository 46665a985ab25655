"""How a canvas goes downhill: Adam, which keeps its memory from size to size, and L-BFGS."""

from collections.abc import Callable
from typing import Any

import numpy as np

from reverie import images

Gradient = Callable[[np.ndarray], tuple[float, np.ndarray]]  # of a canvas: (loss, gradient)

ROWS = 64  # worked on at a time, so that they stay in the processor's cache and need no memory of their own
SCALE = 1e6  # of the loss: a line search begins with a step of length 1 at most, nothing over a million pixels
MEMORY = 20  # pairs of steps and gradients that L-BFGS keeps


class Adam:
    """Kingma and Ba 2014 (arXiv 1412.6980), on pixels that stay in [0, 1].

        m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g²;  x <- clip(x - rate * (m / (1 - b1ᵗ)) / sqrt(v / (1 - b2ᵗ)))

    A step changes a pixel by about `rate`, whatever the losses' scale: there is no epsilon worth speaking of.
    b1 and b2 are lower than usual: there are few steps, and what was so ten steps ago is not so now.
    """

    def __init__(self, b1: float = 0.8, b2: float = 0.95) -> None:
        self.b1, self.b2, self.steps = b1, b2, 0
        self.m = self.v = np.zeros((0, 0, 3), np.float32)

    def step(self, canvas: np.ndarray, gradient: np.ndarray, rate: float) -> None:
        """Changes the canvas."""
        if self.m.shape != canvas.shape:
            self.m, self.v = np.zeros_like(canvas), np.zeros_like(canvas)
        self.steps += 1
        scale = rate / (1 - self.b1**self.steps)
        correction = 1 / (1 - self.b2**self.steps)
        for top in range(0, len(canvas), ROWS):
            x, g, m, v = (a[top : top + ROWS] for a in (canvas, gradient, self.m, self.v))
            m += (1 - self.b1) * (g - m)
            v += (1 - self.b2) * (g * g - v)
            x -= scale * m / (np.sqrt(v * correction) + 1e-12)
            np.clip(x, 0, 1, out=x)

    def resize(self, size: tuple[int, int]) -> None:
        """Goes on at another size, (height, width), with what is known of the gradient."""
        if self.steps:
            self.m, self.v = images.resize(self.m, size), np.maximum(images.resize(self.v, size), 0)


def l_bfgs(canvas: np.ndarray, gradient: Gradient, steps: int, watch: Callable[[np.ndarray], None]) -> np.ndarray:
    """Byrd, Lu, Nocedal and Zhu 1995, bounded to [0, 1], by SciPy; Gatys et al. use it without bounds.

    watch: called with the canvas after each of up to `steps` steps. What it has learnt of the curvature belongs to one
    size, so nothing is carried over.
    """
    from scipy import optimize  # half a second, and most paint without it

    minimize: Any = optimize.minimize

    def flat(x: np.ndarray) -> tuple[float, np.ndarray]:
        loss, found = gradient(x.reshape(canvas.shape).astype(np.float32))
        return loss * SCALE, found.astype(np.float64).ravel() * SCALE

    def after(x: np.ndarray) -> None:
        watch(x.reshape(canvas.shape).astype(np.float32))

    found: Any = minimize(
        flat, canvas.astype(np.float64).ravel(), jac=True, method="L-BFGS-B", bounds=[(0, 1)], callback=after,
        options={"maxiter": steps, "maxfun": 3 * steps, "maxcor": MEMORY, "ftol": 0, "gtol": 0},
    )  # fmt: skip
    pixels: np.ndarray = np.clip(found.x, 0, 1).reshape(canvas.shape).astype(np.float32)
    return pixels
