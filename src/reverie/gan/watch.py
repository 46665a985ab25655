"""An adversarial network that looks at itself: is it collapsing, has one side won, does it copy its pictures?"""

import csv
import io
import itertools
import math
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from reverie import backend, metrics
from reverie.gan.adversary import LEAD
from reverie.gan.model import GAN
from reverie.images.batches import spread
from reverie.images.scaling import small
from reverie.metrics.neighbours import TWINS, to_nearest_other
from reverie.pixels.progress import Progress
from reverie.publish import publish
from reverie.runs import Run

LOOKED, KNOWN = 128, 20_000  # samples looked at, and training pictures they are compared with, at most
BLOCK = 1024  # pictures in memory at a time
SIDE = 16  # pixels on a side, at which pictures are compared
ALIKE, COPIED = 0.3, 0.5  # of the distances between training pictures
WON = 0.02  # of the discriminator's loss: below that it teaches nothing
EACH = 200  # steps, in which what is done against trouble is done once
CALMER, MORE = 0.5, 0.2  # what the lead that gamma aims at is multiplied by, and what is added to augmentation
CALMEST = 0.125  # of the lead aimed at without trouble: a stronger penalty only blurs
PATIENCE = 400  # steps before a look counts
HOPELESS = 2000  # steps of the same trouble at every look, whatever was done: going on would only waste time
COLUMNS = (
    "step", "generator", "discriminator", "energy", "lead", "penalty", "gamma", "augment", "variety", "distance",
)  # fmt: skip


@dataclass(frozen=True)
class Look:
    """What was seen. Distances are between small copies of pictures, and in units of those between training pictures.

    variety: the median distance of a sample to the sample most like it: near 1 if samples are as different from each
    other as pictures are, 0 if they are all the same.
    distance: the median distance of a sample to the training picture most like it: 0 for copies.
    """

    variety: float
    distance: float
    discriminator: float  # its loss

    @property
    def sentences(self) -> dict[str, str]:
        """What is wrong, by name, in plain English."""
        found = {}
        if self.variety < ALIKE:
            found["collapse"] = (
                f"Its samples are alike: they differ from each other {self.variety:.0%} as much as the pictures do."
            )
        if self.discriminator < WON:
            found["won"] = (
                f"The discriminator tells generated pictures from real ones without effort (its loss is "
                f"{self.discriminator:.3f}): the generator has little to learn from it."
            )
        if self.distance < COPIED:
            found["copies"] = (
                f"It begins to copy: samples are {self.distance:.0%} as far from the nearest training picture as "
                "training pictures are from each other."
            )
        return found


class Watch(keras.callbacks.Callback):
    """At the end of each epoch, a look at samples of fixed latents; what is wrong is said, and done about:

    against a collapse, or a discriminator that has won, the gradient penalty is made to rise (unless gamma was given),
    by aiming at half the lead of real pictures for every 200 steps of it, and back again when it is over; against
    copying, the strength of augmentation (unless it was given). Both are variables of the network, so a run that is
    resumed goes on with them. What is wrong at every look of 2,000 steps ends the run, and whoever resumes it has as
    many again. The first 400 steps do not count. Each look is a row in `losses.csv` of the run folder; `warnings` in
    run.json are what was wrong, and from which step on.
    """

    def __init__(
        self, model: GAN, pixels: np.ndarray, run: Run, *, flip: bool = False, adapt: bool = True, quiet: bool = False
    ) -> None:
        super().__init__()
        self.gan, self.run, self.flip, self.adapt, self.quiet = model, run, flip, adapt, quiet
        rows = spread(len(pixels), KNOWN)
        self.known = np.concatenate(
            [small(pixels[part], SIDE) for part in np.array_split(rows, -(-len(rows) // BLOCK))]
        )
        some = self.known[spread(len(self.known), LOOKED)]
        self.between, self.real_variety = _apart(some, self.known), _apart(some, some)
        self.count = len(some)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        logs = logs or {}
        look = self.look(float(logs.get("discriminator", math.inf)))
        looks = self._record(look, logs)
        troubles: list[tuple[int, dict[str, str]]] = [(0, {})]
        troubles += [(at, each.sentences if at >= PATIENCE else {}) for at, each in looks]
        (before, known), (step, found) = troubles[-2:]
        share = min(1.0, (step - before) / EACH)
        self._aim(CALMER**share if {"collapse", "won"} & found.keys() else CALMER**-share)
        for what, sentence in found.items():
            done, new = self._act(what, share), what not in known
            right = max(PATIENCE, *(at for at, each in troubles if what not in each))  # when it was so last
            if (step - right) // HOPELESS > max(0, before - right) // HOPELESS:
                self.model.stop_training = new = True
                done = f"It has been so for {HOPELESS:,} steps."
            if new and not self.quiet:
                Progress().say(f"{sentence} {done}".strip())
        self.run.update(warnings=_warnings(troubles))

    def look(self, discriminator: float = math.inf) -> Look:
        pixels = self.gan.sample(self.count, seed=0)[..., : self.gan.config["channels"]]
        made = small(pixels, SIDE)
        nearest = metrics.nearest(made, self.known)[1]
        if self.flip:  # then a copy may be mirrored
            nearest = np.minimum(nearest, metrics.nearest(small(pixels[:, :, ::-1], SIDE), self.known)[1])
        variety = float(np.median(metrics.nearest(made, made, 2)[1][:, 1]))
        return Look(
            variety=variety / self.real_variety if self.real_variety else math.inf,
            distance=float(np.median(nearest)) / self.between if self.between else math.inf,
            discriminator=discriminator,
        )

    def _aim(self, factor: float) -> None:
        """Lets gamma aim at so many times the lead, between the one without trouble and the calmest."""
        network: Any = self.model
        if getattr(network, "steered", False):
            network.aim.assign(min(LEAD, max(CALMEST * LEAD, factor * _number(network.aim))))

    def _act(self, what: str, share: float) -> str:
        """Does what can be done, that much of it, and says it."""
        network: Any = self.model
        if what in ("collapse", "won") and getattr(network, "steered", False):
            return "The gradient penalty will rise."
        if what == "copies" and self.adapt and hasattr(network, "augment"):
            strength = _number(network.augment.strength)
            if strength < 1:
                network.augment.strength.assign(min(1.0, strength + MORE * share))
                return "Augmentation is raised."
            return "Augmentation is at its strongest: give it more pictures, or stop here."
        return ""

    def _record(self, look: Look, logs: dict[str, Any]) -> list[tuple[int, Look]]:
        """Adds a row, and returns all looks so far with their steps, of a run that was resumed too."""
        network: Any = self.model
        measured = {**logs, "step": int(_number(network.optimizer.iterations))}
        measured |= {"variety": look.variety, "distance": look.distance}
        if hasattr(network, "augment"):
            measured |= {"gamma": math.exp(_number(network.log_gamma)), "augment": _number(network.augment.strength)}
        path = self.run.folder / "losses.csv"
        rows = list(csv.reader(path.read_text("utf-8").splitlines()))[1:] if path.exists() else []
        earlier = [row for row in rows if int(row[0]) < measured["step"]]  # what a run that is resumed goes on from
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(
            [COLUMNS, *earlier, [repr(measured[name]) if name in measured else "" for name in COLUMNS]]
        )
        publish(path, text.getvalue().encode())
        before = [_look(dict(zip(COLUMNS, row, strict=True))) for row in earlier]
        return [*before, (measured["step"], look)]


def _warnings(troubles: list[tuple[int, dict[str, str]]]) -> list[str]:
    """What was wrong in a run, when it began to be."""
    pairs = itertools.pairwise(troubles)
    return [
        f"Step {step:,}: {sentence}"
        for (_, known), (step, found) in pairs
        for what, sentence in found.items()
        if what not in known
    ]


def _look(row: dict[str, str]) -> tuple[int, Look]:
    return int(row["step"]), Look(
        float(row["variety"]), float(row["distance"]), float(row["discriminator"] or math.inf)
    )


def _apart(some: np.ndarray, known: np.ndarray) -> float:
    """The median distance of some pictures to the nearest of those known that is no copy; 0 if all are copies."""
    found = to_nearest_other(metrics.nearest(some, known, min(TWINS, len(known)))[1])
    return float(np.median(found)) if len(found) else 0.0


def _number(variable: Any) -> float:
    return float(backend.to_numpy(variable.value))
