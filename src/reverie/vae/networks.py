"""The encoders and decoders, as plain Keras models: the textbook's, and residual ones sized by one dial.

The preset "hierarchical" has a second level of latents, some at each position of the coarsest feature map. Given the
first level they are N(0, 1) too: what a prior that depends on the first level would say of them, the decoder says
itself (z_2 = mu(z_1) + sigma(z_1) * noise; the divergence is the same), and their posterior depends on the picture and
on the first level's draw, as in the residual cells of NVAE (Vahdat and Kautz 2020). So all latents together are one
vector of N(0, 1), and whatever works in a flat space works in this one.
"""

import math
from typing import Any

import keras
from keras import layers, ops

from reverie.errors import ReverieError

PRESETS = ("residual", "hierarchical", "textbook")

# What `size` sets. width: channels where the picture is coarsest (at most 8 pixels a side); each doubling of the side
# halves them. depth: residual blocks at each resolution up to `FINEST`. latent: twice as many above `DENSE` pixels.
SIZES: dict[str, dict[str, int]] = {
    "tiny": {"width": 32, "depth": 1, "latent": 16},
    "small": {"width": 64, "depth": 1, "latent": 32},
    "medium": {"width": 128, "depth": 2, "latent": 64},
    "large": {"width": 256, "depth": 3, "latent": 128},
}
COARSEST, FINEST = 8, 16  # pixels on a side
NARROWEST = 8  # channels
FINE = 4  # latents at each position, on the second level
MOST = 2.0  # of a log-variance
# Up to so many pixels on a side the encoder is dense, with so many times `width` units: a training step on MNIST is 1.6
# times as quick as with a convolutional one.
DENSE, DENSER = 32, 8
LIMITS = {"resolution": (8, 1024), "width": (8, 4096), "depth": (0, 64), "latent": (1, 4096)}


def design(
    resolution: int,
    channels: int,
    likelihood: str,
    preset: str = "residual",
    size: str = "small",
    latent: int | None = None,
) -> dict[str, Any]:
    """The configuration of a network for pictures of that resolution and number of channels.

    Raises ReverieError for a preset or size that does not exist, or a number that does not fit.
    """
    if preset not in PRESETS:
        raise ReverieError(f"There is no preset {preset!r}.", f"Choose one of: {', '.join(PRESETS)}.")
    if size not in SIZES:
        raise ReverieError(f"There is no size {size!r}.", f"Choose one of: {', '.join(SIZES)}.")
    values = dict(SIZES[size])
    values["latent"] *= 2 if resolution > DENSE else 1
    if preset == "textbook":
        values = {"width": 64, "depth": 0, "latent": 2}
    if latent is not None:
        values["latent"] = latent
    config = {
        "preset": preset, "resolution": resolution, "channels": channels, "likelihood": likelihood, **values
    }  # fmt: skip
    return checked(config)


def checked(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration that may come from a model file, with nothing in it but what is known and fits."""
    for name, (least, most) in LIMITS.items():
        value = config.get(name)
        if type(value) is not int or not least <= value <= most:
            raise ReverieError(f"A {name} of {value} does not fit.", f"Give {least} to {most}.")
    choices = {"preset": PRESETS, "likelihood": ("bernoulli", "gaussian"), "channels": (1, 3)}
    for name, known in choices.items():
        if config.get(name) not in known:
            raise ReverieError(f"The network's {name} is {config.get(name)!r}.", f"It can be {known}.")
    return {name: config[name] for name in (*LIMITS, *choices)}


def least(config: dict[str, Any]) -> int:
    """Weights that a network of this configuration has at least: a file with fewer is not worth building it for."""
    config = checked(config)
    if config["preset"] == "textbook":
        return int(2 * 64 * (config["resolution"] // 4) ** 2 * config["latent"])
    stages = _stages(config)
    side, wide = stages[-1]
    units = DENSER * config["width"] if config["resolution"] <= DENSE else 0
    encoder = units * (config["resolution"] ** 2 + 2 * config["depth"] * units + 2 * config["latent"])
    return int(encoder + config["depth"] * 9 * wide**2 + side**2 * wide * config["latent"])


def latents(config: dict[str, Any]) -> int:
    """All latents of a network together, on both levels if there are two."""
    side = _stages(config)[-1][0] if config["preset"] == "hierarchical" else 0
    return int(config["latent"] + FINE * side**2)


def encoder(config: dict[str, Any]) -> keras.Model:
    """float32 (batch, resolution, resolution, channels) -> (mean, log_variance), each (batch, latent).

    "hierarchical": and what the second level is to know of the picture, (batch, side, side, width).
    """
    side = config["resolution"]
    pixels = keras.Input((side, side, config["channels"]))
    if config["preset"] == "textbook":
        x = layers.Conv2D(32, 3, strides=2, padding="same", activation="relu", name="encoder_conv1")(pixels)
        x = layers.Conv2D(64, 3, strides=2, padding="same", activation="relu", name="encoder_conv2")(x)
        x = layers.Flatten()(x)
        x = layers.Dense(16, activation="relu", name="encoder_dense")(x)
    else:
        x = layers.Rescaling(2.0, -1.0)(pixels)
        if side > DENSE:
            x = features = _features(x, config)
        x = _mixed(layers.Flatten()(x), config, "encoder")
        if config["preset"] == "hierarchical" and side <= DENSE:
            coarse, wide = _stages(config)[-1]
            features = layers.Reshape((coarse, coarse, wide))(layers.Dense(coarse**2 * wide, name="encoder_map")(x))
    mean = layers.Dense(config["latent"], dtype="float32", name="encoder_mean")(x)
    log_variance = layers.Dense(
        config["latent"], kernel_initializer="zeros", dtype="float32", name="encoder_log_variance"
    )(x)
    if config["preset"] != "textbook":
        log_variance = layers.Activation(_bounded, dtype="float32")(log_variance)
    known = (mean, log_variance, features) if config["preset"] == "hierarchical" else (mean, log_variance)
    return keras.Model(pixels, known, name="encoder")


def top(config: dict[str, Any]) -> keras.Model:
    """The first level's latents (batch, latent) -> what the second starts from, (batch, side, side, width)."""
    coarse, wide = _stages(config)[-1]
    latent = keras.Input((config["latent"],))
    x = layers.Dense(coarse * coarse * wide, name="top_dense")(_mixed(latent, config, "top"))
    x = layers.Reshape((coarse, coarse, wide))(x)
    for block in range(config["depth"]):
        x = _residual(x, wide, f"top_{block}")
    return keras.Model(latent, x, name="top")


def finer(config: dict[str, Any]) -> keras.Model:
    """(features of the picture, top) -> the second level's (mean, log_variance), each (batch, side * side * FINE)."""
    coarse, wide = _stages(config)[-1]
    given = [keras.Input((coarse, coarse, wide)), keras.Input((coarse, coarse, wide))]
    x = layers.Conv2D(wide, 3, padding="same", name="finer_in")(layers.Concatenate()(given))
    x = layers.Activation("silu")(_residual(x, wide, "finer_0"))
    mean = layers.Conv2D(FINE, 1, name="finer_mean")(x)
    log_variance = layers.Conv2D(FINE, 1, kernel_initializer="zeros", name="finer_log_variance")(x)
    log_variance = layers.Activation(_bounded)(log_variance)
    return keras.Model(given, (layers.Flatten()(mean), layers.Flatten()(log_variance)), name="finer")


def decoder(config: dict[str, Any], top: keras.Model | None = None) -> keras.Model:
    """float32 (batch, latents) -> (batch, resolution, resolution, channels): logits, or means in [0, 1]."""
    side, channels = config["resolution"], config["channels"]
    latent = keras.Input((latents(config),))
    if config["preset"] == "textbook":
        coarse = -(-side // 4)
        x = layers.Dense(coarse * coarse * 64, activation="relu", name="decoder_dense")(latent)
        x = layers.Reshape((coarse, coarse, 64))(x)
        x = layers.Conv2DTranspose(64, 3, strides=2, padding="same", activation="relu", name="decoder_conv1")(x)
        x = layers.Conv2DTranspose(32, 3, strides=2, padding="same", activation="relu", name="decoder_conv2")(x)
        x = Narrowing(channels, 3, padding="same", name="decoder_pixels")(x)
    else:
        stages = _stages(config)
        coarse, wide = stages[-1]
        if top is None:
            x = latent if side <= DENSE else _mixed(latent, config, "decoder")
            x = layers.Dense(coarse * coarse * wide, name="decoder_dense")(x)
            x = layers.Reshape((coarse, coarse, wide))(x)
        else:
            x = top(latent[:, : config["latent"]])
            noise = layers.Reshape((coarse, coarse, FINE))(latent[:, config["latent"] :])
            joined = layers.Concatenate()([layers.Activation("silu")(x), noise])
            x = layers.Add()([x, layers.Conv2D(wide, 3, padding="same", name="decoder_join")(joined)])
        for stage, (fine, wide) in reversed(list(enumerate(stages))):
            if x.shape[1] < fine:
                x = layers.Activation("silu")(x)
                x = layers.Conv2DTranspose(wide, 2, strides=2, kernel_initializer=even, name=f"decoder_up{stage}")(x)
            for block in range(config["depth"] if fine <= FINEST else 0):
                x = _residual(x, wide, f"decoder_{stage}_{block}")
        x = layers.Activation("silu")(x)
        x = layers.Conv2DTranspose(
            channels, 4, strides=2, padding="same", kernel_initializer=even, dtype="float32", name="decoder_pixels"
        )(x)
    if x.shape[1] != side:
        x = layers.Cropping2D(((0, x.shape[1] - side), (0, x.shape[2] - side)))(x)
    if config["likelihood"] == "gaussian":
        x = layers.Activation("sigmoid", dtype="float32")(x)
    return keras.Model(latent, x, name="decoder")


def _stages(config: dict[str, Any]) -> list[tuple[int, int]]:
    """(pixels on a side, channels) after each halving of the picture, the finest first."""
    sides = [-(-config["resolution"] // 2)]
    while sides[-1] > COARSEST:
        sides.append(-(-sides[-1] // 2))
    return [(side, max(NARROWEST, config["width"] >> (len(sides) - 1 - stage))) for stage, side in enumerate(sides)]


class Narrowing(layers.Conv2D):
    """A Conv2D to so few channels that libraries are slow at it, in the same numbers of multiplications but for a few.

    Each place of the kernel gives a map of its own, all by one product; a second, fixed kernel puts these maps where
    they belong and adds them up.
    """

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        high, wide, channels, filters = kernel.shape
        maps = high * wide * filters
        product = ops.reshape(ops.transpose(kernel, (2, 0, 1, 3)), (1, 1, channels, maps))
        places = ops.reshape(ops.eye(maps, dtype=kernel.dtype), (high, wide, filters, maps))
        return ops.conv(ops.conv(inputs, product), ops.transpose(places, (0, 1, 3, 2)), padding=self.padding)


def even(shape: tuple[int, ...], dtype: Any = None) -> Any:
    """An initializer for transposed convolutions with a stride of 2: flat areas stay flat, without a grid of dots.

    Each 2 x 2 pixels that come of one position have the same numbers to begin with, as if it were enlarged.
    """
    kernel = keras.initializers.GlorotUniform()((shape[0] // 2, shape[1] // 2, *shape[2:]), dtype)
    return ops.repeat(ops.repeat(kernel, 2, axis=0), 2, axis=1)


def _bounded(log_variance: Any) -> Any:
    """0 for 0, as it is but for a constant where it is low, and never above `MOST`: no cloud has to be wider than the
    whole space.

    One strange picture for which it was 10 has ended a training: the exponential's gradient threw the weights off.
    """
    return MOST - ops.softplus(math.log(math.expm1(MOST)) - log_variance)


def _features(x: Any, config: dict[str, Any]) -> Any:
    """A picture as the encoder's convolutions see it, at the coarsest resolution."""
    for stage, (fine, wide) in enumerate(_stages(config)):
        x = layers.Activation("silu")(x) if stage else x
        x = layers.Conv2D(wide, 4, strides=2, padding="same", name=f"encoder_down{stage}")(x)
        for block in range(config["depth"] if fine <= FINEST else 0):
            x = _residual(x, wide, f"encoder_{stage}_{block}")
    return layers.Activation("silu")(x)


def _mixed(x: Any, config: dict[str, Any], name: str) -> Any:
    """Dense residual blocks, in which what is to be seen in all places comes together: (batch, units)."""
    units = DENSER * config["width"]
    x = layers.Dense(units, name=f"{name}_mixed")(x)
    for block in range(config["depth"]):
        y = layers.Dense(units, name=f"{name}_mixed{block}_in")(layers.Activation("silu")(x))
        y = layers.Activation("silu")(y)
        x = layers.Add()([x, layers.Dense(units, kernel_initializer="zeros", name=f"{name}_mixed{block}_out")(y)])
    return layers.Activation("silu")(x)


def _residual(x: Any, wide: int, name: str) -> Any:
    """x + conv(silu(conv(silu(x)))), whose last kernel starts at zero, so that no normalisation is needed."""
    y = layers.Activation("silu")(x)
    y = layers.Conv2D(wide // 2, 3, padding="same", name=f"{name}_in")(y)
    y = layers.Activation("silu")(y)
    y = layers.Conv2D(wide, 3, padding="same", kernel_initializer="zeros", name=f"{name}_out")(y)
    return layers.Add()([x, y])
