"""A comparison of adaptation methods → what each gained on languages left out, for who adapts one.

The gain is over what a recogniser says as it is: source-only, by the statistics of its training
part, without a label.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ehsaas.evaluation.across import mean
from ehsaas.evaluation.choice import BARE, paired_gain
from ehsaas.evaluation.methods import TARGET_ONLY, alike, contests, whole
from ehsaas.evaluation.pooled import Result

DIGITS = 3


@dataclass(frozen=True)
class Expected:
    """What a method reached, on average over `languages`, and gained, with its 95 % interval."""

    method: str
    statistics: str
    features: str
    labels_per_class: int
    languages: int
    uar: float
    gain: float
    low: float
    high: float

    def __str__(self) -> str:
        """The gain in a sentence."""
        given = f"{self.labels_per_class} labels an emotion" if self.labels_per_class else "none"
        return (
            f"on {self.languages} languages that were left out, {self.method} on {self.features}"
            f" ({self.statistics} statistics; labels: {given}) reached a UAR of {self.uar:.2f},"
            f" {self.gain:+.2f} [{self.low:+.2f}, {self.high:+.2f}] over the model as it was."
        )


def expected(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Every method of the comparison in `four` classes that was run on all targets."""
    found = contests(results)
    made = []
    for contest in found:
        zero = alike(contest, found, 0)
        if zero is None or contest.label_set != "four":
            continue
        plain = whole(zero.cells, BARE, contest.targets)
        alone = {method for method, _ in contest.beside if method.system == TARGET_ONLY}
        for method in (*contest.complete, *sorted(alone, key=lambda one: one.needs)):
            cells = contest.beside if method in alone else contest.cells
            own = whole(cells, method, contest.targets)
            gained = paired_gain(own, plain)
            if gained is None or gained.low is None or gained.high is None:
                continue
            one = Expected(
                method.system,
                method.normalisation,
                contest.features,
                contest.labels,
                len(contest.targets),
                *(
                    round(value, DIGITS) + 0.0  # no minus zero
                    for value in (mean(own).value, gained.value, gained.low, gained.high)
                ),
            )
            made.append(asdict(one))
    return made
