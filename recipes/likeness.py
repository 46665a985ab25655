"""How alike the kernels of two networks of one architecture are.

Nothing is copied from a teacher, but a student of its architecture that learns its activations layer by layer may
find its way to the same kernels. This says how far it has.
"""

from collections.abc import Iterable

import keras
import numpy as np
from keras import ops
from scipy.optimize import linear_sum_assignment

Layer = tuple[str, tuple[str, ...], bool]


def likeness(layers: Iterable[Layer], ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> dict[str, float]:
    """By layer, the cosine of the angle between our kernel and theirs, the mean over output channels.

    layers: of each, in the order of computation, its name, the names of those it reads, side by side, and whether it
    was taught, so that its channel j is the teacher's channel j. ours, theirs: by name, kernels (height, width, in,
    out) or (in, out).

    The channels of a layer that was not taught may come in any order, and are put into the one most like theirs; even
    random kernels find some likeness so. Any channel may be of another scale, as the kernels that read it undo that:
    the ratio of the kernels' lengths is taken for it.
    """
    orders: dict[str, np.ndarray] = {}
    scales: dict[str, np.ndarray] = {}
    found = {}
    for name, inputs, taught in layers:
        kernel, wanted = ours[name], theirs[name].reshape(-1, theirs[name].shape[-1])
        if inputs:
            starts = np.cumsum([0, *(len(orders[i]) for i in inputs)])
            order = np.concatenate([orders[i] + start for i, start in zip(inputs, starts, strict=False)])
            kernel = kernel[..., order, :] * np.concatenate([scales[i] for i in inputs])[:, None]
        kernel = kernel.reshape(wanted.shape)
        lengths, wanted_lengths = (np.linalg.norm(k, axis=0) + 1e-12 for k in (kernel, wanted))
        cosines = (kernel / lengths).T @ (wanted / wanted_lengths)  # (ours, theirs)
        order = np.arange(len(cosines)) if taught else linear_sum_assignment(-cosines.T)[1]
        orders[name], scales[name] = order, lengths[order] / wanted_lengths
        found[name] = float(np.mean(cosines[order, np.arange(len(order))]))
    return found


def kernels_of(network: keras.Model) -> dict[str, np.ndarray]:
    return {layer.name: ops.convert_to_numpy(layer.kernel) for layer in network.layers if hasattr(layer, "kernel")}
