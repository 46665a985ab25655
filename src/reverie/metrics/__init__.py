"""How near one set of pictures is to another: made to real, as a feature network sees them.

embed              pictures -> features, one row for each
frechet_distance   of two sets of features: 0 the same            frechet_of_moments   of two means and covariances
kernel_distance    the same question, without bias for few pictures
precision_recall   what is made well, and what is missing
nearest            the training pictures that a made one is nearest to
"""

import reverie.backend  # noqa: F401  settles the backend before Keras is imported

# isort: split
from reverie.metrics.distances import KernelDistance, frechet_distance, frechet_of_moments, kernel_distance
from reverie.metrics.embedding import embed
from reverie.metrics.neighbours import PrecisionRecall, nearest, precision_recall

__all__ = [
    "KernelDistance", "PrecisionRecall", "embed", "frechet_distance", "frechet_of_moments", "kernel_distance",
    "nearest", "precision_recall",
]  # fmt: skip
