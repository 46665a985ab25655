"""Generators and discriminators, as plain Keras models: the textbook's, and residual ones sized by one dial."""

from typing import Any

import keras
from keras import layers, ops

from reverie.errors import ReverieError

PRESETS = ("residual", "textbook")

# What `size` sets. width: channels where the picture is coarsest; from 16 pixels a side on, each doubling halves them.
# depth: residual blocks at each resolution, in both networks.
SIZES: dict[str, dict[str, int]] = {
    "tiny": {"width": 64, "depth": 1},
    "small": {"width": 128, "depth": 1},
    "medium": {"width": 256, "depth": 1},
    "large": {"width": 384, "depth": 2},
}
LATENT, LATENT_TEXTBOOK = 64, 128
COARSEST = 7  # pixels on a side, at most, where networks begin and end: 4 for powers of two
WIDEST = 8  # pixels on a side, up to which all stages have the full width
NARROWEST = 16  # channels
SLOPE = 0.2  # of the leaky rectifier, left of 0
LIMITS = {"resolution": (16, 256), "width": (8, 2048), "depth": (1, 16), "latent": (1, 1024), "classes": (0, 10_000)}


def design(
    resolution: int, channels: int, preset: str = "residual", size: str = "small", classes: int = 0
) -> dict[str, Any]:
    """The configuration of a pair of networks for pictures of that resolution and number of channels.

    classes: how many labels the pictures have; 0 for networks that know of none.
    Raises ReverieError for a preset or size that does not exist, or a number that does not fit.
    """
    if preset not in PRESETS:
        raise ReverieError(f"There is no preset {preset!r}.", f"Choose one of: {', '.join(PRESETS)}.")
    if size not in SIZES:
        raise ReverieError(f"There is no size {size!r}.", f"Choose one of: {', '.join(SIZES)}.")
    values = {**SIZES[size], "latent": LATENT}
    if preset == "textbook":
        values, classes = {"width": 128, "depth": 1, "latent": LATENT_TEXTBOOK}, 0
    return checked(
        {"preset": preset, "resolution": resolution, "channels": channels, "classes": classes, **values}
    )  # fmt: skip


def checked(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration that may come from a model file, with nothing in it but what is known and fits."""
    for name, (least, most) in LIMITS.items():
        value = config.get(name)
        if type(value) is not int or not least <= value <= most:
            raise ReverieError(f"A {name} of {value} does not fit.", f"Give {least} to {most}.")
    choices = {"preset": PRESETS, "channels": (1, 3)}
    for name, known in choices.items():
        if config.get(name) not in known:
            raise ReverieError(f"The network's {name} is {config.get(name)!r}.", f"It can be {known}.")
    return {name: config[name] for name in (*LIMITS, *choices)}


def least(config: dict[str, Any]) -> int:
    """Weights that a generator of this configuration has at least: a file with fewer is not worth building it for."""
    config = checked(config)
    if config["preset"] == "textbook":
        return int(config["latent"] * _coarse(config["resolution"], 3) ** 2 * config["width"])
    stages = stages_of(config)
    side, wide = stages[-1]
    blocks = sum(config["depth"] * 9 * wide**2 for _, wide in stages)
    return int(config["latent"] * (side**2 * wide + config["classes"]) + blocks)


def stages_of(config: dict[str, Any]) -> list[tuple[int, int]]:
    """(pixels on a side, channels) of each stage, from the full resolution to the coarsest.

    Both networks do about the same arithmetic at every stage, except at the full resolution, where it is a quarter:
    enough to draw single pixels evenly. (Writing or reading 2 x 2 pixels at once, by a stride, leaves a grid.)
    """
    sides = [config["resolution"]]
    while sides[-1] > COARSEST:
        sides.append(-(-sides[-1] // 2))
    narrow = sum(side > WIDEST for side in sides)
    halvings = [narrow + 1, *range(narrow - 1, 0, -1)] + [0] * (len(sides) - narrow)
    return [(side, max(NARROWEST, config["width"] >> half)) for side, half in zip(sides, halvings, strict=True)]


def generator(config: dict[str, Any], name: str = "generator") -> keras.Model:
    """float32 (batch, latent) -> pictures, more or less in [0, 1]: (batch, resolution, resolution, channels).

    With classes, its input is [latent, label], label int32 (batch,).
    """
    with keras.name_scope(name):
        latent = keras.Input((config["latent"],), name="latent")
        inputs, x = [latent], latent
        if config["classes"]:
            label = keras.Input((), dtype="int32", name="label")
            inputs.append(label)
            x = layers.Concatenate()([latent, _Label(config["classes"], config["latent"], name="label_latent")(label)])
        draw = _textbook_generator if config["preset"] == "textbook" else _residual_generator
        return keras.Model(inputs if len(inputs) > 1 else latent, draw(x, config), name=name)


def discriminator(config: dict[str, Any], name: str = "discriminator") -> keras.Model:
    """Pictures as the generator's -> how real they are, a logit: float32 (batch,).

    With classes, its input is [pictures, label].
    """
    side, classes = config["resolution"], config["classes"]
    with keras.name_scope(name):
        pictures = keras.Input((side, side, config["channels"]), name="pictures")
        if config["preset"] == "textbook":
            return keras.Model(pictures, _textbook_discriminator(pictures), name=name)
        features = _residual_features(pictures, config)
        score = layers.Dense(1, kernel_initializer="lecun_normal", name="score")(features)
        if not classes:
            return keras.Model(pictures, layers.Reshape(())(score), name=name)
        label = keras.Input((), dtype="int32", name="label")
        wide = stages_of(config)[-1][1]
        seen = layers.Dense(wide, kernel_initializer="lecun_normal", name="projected")(features)
        wanted = _Label(classes, wide, name="label_features")(label)
        fits = layers.Dot(1)([seen, wanted])  # the projection discriminator (Miyato and Koyama 2018)
        return keras.Model([pictures, label], layers.Reshape(())(layers.Add()([score, fits])), name=name)


def frozen(network: keras.Model, inputs: Any) -> Any:
    """A network's output with its weights as constants: gradients pass through it and leave it as it is.

    What else it holds, such as the state of its dropout, goes on as in any other call with training=True.
    """
    others = network.non_trainable_variables
    outputs, after = network.stateless_call(
        [ops.stop_gradient(variable.value) for variable in network.trainable_variables],
        [variable.value for variable in others],
        inputs,
        training=True,
    )
    for variable, value in zip(others, after, strict=True):
        variable.assign(value)
    return outputs


def _residual_generator(x: Any, config: dict[str, Any]) -> Any:
    stages, source = stages_of(config), x
    coarse, wide = stages[-1]
    x = layers.Dense(coarse * coarse * wide, kernel_initializer="lecun_normal", name="coarse")(x)
    x = layers.Reshape((coarse, coarse, wide))(x)
    for stage, (fine, channels) in reversed(list(enumerate(stages))):
        if channels != wide:
            x = layers.Conv2D(channels, 1, kernel_initializer="lecun_normal", name=f"{stage}_narrow")(x)
            wide = channels
        if fine != x.shape[1]:
            x = layers.UpSampling2D(2, interpolation="bilinear")(x)
            x = _cropped(x, fine)
        for block in range(config["depth"]):
            x = _block(x, wide, f"{stage}_{block}", source)
    x = layers.LeakyReLU(SLOPE)(x)
    x = layers.Conv2D(config["channels"], 3, padding="same", kernel_initializer="lecun_normal", name="pixels")(x)
    # A little beyond [0, 1], so that black and white are within reach, but no further: without a bound it ran away.
    return layers.Rescaling(0.55, 0.5)(layers.Activation("tanh")(x))


def _residual_features(x: Any, config: dict[str, Any]) -> Any:
    stages = stages_of(config)
    wide = stages[0][1]
    x = layers.Rescaling(2.0, -1.0)(x)
    x = layers.Conv2D(wide, 3, padding="same", kernel_initializer="lecun_normal", name="pixels")(x)
    for stage, (fine, channels) in enumerate(stages):
        if fine != x.shape[1]:
            x = layers.AveragePooling2D(2, padding="same")(x)
        if channels != wide:
            x = layers.Conv2D(channels, 1, kernel_initializer="lecun_normal", name=f"{stage}_widen")(x)
            wide = channels
        for block in range(config["depth"]):
            x = _block(x, wide, f"{stage}_{block}")
    return layers.Flatten()(layers.LeakyReLU(SLOPE)(x))


def _block(x: Any, wide: int, name: str, source: Any = None) -> Any:
    """x + conv(f(conv(f(x)))), f the leaky rectifier; the last kernel starts at zero, so no normalisation is needed.

    The generator's blocks first scale each channel as the latent says, 1 + dense(latent) times (Chen et al. 2019,
    arXiv 1810.01365).
    """
    y = x
    if source is not None:
        scale = layers.Dense(wide, kernel_initializer="zeros", name=f"{name}_scale")(source)
        y = Scaled(name=f"{name}_scaled")([y, scale])
    y = layers.LeakyReLU(SLOPE)(y)
    y = layers.Conv2D(wide // 2, 3, padding="same", kernel_initializer="he_normal", name=f"{name}_in")(y)
    y = layers.LeakyReLU(SLOPE)(y)
    y = layers.Conv2D(wide, 3, padding="same", kernel_initializer="zeros", name=f"{name}_out")(y)
    return layers.Add()([x, y])


def _textbook_generator(x: Any, config: dict[str, Any]) -> Any:
    """Chollet's: 128, 256, 512 channels at 64 pixels. The widest layers at the finest resolution are his."""
    coarse, wide = _coarse(config["resolution"], 3), config["width"]
    x = layers.Reshape((coarse, coarse, wide))(layers.Dense(coarse * coarse * wide, name="coarse")(x))
    for stage in range(3):
        x = layers.Conv2DTranspose(wide << stage, 4, strides=2, padding="same", name=f"up{stage}")(x)
        x = layers.LeakyReLU(SLOPE)(x)
    x = _cropped(x, config["resolution"])
    return layers.Conv2D(config["channels"], 5, padding="same", activation="sigmoid", name="pixels")(x)


def _textbook_discriminator(x: Any) -> Any:
    for stage, wide in enumerate((64, 128, 128)):
        x = layers.Conv2D(wide, 4, strides=2, padding="same", name=f"down{stage}")(x)
        x = layers.LeakyReLU(SLOPE)(x)
    x = layers.Dropout(0.2)(layers.Flatten()(x))
    return layers.Reshape(())(layers.Dense(1, name="score")(x))


def _coarse(side: int, halvings: int) -> int:
    return int(-(-side // 2**halvings))


def _cropped(x: Any, side: int) -> Any:
    """The upper left `side` x `side`."""
    over = int(x.shape[1]) - side
    return layers.Cropping2D(((0, over), (0, over)))(x) if over else x


class Scaled(keras.layers.Layer):
    """(batch, height, width, c) and (batch, c) -> the first times 1 + the second."""

    def call(self, inputs: Any) -> Any:
        x, scale = inputs
        return x * (1.0 + scale[:, None, None, :])


class _Label(keras.layers.Embedding):
    """A vector for each label, of numbers as large as a latent's."""

    def __init__(self, classes: int, wide: int, **settings: Any) -> None:
        super().__init__(classes, wide, embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0), **settings)
