"""Feature networks: frozen networks whose activations dream and style work with.

    load(network, weights)    a FeatureNetwork: one of `networks()` by name, or any keras.Model
    networks()                what there is, without loading a backend

This package imports no backend before a network is loaded: `reverie weights` lists the networks at once.
"""

from typing import TYPE_CHECKING, Any

from reverie.features.load import load
from reverie.features.registry import networks

if TYPE_CHECKING:
    from reverie.features.network import FeatureNetwork as FeatureNetwork

__all__ = ["FeatureNetwork", "load", "networks"]


def __getattr__(name: str) -> Any:
    if name == "FeatureNetwork":
        from reverie.features.network import FeatureNetwork

        return FeatureNetwork
    raise AttributeError(f"module 'reverie.features' has no attribute {name!r}")
