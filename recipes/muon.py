"""Muon for convolutions: the kernels of a convolution are one matrix each."""

from typing import Any

import keras
from keras import ops

from reverie.text.muon import orthogonalise

Array = Any


class Muon(keras.optimizers.Optimizer):
    """Orthogonalised momentum (Jordan et al. 2024) for kernels, Adam (arXiv 1412.6980) for biases and `logits`.

    A kernel (height, width, in, out) is orthogonalised as the matrix (height * width * in, out) it is in a
    convolution; Keras' Muon leaves kernels of rank 4 to AdamW. `learning_rate` is Muon's; Adam's is `adam` times it.
    """

    def __init__(self, learning_rate: Any = 0.02, adam: float = 0.1, momentum: float = 0.95, **kwargs: Any) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.adam, self.momentum = adam, momentum

    def build(self, variables: list[Any]) -> None:
        if not self.built:
            super().build(variables)
            self.first = self.add_optimizer_variables(variables, "first")
            self.matrices = [matrix(variable) for variable in variables]
            self.second = [
                None if matrix(variable) else self.add_variable_from_reference(variable, "second")
                for variable in variables
            ]

    def update_step(self, gradient: Array, variable: Any, learning_rate: Array) -> None:
        index = self._get_variable_index(variable)
        rate, gradient = ops.cast(learning_rate, "float32"), ops.cast(gradient, "float32")
        if self.matrices[index]:
            step = rate * self._muon(gradient, self.first[index])
        else:
            step = rate * self.adam * self._adam(gradient, self.first[index], self.second[index])
        self.assign_sub(variable, step)

    def _muon(self, gradient: Array, first: Any) -> Array:
        mean = self.momentum * first + (1 - self.momentum) * gradient
        self.assign(first, mean)
        ahead = self.momentum * mean + (1 - self.momentum) * gradient  # Nesterov
        return ops.reshape(orthogonal(ops.reshape(ahead, (-1, gradient.shape[-1]))), gradient.shape)

    def _adam(self, gradient: Array, first: Any, second: Any) -> Array:
        self.assign(first, 0.9 * first + 0.1 * gradient)
        self.assign(second, 0.99 * second + 0.01 * ops.square(gradient))
        time = ops.cast(self.iterations + 1, "float32")
        unbias = ops.sqrt(1 - 0.99**time) / (1 - 0.9**time)
        return unbias * first / (ops.sqrt(second) + 1e-12)


def orthogonal(matrix: Array) -> Array:
    """About the nearest matrix with orthonormal rows or columns; half precision is enough, and three times as fast."""
    tall = matrix.shape[0] > matrix.shape[1]
    wide = ops.cast(ops.transpose(matrix) if tall else matrix, "bfloat16")
    found = ops.cast(orthogonalise(wide[None])[0], "float32")
    return ops.transpose(found) if tall else found


def matrix(variable: Any) -> bool:
    return len(variable.shape) > 1 and "logits" not in variable.path
