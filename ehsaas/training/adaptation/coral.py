"""CORAL: the source is given the mean and covariance of the target (Sun et al. 2016); vectors."""

import numpy as np

from ehsaas.training import alignment
from ehsaas.training.adaptation import linear
from ehsaas.training.adaptation.task import Adapted, Task


def adapt(task: Task) -> Adapted:
    """A linear probe of the moved source; what may be seen of the target joins it as it is.

    The ridge is the mean variance of the source on its axes: with fewer recordings than axes the
    target's covariance is mostly guessed.
    """
    X, T, settings = task.ground.vectors, task.vectors, task.settings
    ridge = float(X.var(axis=0).mean())
    moved = alignment.coral(X, T, ridge).astype(np.float32)
    if len(task.seen):
        moved = np.concatenate([moved, T[task.seen]])
    given = task.given
    probe = linear.fit(moved, given.labels, given.corpus, settings.classes, settings.probe)
    return linear.adapted(task, probe, "the source given the target's mean and covariance")
