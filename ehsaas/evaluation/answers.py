"""Results → the questions answered in sentences, every figure taken from the results."""

from collections.abc import Sequence
from dataclasses import dataclass

from ehsaas.evaluation.adaptation import adaptation, series
from ehsaas.evaluation.dimension_tables import QUESTION as KEEPS
from ehsaas.evaluation.dimension_tables import keeps
from ehsaas.evaluation.enrolled import worth
from ehsaas.evaluation.grid import furthest
from ehsaas.evaluation.method_pairs import gains_in_pairs
from ehsaas.evaluation.methods import apart
from ehsaas.evaluation.pooled import Result
from ehsaas.evaluation.recommendation import QUESTION as WHICH
from ehsaas.evaluation.recommendation import recommendation
from ehsaas.evaluation.significance import Comparison
from ehsaas.evaluation.tongues import language
from ehsaas.evaluation.views import (
    BASELINE,
    HEADLINE,
    OTHERS,
    TARGET_ONLY,
    Headline,
    Matrix,
    Within,
    curves,
    main,
    matrices,
    named,
    spoken_of,
    within,
)
from ehsaas.evaluation.wording import (
    changed,
    doubt,
    heard,
    how_many,
    in_brackets,
    paired,
    span,
    spoken,
)


@dataclass(frozen=True)
class Answer:
    """A question, the short answer in one sentence, and the detail, a sentence a language."""

    question: str
    short: str
    detail: tuple[str, ...]


def answers(results: Sequence[Result], headline: Headline = HEADLINE) -> list[Answer]:
    """The questions that these results can answer; one without results is left out.

    Where methods were compared, the other questions are of the results beside the comparison.
    """
    which = recommendation(results)
    gained = gains_in_pairs(results)
    kept = keeps(results, main(results, headline)[0])
    results = apart(results)
    system, normalisation = main(results, headline)
    alike = [one for one in spoken_of(results, headline) if one.normalisation == normalisation]
    called = named(system, headline)
    ours = [one for one in alike if one.system == system or one.system.startswith(system + " ")]
    baseline = [one for one in alike if one.system == BASELINE != system]
    bought = adaptation(ours, system)
    carried = furthest(results, normalisation)
    told = worth(results)
    found = (
        Answer(WHICH, *which) if which else None,
        Answer("What do methods gain from one corpus to another?", *gained) if gained else None,
        _within(ours, baseline, called),
        _transfer(ours, system, called),
        Answer("How much does data of the target language buy back?", *bought) if bought else None,
        Answer(KEEPS, *kept) if kept else None,
        Answer("Which features carry furthest?", *carried) if carried else None,
        Answer("What is a little speech of the voice worth?", *told) if told else None,
    )
    return [answer for answer in found if answer]


def _within(ours: Sequence[Result], baseline: Sequence[Result], system: str) -> Answer | None:
    lines = _widest(within(ours))
    if not lines:
        return None
    beside = [_beside(line, baseline) for line in lines]
    detail = [_within_line(line, svm) for line, svm in zip(lines, beside, strict=True)]
    strict = [line.strict.uar.value for line in lines if line.strict and line.strict.uar]
    if strict:
        short = f"{system} reaches a UAR of {_range(strict)} on new speakers of the same corpus."
    elif any(line.strict for line in lines):
        short = f"{system} has no UAR on new speakers; the lines below say why."
    else:
        short = f"{system} was not tested on new speakers."
    short += _against(lines, beside)
    added = [line.added for line in lines if line.added is not None]
    if added:
        low, high = round(100 * min(added)), round(100 * max(added))
        short += (
            " Letting speakers be on both sides of the split changes that by"
            f" {f'{low:+d} to {high:+d}' if low < high else f'{low:+d}'} points"
        )
        short += ", which is not recognition of emotion in a new voice." if high > 0 else "."
    joint = any("+" in line.corpus for line in lines)
    asked = "on the corpora that trained it" if joint else "within one language"
    return Answer(f"How well does it work {asked}?", short, tuple(detail))


def _widest(lines: Sequence[Within]) -> list[Within]:
    """The lines with the most classes of each corpus; fewer are there to compare transfer with."""
    most: dict[str, int] = {}
    for line in lines:
        most[line.corpus] = max(most.get(line.corpus, 0), len(line.any.classes))
    return [line for line in lines if len(line.any.classes) == most[line.corpus]]


def _within_line(line: Within, svm: Result | None) -> str:
    named = f"{language(line.any)} ({line.corpus}, {len(line.any.classes)} emotions)"
    if line.strict is None:
        text = f"{named}: only a random split was run, so nothing is known of new speakers."
        if line.random and not line.random.uar:
            text += f" It has {heard(line.random)}."
    elif line.strict.uar:
        text = (
            f"{named}: {heard(line.strict)} on {_new_to(line)}; chance is {line.strict.chance:.2f}."
        )
    else:
        text = f"{named}: {heard(line.strict)}."
    if svm:
        figure = f"{svm.uar.value:.2f}" if svm.uar else heard(svm)
        text += f" {BASELINE}: {figure}{doubt(paired(line.strict, svm))}."
    if line.added is not None and line.random and line.random.uar:
        adds = changed(
            line.added,
            "{} more, with the test speakers' voices in training",
            "{} fewer",
            "no more",
        )
        unsure = doubt(paired(line.random, line.strict))
        text += f" A random split prints {line.random.uar.value:.2f}: {adds}{unsure}."
    return text


def _new_to(line: Within) -> str:
    """What the tested speakers are to the model: with statistics of theirs not quite unheard."""
    if line.normalisation in ("corpus", "speaker"):
        return "speakers whose labels it never saw"
    return "speakers it never heard"


def _beside(line: Within, baseline: Sequence[Result]) -> Result | None:
    """The baseline's strict result on the same corpus and label set."""
    for one in baseline:
        same = (one.corpus, one.label_set) == (line.corpus, line.label_set)
        if same and one.protocol == "strict" and not one.condition:
            return one
    return None


def _against(lines: Sequence[Within], beside: Sequence[Result | None]) -> str:
    """On how many corpora the system is at or above the baseline, and where that is certain."""
    pairs = [
        (line.strict, svm)
        for line, svm in zip(lines, beside, strict=True)
        if line.strict and line.strict.uar and svm and svm.uar
    ]
    if not pairs:
        return ""
    k = sum(a.uar.value >= b.uar.value for a, b in pairs if a.uar and b.uar)
    what = "corpora" if len({one.corpus for one, _ in pairs}) == len(pairs) else "results"
    text = f" It is at or above {BASELINE} on {k} of {len(pairs)} {what}"
    tests = how_many([paired(a, b) for a, b in pairs])
    return f"{text}; {tests}." if tests else f"{text}."


def _transfer(ours: Sequence[Result], system: str, called: str) -> Answer | None:
    detail: list[str] = []
    single: list[tuple[float, Comparison | None]] = []
    pooled: list[tuple[float, Comparison | None]] = []
    unknown = False
    found = [matrix for matrix in matrices(ours) if matrix.system == system]
    several = len({matrix.features for matrix in found}) > 1
    for matrix in found:
        for target in matrix.targets:
            sources = _sources(matrix, target)
            if sources:
                own = matrix.cells.get((target, target))
                tests = {name: paired(own, one) for name, one in sources.items()}
                line = _transfer_to(matrix, target, sources, tests)
                detail.append(f"On {matrix.features}, {line}" if several else line)
                unknown |= own is None or own.uar is None
                for name, one in sources.items():
                    if own and own.uar and one.uar:
                        loss = (own.uar.value - one.uar.value, tests[name])
                        (pooled if name == OTHERS else single).append(loss)
    if not detail:
        return None
    if (single or pooled) and not unknown:
        short = (
            f"Against {called} trained on other speakers of the same corpus, with the same"
            f" emotions, training on {'another corpus' if single else 'all others together'}"
            f" {_cost(single or pooled)}"
        )
        if single and pooled:
            short += f"; on all others together, it {_cost(pooled)}"
        short += "."
    else:
        short = _lost_on_held_out(ours, system)
    return Answer(
        "How much is lost when the model comes from other languages?", short, tuple(detail)
    )


def _cost(losses: Sequence[tuple[float, Comparison | None]]) -> str:
    """The average loss in words, its range, and how many of the losses are certain."""
    values = [value for value, _ in losses]
    text = changed(
        sum(values) / len(values),
        "costs {} of UAR on average",
        "gains {} of UAR on average",
        "changes the UAR by less than a point on average",
    )
    reach = span(values)
    reach += ", below zero a gain" if reach and round(100 * min(values)) < 0 else ""
    return text + in_brackets(reach, how_many([test for _, test in losses], "a loss", "a gain"))


def _sources(matrix: Matrix, target: str) -> dict[str, Result]:
    found = {
        source: matrix.cells.get((source, target)) for source in matrix.sources if source != target
    }
    return {source: one for source, one in found.items() if one and one.uar}


def _transfer_to(
    matrix: Matrix,
    target: str,
    sources: dict[str, Result],
    tests: dict[str, Comparison | None],
) -> str:
    values = {source: one.uar.value for source, one in sources.items() if one.uar}
    single = {source: value for source, value in values.items() if source != OTHERS}
    any_cell = next(iter(sources.values()))
    own = matrix.cells.get((target, target))
    parts = []
    if own:
        parts.append(f"{own.uar.value:.2f}" if own.uar else heard(own))
        parts[0] += " from its own corpus"
    if single:
        best, worst = max(single, key=single.__getitem__), min(single, key=single.__getitem__)
        text = f"{single[best]:.2f} from {best}, the best single source"
        parts.append(text + doubt(tests[best]))
        if worst != best:
            parts.append(f"{single[worst]:.2f} from {worst}, the worst{doubt(tests[worst])}")
    everyone = sources.get(OTHERS)
    if everyone and everyone.uar:
        said = spoken(everyone.uar, everyone.these_speakers_only, everyone.chance)
        parts.append(f"{said} from all others together{doubt(tests[OTHERS])}")
    return (
        f"{language(any_cell)} ({target}, {len(any_cell.classes)} emotions,"
        f" chance {any_cell.chance:.2f}): {'; '.join(parts)}."
    )


def _lost_on_held_out(ours: Sequence[Result], system: str) -> str:
    """The loss against the model that saw only the target, where no diagonal was run."""
    losses: list[tuple[float, float, Comparison | None]] = []
    for curve in curves(ours):
        alone = [one for one in series(curve, system + TARGET_ONLY) if one.uar]
        own, zero = (alone[-1] if alone else None), curve.zero_shot
        if own and own.uar and zero and zero.uar:
            loss = own.uar.value - zero.uar.value
            losses.append((loss, own.share, paired(own, zero)))
    if not losses:
        return "No model of the same language was run on the same emotions to compare with."
    values = [value for value, _, _ in losses]
    where = changed(sum(values) / len(values), "{} of UAR below", "{} of UAR above", "level with")
    more = in_brackets(span(values), how_many([test for _, _, test in losses], "a loss", "a gain"))
    return (
        f"On the same held-out speakers, a model of all other languages is {where}"
        f" one trained only on {losses[0][1]:.0%} of the language's own training utterances{more}."
    )


def _range(values: Sequence[float]) -> str:
    low, high = min(values), max(values)
    return f"{low:.2f}" if len(values) == 1 else f"{low:.2f} to {high:.2f}"
