"""Pictures as Fourier coefficients of decorrelated colours: the right coordinates to begin from nothing in.

In pixels, ascent finds high frequencies first, and they stay: noise. Photos have amplitudes of about 1 / frequency and
strongly correlated channels, so in coordinates where a photo's numbers are of one size and independent, equal steps
make more natural pictures. After Olah, Mordvintsev and Schubert, Feature Visualization (2017); the statistics of
colours are our own, of 400 photos.
"""

from typing import Any

import numpy as np
from keras import ops

Tensor = Any

# The mean of the colours' logits, log(c / (1 - c)), and a square root of their covariance: by column light, blue to
# yellow, and green to magenta.
MEAN = np.array([-0.08, -0.20, -0.50], np.float32)
COLOURS = np.array([[1.40, 0.55, 0.15], [1.41, 0.03, -0.30], [1.50, -0.54, 0.14]], np.float32)


def noise(random: np.random.Generator, size: int, amount: float = 0.05) -> np.ndarray:
    """Coefficients to begin with, float32 (2, 3, size, size): real and imaginary parts of the three colours."""
    return random.normal(0, amount, (2, 3, size, size)).astype(np.float32)


def amplitudes(size: int) -> np.ndarray:
    """float32 (size, size): what coefficients are multiplied by, 1 / frequency.

    Such that coefficients of variance 1 make colours of variance 1 before the sigmoid.
    """
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size)[None, :])
    scale = 1 / np.maximum(frequency, 1 / size)
    scaled: np.ndarray = scale * size**2 / np.sqrt(np.sum(scale**2))
    return scaled.astype(np.float32)


def moves(size: int, down: float, right: float) -> np.ndarray:
    """float32 (2, size, size): what moves a picture by so many pixels, round its edges: exp(-2 pi i (f . d))."""
    turn = np.fft.fftfreq(size)[:, None] * down + np.fft.fftfreq(size)[None, :] * right
    return np.stack([np.cos(2 * np.pi * turn), -np.sin(2 * np.pi * turn)]).astype(np.float32)


def picture(coefficients: Tensor, amplitudes: Tensor, move: Tensor) -> Tensor:
    """Coefficients (batch, 2, 3, size, size) as pictures (batch, size, size, 3) in [0, 1], moved by `move`."""
    real, imaginary = coefficients[:, 0] * amplitudes, coefficients[:, 1] * amplitudes
    moved = real * move[0] - imaginary * move[1], real * move[1] + imaginary * move[0]
    colours, _ = ops.ifft2(moved)  # (batch, 3, size, size)
    colours = ops.transpose(colours, (0, 2, 3, 1))
    mix, mean = ops.convert_to_tensor(COLOURS.T.copy()), ops.convert_to_tensor(MEAN)
    return ops.sigmoid(ops.matmul(colours, mix) + mean)
