"""Prior shift: the probe's probabilities for the shares of the classes in the target (vectors).

The shares are found without labels by EM (Saerens et al. 2002) or BBSE (Lipton et al. 2018), and
go into the biases. Right only if nothing but the shares differs; no share falls below a floor.

Both count on probabilities that mean what they say. A probe that is stopped after some steps is too
unsure of itself, so a temperature T is fitted first (Guo et al. 2017; Alexandari et al. 2020) to
what probes of the rest say of source utterances that are left out. These probes are fitted to less,
so their logits are first stretched to vary as much over the target as those of the probe of all.

The biases rise by T log(share in the target / share in training): the layer stays in the probe's
own scale of logits, and its shares say as much or as little as those of the probe.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ehsaas.calibration import best_temperature
from ehsaas.training import priors
from ehsaas.training.adaptation import linear
from ehsaas.training.adaptation.task import Adapted, Task
from ehsaas.training.batches import Examples, IntArray
from ehsaas.training.losses import balanced

FLOOR = 0.05
"""No class that the probe knows is taken to be rarer in the target than this."""

QUARTERS = 4
"""Parts of the source that are left out in turn where no corpora can be."""


def by_em(task: Task) -> Adapted:
    """Shares by expectation maximisation over the target's recordings."""
    probe, before = linear.on_source(task), _shares(task.given, task)
    held = _left_out(task, probe)
    T = held.temperature
    sure = linear.Probe(probe.W / T, probe.b / T)
    known, shares = before > 0, np.zeros_like(before)
    shares[known] = priors.by_em(sure.shares(task.vectors)[:, known], before[known], FLOOR)
    return _corrected(task, probe, shares, before, held)


def by_bbse(task: Task) -> Adapted:
    """Shares by what the probe says of the target, and what it confuses in source left out.

    Where the confusion does not tell the classes apart, or lacks one, no share is changed.
    """
    probe, K = linear.on_source(task), task.settings.classes
    held = _left_out(task, probe)
    said, target = (x.argmax(axis=1) for x in (held.logits, probe.logits(task.vectors)))
    try:
        shares = priors.by_confusion(held.truth, said, target, K, held.weights)
    except ValueError as error:
        return linear.adapted(task, probe, f"no share of a class changed: {error}")
    shares = priors.floored(shares, FLOOR)
    return _corrected(task, probe, shares, _shares(task.given, task), held)


@dataclass(frozen=True)
class _LeftOut:
    """Source utterances left out: `truth` (N,), `logits` (N, K) by a probe of others, `weights`."""

    truth: IntArray
    logits: NDArray[np.float64]
    weights: NDArray[np.float64]

    @cached_property
    def temperature(self) -> float:
        """What makes the logits right about how sure they are; 1 where none could be left out."""
        return best_temperature(self.logits, self.truth, self.weights) if len(self.truth) else 1.0


def _corrected(
    task: Task,
    probe: linear.Probe,
    shares: NDArray[np.float64],
    before: NDArray[np.float64],
    held: _LeftOut,
) -> Adapted:
    """The probe for these shares (K,) of the classes, trained on those `before` (K,)."""
    known = before > 0
    b = probe.b.copy()
    b[known] += held.temperature * np.log(shares[known] / before[known])
    told = ", ".join(f"{share:.2f}" for share in shares)
    doubt = "" if len(held.truth) else "; no utterance could be left out to fit a temperature to"
    said = f"shares of the classes in the target: {told}{doubt}"
    return linear.adapted(task, linear.Probe(probe.W, b), said)


def _shares(labelled: Examples, task: Task) -> NDArray[np.float64]:
    """Shares (K,) of the classes among labelled utterances as the probe weighs them.

    They are 1 / K only where no corpus lacks a class.
    """
    found = np.bincount(labelled.labels, _weights(labelled, task), task.settings.classes)
    return np.asarray(found / found.sum(), dtype=np.float64)


def _weights(labelled: Examples, task: Task) -> NDArray[np.float64]:
    table = balanced(labelled.labels, labelled.corpus, task.settings.classes)
    each: NDArray[np.float64] = table[labelled.corpus, labelled.labels]
    return each


def _left_out(task: Task, whole: linear.Probe) -> _LeftOut:
    """What is said of each part of the source by a probe of the others, at the scale of `whole`.

    An utterance of a class that only its own part has is left aside.
    """
    source, settings, X = task.source, task.settings, task.ground.vectors
    parts, K = _parts(source), settings.classes
    logits, judged = np.zeros((len(source), K)), np.zeros(len(source), dtype=bool)
    for one in np.unique(parts):
        rest = np.flatnonzero(parts != one)
        out = np.flatnonzero((parts == one) & np.isin(source.labels, source.labels[rest]))
        if not len(out):
            continue
        own = linear.fit(X[rest], source.labels[rest], source.corpus[rest], K, settings.probe)
        logits[out], judged[out] = _stretch(own, whole, task) * own.logits(X[out]), True
    return _LeftOut(source.labels[judged], logits[judged], _weights(source, task)[judged])


def _stretch(own: linear.Probe, whole: linear.Probe, task: Task) -> float:
    """How many times as much the logits of `whole` vary over the target; 1 where none vary."""
    less, more = (
        float(probe.logits(task.vectors)[:, probe.b > linear.NEVER].std(axis=0).mean())
        for probe in (own, whole)
    )
    return more / less if less > 0 and more > 0 else 1.0


def _parts(source: Examples) -> IntArray:
    """The part of each utterance (N,): its corpus, as far as that leaves every class to learn from.

    Where there is one corpus, or one alone has a class, a quarter of the speakers, whom the others
    are more like than another corpus; a quarter of the utterances where that does not do either.
    """
    ways = [source.corpus]
    if source.speaker is not None:
        ways.append(np.searchsorted(np.unique(source.speaker), source.speaker) % QUARTERS)
    ways.append(np.arange(len(source)) % QUARTERS)
    return next((way for way in ways if _every_class_stays(source.labels, way)), ways[-1])


def _every_class_stays(labels: IntArray, parts: IntArray) -> bool:
    """Whether no class (N,) lies in one of the parts (N,) alone."""
    return all(len(np.unique(parts[labels == k])) > 1 for k in np.unique(labels))
