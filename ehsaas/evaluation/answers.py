"""Results → the three questions answered in sentences, every figure taken from the results."""

from collections.abc import Sequence
from dataclasses import dataclass

from ehsaas.evaluation.pooled import Measure, Result
from ehsaas.evaluation.views import (
    HEADLINE,
    OTHERS,
    TARGET_ONLY,
    Curve,
    Headline,
    Matrix,
    curves,
    language,
    main,
    matrices,
    within,
)

SPOKEN_SHARE = 0.2
"""The share of target utterances that the sentences speak of, or the nearest that was run."""


@dataclass(frozen=True)
class Answer:
    """A question, the short answer in one sentence, and the detail, a sentence a language."""

    question: str
    short: str
    detail: tuple[str, ...]


def answers(results: Sequence[Result], headline: Headline = HEADLINE) -> list[Answer]:
    """The questions that these results can answer; one without results is left out."""
    system, normalisation = main(results, headline)
    ours = [
        one
        for one in results
        if one.normalisation == normalisation
        and (one.system == system or one.system.startswith(system + " "))
    ]
    found = (_within(ours, system), _transfer(ours, system), _adaptation(ours, system))
    return [answer for answer in found if answer]


def _within(ours: Sequence[Result], system: str) -> Answer | None:
    lines = [line for line in within(ours) if line.any.uar]
    if not lines:
        return None
    detail = []
    for line in lines:
        named = f"{language(line.any)} ({line.corpus}, {len(line.any.classes)} emotions)"
        if line.strict and line.strict.uar:
            said = spoken(line.strict.uar, line.strict.these_speakers_only)
            text = (
                f"{named}: UAR {said} on speakers it never heard;"
                f" chance is {line.strict.chance:.2f}."
            )
        else:
            text = f"{named}: only a random split was run, so nothing is known of new speakers."
        if line.added is not None and line.random and line.random.uar:
            text += f" A random split prints {line.random.uar.value:.2f}: {_adds(line.added)}."
        detail.append(text)
    strict = [line.strict.uar.value for line in lines if line.strict and line.strict.uar]
    added = [line.added for line in lines if line.added is not None]
    short = (
        f"{system} reaches a UAR of {_range(strict)} on new speakers of the same corpus."
        if strict
        else f"{system} was not tested on new speakers."
    )
    if added:
        short += (
            f" Letting speakers be on both sides of the split changes that by"
            f" {100 * min(added):+.0f} to {100 * max(added):+.0f} points, which is not recognition"
            " of emotion in a new voice."
        )
    return Answer("How well does it work within one language?", short, tuple(detail))


def _transfer(ours: Sequence[Result], system: str) -> Answer | None:
    detail: list[str] = []
    losses: list[float] = []
    unknown = False
    for matrix in matrices(ours):
        for target in matrix.targets:
            sources = _sources(matrix, target)
            if matrix.system == system and sources:
                own = _uar(matrix.cells.get((target, target)))
                detail.append(_transfer_to(matrix, target, sources, own))
                losses += [own.value - one.value for one in sources.values()] if own else []
                unknown |= own is None
    if not detail:
        return None
    if losses and not unknown:
        short = (
            f"Against {system} trained on other speakers of the same corpus, with the same"
            f" emotions, training on another corpus costs {_points(sum(losses) / len(losses))}"
            f" of UAR on average (from {100 * min(losses):.0f} to {100 * max(losses):.0f})."
        )
    else:
        short = _lost_on_held_out(ours, system)
    return Answer(
        "How much is lost when the model comes from other languages?", short, tuple(detail)
    )


def _sources(matrix: Matrix, target: str) -> dict[str, Measure]:
    found = {
        source: _uar(matrix.cells.get((source, target)))
        for source in matrix.sources
        if source != target
    }
    return {source: measure for source, measure in found.items() if measure}


def _transfer_to(
    matrix: Matrix, target: str, sources: dict[str, Measure], own: Measure | None
) -> str:
    single = {source: one for source, one in sources.items() if source != OTHERS}
    any_cell = next(cell for (_, to), cell in matrix.cells.items() if to == target)
    parts = []
    if own:
        parts.append(f"{own.value:.2f} from its own corpus")
    if single:
        best = max(single, key=lambda source: single[source].value)
        worst = min(single, key=lambda source: single[source].value)
        parts.append(f"{single[best].value:.2f} from {best}, the best single source")
        if worst != best:
            parts.append(f"{single[worst].value:.2f} from {worst}, the worst")
    if OTHERS in sources:
        parts.append(
            f"{spoken(sources[OTHERS], any_cell.these_speakers_only)} from all others together"
        )
    return (
        f"{language(any_cell)} ({target}, {len(any_cell.classes)} emotions,"
        f" chance {any_cell.chance:.2f}): {'; '.join(parts)}."
    )


def _lost_on_held_out(ours: Sequence[Result], system: str) -> str:
    """The loss against the model that saw only the target, where no diagonal was run."""
    losses = []
    for curve in curves(ours):
        alone = [one for one in _series(curve, system + TARGET_ONLY) if one.uar]
        zero = _uar(curve.zero_shot)
        own = alone[-1].uar if alone else None
        if own and zero:
            losses.append((own.value - zero.value, alone[-1].share))
    if not losses:
        return "No model of the same language was run on the same emotions to compare with."
    mean = sum(loss for loss, _ in losses) / len(losses)
    return (
        f"On the same held-out speakers, a model of all other languages is {_points(mean)} of UAR"
        f" below one trained only on {losses[0][1]:.0%} of the language's own training utterances"
        f" (from {100 * min(losses)[0]:.0f} to {100 * max(losses)[0]:.0f})."
    )


def _adaptation(ours: Sequence[Result], system: str) -> Answer | None:
    detail: list[str] = []
    gains: list[float] = []
    over: list[float] = []
    used = 0.0
    for curve in curves(ours):
        adapted = {one.share: one for one in _series(curve, system) if one.uar}
        alone = {one.share: one for one in _series(curve, system + TARGET_ONLY) if one.uar}
        shares = sorted(share for share in adapted if share > 0)
        zero = _uar(curve.zero_shot)
        if not shares or zero is None:
            continue
        used = min(shares, key=lambda share: abs(share - SPOKEN_SHARE))
        now, own = _uar(adapted[used]), _uar(alone.get(used))
        detail.append(_adapted(curve, adapted, alone, used))
        gains += [now.value - zero.value] if now else []
        over += [now.value - own.value] if now and own else []
    if not detail:
        return None
    short = (
        f"With {used:.0%} of a language's training utterances labelled, adaptation gains"
        f" {_points(sum(gains) / len(gains))} of UAR over no labels, on average over"
        f" {len(gains)} {'language' if len(gains) == 1 else 'languages'}"
    )
    if over:
        mean = sum(over) / len(over)
        more = "more" if mean >= 0 else "less"
        short += f"; that is {_points(abs(mean))} {more} than the same labels give alone"
    return Answer("How much does data of the target language buy back?", short + ".", tuple(detail))


def _series(curve: Curve, system: str) -> list[Result]:
    return [one for points in curve.series.values() for one in points if one.system == system]


def _adapted(
    curve: Curve, adapted: dict[float, Result], alone: dict[float, Result], used: float
) -> str:
    zero, now, own = _uar(curve.zero_shot), _uar(adapted[used]), _uar(alone.get(used))
    assert zero and now
    text = (
        f"With {used:.0%} of {language(adapted[used])}'s training utterances ({curve.corpus}):"
        f" UAR {spoken(now, adapted[used].these_speakers_only)}, from {zero.value:.2f} with none"
    )
    if own:
        text += f"; the same utterances alone give {own.value:.2f}"
    most = max(adapted)
    last, last_own = _uar(adapted[most]), _uar(alone.get(most))
    if most > used and last:
        text += f". With {most:.0%}: {last.value:.2f}"
        text += f", alone {last_own.value:.2f}" if last_own else ""
    return text + "."


def spoken(measure: Measure, these_only: bool = False) -> str:
    """`0.62 (0.55 to 0.69)`, the interval where there is one, and whom it speaks for if few."""
    if measure.low is None or measure.high is None:
        return f"{measure.value:.2f}"
    limit = ", these speakers only" if these_only else ""
    return f"{measure.value:.2f} ({measure.low:.2f} to {measure.high:.2f}{limit})"


def _uar(result: Result | None) -> Measure | None:
    return result.uar if result else None


def _points(value: float) -> str:
    n = round(100 * value)
    return f"{n} point" if abs(n) == 1 else f"{n} points"


def _range(values: Sequence[float]) -> str:
    low, high = min(values), max(values)
    return f"{low:.2f}" if len(values) == 1 else f"{low:.2f} to {high:.2f}"


def _adds(added: float) -> str:
    n = round(100 * added)
    if n > 0:
        return f"{_points(added)} more, with the test speakers' voices in training"
    return "no more, so this split leaks little here" if n == 0 else f"{_points(-added)} fewer"
