"""Results → which adaptation method when, in plain sentences, every figure from the results."""

from collections.abc import Sequence

from ehsaas.evaluation.across import Across, mean
from ehsaas.evaluation.choice import (
    Choice,
    baseline_of,
    choices,
    gain_over,
    over_target_only,
)
from ehsaas.evaluation.method_tables import gained
from ehsaas.evaluation.methods import SOURCE_ONLY, Contest, contests
from ehsaas.evaluation.pooled import Result
from ehsaas.evaluation.ranks import counted

QUESTION = "Which adaptation method, when?"


def recommendation(results: Sequence[Result]) -> tuple[str, tuple[str, ...]] | None:
    """The short answer and a sentence a case, or None where no methods were compared.

    A case is a label set, features, a number of labels a class, and whether speakers are known.
    Then, for each contest, the methods whose gain over source-only is not told from none.
    """
    found = contests(results)
    made = choices(found)
    if not made:
        return None
    detail = [_case(choice, found) for choice in made]
    detail += [said for contest in found if (said := _without_gain(contest, found))]
    return _short(made, found), tuple(detail)


def _short(made: Sequence[Choice], found: Sequence[Contest]) -> str:
    """Of the features with the highest mean without labels: no labels, and the most there are."""
    first = made[0].contest.label_set
    label_set = "four" if any(one.contest.label_set == "four" for one in made) else first
    own = [one for one in made if one.contest.label_set == label_set]
    zero = [one for one in own if one.contest.labels == 0] or own
    features = max(zero, key=lambda one: mean(one.results).value).contest.features
    own = [one for one in own if one.contest.features == features]
    told = []
    for labels in sorted({one.contest.labels for one in own}):
        choice = next(one for one in own if one.contest.labels == labels)
        gain = gain_over(choice, found, baseline_of(choice))
        told.append(f"with {counted(labels)} {_worth(choice, gain)}")
    return (
        f"On {features}, the method that was best on the other languages reaches, on average over"
        f" {len(own[0].contest.targets)} languages, {'; '.join(told)}."
    )


def _worth(choice: Choice, gain: Across | None) -> str:
    text = f"a UAR of {mean(choice.results).value:.2f}"
    if gain is None:
        return text
    return f"{text}, {_points(gain)} {_over(choice)}{_if_unsure(gain)}"


def _case(choice: Choice, found: Sequence[Contest]) -> str:
    contest = choice.contest
    known = "speakers known" if choice.speakers_known else "speakers not known"
    reached = mean(choice.results)
    text = (
        f"{_given(contest)}, {known} ({contest.features}, {contest.label_set}):"
        f" {choice.counted()}. Mean UAR {_spoken(reached)}"
    )
    gain = gain_over(choice, found, baseline_of(choice))
    if gain is not None:
        text += f", {_points(gain)} {_over(choice)} ({_signed(gain)})"
        if not gain.up:
            text += "; so nothing is ahead of the plain baseline here, and the baseline will do"
    alone = over_target_only(choice)
    if alone is not None:
        text += (
            f"; the same labels alone give {alone[0].value:.2f}, and the difference is"
            f" {_signed(alone[1])}{_if_unsure(alone[1])}"
        )
    return f"{text}.{_identities(choice)}"


def _identities(choice: Choice) -> str:
    """Whether the choice has to know who is speaking; said only where it may."""
    needing, targets = choice.knows_speakers, choice.contest.targets
    if not choice.speakers_known:
        return ""
    if not needing:
        return " It does not use who is speaking."
    where = "" if len(needing) == len(targets) else f" for {' and '.join(needing)}"
    return f" It uses who of the target's speakers is speaking{where}, without their labels."


def _without_gain(contest: Contest, found: Sequence[Contest]) -> str:
    """Methods that no statistics let gain over source-only by the same statistics."""
    by_system: dict[str, list[Across]] = {}
    for one in gained(contest, found):
        by_system.setdefault(one.method.system, []).append(one.gain)
    useless = [name for name, gains in by_system.items() if not any(one.up for one in gains)]
    useful = sorted(set(by_system) - set(useless))
    if not useless:
        return ""
    harmful = [name for name in useless if all(one.down for one in by_system[name])]
    text = (
        f"{_given(contest)} ({contest.features}, {contest.label_set}), no gain over {SOURCE_ONLY}"
        f" by the same statistics is told for {', '.join(sorted(useless))}"
    )
    if harmful:
        text += f", and {', '.join(sorted(harmful))} lose{'s' * (len(harmful) == 1)} against it"
    ahead = f"; ahead of it: {', '.join(useful)}" if useful else "; nothing is ahead of it"
    return f"{text}{ahead}."


def _given(contest: Contest) -> str:
    return counted(contest.labels).capitalize()


def _over(choice: Choice) -> str:
    return f"{baseline_of(choice)} without labels"


def _points(gain: Across) -> str:
    """`5 points above`, or below, or level with."""
    n = round(100 * gain.value)
    if n == 0:
        return "level with"
    return f"{abs(n)} point{'' if abs(n) == 1 else 's'} {'above' if n > 0 else 'below'}"


def _if_unsure(gain: Across) -> str:
    return "" if gain.up or gain.down else " (not told from no difference)"


def _spoken(found: Across) -> str:
    if found.low is None or found.high is None:
        return f"{found.value:.2f}"
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"


def _signed(found: Across) -> str:
    if found.low is None or found.high is None:
        return f"{found.value:+.3f}"
    return f"{found.value:+.3f}, {found.low:+.3f} to {found.high:+.3f}"
