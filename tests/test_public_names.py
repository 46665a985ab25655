"""The public names are pinned: adding or losing one is a decision, not an accident."""

import subprocess
import sys

import pytest

import reverie


def test_names():
    assert sorted(reverie.__all__) == [
        "ReverieError",
        "__version__",
        "dream",
        "faces",
        "features",
        "gan",
        "images",
        "latent",
        "metrics",
        "open",
        "style",
        "text",
        "vae",
    ]
    assert set(reverie.__all__) <= set(dir(reverie))
    assert all(getattr(reverie, name) is not None for name in reverie.__all__)


def test_names_of_text():
    assert sorted(reverie.text.__all__) == [
        "GenerateText",
        "TextModel",
        "load",
        "report",
        "temperatures",
        "train",
    ]
    assert all(callable(getattr(reverie.text, name)) for name in reverie.text.__all__)


def test_names_of_dream():
    objectives = {"Objective", "channel", "layer", "like", "logit", "neuron"}
    verbs = {"filters", "render", "render_sound", "sheet", "zoom"}
    assert set(reverie.dream.__all__) == objectives | verbs | {"PRESETS", "Progress", "Sound"}
    assert all(getattr(reverie.dream, name) is not None for name in reverie.dream.__all__)


def test_names_of_style():
    losses = {"content_loss", "gram_matrix", "style_loss", "total_variation"}
    verbs = {"apply", "film", "flicker", "load", "report", "sheet", "texture", "train", "transfer"}
    assert set(reverie.style.__all__) == losses | verbs | {"FastStyle", "PRESETS", "Progress"}
    assert all(getattr(reverie.style, name) is not None for name in reverie.style.__all__)


def test_names_of_vae():
    names = ["VAE", "Autoencoder", "Concept", "Report", "Sampling", "ShowPictures", "load", "report", "train"]
    assert sorted(reverie.vae.__all__) == sorted(names)
    assert all(getattr(reverie.vae, name) is not None for name in names)


def test_names_of_gan():
    networks = ["Adversary", "Augment", "Sight", "Textbook"]
    names = ["GAN", "Concept", "Inverted", "Report", "ShowSamples", "Watch", "load", "report", "train", *networks]
    assert sorted(reverie.gan.__all__) == sorted(names)
    assert all(getattr(reverie.gan, name) is not None for name in names)


def test_names_of_the_shared_rooms():
    assert set(reverie.latent.__all__) == {"Concept", "difference", "effect", "quantiles", "spherical", "walk"}
    assert sorted(reverie.features.__all__) == ["FeatureNetwork", "load", "networks"]
    pictures = [
        "Picture",
        "Pictures",
        "Preview",
        "decode",
        "encode",
        "fit",
        "folder",
        "grid",
        "output",
        "resize",
        "save",
        "settings",
        "video",
    ]
    assert sorted(reverie.images.__all__) == pictures
    metrics = ["embed", "frechet_distance", "frechet_of_moments", "kernel_distance", "nearest", "precision_recall"]
    assert sorted(reverie.metrics.__all__) == ["KernelDistance", "PrecisionRecall", *metrics]
    assert sorted(reverie.faces.__all__) == ["Face", "describe", "draw", "portrait"]
    for room in (reverie.features, reverie.images):
        assert all(getattr(room, name) is not None for name in room.__all__)


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="no attribute 'sculpture'"):
        reverie.sculpture  # noqa: B018


def test_importing_reverie_loads_nothing_heavy():
    code = "import sys, reverie; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"keras", "tensorflow", "jax", "torch", "numpy", "typer"} & set(loaded.split())
