"""Generator and discriminator as one `keras.Model`, trained with `compile` and `fit`, by one optimizer."""

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from reverie import backend
from reverie.gan import networks
from reverie.gan.augment import Augment
from reverie.gan.energy import energy_distance
from reverie.gan.sight import Sight

STEP = 0.1  # of the random perturbation that finds slopes; what is seen has a mean square of about 1
BATCH = 32  # pictures
PART = 16  # of them are compared with as many generated ones by themselves, in E
SHARE = 16  # each so many-th picture of a batch is perturbed
FOOLED = 1e-4  # the sigmoid of D(G(z)) - D(x), at least: beyond that the generator is told less
GAMMA = 0.3  # where it starts, unless it is given
LEAD = 1.0  # what gamma aims at, at first: by how much real pictures are scored higher than generated ones, on average
PULL = 0.03  # how quickly: the change of log gamma in a step, for a lead that is off by 1 or more
GAMMAS = 1e-4, 1e3
HALF_LIFE, RAMP = 10_000, 0.05  # of the average of the generator: in pictures, and at most this share of all so far


class Contest(NamedTuple):
    """What came of a batch. generator, discriminator: their losses. energy: the generator's other loss. penalty: R1
    + R2. lead: how much higher real pictures were scored than generated ones, on average."""

    generator: Any
    discriminator: Any
    energy: Any
    penalty: Any
    lead: Any


class Adversary(keras.Model):
    """A generator G and a discriminator D that learn against each other (Goodfellow et al. 2014), each on its own loss:

        generator       mean softplus(-(D(G(z)) - D(x))) + E
        discriminator   mean softplus(D(G(z)) - D(x)) + gamma / 2 (R1 + R2)

    over pairs of a real picture x and a generated one: the relativistic pairing loss with zero-centred gradient
    penalties on real and generated pictures, as of R3GAN (Huang et al. 2024, arXiv 2501.05441). D has several heads,
    whose losses are averaged; they see pixels and what a frozen network sees in them (`Sight`; Sauer et al. 2021, arXiv
    2111.01007). We differ in these:

    - E is an energy distance between what is seen of real and of generated pictures, all together (see `energy`).
      Without it, of six backgrounds two were drawn.
    - Both losses are minimised in one step of one optimizer, and have their gradients from the same judgement of a
      generated picture. What `compute_loss` returns is the discriminator's loss and E, and on the way from what D sees
      back to the generator the gradient of each score is turned round: with p the sigmoid of D(G(z)) - D(x), it is p in
      the discriminator's loss and -(1 - p) in the generator's, so it is multiplied by -(1 - p) / p (see `_turned`).
    - Gradients are with regard to what D sees, s = Sight(x), and are estimated without second-order gradients: R1 =
      E |grad D(s)|² by its finite difference in a random direction,

          E (D(s + h e) - D(s - h e))² / 4h²,   e ~ N(0, 1) in each number,

      which is R1 for small h, of a sixteenth of the batch. R2 is the same on generated pictures.
    - gamma steers itself, unless it is given: log gamma rises while real pictures lead generated ones, D(x) - D(G(z)),
      by more than 1 on average, and falls while they lead by less. Too weak a penalty lets D win, too strong a one
      blurs. `Watch` lowers that 1 when it sees a collapse.
    - The generator normalises positions over their channels, where R3GAN normalises nothing. By batches it must not:
      pictures that know of each other can differ in E without being varied. See benchmarks/README.md.

    Input: uint8 pictures (batch, resolution, resolution, channels); target: their labels, int32 (batch,), of which only
    conditional networks take notice. What samples are drawn from is `average`, the exponential moving average of the
    generator. All that changes is in variables, so a run that is resumed goes on as it would have.
    """

    def __init__(
        self,
        config: dict[str, Any],
        *,
        gamma: float | None = None,
        strength: float = 0.0,
        seed: int | None = None,
    ) -> None:
        super().__init__(name="adversary")
        self.config = networks.checked(config)
        self.generator = networks.generator(self.config)
        self.sight = Sight(name="sight")
        self.discriminator = networks.discriminator(self.config)
        self.average = networks.generator(self.config, "average")
        self.average.trainable = False
        self.average.set_weights(self.generator.get_weights())
        self.augment = Augment(strength, None if seed is None else seed + 1, name="augment")
        self.draws = keras.random.SeedGenerator(seed)
        self.given = {"gamma": gamma, "strength": strength, "seed": seed}
        self.steered = gamma is None
        start = np.log(GAMMA if gamma is None else max(gamma, 1e-12))
        self.log_gamma = self._number("log_gamma", float(start))
        self.aim = self._number("aim", LEAD)
        self.seen = self._number("seen", 0.0)  # pictures
        self.measured = {name: keras.metrics.Mean(name=name) for name in Contest._fields}
        self.build(None)

    def build(self, shape: Any) -> None:
        self.built = True

    def call(self, pictures: Any, training: bool = False) -> Any:
        """A latent for each picture, drawn from N(0, 1): float32 (batch, latent). The contest is in `compute_loss`."""
        return keras.random.normal((ops.shape(pictures)[0], self.config["latent"]), seed=self.draws)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """The discriminator's loss and penalty, and what the generator leaves out, of pictures `x` with labels `y` and
        latents `y_pred`."""
        del sample_weight
        found = self._contests(x, y, y_pred)
        for name, value in found._asdict().items():
            self.measured[name].update_state(value)
        loss = found.discriminator + found.energy + 0.5 * ops.exp(self.log_gamma) * found.penalty
        if training:
            self._steer(ops.stop_gradient(found.lead))
            self._remember(ops.cast(ops.shape(x)[0], "float32"))
        return loss

    def _contests(self, *batch: Any) -> Contest:
        """The mean over parts of the batch, where they are worked on side by side (see `backend.one_thread_each`)."""
        parts = _parts(batch[0].shape[0], backend.parts())
        found = [self.contest(*part) for part in zip(*(ops.split(each, parts) for each in batch), strict=True)]
        return Contest(*(sum(values) / parts for values in zip(*found, strict=True)))

    def contest(self, pictures: Any, labels: Any, latents: Any) -> Contest:
        """Real pictures, uint8, against as many generated ones."""
        known = [ops.convert_to_tensor(labels)] if self.config["classes"] else []
        real = self.sight(self.augment(ops.cast(pictures, "float32") / 255.0))
        fake = self.sight(self.augment(self.generator([latents, *known] if known else latents, training=True)))
        made = [ops.stop_gradient(each) for each in fake]
        score_real = self.discriminator([*real, *known], training=True)
        before = ops.stop_gradient(self.discriminator([*made, *known], training=True) - score_real)
        score_fake = self.discriminator([*_turned(fake, made, before), *known], training=True)
        lead = score_real - score_fake
        return Contest(
            generator=ops.mean(ops.softplus(ops.stop_gradient(lead))),
            discriminator=ops.mean(ops.softplus(-lead)),
            energy=_mean_energy(real, fake, known),
            penalty=self._slope(real, known) + self._slope(made, known),
            lead=ops.mean(lead),
        )

    def _slope(self, seen: list[Any], known: list[Any]) -> Any:
        """The squared gradient of the discriminator at some of the pictures, as above; the mean over its heads."""
        some = [each[::SHARE] for each in seen]
        moves = [STEP * keras.random.normal(ops.shape(each), dtype=each.dtype, seed=self.draws) for each in some]
        moved = [ops.concatenate([each + move, each - move]) for each, move in zip(some, moves, strict=True)]
        labels = [ops.concatenate([each[::SHARE]] * 2) for each in known]
        ahead, behind = ops.split(self.discriminator([*moved, *labels], training=True), 2)
        return ops.mean(ops.square((ahead - behind) / (2 * STEP)))

    def _steer(self, lead: Any) -> None:
        if self.steered:
            change = PULL * ops.clip(lead - self.aim, -1.0, 1.0)
            self.log_gamma.assign(ops.clip(self.log_gamma + change, *(float(np.log(limit)) for limit in GAMMAS)))

    def _remember(self, batch: Any) -> None:
        """average <- average + (1 - 2^(-batch / half-life)) (generator - average), as of Karras et al. 2020."""
        self.seen.assign_add(batch)
        half_life = ops.minimum(float(HALF_LIFE), RAMP * self.seen)
        rate = 1.0 - ops.power(0.5, batch / half_life)
        for kept, now in zip(self.average.variables, self.generator.variables, strict=True):
            kept.assign(kept + rate * (now - kept))

    def _number(self, name: str, start: float) -> Any:
        return self.add_weight(
            shape=(), initializer=keras.initializers.Constant(start), trainable=False, name=name
        )  # fmt: skip

    def get_config(self) -> dict[str, Any]:
        return {"config": self.config, **self.given}


def _parts(size: int | None, most: int | None = None) -> int:
    """Into how many a batch is split: into equal parts of PART pictures or a few more, 1 if there are no such."""
    size = size or 0  # not known
    parts = max(1, min(most or size, size // PART))
    return 1 if size % parts else parts


def _mean_energy(real: list[Any], fake: list[Any], known: list[Any]) -> Any:
    """E of parts, so that it is the same whether the contest is of a whole batch or of a part."""
    parts = _parts(real[0].shape[0])
    split = [zip(*(ops.split(each, parts) for each in seen), strict=True) for seen in (real, fake)]
    labels = [[each] for each in ops.split(known[0], parts)] if known else [[]] * parts
    return sum(energy_distance(list(r), list(m), *own) for r, m, own in zip(*split, labels, strict=True)) / parts


def _turned(seen: list[Any], constant: list[Any], before: Any) -> list[Any]:
    """The same maps, whose gradients are those of the generator's loss where they were those of the discriminator's.

    seen: a map for each head. constant: the same without gradients. before: (batch, heads), D(G(z)) - D(x).
    """
    fooled = ops.maximum(ops.sigmoid(before), FOOLED)
    factor = (fooled - 1.0) / fooled
    return [
        still + ops.cast(factor[:, head, None, None, None], each.dtype) * (each - still)
        for head, (each, still) in enumerate(zip(seen, constant, strict=True))
    ]
