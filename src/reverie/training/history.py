"""What a run has measured: a row per validation interval, and what the rows say about it."""

import math
from dataclasses import dataclass, field
from itertools import pairwise

CLEARLY = 0.01  # validation counts as worse than the best if it is more than this share above it


@dataclass
class History:
    """Rows of (step, training loss, validation loss or None, learning rate), and nothing that hangs on a clock.

    The training loss is the mean over the interval that ends with the step.
    """

    rows: list[tuple[int, float, float | None, float]] = field(default_factory=list)

    @property
    def best(self) -> tuple[int, float] | None:
        """Step and loss of the best validation so far; the first of equals."""
        valid = [(v, step) for step, _, v, _ in self.rows if v is not None and math.isfinite(v)]
        return min(valid)[::-1] if valid else None

    def memorising(self, patience: int) -> bool:
        """Whether validation rose `patience` times in a row, clearly above the best, while training loss fell."""
        last = [row for row in self.rows if row[2] is not None][-patience - 1 :]
        if self.best is None or len(last) <= patience:
            return False
        validation = [float(row[2] or 0.0) for row in last]
        rises = all(later > earlier for earlier, later in pairwise(validation))
        best = self.best[1]
        return rises and validation[-1] > best + CLEARLY * abs(best) and last[-1][1] < last[0][1]

    def csv(self) -> str:
        lines = ["step,loss,validation,learning_rate"]
        for step, loss, validation, rate in self.rows:
            lines.append(f"{step},{loss!r},{'' if validation is None else repr(validation)},{rate!r}")
        return "\n".join(lines) + "\n"
