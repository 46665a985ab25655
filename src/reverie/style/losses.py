"""What a repainted picture is judged by while it is made: content, style, and smoothness.

After Gatys, Ecker and Bethge, "A Neural Algorithm of Artistic Style" (2015). Theirs are sums, whose size depends on
the network, the layer, the picture and the style; ours are all shares of the target's own energy: 0 where canvas and
target agree, about 1 where they have nothing in common. So layers weigh alike, and one strength means the same for a
picture of 256 pixels and one of 2048, and for a pale style and a garish one.
"""

from typing import Any

import reverie.backend  # noqa: F401  settles the backend before Keras is imported

# isort: split
from keras import ops

Tensor = Any

TINY = 1e-12  # keeps a layer that is all zero from dividing by zero
NARROW = 256  # channels; up to here line by line is quicker, and then added up


def gram_matrix(activations: Tensor, weights: Tensor | None = None) -> Tensor:
    """How often each two channels of a layer are active together: the style of a picture, without its places.

        G = Fᵀ diag(w) F / sum(w),      F: one row a position, one column a channel

    activations: (1, height, width, channels) -> float32 (channels, channels).
    weights: (1, height, width, 1), how much each position counts; by default all alike.
    Gatys et al. sum over the positions where we average, so their matrix grows with the picture. In half precision the
    sum would overflow: it is taken in float32 whatever the activations are.
    """
    if weights is None:
        return gram_sum(activations) / ops.cast(ops.size(activations[..., 0]), "float32")
    return gram_sum(activations, weights) / ops.maximum(ops.sum(weights), TINY)


def gram_sum(activations: Tensor, weights: Tensor | None = None) -> Tensor:
    """Fᵀ diag(w) F: what a part of a picture adds to the Gram matrix of the whole. w is not negative."""
    activations = ops.convert_to_tensor(activations)
    if weights is not None:
        activations = activations * ops.cast(ops.sqrt(ops.convert_to_tensor(weights)), activations.dtype)
    return _products(activations)


@ops.custom_gradient  # type: ignore[untyped-decorator]
def _products(activations: Tensor) -> tuple[Tensor, Any]:
    """Fᵀ F in float32. Its gradient is one product, F (D + Dᵀ), where autodiff takes two."""
    channels = activations.shape[-1]
    floats = ops.cast(activations, "float32")
    rows = ops.reshape(floats, (-1, channels))

    def gradient(*arguments: Tensor, upstream: Tensor = None) -> Tensor:
        (given,) = arguments if upstream is None else (upstream,)
        product = ops.matmul(rows, given + ops.transpose(given, (1, 0)))
        return ops.cast(ops.reshape(product, ops.shape(activations)), activations.dtype)

    if channels > NARROW:
        return ops.einsum("pi,pj->ij", rows, rows), gradient
    lines = ops.reshape(floats, (-1, *ops.shape(floats)[-2:]))
    return ops.sum(ops.einsum("npi,npj->nij", lines, lines), axis=0), gradient


def style_loss(gram: Tensor, target: Tensor) -> Tensor:
    """How far two Gram matrices are apart, as a share of the target's energy; a scalar.

        E = |G - A|² / |A|²        (Frobenius norms; G of the canvas, A of the style)

    Gatys et al. divide |G - A|² by 4 N² M² (channels, positions), and leave it to weights to make up for layers and
    styles of different energy.
    """
    return ops.sum(ops.square(gram - target)) / (ops.sum(ops.square(target)) + TINY)


def content_loss(activations: Tensor, target: Tensor, weights: Tensor | None = None) -> Tensor:
    """How far a layer is from what it was for the photo, as a share of the target's energy; a scalar.

        C = sum((F - P)²) / sum(P²)

    activations, target: (1, height, width, channels). weights: (1, height, width, 1), what to take instead of
    1 / sum(P²) at each position; or a scalar. Gatys et al. take half the sum of squares.
    """
    target = ops.cast(target, "float32")
    squares = ops.square(ops.cast(activations, "float32") - target)
    if weights is None:
        return ops.sum(squares) / (ops.sum(ops.square(target)) + TINY)
    return ops.sum(squares) * weights if not weights.shape else ops.sum(ops.multiply(weights, squares))


def total_variation(images: Tensor, weights: Tensor | None = None) -> Tensor:
    """How rough a picture is: the mean squared difference between neighbouring pixels; a scalar.

        V = mean((x[i+1, j] - x[i, j])²) + mean((x[i, j+1] - x[i, j])²)

    images: (1, height, width, 3) in [0, 1]. weights: (1, height, width, 2), how much each pixel's difference to the one
    above it and to the one on its left counts; then those are added up, not averaged.
    Mahendran and Vedaldi 2014 with beta = 2, averaged where they and the textbook take the sum.
    """
    images = ops.convert_to_tensor(images)
    down = ops.square(images[:, 1:] - images[:, :-1])
    right = ops.square(images[:, :, 1:] - images[:, :, :-1])
    if weights is None:
        return ops.mean(down) + ops.mean(right)
    down, right = ops.multiply(down, weights[:, 1:, :, :1]), ops.multiply(right, weights[:, :, 1:, 1:])
    return ops.sum(down) + ops.sum(right)
