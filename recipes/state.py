"""Checkpoints of a distillation, and the weights that ship."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from safetensors import numpy as safetensors

from recipes.distillation import Distillation
from reverie import modelfile
from reverie.features import embedded
from reverie.publish import publish

NETWORK, AVERAGE, SCALE, OPTIMIZER, SEEDS = "network/", "average/", "scale/", "optimizer/", "seeds"


def save(path: Path, model: Distillation) -> None:
    """The whole state of a compiled Distillation."""
    arrays = {NETWORK + name: value for name, value in values(model).items()}
    arrays |= {AVERAGE + name: value for name, value in averaged(model).items()}
    arrays |= {SCALE + name: ops.convert_to_numpy(scale) for name, scale in model.scales.items()}
    arrays |= {f"{OPTIMIZER}{i}": ops.convert_to_numpy(v) for i, v in enumerate(model.optimizer.variables)}
    arrays[SEEDS] = ops.convert_to_numpy(model.seeds.state)
    publish(path, safetensors.save({name: np.array(array, order="C") for name, array in arrays.items()}))


def load(path: Path, model: Distillation) -> None:
    """The inverse of `save`, into a model built and compiled alike."""
    arrays = safetensors.load_file(path)
    for variable in model.trainable_variables:
        variable.assign(arrays[NETWORK + variable.path])
    for index, variable in enumerate(model.optimizer.variables):
        variable.assign(arrays[f"{OPTIMIZER}{index}"])
    model.scales = {name: ops.convert_to_tensor(arrays[SCALE + name]) for name in model.scales}
    model.seeds.state.assign(arrays[SEEDS])


def values(model: Distillation) -> dict[str, np.ndarray]:
    return {variable.path: ops.convert_to_numpy(variable.value) for variable in model.trainable_variables}


def averaged(model: Distillation) -> dict[str, np.ndarray]:
    """The moving averages of the weights, which are what is evaluated and shipped."""
    now = values(model)
    model.optimizer.finalize_variable_values(model.trainable_variables)
    averages = values(model)
    for variable in model.trainable_variables:
        variable.assign(now[variable.path])
    return averages


def read(path: Path) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The averaged weights, and each stage's deviations per channel, of a checkpoint."""
    arrays = safetensors.load_file(path)
    weights, scales = (
        {name.removeprefix(part): array for name, array in arrays.items() if name.startswith(part)}
        for part in (AVERAGE, SCALE)
    )
    return weights, scales


def export(name: str, arrays: dict[str, np.ndarray], **document: Any) -> Path:
    """Writes the weights that ship, in half precision, and returns where."""
    path = embedded.path(name)
    halves = {key: array.astype(np.float16) for key, array in arrays.items()}
    modelfile.write(path, "features", {"network": name, **document}, halves)
    return path


def fill(network: keras.Model, arrays: dict[str, np.ndarray]) -> None:
    for variable in network.variables:
        variable.assign(arrays[variable.path])
