"""Subspace alignment: the source's principal axes are turned onto the target's; vectors.

After Fernando et al. 2013: of the source that is kept which lies on its own axes.
"""

from dataclasses import replace

import numpy as np

from ehsaas.training import alignment
from ehsaas.training.adaptation import linear
from ehsaas.training.adaptation.task import Adapted, Task

DIMS = 60
"""Axes of a subspace at most; METHODS.md E has measured 20 and 60."""

C = 0.01
STEPS = 100
"""Of the probe: aligned axes are not those that a covariance within classes was measured on."""


def adapt(task: Task) -> Adapted:
    """A linear probe of the aligned source; what may be seen of the target joins it."""
    X, T, settings = task.ground.vectors, task.vectors, task.settings
    dims = min(DIMS, X.shape[1], len(X) - 1, len(T) - 1)
    own, theirs = alignment.maps(X, T, dims)
    moved = (X - X.mean(axis=0)) @ own
    onto = (T - T.mean(axis=0)) @ theirs
    if len(task.seen):
        moved = np.concatenate([moved, onto[task.seen]])
    given = task.given
    plain = replace(settings.probe, C=C, whiten=0.0, steps=STEPS)
    probe = linear.fit(
        moved.astype(np.float32), given.labels, given.corpus, settings.classes, plain
    )
    W = probe.W @ theirs.T
    back = linear.Probe(W, probe.b - W @ T.mean(axis=0))
    return linear.adapted(task, back, f"subspaces of {dims} axes aligned")
