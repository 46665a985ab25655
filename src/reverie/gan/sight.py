"""What a discriminator sees of pictures: pixels, and what a frozen network sees in them, from texture to things."""

from typing import Any

import keras
from keras import layers, ops

from reverie import features
from reverie.features import vgg

NETWORK = "reverie-style"  # not the one that judges: `report` measures by reverie-dream
# Its layers, and the root mean square of each on photographs, by which it is divided; the same of pixels in [-1, 1].
LAYERS = {"conv2_2": 1.45, "conv3_4": 1.05, "conv4_4": 0.9, "conv5_1": 7.0}
PIXELS = 0.55
CELLS = 8  # on a side, or a few more, over which pixels are averaged
LEAST = 32  # pixels on a side that the network sees at least: its last map is then two positions wide
SEED = 20  # of the mixtures


class Sight(layers.Layer):
    """Pictures, float32 (batch, side, side, 1 or 3) in [0, 1] -> maps, each with a mean square near 1:

    the pixels, their means in 8 x 8 cells, and four layers of `reverie-style`, a plain VGG that was trained on
    photographs and stays as it is.
    A discriminator that looks through such a network knows from its first step what edges, textures and parts are,
    which it would else have to learn from the pictures at hand (Sauer et al. 2021, arXiv 2111.01007, "Projected GANs
    converge faster"). As there, each map is a random mixture of its layer's channels and, enlarged, of the next map's:
    what a few channels see cannot be overlooked. We differ in that pixels are among what is seen, since a pooling
    network does not see a fine mesh, and colours only roughly; and their means by themselves, without which the colours
    of large areas were somewhere between those they should have. Grey pictures are shown as three equal channels, and
    those below 32 pixels enlarged. Nothing here is trained.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.network = features.load(NETWORK, quick=True).activations(tuple(LAYERS))
        wide = [int(output.shape[-1]) for output in self.network.outputs]
        pairs = [(own, own) for own in wide] + list(zip(wide[1:], wide[:-1], strict=True))
        self.mixtures = [
            self.add_weight(
                shape=pair,
                initializer=keras.initializers.RandomNormal(stddev=pair[0] ** -0.5, seed=SEED + number),
                trainable=False,
                name=f"mixture{number}",
            )
            for number, pair in enumerate(pairs)
        ]
        self.trainable = False

    def call(self, pictures: Any) -> list[Any]:
        shown, factor = pictures, _factor(pictures.shape[1])
        if shown.shape[3] == 1:
            shown = ops.repeat(shown, 3, axis=3)
        if factor > 1:
            shown = enlarged(shown, factor)
        maps = self.network(shown, training=False)
        maps = [each / scale for each, scale in zip(maps, LAYERS.values(), strict=True)]
        pixels = (2.0 * pictures - 1.0) / PIXELS
        return [pixels, in_cells(pixels, CELLS), *self._mixed(maps)]

    def _mixed(self, maps: list[Any]) -> list[Any]:
        """Fine to coarse, as they are given."""
        own, others = self.mixtures[: len(maps)], self.mixtures[len(maps) :]
        mixed = [ops.matmul(maps[-1], own[-1])]
        for finer, mixture, following in zip(maps[-2::-1], own[-2::-1], others[::-1], strict=True):
            height, width = finer.shape[1:3]
            above = enlarged(ops.matmul(mixed[0], following), 2)
            above = ops.pad(above, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)))  # pooling has left the last out
            mixed.insert(0, (ops.matmul(finer, mixture) + above) / 2**0.5)
        return mixed


def in_cells(x: Any, cells: int) -> Any:
    """(batch, height, width, channels), averaged over cells: so many on a side or a few more."""
    block = max(1, x.shape[1] // cells)
    return ops.average_pool(x, block, block, data_format="channels_last")


def enlarged(x: Any, factor: int) -> Any:
    """(batch, height, width, channels), each position `factor` times down and to the right."""
    return ops.repeat(ops.repeat(x, factor, axis=1), factor, axis=2)


def shapes(resolution: int, channels: int) -> list[tuple[int, int, int]]:
    """(height, width, channels) of each map that is seen of pictures of that size."""
    largest, halvings = resolution * _factor(resolution), [_halvings(name) for name in LAYERS]
    coarse = resolution // max(1, resolution // CELLS)
    maps = [(largest >> n, largest >> n, vgg.QUARTER[n]) for n in halvings]
    return [(resolution, resolution, channels), (coarse, coarse, channels), *maps]


def products(resolution: int) -> int:
    """Multiplications for one picture, in the convolutions of the network."""
    side, total, before = resolution * _factor(resolution), 0, 3
    for block, (wide, count) in enumerate(zip(vgg.QUARTER, vgg.CONVOLUTIONS, strict=True)):
        for number in range(1, count + 1):
            total += 9 * (side >> block) ** 2 * before * wide
            before = wide
            if f"conv{block + 1}_{number}" == list(LAYERS)[-1]:
                return total
    raise AssertionError("no such layer")


def _factor(side: int) -> int:
    """How many times larger the network sees pictures of so many pixels on a side."""
    return -(-LEAST // side)


def _halvings(layer: str) -> int:
    """How often the picture is halved before a layer of the VGG."""
    return int(layer.removeprefix("conv").partition("_")[0]) - 1
