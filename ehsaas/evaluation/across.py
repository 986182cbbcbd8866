"""Results on several languages → a mean of UAR, or of differences, with the languages fixed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ehsaas.evaluation import bootstrap
from ehsaas.evaluation.metrics import Floats, MetricError, uar_of
from ehsaas.evaluation.pooled import Result
from ehsaas.evaluation.significance import same_items

Term = tuple[float, Result]
"""A weight and the result whose UAR it multiplies."""


@dataclass(frozen=True)
class Across:
    """A weighted sum of UAR; `these_only` are corpora that were resampled over utterances.

    `low` and `high` hold 95 % of the resamples, None where too few of them hold every class.
    """

    value: float
    low: float | None
    high: float | None
    corpora: tuple[str, ...]
    these_only: tuple[str, ...]

    @property
    def up(self) -> bool:
        """Whether the whole interval lies above 0."""
        return self.low is not None and self.low > 0

    @property
    def down(self) -> bool:
        """Whether the whole interval lies below 0."""
        return self.high is not None and self.high < 0


def mean(results: Sequence[Result]) -> Across:
    """The mean UAR of results, usually one a language; see `combine`."""
    return combine([(1 / len(results), one) for one in results])


def gain(pairs: Sequence[tuple[Result, Result]]) -> Across:
    """The mean of UAR of the first minus UAR of the second over pairs; see `combine`.

    Both of a pair judged the same items. Several pairs may share a corpus, as models from several
    sources do.
    """
    n = len(pairs)
    terms = [(sign / n, one) for pair in pairs for sign, one in zip((1, -1), pair, strict=True)]
    return combine(terms)


def combine(terms: Sequence[Term], seed: int = 0) -> Across:
    """Σ weight × UAR, and its interval from resampled speakers.

    Languages are fixed: in every resample each corpus is there once, with as many speakers as it
    has, drawn with replacement from its own; what judged the same corpus judges the same drawn
    speakers, so that differences are paired. Seeds are averaged inside each resample. A corpus
    with fewer than five speakers is resampled over utterances.

    Raises:
        MetricError: there are no terms, one has no UAR, or two of a corpus judged other items.
    """
    if not terms:
        raise MetricError("there are no results to average")
    groups: dict[str, list[Term]] = {}
    for weight, one in terms:
        groups.setdefault(one.corpus, []).append((weight, one))
    corpora = tuple(sorted(groups))
    sums = [_corpus(groups[corpus], seed + place) for place, corpus in enumerate(corpora)]
    drawn = [draws for _, draws, _ in sums if draws is not None]
    low = high = None
    if len(drawn) == len(sums):
        low, high = (float(edge) for edge in np.quantile(np.sum(drawn, axis=0), [0.025, 0.975]))
    return Across(
        value=sum(value for value, _, _ in sums),
        low=low,
        high=high,
        corpora=corpora,
        these_only=tuple(
            corpus for corpus, (_, _, unit) in zip(corpora, sums, strict=True) if unit != "speakers"
        ),
    )


def written(found: Across | None) -> str:
    """`0.612 [0.58, 0.65]†`; the mark is for corpora that were resampled over utterances."""
    return "" if found is None else f"{found.value:.3f}{_between(found, '.2f')}"


def signed(found: Across | None) -> str:
    """`+0.052 [+0.02, +0.08]†`."""
    return "" if found is None else f"{found.value:+.3f}{_between(found, '+.2f')}"


def _between(found: Across, digits: str) -> str:
    if found.low is None or found.high is None:
        return ""
    return f" [{found.low:{digits}}, {found.high:{digits}}]{'†' if found.these_only else ''}"


def _corpus(terms: Sequence[Term], seed: int) -> tuple[float, Floats | None, str]:
    """The sum over one corpus, the same in each resample (R,), and what was resampled."""
    first = terms[0][1]
    for _, one in terms:
        if one.uar is None:
            raise MetricError(f"{one.system} has no UAR on {one.corpus}: {one.refused['uar']}")
        if not same_items(first, one):
            raise MetricError(
                f"{first.system} and {one.system} did not judge the same items of {one.corpus}"
                f" ({len(first.items.ids)} and {len(one.items.ids)})"
            )
    weights = np.concatenate(
        [
            np.full(len(one.items.predicted), weight / len(one.items.predicted))
            for weight, one in terms
        ]
    )
    predicted = np.vstack([one.items.predicted for _, one in terms])
    grouped = bootstrap.clusters(
        first.items.truth, predicted, first.items.speakers, len(first.classes)
    )
    value = float(weights @ uar_of(bootstrap.pooled(grouped)))
    drawn = bootstrap.resample(grouped, seed=seed)
    return value, None if drawn is None else weights @ uar_of(drawn.counts), grouped.unit
