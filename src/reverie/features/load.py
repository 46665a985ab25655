"""From a name, a model or a file to a feature network."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from reverie.errors import ReverieError
from reverie.features import registry

if TYPE_CHECKING:
    from reverie.features.network import FeatureNetwork


def load(network: Any = "reverie-dream", weights: str | Path | None = None, *, quick: bool = False) -> "FeatureNetwork":
    """The feature network of that name, or around a model.

    network: a name of `networks()`, any keras.Model that takes pictures in [0, 1], or a FeatureNetwork, which is
        returned as it is.
    weights: a file; "random" for random weights, the same at each call; None for those that ship with Reverie, else
        those in Keras' cache, else Keras downloads them (connecting for at most 10 s) and checks their hash.
    quick: computes in bfloat16 where the processor does, twice as fast; activations come out as float32 all the same.
        Its 8 bits of precision are those of a picture. It has no meaning for a model that is passed.

    Raises ReverieError for an unknown name, a model that is none of pictures, weights that do not fit, are damaged,
    or are neither here nor to be had.
    """
    from reverie import backend  # before anything imports Keras
    from reverie.features.network import FeatureNetwork

    if not isinstance(network, str):
        if weights is not None:
            raise ReverieError("Weights were given for a model that has its own.", "Load them into the model first.")
        return network if isinstance(network, FeatureNetwork) else FeatureNetwork(network)
    entry = registry.find(network)
    with backend.precision("bfloat16" if quick and backend.half_pays() else "float32"):
        model, classes = _build(entry, weights)
    return FeatureNetwork(model, entry.name, classes=classes, licence=entry.licence, source=entry.source)


def _build(entry: registry.Network, weights: str | Path | None) -> tuple[Any, tuple[str, ...] | None]:
    """The model, and the names of its classes. The builders are imported when they are needed."""
    from reverie.features import applications, embedded, googlenet

    if entry.kind == "embedded" and weights is None:
        return embedded.build(entry.name), embedded.classes(entry.name)
    file = _file(entry, weights)
    with applications.same_seeds():
        if entry.kind == "embedded":
            model = embedded.NETWORKS[entry.name]()
            if file:
                embedded.fill(model, file)
        elif entry.kind == "googlenet":
            model = googlenet.build(file)
        else:
            model = applications.build(entry, file)
    # All others that classify were trained on the same thousand classes of ImageNet, in the same order.
    known = registry.find("reverie-dream").found()
    return model, embedded.classes("reverie-dream") if known else None


def _file(entry: registry.Network, weights: str | Path | None) -> Path | None:
    """The file of weights; None for random ones."""
    if weights == "random":
        return None
    if weights is None:
        from reverie.features.fetch import fetch

        return fetch(entry)
    path = Path(weights)
    if not path.is_file():
        raise ReverieError(f"There is no file of weights {path}.", "Check the path given with --weights.")
    return path
