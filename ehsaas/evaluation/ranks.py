"""Contests → average ranks of methods, Friedman's test, Nemenyi's critical difference.

After Demšar (2006), Statistical comparisons of classifiers over multiple data sets, JMLR 7.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ehsaas.evaluation.methods import Contest, Method
from ehsaas.evaluation.metrics import Floats
from ehsaas.evaluation.tables import Table, probability

ALPHA = 0.05
FEWEST = 3
"""Methods below which there is nothing to rank: Friedman's test needs as many."""


@dataclass(frozen=True)
class Ranking:
    """Average ranks over blocks (a target on one kind of features), the best first.

    `statistic` is Friedman's χ² with k − 1 degrees of freedom, `p` its p; `critical` is how far
    two average ranks have to lie apart (Nemenyi, 0.05). `values` (N, k) are UAR.
    """

    label_set: str
    labels: int
    features: tuple[str, ...]
    targets: tuple[str, ...]
    methods: tuple[Method, ...]
    ranks: tuple[float, ...]
    values: Floats
    statistic: float
    p: float
    critical: float

    @property
    def blocks(self) -> int:
        """N: targets times features."""
        return len(self.values)

    @property
    def groups(self) -> tuple[tuple[int, int], ...]:
        """First and last place of each longest run of methods that cannot be told apart."""
        return cliques(self.ranks, self.critical)

    @property
    def told(self) -> str:
        """What the critical difference can and cannot tell, in plain words."""
        k, span = len(self.methods), self.ranks[-1] - self.ranks[0]
        text = (
            f"Two average ranks have to lie {self.critical:.1f} apart; with {k} methods ranked"
            f" {self.blocks} times they can be {k - 1} apart at most, and the best and the worst"
            f" are {span:.1f} apart. "
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


LEAST = 2
"""Targets below which there is nothing to average ranks over."""


def rankings(found: Sequence[Contest]) -> list[Ranking]:
    """One for each label set, labels a class and features; then one over several features.

    Only methods that were run everywhere are ranked. Features join in the order of how many
    methods they were tried with; those on which fewer than half of the others' were run stay
    alone. Fewer targets than `LEAST` rank nothing.
    """
    made = []
    found = [one for one in found if len(one.targets) >= LEAST]
    for label_set, labels in sorted({(one.label_set, one.labels) for one in found}):
        own = [one for one in found if (one.label_set, one.labels) == (label_set, labels)]
        groups = [[one] for one in own]
        joined = _joined(own)
        groups += [joined] if len(joined) > 1 else []
        made += [one for one in map(_ranking, groups) if one is not None]
    return made


def _joined(own: Sequence[Contest]) -> list[Contest]:
    kept: list[Contest] = []
    common: set[Method] = set()
    for contest in sorted(own, key=lambda one: (-len(one.complete), one.features)):
        both = common & set(contest.complete) if kept else set(contest.complete)
        if both and 2 * len(both) >= len(common):
            kept.append(contest)
            common = both
    return kept


def _ranking(own: Sequence[Contest]) -> Ranking | None:
    common = [one for one in own[0].complete if all(one in other.complete for other in own)]
    if len(common) < FEWEST:
        return None
    rows = [
        [one.uar.value if one.uar else np.nan for one in column]
        for contest in own
        for column in zip(*(contest.over(method) for method in common), strict=True)
    ]
    values = np.asarray(rows, dtype=np.float64)
    ranks = average_ranks(values)
    order = np.argsort(ranks, kind="stable")
    statistic, p = friedman(values)
    return Ranking(
        label_set=own[0].label_set,
        labels=own[0].labels,
        features=tuple(sorted(one.features for one in own)),
        targets=tuple(sorted({target for one in own for target in one.targets})),
        methods=tuple(common[i] for i in order),
        ranks=tuple(float(ranks[i]) for i in order),
        values=values[:, order],
        statistic=statistic,
        p=p,
        critical=critical_difference(len(common), len(values)),
    )


def ranks_table(ranking: Ranking) -> Table:
    """The average ranks, the best first, and what is not told from the best."""
    best = ranking.ranks[0]
    intro = (
        f"Average rank of UAR (1 is best) over {len(ranking.targets)} languages"
        f"{_times(ranking.features)}. Friedman: χ² = {ranking.statistic:.1f}, p"
        f" {_is(probability(ranking.p))}. {ranking.told}"
    )
    if len(ranking.features) > 1:
        intro += (
            " A language on two kinds of features is counted twice, which makes the test too sure."
        )
    return Table(
        f"Ranks of methods: {title(ranking)}",
        intro,
        ("method", "average rank", "mean UAR", "told from the best"),
        tuple(
            (
                str(method),
                f"{rank:.2f}",
                f"{ranking.values[:, i].mean():.3f}",
                "yes" if rank - best >= ranking.critical else "no" if i else "",
            )
            for i, (method, rank) in enumerate(zip(ranking.methods, ranking.ranks, strict=True))
        ),
    )


def title(ranking: Ranking) -> str:
    """`embeddings and functionals, 5 labels a class, four`."""
    return f"{' and '.join(ranking.features)}, {counted(ranking.labels)}, {ranking.label_set}"


def counted(labels: int) -> str:
    """`no labels`, `5 labels a class`."""
    return f"{labels} label{'' if labels == 1 else 's'} a class" if labels else "no labels"


def _times(features: Sequence[str]) -> str:
    return f" × {len(features)} kinds of features" if len(features) > 1 else ""


def _is(p: str) -> str:
    return p if p.startswith("<") else f"= {p}"
