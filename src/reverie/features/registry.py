"""The networks there are: what each is, where its weights come from and under which terms, and whether they are here.

No backend and no NumPy is imported here. The names, addresses and hashes of files are those of Keras 3.
"""

import difflib
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reverie.errors import ReverieError

KERAS_STORE = "https://storage.googleapis.com/tensorflow/keras-applications/"
SHIPPED = Path(__file__).parent / "embedded"


@dataclass(frozen=True)
class File:
    """One file of weights. url: where Keras downloads it, or "". hash: MD5 or SHA-256, or "" where Keras has none."""

    name: str
    url: str = ""
    hash: str = ""

    def found(self) -> Path | None:
        """Where it is on this machine: among what ships, or in Keras' cache."""
        path = (SHIPPED if self.name.endswith(".safetensors") else keras_cache()) / self.name
        return path if path.is_file() else None

    def intact(self, path: Path) -> bool:
        """Whether it is whole, as far as its hash is known."""
        with path.open("rb") as stream:
            algorithm = "sha256" if len(self.hash) == 64 else "md5"
            return not self.hash or hashlib.file_digest(stream, algorithm).hexdigest() == self.hash


@dataclass(frozen=True)
class Network:
    """One network of the registry.

    name: what `load` takes; kind: "embedded", "googlenet" or "keras"; what, licence, source: in words.
    parameters: how many numbers its first file holds. files: those that will do, best first; the first is downloaded.
    function: its name in keras.applications.
    """

    name: str
    kind: str
    what: str
    licence: str
    source: str
    parameters: int
    files: tuple[File, ...]
    function: str = ""

    def found(self) -> Path | None:
        """The first of its files that is on this machine."""
        return next((path for file in self.files if (path := file.found())), None)

    @property
    def bytes(self) -> int:
        """The size of its file on this machine, or about what it will be: four bytes a number, two in what ships."""
        path = self.found()
        return path.stat().st_size if path else self.parameters * (4 if self.kind == "keras" else 2)

    def describe(self) -> dict[str, Any]:
        """What `reverie weights --json` prints; "file" is where its weights are, or None."""
        path = self.found()
        return {
            "name": self.name,
            "what": self.what,
            "licence": self.licence,
            "source": self.source,
            "bytes": self.bytes,
            "file": str(path) if path else None,
        }


def networks() -> list[Network]:
    """All networks that `load` knows by name, those that ship with Reverie first."""
    return [*EMBEDDED, GOOGLENET, *APPLICATIONS]


def find(name: str) -> Network:
    """The network of that name; Keras' spelling ("InceptionV3") will do as well.

    Raises ReverieError for a name that is not in the registry.
    """
    known = {network.name: network for network in networks()}
    wanted = name.lower()
    if wanted not in known:
        near = difflib.get_close_matches(wanted, known, n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise ReverieError(f"There is no network {name!r}.", f"{hint}`reverie weights` lists them all.")
    return known[wanted]


def keras_cache() -> Path:
    """Where Keras keeps the weights it has downloaded: ~/.keras/models, or under KERAS_HOME."""
    home = Path.home()
    default = (home if os.access(home, os.W_OK) else Path("/tmp")) / ".keras"
    return Path(os.environ.get("KERAS_HOME", default)).expanduser() / "models"


def _keras(
    function: str,
    what: str,
    licence: str,
    source: str,
    parameters: int,
    folder: str,
    names: tuple[str, str],
    hashes: tuple[str, str],
    store: str = KERAS_STORE,
) -> Network:
    """A Keras Application; `names` and `hashes` are of the files with the classifier and without it.

    The VGGs are taken without theirs: it is seven times the rest, and fixes the size of the picture.
    """
    files = [File(name, store + folder + name, hash) for name, hash in zip(names, hashes, strict=True)]
    if function.startswith("VGG"):
        files = files[1:]
    return Network(function.lower(), "keras", what, licence, source, parameters, tuple(files), function)


EMBEDDED = (
    Network(
        "reverie-dream",
        "embedded",
        "Inception-like, knows classes",
        "Apache-2.0, as Reverie itself.",
        "Trained by Reverie's recipe from random weights, by distillation from GoogLeNet.",
        6_998_552,
        (File("reverie-dream.safetensors"),),
    ),
    Network(
        "reverie-style",
        "embedded",
        "VGG-like, a quarter as wide",
        "Apache-2.0, as Reverie itself.",
        "Trained by Reverie's recipe from random weights, by distillation from VGG-19.",
        810_000,
        (File("reverie-style.safetensors"),),
    ),
)

GOOGLENET = Network(
    "googlenet",
    "googlenet",
    "the original DeepDream's",
    "Unrestricted use, says the Caffe model zoo.",
    "BVLC GoogLeNet, as an .npz file of its Caffe weights: give it with --weights.",
    6_998_552,
    (File("googlenet.npz"),),
)

APPLICATIONS = (
    _keras(
        "InceptionV3",
        "the textbook's dream network",
        "Apache-2.0.",
        "Szegedy et al. 2015; Keras Applications.",
        23_851_784,
        "inception_v3/",
        (
            "inception_v3_weights_tf_dim_ordering_tf_kernels.h5",
            "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
        ),
        ("9a0d58056eeedaa3f26cb7ebd46da564", "bcbd6486424b2319ff4ef7d526e38f63"),
    ),
    _keras(
        "VGG16",
        "plain convolutions, 16 layers",
        "CC BY 4.0 (Visual Geometry Group, Oxford).",
        "Simonyan and Zisserman 2014; Keras Applications.",
        14_714_688,
        "vgg16/",
        ("vgg16_weights_tf_dim_ordering_tf_kernels.h5", "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"),
        ("64373286793e3c8b2b4e3219cbf3544b", "6d6bbae143d832006294945121d1f1fc"),
    ),
    _keras(
        "VGG19",
        "the one of style transfer",
        "CC BY 4.0 (Visual Geometry Group, Oxford).",
        "Simonyan and Zisserman 2014; Keras Applications.",
        20_024_384,
        "vgg19/",
        ("vgg19_weights_tf_dim_ordering_tf_kernels.h5", "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"),
        ("cbe5617147190e668d6c5d5026f83318", "253f8cb515780f3b799900260a226db6"),
    ),
    _keras(
        "ResNet50",
        "residual, 50 layers",
        "MIT (Kaiming He).",
        "He et al. 2015; Keras Applications.",
        25_636_712,
        "resnet/",
        ("resnet50_weights_tf_dim_ordering_tf_kernels.h5", "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"),
        ("2cb95161c43110f7111970584f804107", "4d473c1dd8becc155b73f8504c6f6626"),
    ),
    _keras(
        "Xception",
        "separable convolutions",
        "MIT.",
        "Chollet 2016; Keras Applications.",
        22_910_480,
        "xception/",
        ("xception_weights_tf_dim_ordering_tf_kernels.h5", "xception_weights_tf_dim_ordering_tf_kernels_notop.h5"),
        ("0a58e3b7378bc2990ea3b43d5981f1f6", "b0042744bf5b25fce3cb969f33bebb97"),
    ),
    _keras(
        "MobileNetV2",
        "small, inverted residuals",
        "Apache-2.0.",
        "Sandler et al. 2018; Keras Applications.",
        3_538_984,
        "mobilenet_v2/",
        (
            "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224.h5",
            "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5",
        ),
        ("", ""),
    ),
    _keras(
        "EfficientNetB0",
        "small, squeeze and excitation",
        "Apache-2.0.",
        "Tan and Le 2019; Keras Applications.",
        5_330_571,
        "",
        ("efficientnetb0.h5", "efficientnetb0_notop.h5"),
        ("902e53a9f72be733fc0bcb005b3ebbac", "50bc09e76180e00e4465e1a485ddc09d"),
        "https://storage.googleapis.com/keras-applications/",
    ),
    _keras(
        "EfficientNetV2B0",
        "its successor",
        "Apache-2.0.",
        "Tan and Le 2021; Keras Applications.",
        7_200_312,
        "efficientnet_v2/",
        ("efficientnetv2-b0.h5", "efficientnetv2-b0_notop.h5"),
        ("21ecbf6da12460d5c40bb2f29ceb2188", "893217f2bb855e2983157299931e43ff"),
    ),
    _keras(
        "ConvNeXtTiny",
        "a ConvNet like a Transformer",
        "MIT (Meta).",
        "Liu et al. 2022; Keras Applications.",
        28_589_128,
        "convnext/",
        ("convnext_tiny.h5", "convnext_tiny_notop.h5"),
        (
            "8ae6e78ce2933352b1ef4008e6dd2f17bc40771563877d156bc6426c7cf503ff",
            "d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1",
        ),
    ),
    _keras(
        "DenseNet121",
        "each layer sees all before it",
        "BSD-3-Clause.",
        "Huang et al. 2016; Keras Applications.",
        8_062_504,
        "densenet/",
        (
            "densenet121_weights_tf_dim_ordering_tf_kernels.h5",
            "densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5",
        ),
        ("9d60b8095a5708f2dcce2bca79d332c7", "30ee3e1110167f948a6b9946edeeb738"),
    ),
)
