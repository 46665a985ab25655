"""Which numbers make sense for a dream."""

import functools

from reverie.pixels import settings

LIMITS: settings.Limits = {
    "octaves": (1, 20, "from 1 to 20"),
    "octave_scale": (1.01, 10, "from 1.01 to 10"),
    "steps": (1, 100_000, "from 1 to 100,000"),
    "strength": (1e-6, 1, "above 0 and up to 1, such as 0.01"),
    "seed": settings.SEED,
    "size": (8, 16_383, "of pixels from 8 to 16,383"),
    "memory": (0.1, 1e6, "of GB, such as 2"),
    "first": (0, 10**6, "from 0 up"),
    "count": (1, 10_000, "from 1 to 10,000"),
    "columns": (1, 100, "from 1 to 100"),
    "frames": (1, 100_000, "from 1 to 100,000"),
    "zoom": (1.0, 2.0, "from 1 to 2: how much larger each frame is"),
}

check = functools.partial(settings.check, LIMITS)
