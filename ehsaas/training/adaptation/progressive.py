"""Progressive adaptation (METHODS.md A) with few labels: a third, two thirds, then all of them.

Each stage starts from the one before and unfreezes one block more, from the output inwards, at
rates that fall; half of each batch replays the source (`training/progressive.py`). All features.
"""

import numpy as np

from ehsaas.training.adaptation import few_shot, neural
from ehsaas.training.adaptation.task import Adapted, Task
from ehsaas.training.batches import IntArray

STAGES = (1 / 3, 2 / 3, 1.0)


def adapt(task: Task) -> Adapted:
    """A network of the source, unfrozen stage by stage.

    Raises:
        AdaptationError: no label of the target may be seen.
    """
    given, network = few_shot.start(task)
    shares = nested(given.target.labels[given.seen], STAGES)
    few_shot.trained_on(task, given, network, shares, gradual=True)
    said = f"a network of the source, adapted in {len(shares)} stages to {len(given.seen)} labels"
    return neural.finished(task, given, network, said)


def nested(labels: IntArray, stages: tuple[float, ...]) -> dict[float, np.ndarray]:
    """Stage → rows of the labels (N,): so many of each class, at least one, rising."""
    found: dict[float, np.ndarray] = {}
    for share in stages:
        rows = []
        for label in np.unique(labels):
            own = np.flatnonzero(labels == label)
            rows.append(own[: max(1, round(share * len(own)))])
        found[share] = np.sort(np.concatenate(rows))
    return found
