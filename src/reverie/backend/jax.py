"""JAX: the choice for GPUs and many devices. On a CPU its convolutions train slowly."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import jax
import keras
import numpy as np

JIT = True  # JAX always compiles


def compiled(function: Callable[..., Any], variables: Iterable[Any], quick: bool = False) -> Callable[..., Any]:
    """`function` under `jax.jit`; the variables' current values travel with every call."""
    del quick
    variables = list(variables)

    @jax.jit  # type: ignore[untyped-decorator]
    def program(values: list[Any], *arguments: Any) -> Any:
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            return function(*arguments)

    return lambda *arguments: program([variable.value for variable in variables], *arguments)


def value_and_grad(function: Callable[..., Any], variables: Iterable[Any]) -> Callable[..., Any]:
    """Compiled once for every size of the picture."""
    variables = list(variables)

    @jax.jit  # type: ignore[untyped-decorator]
    def program(values: list[Any], x: Any, *rest: Any) -> Any:
        def loss(x: Any) -> Any:
            with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
                return function(x, *rest)

        (value, aux), gradient = jax.value_and_grad(loss, has_aux=True)(x)
        return value, aux, gradient

    return lambda *arguments: program([variable.value for variable in variables], *arguments)


def half_pays() -> bool:
    """On a CPU, XLA turns bfloat16 into float32 and back."""
    return False


def one_thread_each() -> None:
    """Nothing to do."""


def parts() -> int:
    return 1


def to_numpy(array: Any) -> np.ndarray:
    return np.asarray(array)


def compile_lean() -> None:
    """Nothing to do."""


def deterministic(seed: int) -> None:
    keras.utils.set_random_seed(seed)


def reseed(number: int) -> None:
    """Nothing to do: dropout draws from variables, which checkpoints hold."""


def feed(batches: Iterator[Any], example: Any) -> Any:
    """The batches as they are: Keras' own adapter does."""
    del example
    return batches
