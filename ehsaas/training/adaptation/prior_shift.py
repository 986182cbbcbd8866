"""Prior shift: the probe's probabilities for the shares of the classes in the target (vectors).

The shares are found without labels by EM (Saerens et al. 2002) or BBSE (Lipton et al. 2018), and
go into the biases. Right only if nothing but the shares differs; no share falls below a floor.
"""

import numpy as np
from numpy.typing import NDArray

from ehsaas.training import priors
from ehsaas.training.adaptation import linear
from ehsaas.training.adaptation.task import Adapted, Task
from ehsaas.training.batches import IntArray
from ehsaas.training.losses import balanced

FLOOR = 0.05
"""No class is taken to be rarer in the target than this."""


def by_em(task: Task) -> Adapted:
    """Shares by expectation maximisation over the target's recordings."""
    probe = linear.on_source(task)
    K = task.settings.classes
    shares = priors.by_em(probe.shares(task.vectors), np.full(K, 1 / K), FLOOR)
    return _corrected(task, probe, shares)


def by_bbse(task: Task) -> Adapted:
    """Shares by what the probe says of the target, and what it confuses across source corpora.

    Where the confusion does not tell the classes apart, no share is changed.
    """
    probe = linear.on_source(task)
    K = task.settings.classes
    truth, said = _across(task)
    target = probe.logits(task.vectors).argmax(axis=1)
    weights = balanced(truth, np.zeros_like(truth), K)[0][truth]
    try:
        shares = priors.by_confusion(truth, said, target, K, weights)
    except ValueError:
        return linear.adapted(task, probe, "the classes are not told apart: no share changed")
    return _corrected(task, probe, priors.floored(shares, FLOOR))


def _corrected(task: Task, probe: linear.Probe, shares: NDArray[np.float64]) -> Adapted:
    """The probe, trained on classes that weigh the same, for these shares of them."""
    moved = linear.Probe(probe.W, probe.b + np.log(shares * len(shares)))
    told = ", ".join(f"{share:.2f}" for share in shares)
    return linear.adapted(task, moved, f"shares of the classes in the target: {told}")


def _across(task: Task) -> tuple[IntArray, IntArray]:
    """Truth, and what is said of each source corpus by a probe of the others.

    Where there is one corpus, of a quarter of its speakers by a probe of the rest; of a quarter of
    its utterances where no two speakers are known.
    """
    source, settings = task.source, task.settings
    parts = source.corpus
    if len(np.unique(parts)) < 2 and source.speaker is not None:
        parts = np.searchsorted(np.unique(source.speaker), source.speaker) % 4
    if len(np.unique(parts)) < 2:
        parts = np.arange(len(source)) % 4
    truth, said = [], []
    for one in np.unique(parts):
        kept, out = np.flatnonzero(parts != one), np.flatnonzero(parts == one)
        own = linear.fit(
            task.ground.vectors[kept],
            source.labels[kept],
            source.corpus[kept],
            settings.classes,
            settings.probe,
        )
        truth.append(source.labels[out])
        said.append(own.logits(task.ground.vectors[out]).argmax(axis=1))
    return np.concatenate(truth), np.concatenate(said)
