"""What a training step frees is there for the next one."""

import platform
import resource
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest


@pytest.mark.backends
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries keep memory in their own ways")
def test_memory_is_used_again(trainee: ModuleType, tmp_path: Path) -> None:
    """TensorFlow, fed by a generator, has glibc ask the system for each large array: each of its pages is a fault."""
    trainee.run(tmp_path, steps=2, validate_every=2)
    pages = 1 << 20 >> 12  # of 4 KB, in an array of 1 MB
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(100):
        np.ones(1 << 20, np.uint8)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before < 10 * pages
