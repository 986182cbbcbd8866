"""Contests → UAR against labels a class: the chosen method, source-only, target-only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ehsaas.evaluation.across import Across, mean, written
from ehsaas.evaluation.choice import choose
from ehsaas.evaluation.methods import SOURCE_ONLY, TARGET_ONLY, Contest, Method
from ehsaas.evaluation.pooled import Result
from ehsaas.evaluation.tables import Table
from ehsaas.evaluation.tongues import language

CHOSEN = "chosen on the other languages"
MEAN = "mean"

Point = tuple[int, Across]
"""Labels a class, and the UAR there."""


@dataclass(frozen=True)
class LabelsCurve:
    """`lines[place][name]` are points in order of the labels; `place` is a target, or `MEAN`.

    The mean is over all targets, and missing where one of them is.
    """

    label_set: str
    features: str
    chance: float
    languages: Mapping[str, str]
    lines: Mapping[str, Mapping[str, tuple[Point, ...]]]


def labels_curves(found: Sequence[Contest]) -> list[LabelsCurve]:
    """One for each label set and features that were tried with labels and without.

    None of a single target, for which no method could be chosen on the others.
    """
    groups: dict[tuple[str, str], list[Contest]] = {}
    for one in found:
        groups.setdefault((one.label_set, one.features), []).append(one)
    several = (own for _, own in sorted(groups.items()) if len(own[0].targets) > 1)
    return [_curve(own) for own in several if len(own) > 1]


def _curve(own: Sequence[Contest]) -> LabelsCurve:
    targets = own[0].targets
    languages, chance = {}, 0.0
    for (_, target), one in own[0].cells.items():
        languages[target], chance = language(one), one.chance
    series = [(one.labels, name, results) for one in own for name, results in _series(one)]
    lines: dict[str, dict[str, tuple[Point, ...]]] = {}
    for place in (*targets, MEAN):
        for labels, name, results in series:
            at = tuple(results.values()) if place == MEAN else (results.get(place),)
            measured = [one for one in at if one is not None and one.uar is not None]
            if len(measured) == (len(targets) if place == MEAN else 1):
                points = lines.setdefault(place, {}).setdefault(name, ())
                lines[place][name] = (*points, (labels, mean(measured)))
    return LabelsCurve(own[0].label_set, own[0].features, chance, languages, lines)


def _series(contest: Contest) -> list[tuple[str, dict[str, Result]]]:
    """What is drawn of one contest, by name: results by target.

    Target-only has no source; by `source` statistics it goes by those of its few labelled
    utterances, and is drawn only where there is no other.
    """
    choice = choose(contest)
    found = []
    if choice is not None:
        found.append((CHOSEN, dict(zip(contest.targets, choice.results, strict=True))))
    for method in contest.methods:
        if method.system == SOURCE_ONLY:
            found.append((str(method), _by_target(contest.cells, method)))
    if contest.labels:
        alone = {method for method, _ in contest.beside if method.system == TARGET_ONLY}
        own = {one for one in alone if one.normalisation != "source"} or alone
        for method in sorted(own, key=lambda one: one.needs):
            found.append((str(method), _by_target(contest.beside, method)))
    return found


def _by_target(cells: Mapping[tuple[Method, str], Result], wanted: Method) -> dict[str, Result]:
    return {target: one for (method, target), one in cells.items() if method == wanted}


def labels_table(curve: LabelsCurve) -> Table:
    """A line for each target and system, a column for each number of labels."""
    steps = sorted(
        {at for own in curve.lines.values() for points in own.values() for at, _ in points}
    )
    return Table(
        f"What labels of the target buy: {curve.features}, {curve.label_set}",
        "UAR by the number of labelled utterances of each of the target's classes; the speakers"
        " that are tested are not among them. Without labels there is nothing to train"
        f" `{TARGET_ONLY}` on. Chance is {curve.chance:.3f}. The interval of a mean is over the"
        " speakers within each language, with the languages fixed; † marks what was resampled over"
        " utterances, wholly or in part.",
        ("tested on", "system", *(f"{at} a class" for at in steps)),
        tuple(
            (_placed(curve, place), name, *(written(dict(points).get(at)) for at in steps))
            for place, own in curve.lines.items()
            for name, points in own.items()
        ),
    )


def _placed(curve: LabelsCurve, place: str) -> str:
    return MEAN if place == MEAN else f"{curve.languages[place]} ({place})"
