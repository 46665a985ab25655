"""TensorFlow: the default on a CPU."""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """TensorFlow writes two lines of its own to stderr while it loads, before any setting reaches it."""
    stderr, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with _silence():
    import tensorflow as tf

import keras  # noqa: E402
import numpy as np  # noqa: E402

from reverie.backend.processor import multiplies_bfloat16  # noqa: E402

JIT = True  # what `compile` is to be given as jit_compile where XLA pays
MOST_PARTS = 4  # of a batch, one for each core: it is not known to pay on more of them
_parts = 1


def compiled(function: Callable[..., Any], variables: Iterable[Any], quick: bool = False) -> Callable[..., Any]:
    """`function` as one XLA program, or as a graph if `quick`. TensorFlow finds the variables by itself."""
    del variables
    return tf.function(function, jit_compile=not quick, autograph=False)  # type: ignore[no-any-return]


def value_and_grad(function: Callable[..., Any], variables: Iterable[Any]) -> Callable[..., Any]:
    """One graph for pictures of every size; no XLA, which compiles for each size and is slower at convolutions."""
    del variables

    def gradient(x: Any, *rest: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(x)
            loss, aux = function(x, *rest)
        return loss, aux, tape.gradient(loss, x)

    program = tf.function(gradient, autograph=False)
    traced: dict[Any, Any] = {}

    def call(*arguments: Any) -> Any:
        arrays = tf.nest.map_structure(tf.convert_to_tensor, arguments)
        specs = tf.nest.map_structure(_any_size, arrays)
        key = str(specs)
        if key not in traced:
            traced[key] = program.get_concrete_function(*specs)
        return traced[key](*arrays)

    return call


def _any_size(array: Any) -> Any:
    """A picture, or a mask over one, may come in any size; what has fewer axes is as it is."""
    shape = [None, None, None, array.shape[3]] if len(array.shape) == 4 else array.shape
    return tf.TensorSpec(shape, array.dtype)


def compile_lean() -> None:
    """Turns XLA's newer emitters off, which make a compiler context for every fused loop that waits to be compiled.

    That is 70 MB less at the peak of a training step's compilation, for steps that are about a twentieth slower.
    Writing, whose loop is small and is a quarter quicker with them, keeps them in a process that does not train.
    """
    flags, emitters = os.environ.get("XLA_FLAGS", ""), "--xla_cpu_use_fusion_emitters"
    if emitters not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {emitters}=false".strip()  # read once, when something is first compiled


def half_pays() -> bool:
    return multiplies_bfloat16()


def one_thread_each() -> None:
    """A training step of convolutions is a sixth quicker so, if it has independent parts for each core.

    What has one part only, as a picture that is painted, is slower: so this is for a process that does nothing else.
    Nothing changes on many cores or a GPU, or if something has run before.
    """
    global _parts
    count = os.cpu_count() or 1
    if count > MOST_PARTS or tf.config.list_physical_devices("GPU"):
        return
    with contextlib.suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(1)
        _parts = count


def parts() -> int:
    return _parts


def to_numpy(array: Any) -> np.ndarray:
    return np.asarray(array)


def deterministic(seed: int) -> None:
    # Not enable_op_determinism(): Keras then refuses XLA, whose programs for a CPU always add in one order.
    keras.utils.set_random_seed(seed)


def reseed(number: int) -> None:
    """Nothing to do: dropout draws from variables, which checkpoints hold."""


def feed(batches: Iterator[Any], example: Any) -> Any:
    """The batches as a tf.data pipeline without autotuning, whose thread can sleep on for a minute at the end."""
    signature = tuple(tf.TensorSpec(np.shape(array), np.asarray(array).dtype) for array in example)
    options = tf.data.Options()
    options.autotune.enabled = False
    pipeline = tf.data.Dataset.from_generator(lambda: batches, output_signature=signature)
    return pipeline.prefetch(2).with_options(options)
