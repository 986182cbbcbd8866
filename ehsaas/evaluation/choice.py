"""Contests → for every language the method that was best on the others, and what that gains.

No result of a language goes into its own choice. But the models whose results on the others do were
trained on all languages but the one that they are judged on, so on this one's labelled recordings,
too: who has a language that nobody has labelled could not choose quite so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from ehsaas.evaluation.across import Across, gain, mean
from ehsaas.evaluation.methods import (
    PROTOCOL,
    SOURCE_ONLY,
    TARGET_ONLY,
    Contest,
    Method,
    alike,
    contests,
    whole,
)
from ehsaas.evaluation.pooled import Result
from ehsaas.evaluation.significance import same_items
from ehsaas.evaluation.views import Headline

FREE = Method(SOURCE_ONLY, "corpus")
"""What costs nothing where the target's recordings are there: the baseline without labels."""

BARE = Method(SOURCE_ONLY, "source")
"""Zero-shot, without anything of the target: the baseline of a few labels."""

UNSEEN = (
    "None of the tested language's results goes into the choice; but the models that it is made on"
    " had that language, labels and all, among the sources that they were trained on, which nobody"
    " has of a truly new language. What the methods leave open (sizes, steps, weights, thresholds)"
    " is the same for every language; it was settled in trials with emodb, ravdess, urdu, banglaser"
    " and kashmiri_rasa."
)
"""What holds of such a choice, for who reads its figures."""


@dataclass(frozen=True)
class Choice:
    """The method of each target of a contest: the best by mean UAR over the other languages.

    `speakers_known` says whether methods were allowed that have to be told who is speaking.
    """

    contest: Contest
    speakers_known: bool
    chosen: dict[str, Method]

    @property
    def results(self) -> tuple[Result, ...]:
        """What the chosen methods reach, one a target, in the order of the targets."""
        cells, targets = self.contest.cells, self.contest.targets
        return tuple(cells[self.chosen[target], target] for target in targets)

    @property
    def statistics(self) -> str | None:
        """What all chosen methods are standardised by; None where they differ in it."""
        kinds = {method.normalisation for method in self.chosen.values()}
        return kinds.pop() if len(kinds) == 1 else None

    @property
    def knows_speakers(self) -> tuple[str, ...]:
        """Targets for which the chosen method has to be told who is speaking."""
        return tuple(target for target, method in self.chosen.items() if method.knows_speakers)

    def counted(self) -> str:
        """`coral (corpus statistics)` or, with the targets, several of them."""
        named: dict[str, list[str]] = {}
        for target, method in self.chosen.items():
            named.setdefault(str(method), []).append(target)
        if len(named) == 1:
            return next(iter(named))
        ordered = sorted(named.items(), key=lambda pair: (-len(pair[1]), pair[0]))
        return ", ".join(f"{method} for {' and '.join(own)}" for method, own in ordered)


def choose(contest: Contest, speakers_known: bool = True) -> Choice | None:
    """For every target the candidate with the highest mean UAR over the *other* languages.

    Only methods that were run on all targets are candidates. Of equals the one that needs least
    is taken. None where there are no candidates, or a target has no other language.
    """
    candidates = [one for one in contest.complete if speakers_known or not one.knows_speakers]
    chosen = {}
    for target in contest.targets:
        others = [one for one in contest.targets if _apart(contest, one, target)]
        if not (candidates and others):
            return None
        values = {
            one: round(fmean(_uar(contest, one, other) for other in others), 9)
            for one in candidates
        }
        chosen[target] = min(candidates, key=lambda one: (-values[one], one.needs))
    return Choice(contest, speakers_known, chosen)


def choices(found: Sequence[Contest]) -> list[Choice]:
    """The choice of every contest, with speakers known first.

    That without stands beside it only where methods were tried that have to know them.
    """
    made = []
    for contest in found:
        asked = any(one.knows_speakers for one in contest.complete)
        both = [choose(contest, known) for known in ((True, False) if asked else (False,))]
        made += [one for one in both if one is not None]
    return made


def baseline_of(choice: Choice) -> Method:
    """What the choice is measured against: without labels `FREE`, with some `BARE` zero-shot."""
    return BARE if choice.contest.labels else FREE


def gain_over(choice: Choice, found: Sequence[Contest], baseline: Method) -> Across | None:
    """The mean gain over a method without labels on the same items; None where it was not run."""
    zero = alike(choice.contest, found, 0)
    return (
        None
        if zero is None
        else paired_gain(choice.results, whole(zero.cells, baseline, choice.contest.targets))
    )


def gain_by_method(choice: Choice, found: Sequence[Contest]) -> Across | None:
    """The gain over source-only without labels by the chosen methods' own statistics.

    So what the statistics give by themselves is no part of it. None where the chosen methods differ
    in them, where source-only was chosen for every language, or was not run by these statistics.
    """
    if choice.statistics is None or all(
        method.system == SOURCE_ONLY for method in choice.chosen.values()
    ):
        return None
    return gain_over(choice, found, Method(SOURCE_ONLY, choice.statistics))


def over_target_only(choice: Choice) -> tuple[Across, Across] | None:
    """Target-only with the same labels: its mean UAR, and the mean gain over it.

    By the statistics that the chosen methods use most, or else by any.
    """
    contest = choice.contest
    used = [method.normalisation for method in choice.chosen.values()]
    tried = {method for method, _ in contest.beside if method.system == TARGET_ONLY}
    for method in sorted(tried, key=lambda one: (-used.count(one.normalisation), one.needs)):
        alone = whole(contest.beside, method, contest.targets)
        found = paired_gain(choice.results, alone)
        if found is not None:
            return mean(alone), found
    return None


def paired_gain(first: Sequence[Result], second: Sequence[Result]) -> Across | None:
    """The mean gain of results over others, target by target; None where they do not pair up."""
    if not first or len(first) != len(second):
        return None
    pairs = list(zip(first, second, strict=True))
    return gain(pairs) if all(same_items(a, b) for a, b in pairs) else None


def headline(results: Sequence[Result], given: Headline) -> Headline:
    """The results chosen without a test result of theirs; `given` where no methods were compared.

    Without labels: of each features the method chosen for each target on the other languages,
    whether or not it has to know the speakers. What it was chosen by was trained on the target,
    too; see `UNSEEN`.
    """
    found = [choose(contest) for contest in contests(results) if contest.labels == 0]
    rows = tuple(
        {
            "system": method.system,
            "normalisation": method.normalisation,
            "features": choice.contest.features,
            "label_set": choice.contest.label_set,
            "corpus": target,
            "protocol": PROTOCOL,
        }
        for choice in found
        if choice is not None
        for target, method in choice.chosen.items()
    )
    return rows or given


def _apart(contest: Contest, one: str, other: str) -> bool:
    """Whether two targets are different languages, as far as is known."""
    if one == other:
        return False
    spoken = [_language(contest, name) for name in (one, other)]
    return None in spoken or spoken[0] != spoken[1]


def _language(contest: Contest, target: str) -> str | None:
    for (_, corpus), result in contest.cells.items():
        if corpus == target and result.language:
            return result.language.split("-")[0]
    return None


def _uar(contest: Contest, method: Method, target: str) -> float:
    found = contest.cells[method, target].uar
    assert found is not None
    return found.value
