"""Muon for the matrices inside the network, Adam for everything else."""

from typing import Any

import keras
import numpy as np
from keras import ops

Array = Any

# Coefficients (a, b, c) of the quintic iterations X <- a X + (b A + c A A) X, A = X X^T, that drive all singular
# values towards 1 fastest: those of Polar Express (arXiv 2505.16932) from its second step on.
QUINTIC = (
    (4.107059111542203, -2.9478499167379106, 0.5448431082926601),
    (3.9486908534822946, -2.908902115962949, 0.5518191394370137),
    (3.3184196573706015, -2.488488024314874, 0.51004894012372),
)


def orthogonalise(matrices: Array) -> Array:
    """The nearest semi-orthogonal matrix of each: (n, rows, columns), rows <= columns, to the same shape.

    For G = U S V^T this is about U V^T, reached by matrix products alone. Three iterations do where five are usual,
    because we scale more tightly: by the root of the Gram matrix's Frobenius norm, which is above the largest
    singular value, as it must be, but well below the Frobenius norm of G.
    """
    x = matrices / (ops.sqrt(ops.sum(ops.square(matrices), axis=(1, 2), keepdims=True)) + 1e-7)  # no overflow
    gram = ops.matmul(x, ops.transpose(x, (0, 2, 1)))
    size = ops.sum(ops.square(gram), axis=(1, 2), keepdims=True) * 1.01 + 1e-20
    x, gram = x * size**-0.25, gram * ops.rsqrt(size)
    for step, (a, b, c) in enumerate(QUINTIC):
        if step > 0:
            gram = ops.matmul(x, ops.transpose(x, (0, 2, 1)))
        x = a * x + ops.matmul(b * gram + c * ops.matmul(gram, gram), x)
    return x


class Muon(keras.optimizers.Optimizer):
    """Momentum, orthogonalised, for matrices (Jordan et al. 2024); AdaGrad for tables; Adam for the rest.

    Where we differ from both Muon's authors and `keras.optimizers.Muon`:
    - every kernel is cut into square blocks along its longer side, so query, key and value in one kernel are
      orthogonalised apart, and all blocks of one size, of all layers, go through one batched iteration. On a
      small network the optimizer is then a dozen operations instead of a thousand, quicker to trace and to run;
    - variables that Adam (arXiv 1412.6980) updates are one flat vector, for the same reason;
    - kernels of rank 3 and more are treated as batches of matrices; Keras hands them to AdamW;
    - a table ("table" in its path), of whose rows a batch touches few, has one AdaGrad sum (Duchi et al. 2011) per
      row, and decays a little, since rare runs of tokens are soon known by heart.

    Embeddings ("tokens" or "embeddings") and the output layer ("head") belong to Adam. All rates are multiplied
    by `learning_rate`, which is what a schedule changes: 1 at its peak.
    """

    def __init__(
        self,
        learning_rate: float = 1.0,
        matrix_rate: float = 0.02,
        table_rate: float = 0.5,
        table_decay: float = 0.003,
        other_rate: float = 0.006,
        momentum: float = 0.95,
        beta_1: float = 0.9,
        beta_2: float = 0.95,
        name: str = "muon",
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        self.matrix_rate, self.table_rate, self.other_rate = matrix_rate, table_rate, other_rate
        self.table_decay, self.momentum, self.beta_1, self.beta_2 = table_decay, momentum, beta_1, beta_2

    def build(self, variables: list[Any]) -> None:
        """Sorts the variables into groups that are updated together, and makes their moments."""
        if self.built:
            return
        super().build(variables)
        self.groups: dict[tuple[str, int], list[int]] = {}
        for index, variable in enumerate(variables):
            self.groups.setdefault(group(variable), []).append(index)
        self.moments = {key: self._moments(key, [variables[i] for i in at]) for key, at in self.groups.items()}

    def _moments(self, key: tuple[str, int], variables: list[Any]) -> list[Any]:
        kind, side = key
        size = sum(int(np.prod(variable.shape)) for variable in variables)
        choices: dict[str, list[tuple[int, ...]]] = {
            "matrix": [(size // max(1, side) ** 2, side, side)],
            "table": [(variable.shape[0], 1) for variable in variables],
            "other": [(size,), (size,)],
        }
        return [
            self.add_variable(shape=shape, dtype="float32", name=f"{kind}_{side}_moment_{i}")
            for i, shape in enumerate(choices[kind])
        ]

    def apply(self, grads: list[Array], trainable_variables: list[Any] | None = None) -> None:
        """One step: the gradients of all variables at once, since groups are updated together."""
        variables = list(trainable_variables or self._trainable_variables)
        if not self.built:
            with keras.name_scope(self.name):
                self.build(variables)
        rate = ops.cast(self.learning_rate, "float32")
        for key, at in self.groups.items():
            step = {"matrix": self._muon, "table": self._adagrad, "other": self._adam}[key[0]]
            step(key, [grads[i] for i in at], [variables[i] for i in at], rate)
        self.iterations.assign_add(1)

    def _muon(self, key: tuple[str, int], grads: list[Array], variables: list[Any], rate: Array) -> None:
        (momentum,) = self.moments[key]
        gradient = ops.concatenate([to_blocks(g, key[1]) for g in grads], axis=0)
        # The momentum warms up, since the first gradients point far from where training goes.
        beta = ops.minimum(0.85 + 0.001 * ops.cast(self.iterations + 1, "float32"), self.momentum)
        mean = beta * momentum + (1 - beta) * gradient
        momentum.assign(mean)
        update = orthogonalise(beta * mean + (1 - beta) * gradient)  # Nesterov
        start = 0
        for variable in variables:
            count = int(np.prod(variable.shape)) // key[1] ** 2
            rows, columns = variable.shape[-2:]
            # Blocks above each other add up to a larger step of what they feed than blocks side by side.
            scale = rate * self.matrix_rate * min(1.0, columns / rows) ** 0.5
            variable.assign(variable - scale * from_blocks(update[start : start + count], variable.shape))
            start += count

    def _adagrad(self, key: tuple[str, int], grads: list[Array], variables: list[Any], rate: Array) -> None:
        for total, gradient, variable in zip(self.moments[key], grads, variables, strict=True):
            gradient = ops.reshape(gradient, variable.shape)  # TensorFlow hands over slices
            mean = total + ops.mean(ops.square(gradient), axis=-1, keepdims=True)
            total.assign(mean)
            update = self.table_rate * gradient * ops.rsqrt(mean + 1e-20)
            variable.assign(variable * (1 - rate * self.table_decay) - rate * update)

    def _adam(self, key: tuple[str, int], grads: list[Array], variables: list[Any], rate: Array) -> None:
        first, second = self.moments[key]
        gradient = ops.concatenate([ops.reshape(g, (-1,)) for g in grads], axis=0)
        mean = first + (gradient - first) * (1 - self.beta_1)
        square = second + (ops.square(gradient) - second) * (1 - self.beta_2)
        first.assign(mean)
        second.assign(square)
        time = ops.cast(self.iterations + 1, "float32")
        unbias = ops.sqrt(1 - self.beta_2**time) / (1 - self.beta_1**time)
        update = rate * self.other_rate * unbias * mean / (ops.sqrt(square) + 1e-10)
        start = 0
        for variable in variables:
            count = int(np.prod(variable.shape))
            variable.assign(variable - ops.reshape(update[start : start + count], variable.shape))
            start += count


def group(variable: Any) -> tuple[str, int]:
    """Which variables are updated together: ("matrix", side of its square blocks), ("table", 0), ("other", 0)."""
    shape, name = variable.shape, variable.path.lower()
    if "table" in name:
        return ("table", 0)
    adams = "head" in name or name.endswith(("tokens", "embeddings"))
    if len(shape) < 2 or adams or max(shape[-2:]) % min(shape[-2:]) or min(shape[-2:]) < 16:
        return ("other", 0)
    return ("matrix", min(shape[-2:]))


def to_blocks(matrix: Array, side: int) -> Array:
    """(..., rows, columns), one of them `side` and the other a multiple, to (blocks, side, side)."""
    if matrix.shape[-2] == side:
        parts = ops.reshape(matrix, (-1, side, matrix.shape[-1] // side, side))
        parts = ops.transpose(parts, (0, 2, 1, 3))
    else:
        parts = matrix
    return ops.reshape(parts, (-1, side, side))


def from_blocks(blocks: Array, shape: tuple[int, ...]) -> Array:
    """The inverse of `to_blocks` for a kernel of `shape`."""
    side = min(shape[-2:])
    if shape[-2] == side:
        blocks = ops.reshape(blocks, (-1, shape[-1] // side, side, side))
        blocks = ops.transpose(blocks, (0, 2, 1, 3))
    return ops.reshape(blocks, shape)
