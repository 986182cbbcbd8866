"""Results → which adaptation method when, in plain sentences, every figure from the results."""

from collections.abc import Iterable, Sequence

from ehsaas.evaluation.across import Across, mean
from ehsaas.evaluation.choice import (
    Choice,
    baseline_of,
    choices,
    gain_by_method,
    gain_over,
    over_target_only,
)
from ehsaas.evaluation.method_tables import gained
from ehsaas.evaluation.methods import SOURCE_ONLY, Contest, Method, contests
from ehsaas.evaluation.pooled import Result
from ehsaas.evaluation.ranks import counted

QUESTION = "Which adaptation method, when?"
FEATURES: tuple[str, ...] = ("embeddings", "frames", "functionals")
"""Features in the order in which the short answer would speak of them; any others come last."""


def recommendation(results: Sequence[Result]) -> tuple[str, tuple[str, ...]] | None:
    """The short answer and a sentence a case, or None where no methods were compared.

    A case is a label set, features, a number of labels a class, and whether speakers are known.
    Then, for each contest, which methods are ahead of source-only by which statistics.
    """
    found = contests(results)
    made = choices(found)
    if not made:
        return None
    detail = [_case(choice, found) for choice in made]
    detail += [said for contest in found if (said := _ahead(contest, found))]
    return _short(made, found), tuple(detail)


def _short(made: Sequence[Choice], found: Sequence[Contest]) -> str:
    """Every number of labels, speakers known where methods that need them were tried.

    Of one kind of features, by a rule that looks at no result: the first of `FEATURES` that was
    tried, and the label set `four` before others.
    """
    first = made[0].contest.label_set
    label_set = "four" if any(one.contest.label_set == "four" for one in made) else first
    own = [one for one in made if one.contest.label_set == label_set]
    features = min({one.contest.features for one in own}, key=_place)
    own = [one for one in own if one.contest.features == features]
    told, again = [], False
    for labels in sorted({one.contest.labels for one in own}):
        choice = next(one for one in own if one.contest.labels == labels)
        gain = gain_over(choice, found, baseline_of(choice))
        told.append(f"with {counted(labels)} {_worth(choice, gain)}{_itself(choice, found, again)}")
        again = again or _itself(choice, found) != ""
    known = ", with speakers known" if own[0].speakers_known else ""
    return (
        f"On {features}{known}, the method that was best on the other languages reaches, on average"
        f" over {len(own[0].contest.targets)} languages, {'; '.join(told)}."
    )


def _place(features: str) -> tuple[int, str]:
    known = features in FEATURES
    return FEATURES.index(features) if known else len(FEATURES), features


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
        text += f", {_points(gain)} {_over(choice)} ({_signed(gain)}){_itself(choice, found)}"
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


def _itself(choice: Choice, found: Sequence[Contest], again: bool = False) -> str:
    """What of the gain is the method's, not its statistics'; empty where that is all of it.

    Shorter where it is said again.
    """
    gain, baseline = gain_by_method(choice, found), baseline_of(choice)
    if gain is None or choice.statistics is None or choice.statistics == baseline.normalisation:
        return ""
    own = Method(SOURCE_ONLY, choice.statistics)
    part = "of which the method itself" if own.needs > baseline.needs else "the method itself"
    over = "" if again else f", over {SOURCE_ONLY} by the same statistics:"
    return f", {part}{over} {_signed(gain)}{_if_unsure(gain)}"


def _ahead(contest: Contest, found: Sequence[Contest]) -> str:
    """Which methods are ahead of source-only, by which statistics; which by none; which behind."""
    every = gained(contest, found)
    if not every:
        return ""
    up = [one.method for one in every if one.gain.up]
    never = {one.method.system for one in every} - {method.system for method in up}
    behind = never - {one.method.system for one in every if not one.gain.down}
    by = [
        f"by {kind} statistics {_listed(one.system for one in up if one.normalisation == kind)}"
        for kind in dict.fromkeys(method.normalisation for method in up)
    ]
    text = (
        f"{_given(contest)} ({contest.features}, {contest.label_set}), against {SOURCE_ONLY}"
        " without labels by the same statistics:"
        f" {'ahead ' + '; '.join(by) if by else 'nothing is ahead'}."
    )
    if by and never - behind:
        text += f" Ahead by none, but not behind by all: {_listed(never - behind)}."
    if behind:
        text += f" Behind by all that were tried: {_listed(behind)}."
    n = len(every)
    several = f"These are {n} single comparisons" if n > 1 else "This is one comparison"
    return f"{text} {several} by 95 % intervals{', not corrected for their number' * (n > 1)}."


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


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
