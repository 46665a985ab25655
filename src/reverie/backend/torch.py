"""PyTorch: runs everything, without a compiler."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras
import numpy as np
import torch

from reverie.backend.processor import multiplies_bfloat16

JIT = False  # torch.compile would call a C++ compiler


def compiled(function: Callable[..., Any], variables: Iterable[Any], quick: bool = False) -> Callable[..., Any]:
    """`function` as it is, without recording gradients: eager PyTorch has nothing to compile."""
    del variables, quick

    def program(*arguments: Any) -> Any:
        with torch.no_grad():
            return function(*keras.tree.map_structure(keras.ops.convert_to_tensor, arguments))

    return program


def value_and_grad(function: Callable[..., Any], variables: Iterable[Any]) -> Callable[..., Any]:
    """Eager; only the first argument is recorded, the variables are constants."""
    variables = list(variables)

    def program(*arguments: Any) -> Any:
        x, *rest = keras.tree.map_structure(keras.ops.convert_to_tensor, arguments)
        x = x.detach().requires_grad_()
        for variable in variables:  # no gradient is worked out for them
            variable.value.requires_grad_(False)
        with torch.enable_grad():
            value, aux = function(x, *rest)
            (gradient,) = torch.autograd.grad(value, x)
        return keras.tree.map_structure(lambda array: array.detach(), (value, aux, gradient))

    return program


def half_pays() -> bool:
    return multiplies_bfloat16()


def one_thread_each() -> None:
    """Nothing to do."""


def parts() -> int:
    return 1


def to_numpy(array: Any) -> np.ndarray:
    # Keras' own conversion makes NumPy 2 warn.
    return keras.ops.convert_to_tensor(array).detach().cpu().numpy()  # type: ignore[no-any-return]


def compile_lean() -> None:
    """Nothing to do."""


def deterministic(seed: int) -> None:
    keras.utils.set_random_seed(seed)
    torch.use_deterministic_algorithms(True)


def reseed(number: int) -> None:
    """Dropout draws from PyTorch's own generator, which no variable, and so no checkpoint, holds."""
    keras.utils.set_random_seed(number)


def feed(batches: Iterator[Any], example: Any) -> Any:
    """The batches as they are: Keras' own adapter does."""
    del example
    return batches
