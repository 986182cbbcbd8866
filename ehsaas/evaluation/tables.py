"""Results → tables of text, the same for the Markdown page and the HTML report."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ehsaas.evaluation.families import Family
from ehsaas.evaluation.pooled import METRICS, Measure, Result
from ehsaas.evaluation.predictions import PLAIN
from ehsaas.evaluation.tongues import language
from ehsaas.evaluation.views import Curve, Matrix, Tried, Within

_THESE_ONLY = "†"
_SEEDS_AVERAGED = "Averaged over seeds; precision over those that predict the emotion at all."


@dataclass(frozen=True)
class Table:
    """A title, a sentence on how to read it, column names, and rows of as many cells."""

    title: str
    intro: str
    head: tuple[str, ...]
    body: tuple[tuple[str, ...], ...]


def figure(result: Result | None, metric: str = "uar") -> str:
    """`0.62 [0.55, 0.69] {0.60–0.63}`: the metric, its interval, the seeds' spread."""
    if result is None:
        return ""
    measure = result.measures.get(metric)
    if measure is None:
        return "refused"
    return f"{measure.value:.3f}{_interval(measure, result)}{_spread(measure)}"


def _interval(measure: Measure, result: Result) -> str:
    if measure.low is None or measure.high is None:
        return ""
    mark = _THESE_ONLY if result.these_speakers_only else ""
    return f" [{measure.low:.2f}, {measure.high:.2f}]{mark}"


def _spread(measure: Measure) -> str:
    if len(measure.per_seed) < 2:
        return ""
    return f" {{{min(measure.per_seed):.2f}–{max(measure.per_seed):.2f}}}"


def within_tables(lines: Sequence[Within]) -> list[Table]:
    """Strict and random side by side, a table for each label set, the corpora's own first."""
    head = (
        "corpus",
        "system",
        "statistics",
        "UAR, strict",
        "UAR, random",
        "random adds",
        "chance",
        "features",
        "items (speakers)",
    )
    label_sets = dict.fromkeys(line.label_set for line in lines)
    return [
        Table(
            "Within one language: new speakers against a random split",
            f"Label set `{label_set}`. `strict` tests on speakers that were not trained on.",
            head,
            tuple(_within(line) for line in lines if line.label_set == label_set),
        )
        for label_set in sorted(label_sets, key=lambda name: name != "native")
    ]


def _within(line: Within) -> tuple[str, ...]:
    return (
        line.corpus,
        line.system,
        line.normalisation,
        figure(line.strict),
        figure(line.random),
        "" if line.added is None else f"{line.added:+.3f}",
        f"{line.any.chance:.3f}",
        line.features,
        f"{len(line.any.items.ids)} ({line.any.speakers or 'unknown'})",
    )


def matrix_table(matrix: Matrix) -> Table:
    """Sources by targets."""
    return Table(
        f"Transfer: {matrix.system} on {matrix.features}, {matrix.normalisation} statistics,"
        f" {matrix.label_set}",
        "UAR; a row is what the model was trained on, a column what it was tested on; the diagonal"
        f" is within the corpus, on new speakers. Chance is {matrix.chance:.3f}. Systems in"
        " brackets hear nothing.",
        ("trained on", *matrix.targets),
        (
            *_matrix_lines(matrix.sources, "{}", matrix.cells, matrix.targets),
            *_matrix_lines(
                tuple(dict.fromkeys(system for system, _ in matrix.deaf)),
                "({})",
                matrix.deaf,
                matrix.targets,
            ),
        ),
    )


def _matrix_lines(
    rows: Sequence[str],
    named: str,
    cells: Mapping[tuple[str, str], Result],
    targets: Sequence[str],
) -> list[tuple[str, ...]]:
    return [
        (named.format(row), *(figure(cells.get((row, target))) for target in targets))
        for row in rows
    ]


def curve_table(curve: Curve) -> Table:
    """Shares by systems."""
    shares = sorted({one.share for points in curve.series.values() for one in points})
    named = language(next(iter(curve.series.values()))[0])
    return Table(
        f"Adaptation to {named} ({curve.corpus}), {curve.normalisation} statistics,"
        f" {curve.label_set}",
        "UAR on one fixed test part with speakers of its own, by the share of the target's labelled"
        f" training utterances. Zero-shot: {figure(curve.zero_shot) or 'not run'}."
        f" Chance is {curve.chance:.3f}.{_hear_nothing(curve.deaf)}",
        ("share", *(curve.title(name) for name in curve.series)),
        tuple(
            (
                f"{share:.0%}",
                *(
                    figure(next((one for one in points if one.share == share), None))
                    for points in curve.series.values()
                ),
            )
            for share in shares
        ),
    )


def _hear_nothing(deaf: Sequence[Result]) -> str:
    """` On the same items, without hearing them: majority 0.250; …`; empty without any."""
    if not deaf:
        return ""
    said = "; ".join(f"{one.system} {figure(one)}" for one in deaf)
    return f" On the same items, without hearing them: {said}."


def family_table(family: Family) -> Table:
    """Paired tests of one family."""
    return Table(
        f"Paired test: {family.question}",
        "",
        (
            *("trained on", "tested on", "label set", "share"),
            *("difference in UAR", "95 %", "p", "p, Holm", "unit"),
        ),
        tuple(
            (
                trained_on(test.first),
                test.first.corpus,
                test.first.label_set,
                f"{test.first.share:.0%}" if test.first.share else "",
                f"{test.difference:+.3f}",
                "" if test.low is None else f"[{test.low:+.2f}, {test.high:+.2f}]",
                probability(test.p),
                "" if test.adjusted is None else probability(test.adjusted),
                test.unit + ("" if test.unit.startswith("over ") else f" {_THESE_ONLY}"),
            )
            for test in family.tests
        ),
    )


def class_table(result: Result) -> Table:
    """Precision, recall and F1 of each class of one result."""
    return Table(
        f"{language(result)} ({result.corpus}), {result.protocol}, from {trained_on(result)}",
        _SEEDS_AVERAGED if len(result.seeds) > 1 else "",
        ("emotion", "recall", "precision", "F1", "items"),
        tuple(
            (
                one.name,
                f"{one.recall:.2f}",
                "never" if one.precision is None else f"{one.precision:.2f}",
                f"{one.f1:.2f}",
                str(one.support),
            )
            for one in result.details
        ),
    )


def results_table(results: Sequence[Result], title: str) -> Table:
    """Any results, one a row, in every metric."""
    return Table(
        title,
        "",
        (
            "system",
            "features",
            "statistics",
            "trained on",
            "tested on",
            "protocol",
            "condition",
            "label set",
            *METRICS,
            "chance",
        ),
        tuple(
            (
                one.system,
                one.features,
                one.normalisation,
                "+".join(one.train),
                one.corpus,
                one.protocol,
                condition(one),
                one.label_set,
                *(figure(one, metric) for metric in METRICS),
                f"{one.chance:.3f}",
            )
            for one in results
        ),
    )


def warnings(results: Sequence[Result]) -> list[str]:
    """Collapsed systems and refused figures, a sentence each.

    Of clips that were disturbed, one sentence says how often.
    """
    found = []
    disturbed: dict[str, list[Result]] = {}
    systems = {(one.system, one.features) for one in results}
    gridded = {name for name, n in Counter(system for system, _ in systems).items() if n > 1}
    for one in results:
        on = f" on {one.features}" if one.system in gridded else ""
        if one.condition.get("disturbance", PLAIN) != PLAIN:
            which = _which(one, on, leaving=("disturbance", "level", "unit"))
            disturbed.setdefault(which, []).append(one)
        else:
            found += [f"{_which(one, on)}: {text}." for text in one.collapses]
        found += [f"{_which(one, on)}: no {name}: {why}." for name, why in one.refused.items()]
    for which, several in disturbed.items():
        collapsed = [one for one in several if one.collapses]
        if collapsed:
            whole = sum(any("every item" in text for text in one.collapses) for one in collapsed)
            found.append(
                f"{which}: under {len(collapsed)} of {len(several)} disturbances some emotion is"
                f" never predicted by at least one seed; under {whole} everything is called one"
                " emotion."
            )
    return found


def _which(one: Result, on: str, leaving: Sequence[str] = ()) -> str:
    """What a sentence is about, without some names of its condition."""
    changed = {
        name: value for name, value in one.condition.items() if name not in ("share", *leaving)
    }
    share = f", share {one.share:.0%}" if one.share else ""
    return (
        f"{one.system}{on}, {one.protocol}, {trained_on(one)} → {one.corpus},"
        f" {one.normalisation} statistics, {one.label_set}{share}"
        + "".join(f", {name} {changed[name]}" for name in sorted(changed))
    )


def trained_on(result: Result) -> str:
    """The training corpora, shortened where they are all others."""
    several = len(result.train) > 2 and result.protocol in ("lolo", "heldout")
    return "all others" if several else "+".join(result.train)


def condition(result: Tried) -> str:
    """The condition in words: `share 0.2`."""
    return ", ".join(f"{name} {result.condition[name]}" for name in sorted(result.condition))


def probability(value: float) -> str:
    """A p as it is printed."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
