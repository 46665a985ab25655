"""The seam between Reverie and Keras' backends.

Importing this package settles which backend Keras runs on, before Keras is imported: the environment variable
`KERAS_BACKEND` if it is set, else the first installed of TensorFlow, JAX and PyTorch. Everything that differs
between backends is in the three modules beside this one, which offer the same few functions:

    compiled(function, variables)     a fast version of a function of arrays that reads Keras variables;
                                      quick=True: ready soon rather than fastest (TensorFlow: no XLA)
    value_and_grad(function, variables)   a program that also gives the gradient with regard to the first argument;
                                      function(x, *rest) -> (scalar loss, aux); program -> (loss, aux, gradient)
    precision(policy)                 layers made within compute by this policy of Keras
    half_pays()                       whether convolutions are quicker in bfloat16 here
    quick_precision()                 layers made within compute in bfloat16 if they are, else in float32
    to_numpy(array)                   the array as NumPy, on the host
    JIT                               what to give Keras as jit_compile where XLA pays
    reseed(number)                    before each training step: seeds what no variable holds
    one_thread_each()                 at the beginning of a process that only trains convolutions: from now on, a core
                                      for each operation instead of all of them for one after the other
    parts()                           into how many a batch is then to be split, so that all cores are busy
    feed(batches, example)            an endless iterator of batches like `example`, as `fit` takes it
    compile_lean()                    before anything is compiled: less memory while compiling, for a little speed
    release()                         give memory that is no longer needed back to the system
    reuse()                           from now on, keep what is freed for what is needed next
    deterministic(seed)               seed everything, and make equal runs end in equal bits
"""

import contextlib
import ctypes
import gc
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator

from reverie.errors import ReverieError

BACKENDS = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch"}
# Bytes. What is larger is asked of the system by itself, at most 32 MB; and how much glibc keeps in all.
MAPPED, KEPT = 32 << 20, 2**31 - 1


def _installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _choose() -> str:
    if "keras" in sys.modules:
        return str(sys.modules["keras"].backend.backend())
    wanted = os.environ.get("KERAS_BACKEND")
    if wanted and wanted not in BACKENDS:
        raise ReverieError(
            f"KERAS_BACKEND is {wanted!r}, which Reverie does not know.",
            "Set it to tensorflow, jax or torch.",
        )
    for name in [wanted] if wanted else BACKENDS:
        if _installed(BACKENDS[name]):
            os.environ["KERAS_BACKEND"] = name
            return name
    raise ReverieError(
        f"The backend {wanted} is not installed." if wanted else "No Keras backend is installed.",
        f"Install one: pip install 'reverie[{wanted or 'tensorflow'}]'.",
    )


@contextlib.contextmanager
def _without_matplotlib() -> Iterator[None]:
    """Keras loads Matplotlib, if it is installed, for plots that nothing here draws: half a second and 40 MB.

    Who wants Keras' own plots imports Keras before Reverie.
    """
    hidden = "matplotlib" not in sys.modules
    if hidden:
        sys.modules["matplotlib"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if hidden:
            del sys.modules["matplotlib"]


def release() -> None:
    """Gives freed memory back to the system: glibc keeps some 140 MB that compiling a training step has used."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def reuse() -> None:
    """Keeps memory that a step has freed for the next one.

    Once a generator feeds `fit`, TensorFlow has glibc ask the system for whatever has 128 KB or more, each time anew: a
    third of a step of convolutions went on that.
    """
    _mallopt(-3, MAPPED)  # M_MMAP_THRESHOLD
    _mallopt(-1, KEPT)  # M_TRIM_THRESHOLD


def _one_arena() -> None:
    """Makes all threads share one heap: the compiler's threads would each keep one of their own, 30 MB in all."""
    _mallopt(-8, 1)  # M_ARENA_MAX


def _mallopt(option: int, value: int) -> None:
    """Sets one of glibc's options, where there is a glibc."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").mallopt(option, value)


@contextlib.contextmanager
def _without_collecting() -> Iterator[None]:
    """Importing makes millions of objects and no garbage: looking for it takes a fifth of the time.

    What was imported stays: no later collection looks at it either, least of all the one at exit, which takes a second.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()


_one_arena()
name = _choose()
with _without_matplotlib(), _without_collecting():
    _module = importlib.import_module(f"reverie.backend.{name}")
JIT = _module.JIT
compiled = _module.compiled
to_numpy = _module.to_numpy
value_and_grad = _module.value_and_grad
compile_lean = _module.compile_lean
deterministic = _module.deterministic
feed = _module.feed
half_pays = _module.half_pays
one_thread_each = _module.one_thread_each
parts = _module.parts
reseed = _module.reseed
precision = importlib.import_module("reverie.backend.precision").precision  # which imports Keras


def quick_precision(wanted: bool = True) -> contextlib.AbstractContextManager[None]:
    """Layers made within compute in bfloat16 where that pays, if it is wanted, and else in single precision."""
    return precision("mixed_bfloat16" if wanted and half_pays() else "float32")  # type: ignore[no-any-return]
