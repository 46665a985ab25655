"""Generators and discriminators, as plain Keras models: the textbook's, and ours, sized by one dial."""

from typing import Any

import keras
from keras import layers

from reverie import backend
from reverie.errors import ReverieError
from reverie.gan import sight

PRESETS = ("projected", "textbook")

# What `size` sets. width: channels of the generator at half of the resolution; each halving from there on doubles them.
# The discriminator's heads have twice as many at the deepest maps.
SIZES: dict[str, dict[str, int]] = {
    "tiny": {"width": 16},
    "small": {"width": 32},
    "medium": {"width": 48},
    "large": {"width": 64},
}
LATENT, LATENT_TEXTBOOK = 64, 128
COARSEST = 7  # pixels on a side, at most, where networks begin and end: 4 for powers of two
WIDEST = 8  # times `width` are the channels of a stage at most
MAPPINGS, MAPPED = 4, 256  # layers, and numbers into which they map the latent for what concerns the whole picture
PROJECTED = 64  # numbers in which labels are compared with what is seen
SLOPE = 0.2  # of the leaky rectifier, left of 0
LIMITS = {"resolution": (16, 256), "width": (8, 2048), "latent": (1, 1024), "classes": (0, 10_000)}


def design(
    resolution: int, channels: int, preset: str = "projected", size: str = "small", classes: int = 0
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
        values, classes = {"width": 128, "latent": LATENT_TEXTBOOK}, 0
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
    if config["preset"] == "textbook" and config["classes"]:
        raise ReverieError("The textbook's network knows no labels.", "Leave them out.")
    return {name: config[name] for name in (*LIMITS, *choices)}


def least(config: dict[str, Any]) -> int:
    """Weights that a generator of this configuration has at least: a file with fewer is not worth building it for."""
    config = checked(config)
    if config["preset"] == "textbook":
        enlarging = 16 * (1 + 2 + 8) * config["width"] ** 2  # the three transposed convolutions
        return int(config["latent"] * _coarse(config["resolution"], 3) ** 2 * config["width"] + enlarging)
    sides = stages_of(config)
    kernels = sum(9 * wide * (sides[stage + 1][1] + wide * (stage > 0)) for stage, (_, wide) in enumerate(sides[:-1]))
    side, wide = sides[-1]
    return int(config["latent"] * (side**2 * wide + config["classes"]) + kernels)


def stages_of(config: dict[str, Any]) -> list[tuple[int, int]]:
    """(pixels on a side, channels) of each stage of the generator, from the full resolution to the coarsest."""
    sides = [config["resolution"]]
    while sides[-1] > COARSEST:
        sides.append(-(-sides[-1] // 2))
    wide = config["width"]
    return [(side, min(wide << stage >> 1, WIDEST * wide)) for stage, side in enumerate(sides)]


def generator(config: dict[str, Any], name: str = "generator") -> keras.Model:
    """float32 (batch, latent) -> pictures, more or less in [0, 1]: (batch, resolution, resolution, channels).

    With classes, its input is [latent, label], label int32 (batch,).
    """
    with keras.name_scope(name):
        latent = keras.Input((config["latent"],), name="latent")
        inputs, wanted = [latent], None
        if config["classes"]:
            label = keras.Input((), dtype="int32", name="label")
            inputs.append(label)
            wanted = _Label(config["classes"], config["latent"], name="label_latent")(label)
        if config["preset"] == "textbook":
            return keras.Model(latent, _textbook_generator(latent, config), name=name)
        return keras.Model(inputs if len(inputs) > 1 else latent, _generator(latent, wanted, config), name=name)


def halves(generator: keras.Model) -> tuple[keras.Model, keras.Model] | None:
    """The part that maps latents to styles, (batch, MAPPED), and the part that draws: [*inputs, style] -> pictures.

    None for the textbook's, which has no style.
    """
    last = f"mapping{MAPPINGS - 1}"
    if last not in [layer.name for layer in generator.layers]:
        return None
    style = generator.get_layer(last).output
    return keras.Model(generator.inputs, style), keras.Model([*generator.inputs, style], generator.output)


def discriminator(config: dict[str, Any], name: str = "discriminator") -> keras.Model:
    """What is seen of pictures -> how real they are, logits: float32 (batch, heads).

    Its input is a list of maps, as `Sight` gives them, and with classes the label after them; each map has a head of
    its own. The textbook's takes pictures and gives one logit, (batch,).
    """
    with keras.name_scope(name):
        if config["preset"] == "textbook":
            pictures = keras.Input((config["resolution"], config["resolution"], config["channels"]), name="pictures")
            return keras.Model(pictures, _textbook_discriminator(pictures), name=name)
        seen = [keras.Input(shape) for shape in sight.shapes(config["resolution"], config["channels"])]
        label = keras.Input((), dtype="int32", name="label") if config["classes"] else None
        (pixels, colours, *maps), wide = seen, config["width"]
        with backend.quick_precision():
            heads = [_pixel_head(pixels, wide // 2), _map_head(colours, 2 * wide, "colours")]
            heads += [_map_head(x, wide, f"map{i}") for i, x in enumerate(maps[:-1])]
            heads += [_map_head(maps[-1], 2 * wide, "deepest")]
        scores = [_score(x, label, config["classes"], f"head{i}") for i, x in enumerate(heads)]
        inputs = seen if label is None else [*seen, label]
        return keras.Model(inputs, layers.Concatenate(dtype="float32", name="scores")(scores), name=name)


def _generator(latent: Any, label: Any, config: dict[str, Any]) -> Any:
    """A coarse layout of the latent; then at each stage nearest-neighbour enlarging, since transposed convolutions left
    a mesh; a convolution; and, except at the last stage, which is the most expensive, a second one whose result is
    added.

    A label has a layout of its own, added to the latent's. Each is normalised first: what a label says is always the
    same, so it was learned sooner than the latent, and drowned it, until all pictures of a label had one layout.
    """
    with backend.quick_precision():
        *finer, (coarse, wide) = stages_of(config)
        style = _mapped(latent if label is None else layers.Concatenate()([latent, label]))
        x = _laid_out(latent, coarse, wide, "coarse")
        if label is not None:
            said = _normalised(_laid_out(label, coarse, wide, "coarse_label"), "coarse_label")
            x = layers.Add()([_normalised(x, "coarse_latent"), said])
        x = _active(x, style, "coarse")
        for stage, (side, wide) in reversed(list(enumerate(finer))):
            x = _cropped(layers.UpSampling2D(2)(x), side)
            x = _convolution(wide, 3, f"stage{stage}", use_bias=False)(x)
            if stage:
                y = _active(x, style, f"stage{stage}_in")
                x = layers.Add()([x, _convolution(wide, 3, f"stage{stage}_more", use_bias=False)(y)])
            x = _active(x, style, f"stage{stage}")
        x = layers.Conv2D(config["channels"], 3, padding="same", kernel_initializer="lecun_normal", name="pixels")(x)
    # A little beyond [0, 1], so that black and white are within reach, but no further: without a bound it ran away.
    x = layers.Activation("tanh", dtype="float32")(x)
    return layers.Rescaling(0.55, 0.5, dtype="float32")(x)


def _laid_out(vector: Any, side: int, wide: int, name: str) -> Any:
    x = layers.Dense(side * side * wide, use_bias=False, name=name)(vector)
    return layers.Reshape((side, side, wide))(x)


def _normalised(x: Any, name: str) -> Any:
    return layers.LayerNormalization(epsilon=1e-5, center=False, scale=False, name=f"{name}_norm")(x)


def _mapped(latent: Any) -> Any:
    """(batch, MAPPED), as in StyleGAN, which has eight layers (Karras et al. 2019, arXiv 1812.04948): what is either
    one or the other, such as glasses, is no linear function of normally distributed numbers.
    """
    x = latent
    for number in range(MAPPINGS):
        x = layers.Dense(MAPPED, "leaky_relu", kernel_initializer="he_normal", name=f"mapping{number}")(x)
    return x


def _active(x: Any, style: Any, name: str) -> Any:
    """Normalised at each position over its channels, so that a picture does not depend on others of its batch (Karras
    et al. 2018, arXiv 1710.10196, who do not take off the mean). Then each channel is scaled and shifted everywhere
    alike, as the style says, which is the latent, mapped: self-modulation (Chen et al. 2019, arXiv 1810.01365, after
    batch normalisation). So what concerns the whole picture is decided in one place.
    """
    x = _normalised(x, name)
    scale, shift = (_channelwise(style, x.shape[3], f"{name}_{what}") for what in ("scale", "shift"))
    x = layers.Add()([x, layers.Multiply()([x, scale]), shift])
    return layers.LeakyReLU(SLOPE)(x)


def _channelwise(style: Any, wide: int, name: str) -> Any:
    """(batch, 1, 1, wide); at first all are 0."""
    return layers.Reshape((1, 1, wide))(layers.Dense(wide, kernel_initializer="zeros", name=name)(style))


def _pixel_head(x: Any, wide: int) -> Any:
    """Channels double whenever positions are halved, as in a discriminator that sees nothing but pixels."""
    while x.shape[1] > COARSEST:
        x = layers.LeakyReLU(SLOPE)(_convolution(wide, 4, f"pixels_{x.shape[1]}", strides=2)(x))
        wide *= 2
    return x


def _map_head(x: Any, wide: int, name: str) -> Any:
    x = layers.Conv2D(wide, 1, kernel_initializer="lecun_normal", name=f"{name}_first")(x)
    while x.shape[1] > COARSEST:
        x = _convolution(wide, 4, f"{name}_{x.shape[1]}", strides=2)(layers.LeakyReLU(SLOPE)(x))
    y = _convolution(wide, 3, f"{name}_in")(layers.LeakyReLU(SLOPE)(x))
    y = _convolution(wide, 3, f"{name}_out", kernel_initializer="zeros")(layers.LeakyReLU(SLOPE)(y))
    return layers.LeakyReLU(SLOPE)(layers.Add()([x, y]))


def _score(x: Any, label: Any, classes: int, name: str) -> Any:
    """(batch, 1); with a label, also how well it fits: the projection discriminator (Miyato and Koyama 2018)."""
    x = layers.Flatten(dtype="float32")(x)
    single = {"kernel_initializer": "lecun_normal", "dtype": "float32"}
    score = layers.Dense(1, use_bias=False, name=f"{name}_score", **single)(x)  # scores are only ever compared
    if label is None:
        return score
    seen = layers.Dense(PROJECTED, name=f"{name}_projected", **single)(x)
    wanted = _Label(classes, PROJECTED, PROJECTED**-0.5, name=f"{name}_label")(label)
    fits = layers.Dot(1, dtype="float32")([seen, wanted])
    return layers.Add(dtype="float32")([score, fits])


def _convolution(wide: int, kernel: int, name: str, **settings: Any) -> Any:
    return layers.Conv2D(wide, kernel, padding="same", name=name, **{"kernel_initializer": "he_normal", **settings})


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


class _Label(keras.layers.Embedding):
    """A vector for each label, of numbers as large as a latent's, or as `spread` says."""

    def __init__(self, classes: int, wide: int, spread: float = 1.0, **settings: Any) -> None:
        start = keras.initializers.RandomNormal(stddev=spread)
        super().__init__(classes, wide, embeddings_initializer=start, **settings)
