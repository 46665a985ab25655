"""How the next token is chosen: samplers that reshape the network's logits, then one draw.

They are applied in the order of `SAMPLERS`:

    RepetitionPenalty -> Temperature -> TopK -> TopP -> MinP -> draw

Every value is an array with one entry per row, so rows of one batch may differ and a new value compiles
nothing. A sampler whose value is neutral in all rows is left out of the compiled program.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from keras import ops

from reverie.errors import ReverieError

Array = Any
NEVER = -1e30  # the logit of a token that must not be drawn; finite, so that nothing becomes NaN
MEMORY = 64  # tokens the repetition penalty looks back
GROUP = 64  # tokens whose probabilities are summed at once


class Sampler(Protocol):
    """Turns logits (batch, vocabulary) into others; one value per row."""

    @property
    def name(self) -> str: ...

    @property
    def neutral(self) -> float:
        """The value that changes nothing."""

    @property
    def limits(self) -> str:
        """The values that `allows` lets pass, in words."""

    def allows(self, value: float) -> bool: ...

    def __call__(self, logits: Array, value: Array, recent: Array) -> Array:
        """value: (batch, 1); recent: bool (batch, vocabulary), or None if there is no RepetitionPenalty."""


class RepetitionPenalty:
    """Makes the tokens among the last 64 (the prompt's included) less likely; 1 does nothing.

    logit / value if the logit is positive, logit * value if it is negative. From CTRL (arXiv 1909.05858),
    which divides in both cases and so makes a repeated token of negative logit more likely instead of less,
    and which looks back over everything written.
    """

    name, neutral, limits = "repetition_penalty", 1.0, "from 0.1 to 10"

    def allows(self, value: float) -> bool:
        return 0.1 <= value <= 10

    def __call__(self, logits: Array, value: Array, recent: Array) -> Array:
        return ops.where(recent, ops.where(logits > 0, logits / value, logits * value), logits)


class Temperature:
    """Divides the logits: p_i proportional to exp(logit_i / value). Below 1 predictable, above 1 surprising.

    0 is greedy: only the most likely tokens remain, and the draw takes the first of them. Values between 0
    and 1e-6 count as 1e-6.
    """

    name, neutral, limits = "temperature", 1.0, "from 0 (greedy) to 100"

    def allows(self, value: float) -> bool:
        return 0 <= value <= 100

    def __call__(self, logits: Array, value: Array, recent: Array) -> Array:
        logits = logits - ops.max(logits, axis=-1, keepdims=True)  # nothing can overflow after this
        greedy = ops.where(logits < 0, NEVER, 0.0)
        return ops.where(value > 0, ops.maximum(logits / ops.maximum(value, 1e-6), NEVER), greedy)


class TopK:
    """Keeps the `value` most likely tokens (Fan et al. 2018, arXiv 1805.04833); 0 keeps all.

    Tokens as likely as the last one kept are kept too, so ties can make it more than `value`.
    """

    name, neutral, limits = "top_k", 0, "a whole number from 0 (all) to 1000000"

    def allows(self, value: float) -> bool:
        return 0 <= value <= 1_000_000 and value == int(value)

    def __call__(self, logits: Array, value: Array, recent: Array) -> Array:
        probabilities = ops.softmax(logits)
        wanted = ops.where(value > 0, value, 1e9)
        return keep(logits, probabilities >= _threshold(probabilities, ops.ones_like(logits), wanted))


class TopP:
    """Keeps the smallest set of most likely tokens whose mass is at least `value`; 1 keeps all.

    Nucleus sampling, Holtzman et al. 2019, arXiv 1904.09751. Tokens as likely as the last one kept are kept
    too, so that the set does not depend on the order of the vocabulary.
    """

    name, neutral, limits = "top_p", 1.0, "above 0 and at most 1"

    def allows(self, value: float) -> bool:
        return 0 < value <= 1

    def __call__(self, logits: Array, value: Array, recent: Array) -> Array:
        probabilities = ops.softmax(logits)
        wanted = ops.where(value < 1, value, 1e9)
        return keep(logits, probabilities >= _threshold(probabilities, probabilities, wanted))


class MinP:
    """Keeps the tokens with p_i >= value * max_j p_j (Nguyen et al. 2024, arXiv 2407.01082); 0 keeps all.

    The paper applies it before the temperature; here it sees the distribution that is drawn from.
    """

    name, neutral, limits = "min_p", 0.0, "at least 0 and below 1"

    def allows(self, value: float) -> bool:
        return 0 <= value < 1

    def __call__(self, logits: Array, value: Array, recent: Array) -> Array:
        probabilities = ops.softmax(logits)
        return keep(logits, probabilities >= value * ops.max(probabilities, axis=-1, keepdims=True))


SAMPLERS: tuple[Sampler, ...] = (RepetitionPenalty(), Temperature(), TopK(), TopP(), MinP())


def sample(samplers: Sequence[Sampler], values: Sequence[Array], logits: Array, recent: Array, u: Array) -> Array:
    """One token for each row.

    samplers: some of `SAMPLERS`, in that order; values: one (batch,) array for each; logits: (batch,
    vocabulary); recent: bool (batch, vocabulary), the last `MEMORY` tokens, or None where no penalty is
    used; u: (batch,), uniform in (0, 1), 0 for a greedy row. Returns int32 (batch,).
    """
    for sampler, value in zip(samplers, values, strict=True):
        logits = sampler(logits, value[:, None], recent)
    return draw(logits, u)


def draw(logits: Array, u: Array) -> Array:
    """The inverse of the cumulative distribution at u: the first token with p_0 + ... + p_i > u.

    One uniform number decides a token, so it can come from the host and a seed means the same text in every
    batch. logits: (batch, vocabulary); u: (batch,) in [0, 1 - 2^-23]; returns int32 (batch,). A token of
    probability zero is never drawn; u = 0 draws the first token that is not.
    """
    # Cumulative sums by products with triangles of ones, of the groups' masses and then inside one group: XLA's
    # own cumulative sum takes ten times as long as the network's last layer.
    groups = -(-logits.shape[-1] // GROUP)
    weights = ops.exp(logits - ops.max(logits, axis=-1, keepdims=True))
    weights = ops.pad(weights, ((0, 0), (0, groups * GROUP - logits.shape[-1])))
    inside = ops.matmul(ops.reshape(weights, (-1, groups, GROUP)), np.triu(np.ones((GROUP, GROUP), "float32")))
    mass = ops.matmul(inside[:, :, -1], np.triu(np.ones((groups, groups), "float32")))  # (batch, groups)
    wanted = u[:, None] * mass[:, -1:]
    below = mass <= wanted
    group = ops.sum(ops.cast(below, "int32"), axis=-1, keepdims=True)
    before = ops.max(ops.where(below, mass, 0.0), axis=-1, keepdims=True)
    within = ops.take_along_axis(inside, group[:, :, None], axis=1)[:, 0]  # (batch, GROUP)
    # Whatever was rounded, the token must lie inside the group.
    rest = ops.clip(wanted - before, 0.0, within[:, -1:] * (1 - 2.0**-22))
    return GROUP * group[:, 0] + ops.sum(ops.cast(within <= rest, "int32"), axis=-1)


def keep(logits: Array, chosen: Array) -> Array:
    return ops.where(chosen, logits, NEVER)


def _threshold(probabilities: Array, weights: Array, wanted: Array) -> Array:
    """The largest t with sum(weights where probability >= t) >= wanted, or 0; (batch, 1).

    Found by bisection over the bits of t, not by sorting: positive floats are ordered like the integers
    with the same bits, so 31 sums find t exactly, which XLA does several times faster than one sort.
    """

    def halve(_: Array, bounds: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = bounds  # t = low is enough, t = high is not
        middle = low + (high - low) // 2
        kept = ops.where(bits >= middle, weights, 0.0)
        enough = ops.sum(kept, axis=-1, keepdims=True) >= wanted
        return ops.where(enough, middle, low), ops.where(enough, high, middle)

    bits = ops.view(probabilities, "int32")
    low = ops.zeros_like(bits[:, :1])
    return ops.view(ops.fori_loop(0, 31, halve, (low, low + 0x3F800001))[0], "float32")  # just above 1.0


def check(sampler: Sampler, value: Any, rows: int) -> list[float]:
    """The sampler's values for `rows` rows, from one number or one number per row. Raises ReverieError."""
    values = [value] * rows if np.ndim(value) == 0 else list(value)
    if len(values) != rows:
        raise ReverieError(
            f"There are {len(values)} values of {sampler.name} for {rows} prompts.", "Give one, or one for each."
        )
    for number in values:
        if not isinstance(number, (int, float, np.number)) or not sampler.allows(float(number)):
            raise ReverieError(f"{sampler.name} cannot be {number}.", f"Give {sampler.limits}.")
    return [float(number) for number in values]
