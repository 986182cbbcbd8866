"""Contests → average ranks of methods by one kind of statistics, Friedman's test, Nemenyi's.

After Demšar (2006), Statistical comparisons of classifiers over multiple data sets, JMLR 7.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ehsaas.evaluation.methods import Contest
from ehsaas.evaluation.metrics import Floats
from ehsaas.evaluation.tables import Table, probability

ALPHA = 0.05
FEWEST = 3
"""Methods below which there is nothing to rank: Friedman's test needs as many."""

LEAST = 2
"""Targets below which there is nothing to average ranks over."""


@dataclass(frozen=True)
class Ranking:
    """Average ranks of systems by one kind of statistics over targets, the best first.

    `statistic` is Friedman's χ² with k − 1 degrees of freedom, `p` its p; `critical` is how far
    two average ranks have to lie apart (Nemenyi, 0.05). `values` (N, k) are UAR.
    """

    label_set: str
    labels: int
    features: str
    statistics: str
    targets: tuple[str, ...]
    systems: tuple[str, ...]
    ranks: tuple[float, ...]
    values: Floats
    statistic: float
    p: float
    critical: float

    @property
    def groups(self) -> tuple[tuple[int, int], ...]:
        """First and last place of each longest run of methods that cannot be told apart."""
        return cliques(self.ranks, self.critical)

    @property
    def told(self) -> str:
        """What the critical difference can and cannot tell, in plain words."""
        k, span = len(self.systems), self.ranks[-1] - self.ranks[0]
        text = (
            f"Two average ranks have to lie {self.critical:.1f} apart; with {k} methods ranked"
            f" {len(self.targets)} times they can be {k - 1} apart at most, and the best and the"
            f" worst are {span:.1f} apart. "
        )
        if span < self.critical:
            return text + (
                "So this test tells no two of them from each other: that says how few languages"
                " there are, not that the methods are equally good."
            )
        return text + (
            "With so few languages the test tells only the largest differences; methods that it"
            " does not tell apart need not be equally good."
        )


def average_ranks(values: Floats) -> Floats:
    """UAR (N, k) of k methods on N blocks → their average ranks (k,); 1 is best, ties share."""
    from scipy.stats import rankdata

    ranks: Floats = np.asarray(rankdata(-values, axis=1).mean(axis=0))
    return ranks


def critical_difference(methods: int, blocks: int, alpha: float = ALPHA) -> float:
    """Nemenyi's q_α √(k (k + 1) / 6N), with q_α from the studentised range over √2."""
    from scipy.stats import studentized_range

    q = float(studentized_range.ppf(1 - alpha, methods, np.inf)) / np.sqrt(2)
    return float(q * np.sqrt(methods * (methods + 1) / (6 * blocks)))


def friedman(values: Floats) -> tuple[float, float]:
    """χ² and p that all k methods are equally good on N blocks, (N, k); 0 and 1 if all tie."""
    from scipy.stats import friedmanchisquare

    if (values == values[:, :1]).all():
        return 0.0, 1.0
    statistic, p = friedmanchisquare(*values.T)
    return float(statistic), float(p)


def cliques(ranks: Sequence[float], critical: float) -> tuple[tuple[int, int], ...]:
    """Places (first, last) of the longest runs within `critical`; `ranks` rise."""
    found: list[tuple[int, int]] = []
    for first, rank in enumerate(ranks):
        last = max(i for i, other in enumerate(ranks) if other - rank < critical)
        if last > first and (not found or last > found[-1][1]):
            found.append((first, last))
    return tuple(found)


def rankings(found: Sequence[Contest]) -> list[Ranking]:
    """One for each label set, labels a class, features and kind of statistics.

    A system enters once so, and what is ranked is the methods, not the statistics. Only methods
    that were run on every target are ranked; fewer targets than `LEAST` rank nothing.
    """
    ordered = sorted(
        (one for one in found if len(one.targets) >= LEAST),
        key=lambda one: (one.label_set, one.labels, one.features),
    )
    made = [
        _ranking(contest, kind)
        for contest in ordered
        for kind in dict.fromkeys(method.normalisation for method in contest.complete)
    ]
    return [one for one in made if one is not None]


def _ranking(contest: Contest, statistics: str) -> Ranking | None:
    methods = [one for one in contest.complete if one.normalisation == statistics]
    if len(methods) < FEWEST:
        return None
    columns = [
        [one.uar.value if one.uar else np.nan for one in contest.over(method)] for method in methods
    ]
    values = np.asarray(columns, dtype=np.float64).T
    ranks = average_ranks(values)
    order = np.argsort(ranks, kind="stable")
    statistic, p = friedman(values)
    return Ranking(
        label_set=contest.label_set,
        labels=contest.labels,
        features=contest.features,
        statistics=statistics,
        targets=contest.targets,
        systems=tuple(methods[i].system for i in order),
        ranks=tuple(float(ranks[i]) for i in order),
        values=values[:, order],
        statistic=statistic,
        p=p,
        critical=critical_difference(*values.shape[::-1]),
    )


def ranks_table(ranking: Ranking) -> Table:
    """The average ranks, the best first, and what is not told from the best."""
    best = ranking.ranks[0]
    intro = (
        f"Average rank of UAR (1 is best) over {len(ranking.targets)} languages, of"
        f" methods by {ranking.statistics} statistics. Friedman: χ² = {ranking.statistic:.1f}, p"
        f" {_is(probability(ranking.p))}. {ranking.told}"
    )
    return Table(
        f"Ranks of methods: {title(ranking)}",
        intro,
        ("method", "average rank", "mean UAR", "told from the best"),
        tuple(
            (
                system,
                f"{rank:.2f}",
                f"{ranking.values[:, i].mean():.3f}",
                "yes" if rank - best >= ranking.critical else "no" if i else "",
            )
            for i, (system, rank) in enumerate(zip(ranking.systems, ranking.ranks, strict=True))
        ),
    )


def title(ranking: Ranking) -> str:
    """`embeddings, speaker statistics, 5 labels a class, four`."""
    return (
        f"{ranking.features}, {ranking.statistics} statistics, {counted(ranking.labels)},"
        f" {ranking.label_set}"
    )


def counted(labels: int) -> str:
    """`no labels`, `5 labels a class`."""
    return f"{labels} label{'' if labels == 1 else 's'} a class" if labels else "no labels"


def _is(p: str) -> str:
    return p if p.startswith("<") else f"= {p}"
