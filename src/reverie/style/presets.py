"""Settings that go together: a network, its layers, and how to paint with them."""

from dataclasses import dataclass
from typing import Any

from reverie.errors import ReverieError


@dataclass(frozen=True)
class Preset:
    """content, style: layers. The rest is as in `transfer`; steps, rates: at each size, small to large.

    rates: what a step of Adam changes at first, where 1 is from black to white.
    """

    network: str
    content: tuple[str, ...]
    style: tuple[str, ...]
    optimizer: str = "adam"
    scales: int = 3
    steps: tuple[int, ...] = (60, 38, 20)
    rates: tuple[float, ...] = (0.015,)
    start: str = "content"
    smoothness: float = 0.0


VGG = "conv1_1 conv2_1 conv2_2 conv3_1 conv3_3 conv4_1 conv4_3 conv5_1".split()  # noqa: SIM905
GATYS = tuple(f"block{n}_conv1" for n in range(1, 6))
PRESETS = {
    # Chosen by what judges that it never sees say of pictures it paints in ten seconds; see the benchmark.
    "reverie": Preset("reverie-style", ("conv3_3", "conv4_1"), tuple(VGG)),
    # Gatys, Ecker and Bethge 2015: from noise, at one size, by L-BFGS.
    "gatys": Preset("vgg19", ("block4_conv2",), GATYS, "lbfgs", 1, (500,), (0.02,), "noise"),
    # Chollet, Deep Learning with Python: from the photo, a deeper content layer, and smoothness. Its 4000 steps of
    # gradient descent are Adam's here.
    "textbook": Preset("vgg19", ("block5_conv2",), GATYS, "adam", 1, (1000,), (0.02,), "content", 1.0),
    # The same network, painted as reverie-style is.
    "vgg19": Preset("vgg19", ("block4_conv2",), GATYS),
}


def choose(preset: str | None, network: Any) -> Preset:
    """The preset of that name; else the one made for that network; else the first.

    Raises ReverieError for a name that is not there.
    """
    if preset is not None and preset not in PRESETS:
        raise ReverieError(f"There is no preset {preset!r}.", f"There are {', '.join(PRESETS)}.")
    named = str(network).lower()
    return PRESETS[preset or (named if named in PRESETS else "reverie")]


def layers(preset: Preset, network: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(content, style) layers of a FeatureNetwork: the preset's, or for a network without them some spread over it."""
    if all(name in network.layers for name in (*preset.content, *preset.style)):
        return preset.content, preset.style
    maps = [name for name in network.layers if name != network.classifier]
    kinds = {layer.name: type(layer).__name__ for layer in network.activations(maps).layers}
    choice = [name for name in maps if kinds.get(name) == "Conv2D"] or maps
    choice = choice[: max(1, round(0.8 * len(choice)))]
    places = [round(i * (len(choice) - 1) / 4) for i in range(5)]
    return (choice[places[3]],), tuple(dict.fromkeys(choice[place] for place in places))
