"""What the processor can do."""

import contextlib
from pathlib import Path


def multiplies_bfloat16() -> bool:
    """Whether it has instructions for products in bfloat16; False where the system does not say."""
    with contextlib.suppress(OSError):
        flags = Path("/proc/cpuinfo").read_text()
        return "avx512_bf16" in flags or "amx_bf16" in flags
    return False
