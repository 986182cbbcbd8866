"""A comparison of adaptation methods → what each gained on languages left out, for who adapts one.

The gain is over what a recogniser says as it is: source-only, by the statistics of its training
part, without a label. How much of it is the method's own, over source-only by the same statistics,
stands beside it; the rest comes from the statistics.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ehsaas.evaluation.across import Across, mean
from ehsaas.evaluation.choice import BARE, paired_gain
from ehsaas.evaluation.methods import (
    SOURCE_ONLY,
    TARGET_ONLY,
    Contest,
    Method,
    alike,
    contests,
    whole,
)
from ehsaas.evaluation.pooled import Result

DIGITS = 3
OFFERED: tuple[str, ...] = ("corpus", "speaker")
"""Statistics that recordings lying there give; besides them there is the model as it was."""


@dataclass(frozen=True)
class Expected:
    """What a method reached, on average over `languages`, and gained, with its 95 % interval.

    `over_same` is the gain over source-only by the same statistics, without labels; None where that
    was not measured.
    """

    method: str
    statistics: str
    features: str
    labels_per_class: int
    languages: int
    uar: float
    gain: float
    low: float
    high: float
    over_same: float | None = None
    over_same_low: float | None = None
    over_same_high: float | None = None

    def __str__(self) -> str:
        """The gain in a sentence."""
        given = f"{self.labels_per_class} labels an emotion" if self.labels_per_class else "none"
        return (
            f"on {self.languages} languages that were left out, {self.method} on {self.features}"
            f" ({self.statistics} statistics; labels: {given}) reached a UAR of {self.uar:.2f},"
            f" {self.gain:+.2f} [{self.low:+.2f}, {self.high:+.2f}] over the model as it"
            f" was{self._parts()}."
        )

    def _parts(self) -> str:
        """What of it the method gained, and what the statistics."""
        own, low, high = self.over_same, self.over_same_low, self.over_same_high
        if own is None or low is None or high is None:
            return ""
        if self.method == SOURCE_ONLY:
            return ", by the statistics alone"
        labels = " and the labels" if self.labels_per_class else ""
        itself = f"{own:+.2f} [{low:+.2f}, {high:+.2f}] of it by the method{labels}"
        return f", {itself}, the rest by the statistics"


def expected(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Every method of the comparison in `four` classes by `OFFERED` that was run on all targets.

    And the model as it was, which gains nothing.
    """
    found = contests(results)
    return [
        asdict(one)
        for contest in found
        if contest.label_set == "four" and (zero := alike(contest, found, 0)) is not None
        for one in _of_contest(contest, zero)
    ]


def _of_contest(contest: Contest, zero: Contest) -> Iterator[Expected]:
    plain = whole(zero.cells, BARE, contest.targets)
    alone = {method for method, _ in contest.beside if method.system == TARGET_ONLY}
    for method in (*contest.complete, *sorted(alone, key=lambda one: one.needs)):
        cells = contest.beside if method in alone else contest.cells
        own = whole(cells, method, contest.targets)
        same = whole(zero.cells, Method(SOURCE_ONLY, method.normalisation), contest.targets)
        gained = _edges(paired_gain(own, plain))
        if gained is not None and (method.normalisation in OFFERED or method == BARE):
            yield Expected(
                method.system,
                method.normalisation,
                contest.features,
                contest.labels,
                len(contest.targets),
                _rounded(mean(own).value),
                *gained,
                *(_edges(paired_gain(own, same)) or ()),
            )


def _edges(found: Across | None) -> tuple[float, float, float] | None:
    """A gain and its interval; None where there is no interval."""
    if found is None or found.low is None or found.high is None:
        return None
    return _rounded(found.value), _rounded(found.low), _rounded(found.high)


def _rounded(value: float) -> float:
    return round(value, DIGITS) + 0.0  # no minus zero
