"""Self-training: the probe labels what it is most sure of in the target, and learns from that.

Class by class the same number, so that a class which is said too often does not grow (Zou et al.
2018, class-balanced self-training); a larger share of the target in each round; vectors.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ehsaas.training.adaptation import class_balance, linear
from ehsaas.training.adaptation.task import UNKNOWN, Adapted, Task

ROUNDS = (0.2, 0.4, 0.6, 0.8)
"""Share of the target's recordings that is labelled at most, round by round."""


def adapt(task: Task) -> Adapted:
    """A probe of the source, the labels that may be seen, and those that it gave itself."""
    probe = linear.on_source(task)
    settings, T = task.settings, task.vectors
    X, labels, corpus = linear.labelled(task)
    own = int(task.raw.corpus[0])
    rounds: list[Mapping[str, Any]] = []
    for share in ROUNDS:
        found = class_balance.chosen(class_balance.even(probe.shares(T)), share)
        found[task.seen] = UNKNOWN
        rows = np.flatnonzero(found != UNKNOWN)
        probe = linear.fit(
            np.concatenate([X, T[rows]]),
            np.concatenate([labels, found[rows]]),
            np.concatenate([corpus, np.full(len(rows), own)]),
            settings.classes,
            settings.probe,
        )
        rounds.append({"share": share, "labelled": len(rows) / len(T), "labels": found})
    said = f"{len(rows)} of {len(T)} recordings labelled by the model itself"
    done = linear.adapted(task, probe, said)
    return Adapted(
        done.model, done.sizes, done.network, done.standardise, said, epochs=tuple(rounds)
    )
