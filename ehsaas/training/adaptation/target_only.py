"""Target only: what the labels of the target are worth without any source (vectors)."""

from dataclasses import replace

import numpy as np

from ehsaas.training.adaptation import linear
from ehsaas.training.adaptation.task import AdaptationError, Adapted, Task

C_ALONE = 0.01
STEPS_ALONE = 100
"""Few labels say nothing of the covariance within classes, so nothing is measured by it here: the
logistic regression of METHODS.md G."""


def adapt(task: Task) -> Adapted:
    """A linear probe of the labels of the target, on the source's axes.

    Raises:
        AdaptationError: no label of the target may be seen.
    """
    if not len(task.seen):
        raise AdaptationError("target-only needs labels of the target")
    labels = task.raw.labels[task.seen]
    alone = replace(task.settings.probe, whiten=0.0, C=C_ALONE, steps=STEPS_ALONE)
    corpus = np.zeros_like(labels)
    probe = linear.fit(task.vectors[task.seen], labels, corpus, task.settings.classes, alone)
    return linear.adapted(task, probe, f"trained on {len(labels)} labels of the target alone")
