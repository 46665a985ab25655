"""Everything that changes while a network trains, as arrays, and back."""

from typing import Any

import keras
import numpy as np

from reverie import backend
from reverie.errors import ReverieError

Arrays = dict[str, np.ndarray]


def take(network: keras.Model) -> Arrays:
    """Copies of all variables: the network's (random seeds too), its optimizer's and its metrics'.

    They are named by kind and position, since Keras numbers its automatic names anew in every process.
    """
    sync(network)
    return {
        name: np.array(backend.to_numpy(variable.value))
        for kind in ("network", "optimizer", "metric")
        for name, variable in variables(network, kind).items()
    }


def restore(network: keras.Model, arrays: Arrays, *kinds: str) -> None:
    """Gives the variables of these kinds their arrays. Raises ReverieError if they are those of another network."""
    if hasattr(network, "_jax_state"):
        network._jax_state = None  # what an interrupted `evaluate` left there would overwrite the variables
    for kind in kinds:
        wanted = variables(network, kind)
        given = {name: array for name, array in arrays.items() if name.startswith(f"{kind}/")}
        shapes = {name: tuple(variable.shape) for name, variable in wanted.items()}
        if shapes != {name: array.shape for name, array in given.items()}:
            raise ReverieError(
                "The checkpoint is of another network or optimizer than the one that is to be trained.",
                "Resume with the settings the run was started with.",
            )
        for name, variable in wanted.items():
            variable.assign(given[name])


def build(network: keras.Model, x: Any, y: Any) -> None:
    """Makes the variables that training would make: the optimizer's, and those of the metrics given to `compile`.

    Keras makes the latter while it traces the first step, too late for a checkpoint's to be put in.
    """
    network.optimizer.build(network.trainable_variables)
    prediction = network(x, training=False)
    network.compute_loss(x=x, y=y, y_pred=prediction, training=False)
    network.compute_metrics(x, y, prediction)


def variables(network: keras.Model, kind: str) -> dict[str, Any]:
    """The variables of one kind, "network", "optimizer" or "metric", by the names they have in a checkpoint."""
    found = {
        "network": lambda: network.variables,
        "optimizer": lambda: network.optimizer.variables,
        "metric": lambda: network.metrics_variables,
    }[kind]()
    return {f"{kind}/{index:05d}": variable for index, variable in enumerate(found)}


def variable(optimizer: keras.optimizers.Optimizer, name: str) -> Any:
    return next(variable for variable in optimizer.variables if variable.name == name)


def sync(network: keras.Model) -> None:
    """On JAX, `fit` holds the current values apart from the variables while an epoch lasts; this brings them back."""
    if hasattr(network, "jax_state_sync"):
        network.jax_state_sync()


def by_path(network: keras.Model) -> Arrays:
    """The network's weights by their path, as a model file holds them (without random seeds, named anew each time)."""
    return {weight.path: np.array(backend.to_numpy(weight.value)) for weight in network.weights}
