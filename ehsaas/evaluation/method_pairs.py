"""Methods carried from one corpus to another → what each gains over source-only, over all pairs."""

from collections.abc import Sequence

from ehsaas.evaluation.across import gain, mean, signed, written
from ehsaas.evaluation.methods import (
    NETWORKS,
    SOURCE_NETWORK,
    SOURCE_ONLY,
    Method,
    budget,
    is_beside,
)
from ehsaas.evaluation.pooled import REFERENCES, Result
from ehsaas.evaluation.ranks import counted
from ehsaas.evaluation.significance import same_items
from ehsaas.evaluation.tables import Table

_Group = tuple[str, str, int]
"""Label set, features, labels a class."""

_Work = tuple[tuple[str, ...], str]
"""What was trained on, and what was tested."""

_Groups = dict[_Group, dict[Method, dict[_Work, Result]]]


def pairs_table(results: Sequence[Result]) -> Table:
    """A line for each method run on ordered pairs, where source-only was run on them, too."""
    groups = _groups(results)
    network = any(one.system == SOURCE_NETWORK for own in groups.values() for one in own)
    body = [
        (*line, *(_over_network(group, method, groups) for _ in range(network)))
        for group, methods in sorted(groups.items())
        for method in sorted(methods, key=lambda one: one.needs)
        if (line := _line(group, method, methods, groups)) is not None
    ]
    return Table(
        "Methods from one corpus to another",
        f"Means over ordered pairs (trained on, tested on); the gain is over `{SOURCE_ONLY}` on the"
        " same pairs and features, by the same statistics, with as many labels or else without."
        " Models tested on the same corpus are judged on the same resampled speakers; the corpora"
        " are kept. Accuracy is what the field calls WA. † marks a mean that holds a corpus of"
        " fewer than five speakers, resampled over utterances.",
        (
            *("features", "label set", "given", "method", "statistics", "pairs", "UAR", "accuracy"),
            *(f"gain over {SOURCE_ONLY}", "gains in"),
            *((f"gain over {SOURCE_NETWORK}",) if network else ()),
        ),
        tuple(body),
    )


def gains_in_pairs(results: Sequence[Result]) -> tuple[str, tuple[str, ...]] | None:
    """What the methods gain over source-only: a sentence, and one for each kind of statistics.

    None where no methods were run on ordered pairs.
    """
    groups = _groups(results)
    detail: list[str] = []
    ahead: list[str] = []
    count = 0
    for group, methods in sorted(groups.items()):
        label_set, features, labels = group
        for by in dict.fromkeys(m.normalisation for m in sorted(methods, key=lambda m: m.needs)):
            plain = Method(SOURCE_ONLY, by)
            others = [m for m in methods if m.normalisation == by and m != plain]
            paired = {m: _paired(group, m, methods, groups) for m in others}
            gains = {m.system: gain(own) for m, own in sorted(paired.items(), key=_name) if own}
            if not gains:
                continue
            told = ", ".join(f"{system} {signed(one)}" for system, one in gains.items())
            detail.append(
                f"{features}, {label_set}, {counted(labels)}, {by} statistics, over {SOURCE_ONLY}:"
                f" {told}."
            )
            count += len(gains)
            ahead += [
                f"{system} ({features}, {label_set}, {counted(labels)}, {by} statistics)"
                for system, one in gains.items()
                if one.low is not None and one.low > 0
            ]
    if not detail:
        return None
    short = f"Ahead of {SOURCE_ONLY} by the same statistics: {', '.join(ahead) or 'none'}."
    return f"{short} These are {count} single comparisons, not corrected.", tuple(detail)


def _name(item: tuple[Method, object]) -> str:
    return item[0].system


def _groups(results: Sequence[Result]) -> _Groups:
    """The results on ordered pairs that may be compared."""
    groups: _Groups = {}
    for one in results:
        labels = budget(one)
        apart = one.system in REFERENCES or is_beside(one.system)
        if one.protocol == "pair" and labels is not None and one.uar and not apart:
            methods = groups.setdefault((one.label_set, one.features, labels), {})
            cells = methods.setdefault(Method(one.system, one.normalisation), {})
            cells[one.train, one.corpus] = one
    return groups


def _start(group: _Group, method: Method, groups: _Groups) -> dict[_Work, Result]:
    """Source-only by the same statistics, with as many labels or else without."""
    label_set, features, _ = group
    plain = Method(SOURCE_ONLY, method.normalisation)
    return groups[group].get(plain) or groups.get((label_set, features, 0), {}).get(plain, {})


def _paired(
    group: _Group, method: Method, methods: dict[Method, dict[_Work, Result]], groups: _Groups
) -> list[tuple[Result, Result]]:
    """The results of a method and of source-only on the same pairs."""
    start = _start(group, method, groups)
    return [
        (one, start[work])
        for work, one in sorted(methods[method].items())
        if work in start and same_items(one, start[work])
    ]


def _over_network(group: _Group, method: Method, groups: _Groups) -> str:
    """The gain of a method that trains a network over that network of the source alone."""
    label_set, features, _ = group
    without = groups.get((label_set, features, 0), {})
    start = without.get(Method(SOURCE_NETWORK, method.normalisation), {})
    own = [
        (one, start[work])
        for work, one in sorted(groups[group][method].items())
        if work in start and same_items(one, start[work])
    ]
    return signed(gain(own)) if own and method.system in NETWORKS else ""


def _line(
    group: _Group,
    method: Method,
    methods: dict[Method, dict[_Work, Result]],
    groups: _Groups,
) -> tuple[str, ...] | None:
    label_set, features, labels = group
    plain = Method(SOURCE_ONLY, method.normalisation)
    start, own = _start(group, method, groups), _paired(group, method, methods, groups)
    if not own or len(methods) < 2:
        return None
    ahead = sum(one.uar.value > two.uar.value for one, two in own if one.uar and two.uar)
    accuracy = sum(one.measures["accuracy"].value for one, _ in own) / len(own)
    itself = method == plain and methods.get(plain) is start
    return (
        *(features, label_set, counted(labels), method.system, method.normalisation),
        *(str(len(own)), written(mean([one for one, _ in own])), f"{accuracy:.3f}"),
        *(("", "") if itself else (signed(gain(own)), f"{ahead} of {len(own)}")),
    )
