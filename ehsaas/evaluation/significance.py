"""Two systems on the same items → difference in UAR, its interval, p; Holm over a family."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from ehsaas.evaluation import bootstrap
from ehsaas.evaluation.metrics import Floats, MetricError
from ehsaas.evaluation.pooled import Result

PERMUTATIONS = 10_000
_MOST_EXACT = 13
"""Up to this many speakers, all 2^S swaps are tried."""


@dataclass(frozen=True)
class Comparison:
    """UAR of `first` minus UAR of `second` on the same items, seeds averaged.

    `p` is two-sided; `adjusted` is Holm's over the family (None before `holm_over`). `unit` is
    what is swapped and resampled, as in `bootstrap.Clusters.label`.
    """

    first: Result
    second: Result
    difference: float
    low: float | None
    high: float | None
    p: float
    unit: str
    items: int
    adjusted: float | None = None


def same_items(first: Result, second: Result) -> bool:
    """Whether both judged the same utterances against the same truth."""
    a, b = first.items, second.items
    return (
        (first.corpus, first.classes) == (second.corpus, second.classes)
        and np.array_equal(a.ids, b.ids)
        and np.array_equal(a.truth, b.truth)
    )


def compare(first: Result, second: Result, seed: int = 0) -> Comparison:
    """Paired permutation test by speaker, and a paired cluster bootstrap for the interval.

    Under the null hypothesis the two systems are interchangeable for each speaker, so swapping
    their answers speaker by speaker gives the distribution of the difference. UAR is linear in
    the hits once the items are fixed, so a swap is a sign. Few speakers cannot give a small p:
    with S of them it is never below 2 / 2^S. Below five, utterances are swapped instead, and the
    answer is about these speakers only.

    Raises:
        MetricError: the systems judged other items, or a class has no support.
    """
    if not same_items(first, second):
        raise MetricError(
            f"{first.system} and {second.system} did not judge the same items"
            f" ({len(first.items.ids)} and {len(second.items.ids)} in {first.corpus});"
            " a paired test needs the same utterances with the same truth"
        )
    a, b = first.items, second.items
    C = len(first.classes)
    both = bootstrap.clusters(a.truth, np.vstack([a.predicted, b.predicted]), a.speakers, C)
    E = len(a.predicted)
    hits = both.counts.hits
    gain = hits[:E].mean(axis=0) - hits[E:].mean(axis=0)
    support = both.counts.support.mean(axis=0)
    total = (support * both.sizes[:, None]).sum(axis=0)
    if not total.all():
        raise MetricError("a class has no item, so there is no UAR to compare")
    effect = (gain / total).mean(axis=1)
    difference = float((effect * both.sizes).sum())
    low, high = _limits(both, E, seed)
    return Comparison(
        first=first,
        second=second,
        difference=difference,
        low=low,
        high=high,
        p=_swap(effect, both.sizes, difference, seed),
        unit=both.label,
        items=len(a.ids),
    )


def change(one: Result | None, whole: Result | None) -> Comparison | None:
    """`compare`, or None where one of the two is missing, has no UAR, or judged other items."""
    if one is None or whole is None or not (one.uar and whole.uar) or not same_items(one, whole):
        return None
    return compare(one, whole)


def holm(p: Sequence[float]) -> list[float]:
    """Holm's (1979) adjusted p of each test in a family, in the order given."""
    order = np.argsort(p, kind="stable")
    adjusted = [0.0] * len(order)
    highest = 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - rank) * p[i]))
        adjusted[i] = highest
    return adjusted


def holm_over(family: Sequence[Comparison]) -> list[Comparison]:
    """The comparisons of one family with their adjusted p."""
    values = holm([one.p for one in family])
    return [replace(one, adjusted=p) for one, p in zip(family, values, strict=True)]


def _swap(effect: Floats, sizes: np.ndarray, difference: float, seed: int) -> float:
    """Share of swaps whose difference is at least as large; `effect` (S,) is one cluster's part."""
    edge = abs(difference) - 1e-12
    effect, sizes = effect[effect != 0], sizes[effect != 0]
    if not effect.size:
        return 1.0
    if sizes.max() == 1 and effect.size <= _MOST_EXACT:
        signs = np.array(list(product((-1.0, 1.0), repeat=effect.size)))
        return float((np.abs(signs @ effect) >= edge).mean())
    generator = np.random.default_rng(seed)
    kept = generator.binomial(sizes, 0.5, size=(PERMUTATIONS, effect.size))
    swapped = (2 * kept - sizes) @ effect
    return float((1 + (np.abs(swapped) >= edge).sum()) / (1 + PERMUTATIONS))


def _limits(both: bootstrap.Clusters, E: int, seed: int) -> tuple[float | None, float | None]:
    drawn = bootstrap.resample(both, seed=seed)
    if drawn is None:
        return None, None
    recall = drawn.counts.hits / drawn.counts.support
    by_seed = recall.mean(axis=-1)
    low, high = np.quantile(by_seed[:E].mean(axis=0) - by_seed[E:].mean(axis=0), [0.025, 0.975])
    return float(low), float(high)
