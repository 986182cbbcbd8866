"""Measures and differences → the words for them: up, down, no change, not told from chance."""

from collections.abc import Sequence

from ehsaas.evaluation.pooled import Measure, Result
from ehsaas.evaluation.significance import Comparison, compare, same_items

LEVEL = 0.05
"""Below this p, a paired test tells two systems apart; single tests, not corrected."""


def spoken(measure: Measure, these_only: bool = False, chance: float | None = None) -> str:
    """`0.62 (0.55 to 0.69)`: the interval where there is one, whom it speaks for, if it is chance.

    Args:
        measure: value and interval in 0–1.
        these_only: whether the interval says nothing of other speakers.
        chance: the UAR of a guess; an interval that holds it is said to.
    """
    if measure.low is None or measure.high is None:
        return f"{measure.value:.2f}"
    limit = ", these speakers only" if these_only else ""
    holds = chance is not None and measure.low <= chance <= measure.high
    limit += ", which holds chance" if holds else ""
    return f"{measure.value:.2f} ({measure.low:.2f} to {measure.high:.2f}{limit})"


def heard(result: Result) -> str:
    """The UAR of `result` as `spoken`, or why it was refused."""
    if result.uar:
        return f"UAR {spoken(result.uar, result.these_speakers_only, result.chance)}"
    return f"no UAR: {result.refused.get('uar', 'it was refused')}"


def changed(value: float, up: str, down: str, same: str) -> str:
    """A signed difference (0–1) in words; `{}` in `up` and `down` becomes its size in points.

    `changed(-0.02, "costs {}", "gains {}", "changes nothing")` is `gains 2 points`. What rounds
    to no point is `same`.
    """
    n = round(100 * value)
    if n == 0:
        return same
    return (up if n > 0 else down).format(f"{abs(n)} {'point' if abs(n) == 1 else 'points'}")


def span(values: Sequence[float]) -> str:
    """Lowest and highest of signed differences, in points: `from -2 to 30`; empty if only one."""
    if len(values) < 2:
        return ""
    return f"from {round(100 * min(values))} to {round(100 * max(values))}"


def in_brackets(*parts: str) -> str:
    """` (a; b)` of those parts that say something; empty without any."""
    kept = "; ".join(part for part in parts if part)
    return f" ({kept})" if kept else ""


def paired(first: Result | None, second: Result | None) -> Comparison | None:
    """The paired test of two results, or None where they cannot be paired."""
    if not (first and second and first.uar and second.uar and same_items(first, second)):
        return None
    return compare(first, second)


def told(test: Comparison | None) -> bool:
    """Whether a paired test was made and tells the two from each other."""
    return test is not None and test.p < LEVEL


def doubt(test: Comparison | None) -> str:
    """` (… does not tell the two apart …)` after a difference that no paired test bears out."""
    if test is None or told(test):
        return ""
    return f" (a paired test does not tell the two apart, p = {test.p:.2f})"


def how_many(tests: Sequence[Comparison | None], up: str = "above", down: str = "below") -> str:
    """In how many of several paired tests the first is above, and below, the second; or empty."""
    made = [test for test in tests if test]
    if not made:
        return ""
    above = sum(told(test) and test.difference > 0 for test in made)
    below = sum(told(test) and test.difference < 0 for test in made)
    return f"by paired tests {up} in {above}, {down} in {below} of {len(made)}"
