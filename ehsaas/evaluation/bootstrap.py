"""Counts by cluster → resampled counts → an interval: the bootstrap over speakers, vectorised."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ehsaas.evaluation.metrics import Counts, Floats, Integers

RESAMPLES = 1000
LEVEL = 0.95
FEWEST_SPEAKERS = 5
"""Below this many test speakers, speakers cannot be resampled and utterances are."""

_MOST_REDRAWS = 20


@dataclass(frozen=True)
class Clusters:
    """What is drawn with replacement: test speakers, or single utterances.

    `counts` has shape (E, S, C): E seeds, S kinds of cluster, C classes. `sizes` (S,) says how
    many clusters are of each kind: all 1 for speakers; for utterances, those with the same truth
    and the same predictions are lumped, which changes nothing but the time. `unit` is "speakers"
    or "utterances"; `known` is the number of test speakers, 0 where unknown.
    """

    counts: Counts
    sizes: Integers
    unit: str
    known: int

    @property
    def label(self) -> str:
        """What the interval speaks for, in words."""
        if self.unit == "speakers":
            return f"over {self.known} speakers"
        return "these speakers only" if self.known else "speakers unknown, over utterances"


@dataclass(frozen=True)
class Resampled:
    """Counts (E, R, C) of R resamples; `redrawn` were thrown away because they missed a class."""

    counts: Counts
    redrawn: int


@dataclass(frozen=True)
class Interval:
    """Percentile interval, in the metric's own unit."""

    low: float
    high: float


def clusters(
    truth: Integers, predicted: Integers, speakers: NDArray[np.object_], n_classes: int
) -> Clusters:
    """Group judged items for resampling.

    Args:
        truth: class of each item, (N,), in 0 … n_classes − 1.
        predicted: (E, N), one row a seed; n_classes and above is a class outside the set,
            −1 an item that this seed did not judge.
        speakers: name of each item's speaker, (N,); None where unknown.
        n_classes: C.

    Fewer than `FEWEST_SPEAKERS` known speakers, or any unknown one, makes the unit utterances.
    """
    unknown = any(name is None for name in speakers)
    names = sorted({str(name) for name in speakers if name is not None})
    known = 0 if unknown else len(names)
    if known >= FEWEST_SPEAKERS:
        index = {name: i for i, name in enumerate(names)}
        member = np.array([index[str(name)] for name in speakers], dtype=np.int64)
        counted = tally(truth, predicted, member, known, n_classes)
        return Clusters(counted, np.ones(known, dtype=np.int64), "speakers", known)
    patterns, sizes = np.unique(np.vstack([truth[None], predicted]), axis=1, return_counts=True)
    member = np.arange(sizes.size)
    counted = tally(patterns[0], patterns[1:], member, sizes.size, n_classes)
    return Clusters(counted, sizes.astype(np.int64), "utterances", known)


def tally(
    truth: Integers, predicted: Integers, member: Integers, n_clusters: int, n_classes: int
) -> Counts:
    """Counts (E, S, C) of items (N,) judged under E seeds, `predicted` (E, N), by cluster."""
    E, N = predicted.shape
    base = (np.arange(E)[:, None] * n_clusters + member[None, :]) * n_classes
    of_item = np.broadcast_to(truth, (E, N))

    def count(kept: NDArray[np.bool_], label: Integers) -> Floats:
        flat = np.bincount((base + label)[kept], minlength=E * n_clusters * n_classes)
        return flat.reshape(E, n_clusters, n_classes).astype(np.float64)

    return Counts(
        support=count(predicted >= 0, of_item),
        called=count((predicted >= 0) & (predicted < n_classes), predicted),
        hits=count(predicted == of_item, of_item),
    )


def pooled(given: Clusters) -> Counts:
    """The counts of all items, (E, C)."""
    return _weigh(given.counts, given.sizes[None].astype(np.float64), squeeze=True)


def resample(given: Clusters, resamples: int = RESAMPLES, seed: int = 0) -> Resampled | None:
    """Draw as many clusters as there are, with replacement, `resamples` times.

    A resample that misses a class which the pool holds has no UAR; it is drawn again and counted.
    The interval is therefore conditional on every class being present, as the figure itself is.
    None where too few draws hold every class (one in `_MOST_REDRAWS`).
    """
    generator = np.random.default_rng(seed)
    total = int(given.sizes.sum())
    share = given.sizes / total
    needed = (pooled(given).support > 0)[:, None]
    kept: list[Floats] = []
    have = drawn = 0
    while have < resamples and drawn < resamples * _MOST_REDRAWS:
        weights = generator.multinomial(total, share, size=resamples).astype(np.float64)
        support = np.einsum("rs,esc->erc", weights, given.counts.support)
        whole = ((support > 0) | ~needed).all(axis=(0, 2))
        good = weights[whole][: resamples - have]
        last = int(np.flatnonzero(whole)[good.shape[0] - 1]) + 1 if good.shape[0] else 0
        kept.append(good)
        have += good.shape[0]
        drawn += last if have == resamples else resamples
    if have < resamples:
        return None
    return Resampled(_weigh(given.counts, np.concatenate(kept)), drawn - resamples)


def interval(
    drawn: Resampled, metric: Callable[[Counts], Floats], level: float = LEVEL
) -> Interval:
    """The middle `level` of the metric over resamples.

    Seeds judge the same items, so they are no further samples: the metric is averaged over seeds
    inside each resample, and more seeds do not by themselves narrow the interval.
    """
    values = metric(drawn.counts).mean(axis=0)
    tail = (1 - level) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return Interval(float(low), float(high))


def _weigh(given: Counts, weights: Floats, squeeze: bool = False) -> Counts:
    """Counts (E, S, C) under weights (R, S) → (E, R, C), or (E, C) for one set of weights."""
    weighed = [weights @ part for part in (given.support, given.called, given.hits)]
    return Counts(*(part[:, 0] if squeeze else part for part in weighed))
