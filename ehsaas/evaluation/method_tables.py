"""Contests → tables: every method on every language, the choices and what they gain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ehsaas.evaluation.across import Across, mean, signed, written
from ehsaas.evaluation.choice import (
    UNSEEN,
    Choice,
    baseline_of,
    choices,
    gain_by_method,
    gain_over,
    over_target_only,
    paired_gain,
)
from ehsaas.evaluation.labels_curve import labels_curves, labels_table
from ehsaas.evaluation.method_pairs import pairs_table
from ehsaas.evaluation.methods import (
    NETWORKS,
    SOURCE_NETWORK,
    SOURCE_ONLY,
    TARGET_ONLY,
    TOLD,
    Contest,
    Method,
    alike,
    contests,
    whole,
)
from ehsaas.evaluation.pooled import REFERENCES, Result
from ehsaas.evaluation.ranks import counted, rankings, ranks_table
from ehsaas.evaluation.tables import Table, figure

_FIXED = (
    " Intervals of means resample speakers within each language and keep the languages, so they"
    " speak for new speakers of these languages and not for other languages; † marks a mean that"
    " holds a corpus of fewer than five speakers, resampled over utterances."
)


@dataclass(frozen=True)
class Gained:
    """What a method gains over source-only, which has no labels, by the same statistics."""

    method: Method
    gain: Across


def method_tables(results: Sequence[Result]) -> list[Table]:
    """Every table of a comparison of methods; none where there is no comparison."""
    found = contests(results)
    made = choices(found)
    return [
        *([choice_table(made, found), chosen_table(made)] if made else []),
        *(labels_table(curve) for curve in labels_curves(found)),
        *(contest_table(contest, found) for contest in found),
        *([crossed] if (crossed := pairs_table(results)).body else []),
        *(ranks_table(ranking) for ranking in rankings(found)),
    ]


def choice_table(made: Sequence[Choice], found: Sequence[Contest]) -> Table:
    """A line for each choice: what it reaches on average, and what it gains over what."""
    body = []
    for choice in made:
        contest, baseline = choice.contest, baseline_of(choice)
        alone = over_target_only(choice) or (None, None)
        zero = alike(contest, found, 0)
        start = whole(zero.cells, baseline, contest.targets) if zero else ()
        body.append(
            (
                *(contest.features, contest.label_set, counted(contest.labels)),
                "known" if choice.speakers_known else "not known",
                written(mean(choice.results)),
                f"{baseline}, no labels",
                written(mean(start) if start else None),
                signed(gain_over(choice, found, baseline)),
                signed(gain_by_method(choice, found)),
                *(written(alone[0]), signed(alone[1])),
            )
        )
    return Table(
        "The method chosen on the other languages",
        "For every language the method with the highest mean UAR over the *other* languages, among"
        f" those run on all of them. {UNSEEN} What was chosen for which language stands in the next"
        " table. Mean UAR over the languages; gains are paired, on the same utterances. By the"
        f" method itself is the gain over `{SOURCE_ONLY}` without labels by the chosen methods' own"
        " statistics, where they all have the same: the rest of the gain over the baseline comes"
        " from the statistics. The intervals take the choice as made." + _FIXED,
        (
            *("features", "label set", "given", "speakers", "chosen", "baseline", "its UAR"),
            *("gain over it", "by the method itself"),
            *(f"{TARGET_ONLY}, same labels", "gain over that"),
        ),
        tuple(body),
    )


def chosen_table(made: Sequence[Choice]) -> Table:
    """A line for each language of each choice, beside the method that is best in hindsight."""
    body = []
    for choice in made:
        contest = choice.contest
        for target, one in zip(contest.targets, choice.results, strict=True):
            best = max(
                (cell for (_, corpus), cell in contest.cells.items() if corpus == target),
                key=lambda cell: cell.uar.value if cell.uar else 0.0,
            )
            method = choice.chosen[target]
            body.append(
                (
                    *(target, contest.features, contest.label_set, counted(contest.labels)),
                    "known" if choice.speakers_known else "not known",
                    *(method.system, method.normalisation, figure(one)),
                    "yes" if method.knows_speakers else "no",
                    f"{best.uar.value:.3f}" if best.uar else "",
                    f"{best.system} ({best.normalisation} statistics)",
                )
            )
    return Table(
        "What was chosen for which language",
        "`needs speakers` says whether the chosen method has to be told who of the language's"
        " speakers is speaking. The best of all in hindsight was named after looking at the tested"
        " language: its figure is no estimate of anything.",
        (
            *("tested on", "features", "label set", "given", "speakers", "chosen", "statistics"),
            *("UAR", "needs speakers", "highest UAR of all", "of which method"),
        ),
        tuple(body),
    )


def contest_table(contest: Contest, found: Sequence[Contest]) -> Table:
    """Methods by languages, the best on average first, what they are read against below."""
    gains = {one.method: one.gain for one in gained(contest, found)}
    nets = {one.method: one.gain for one in gained_by_networks(contest, found)}
    last = (f"gain over {SOURCE_NETWORK}",) if nets else ()
    means = {method: mean(contest.over(method)) for method in contest.complete}
    ordered = sorted(
        contest.methods,
        key=lambda one: (-means[one].value if one in means else 1.0, one.needs),
    )
    lines = [
        (
            *(one.system, one.normalisation),
            *(figure(contest.cells.get((one, target))) for target in contest.targets),
            *(written(means.get(one)), signed(gains.get(one))),
            *(signed(nets.get(one)) for _ in last),
        )
        for one in ordered
    ]
    intro = (
        f"Trained on all other languages; {counted(contest.labels)} of the target. The gain of the"
        f" mean is over `{SOURCE_ONLY}` without labels, by the same statistics; no correction is"
        " made for how many methods there are. What stands in brackets is there to read the rest"
        " against." + _FIXED
    )
    return Table(
        f"Methods on {contest.features}, {counted(contest.labels)}, {contest.label_set}",
        intro,
        ("method", "statistics", *contest.targets, "mean", f"gain over {SOURCE_ONLY}", *last),
        (*lines, *((*line, *("" for _ in last)) for line in _beside(contest))),
    )


def gained(contest: Contest, found: Sequence[Contest]) -> list[Gained]:
    """What every method that ran everywhere gains over source-only by the same statistics.

    Source-only has no use for labels: whatever the method was given, it is that without any.
    """
    zero = alike(contest, found, 0)
    pairs = []
    for method in contest.complete if zero is not None else ():
        plain = Method(SOURCE_ONLY, method.normalisation)
        if zero is not None and method.system != SOURCE_ONLY:
            gain = paired_gain(contest.over(method), whole(zero.cells, plain, contest.targets))
            if gain is not None:
                pairs.append(Gained(method, gain))
    return pairs


def gained_by_networks(contest: Contest, found: Sequence[Contest]) -> list[Gained]:
    """What every method that trains a network gains over that network, trained on the source alone.

    By the same statistics, where it ran everywhere; without labels, which it has no use for.
    """
    zero = alike(contest, found, 0)
    pairs = []
    for method in contest.complete if zero is not None else ():
        plain = Method(SOURCE_NETWORK, method.normalisation)
        if zero is not None and method.system in NETWORKS:
            gain = paired_gain(contest.over(method), whole(zero.cells, plain, contest.targets))
            if gain is not None:
                pairs.append(Gained(method, gain))
    return pairs


def _beside(contest: Contest) -> list[tuple[str, ...]]:
    lines = []
    for method in sorted({method for method, _ in contest.beside}, key=lambda one: one.needs):
        own = [contest.beside.get((method, target)) for target in contest.targets]
        every = whole(contest.beside, method, contest.targets)
        gain = ""
        if method.system.startswith(TOLD):
            start = contest.over(Method(SOURCE_ONLY, method.normalisation))
            gain = signed(paired_gain(every, start))
        lines.append((f"({method.system})", method.normalisation, *_line(own, every, gain)))
    for system in REFERENCES:
        deaf: Mapping[tuple[str, str], Result] = contest.deaf
        own = [deaf.get((system, target)) for target in contest.targets]
        if any(own):
            kept = tuple(one for one in own if one is not None and one.uar is not None)
            every = kept if len(kept) == len(own) else ()
            lines.append((f"({system})", "none", *_line(own, every)))
    return lines


def _line(own: Sequence[Result | None], every: Sequence[Result], gain: str = "") -> tuple[str, ...]:
    return (*map(figure, own), written(mean(every)) if every else "", gain)
