"""Results under a condition → their tables: leaks, variants, how well the corpus can be read."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from types import MappingProxyType

from ehsaas.evaluation.disturbed import costs, disturbances, helped, switching, variant_of
from ehsaas.evaluation.enrolled import enrolment_tables
from ehsaas.evaluation.pooled import REFERENCES, Result
from ehsaas.evaluation.predictions import WHOLE
from ehsaas.evaluation.significance import Comparison, change
from ehsaas.evaluation.tables import Table, figure, probability

PROBE = "corpus-probe"
CLASSIFIER = "domain-classifier"
"""Systems whose answers, and whose truth, are corpora, or for the probe channels; `read` in their
condition says of what."""

CORPORA, CHANNELS = "corpora", "channels"
"""The label sets of these systems."""


def trial_tables(results: Sequence[Result]) -> list[Table]:
    """Every table that there are results for."""
    found = [
        published_way(results),
        left_out(results),
        variants(results),
        hindsight(results),
        modalities(results),
        *(told_apart(results, label_set) for label_set in (CORPORA, CHANNELS)),
        costs(results),
        *disturbances(results),
        *helped(results),
        switching(results),
        *enrolment_tables(results),
    ]
    return [table for table in found if table.body]


def published_way(results: Sequence[Result]) -> Table:
    """Accuracy as the field prints it: one random split, with and without leaks, and strict."""
    asked = [
        one
        for one in results
        if one.protocol in ("random", "strict")
        and set(one.condition) <= {"leak"}
        and one.system not in REFERENCES
    ]
    leaks = sorted({str(one.condition["leak"]) for one in asked if one.condition})
    lines: dict[tuple[str, str, str], dict[str, Result]] = {}
    for one in asked:
        key = (one.corpus, one.system, one.normalisation)
        lines.setdefault(key, {})[str(one.condition.get("leak", one.protocol))] = one
    joint = any("+" in one.corpus for one in asked)
    kept = {key: line for key, line in lines.items() if joint or leaks}
    return Table(
        "Accuracy, as the field prints it",
        "`random` is one split of utterances; speakers are on both sides of it, so it says how well"
        " voices that were trained on are recognised. `strict` tests on speakers that were not."
        + _LEAKS
        * bool(leaks),
        (
            *("corpus", "system", "statistics", "accuracy, strict", "accuracy, random"),
            *(f"random, {leak}" for leak in leaks),
            "random adds",
        ),
        tuple(
            (
                *key,
                figure(line.get("strict"), "accuracy"),
                figure(line.get("random"), "accuracy"),
                *(figure(line.get(leak), "accuracy") for leak in leaks),
                _added(line.get("random"), line.get("strict"), "accuracy"),
            )
            for key, line in sorted(kept.items())
        ),
    )


_LEAKS = (
    " Two ways to a better figure that is not true stand beside it: `copies` makes altered copies"
    " of every clip before the split, so that a copy of a test clip is trained on; `best-epoch`"
    " keeps the epoch that the test part likes best."
)


def left_out(results: Sequence[Result]) -> Table:
    """Each corpus left out in turn."""
    asked = [one for one in results if one.protocol == "loco" and not one.condition]
    return Table(
        "A corpus that was not trained on",
        "Each corpus is left out in turn; its language may be among those that were trained on.",
        ("tested on", "system", "statistics", "UAR", "accuracy", "chance"),
        tuple(
            (
                *(one.corpus, one.system, one.normalisation),
                *(figure(one), figure(one, "accuracy"), f"{one.chance:.3f}"),
            )
            for one in sorted(asked, key=lambda one: (one.corpus, one.system))
        ),
    )


def variants(results: Sequence[Result]) -> Table:
    """A system with one thing changed, beside the system as it is, on the same items."""
    asked = [one for one in results if set(one.condition) == {"variant"}]
    body: list[tuple[str, ...]] = []
    for key in sorted({_work(one) for one in asked}):
        own = [one for one in asked if _work(one) == key]
        whole = next((one for one in results if _work(one) == key and not one.condition), None)
        if whole is not None:
            body.append((*_place(key), WHOLE, *_figures(whole), "", ""))
        for one in sorted(own, key=lambda one: str(one.condition["variant"])):
            test = change(one, whole)
            name = str(one.condition["variant"])
            body.append((*_place(key), name, *_figures(one), *_told(test)))
    return Table(
        "One thing changed at a time",
        "Change and p are of UAR, paired, on the same items, against the system as it is; p is not"
        " corrected for the number of lines.",
        (
            *("tested on", "protocol", "system", "statistics", "variant"),
            *("UAR", "weighted F1", "change of UAR", "p"),
        ),
        tuple(body),
    )


def hindsight(results: Sequence[Result]) -> Table:
    """The system on a language not trained on, beside the variant that is best on it."""
    lines: dict[tuple[str, ...], dict[str, dict[str, float]]] = {}
    for one in results:
        if one.protocol == "lolo" and one.uar is not None and set(one.condition) <= {"variant"}:
            key = (one.system, one.normalisation, one.features, one.label_set)
            lines.setdefault(key, {}).setdefault(one.corpus, {})[variant_of(one)] = one.uar.value
    body: list[tuple[str, ...]] = []
    for (system, by, *_), own in sorted(lines.items()):
        body += [_beside_best(corpus, system, by, values) for corpus, values in sorted(own.items())]
        names = set.intersection(*(set(values) for values in own.values()))
        means = {name: fmean(values[name] for values in own.values()) for name in names}
        if len(own) > 1:
            body.append(_beside_best("mean, one for all", system, by, means))
    return Table(
        "Beside the best variant in hindsight",
        "The best variant is named after looking at the tested corpus, so its figure is no estimate"
        " of anything; the system as it is knows nothing of that corpus's labels. The last line of"
        " each kind of statistics takes the one variant that is best on average.",
        ("tested on", "system", "statistics", "as it is", "best variant", "its UAR", "away"),
        tuple(line for line in body if line),
    )


def modalities(results: Sequence[Result]) -> Table:
    """What a fusion says of the same clips with both modalities, and with either missing."""
    body: list[tuple[str, ...]] = []
    told = [one for one in results if "modality" in one.condition]
    kinds = {(_work(one), variant_of(one)) for one in told}
    for key, variant in sorted(kinds, key=lambda kind: (kind[0], kind[1] != WHOLE, kind[1])):
        own = [one for one in results if (_work(one), variant_of(one)) == (key, variant)]
        both = next((one for one in own if set(one.condition) <= {"variant"}), None)
        if both is not None:
            body.append((*_place(key), variant, "speech and text", *_figures(both), "", ""))
        alone = (one for one in own if "modality" in one.condition)
        for one in sorted(alone, key=lambda one: str(one.condition["modality"])):
            said = _told(change(one, both))
            body.append(
                (*_place(key), variant, str(one.condition["modality"]), *_figures(one), *said)
            )
    return Table(
        "What each modality contributes",
        "One network, trained on utterances that now and then lack one of the two, judged with both"
        " and with either missing. Change and p are of UAR, paired, against both; where taking one"
        " away changes nothing, it adds nothing. p is not corrected for the number of lines.",
        (
            *("tested on", "protocol", "system", "statistics", "variant", "given"),
            *("UAR", "weighted F1", "change of UAR", "p"),
        ),
        tuple(body),
    )


def _beside_best(corpus: str, system: str, by: str, values: Mapping[str, float]) -> tuple[str, ...]:
    """A line of `hindsight`; empty where the system as it is, or every variant, is missing."""
    others = {name: value for name, value in values.items() if name != WHOLE}
    if WHOLE not in values or not others:
        return ()
    best = max(sorted(others), key=others.__getitem__)
    away = values[WHOLE] - others[best]
    figures = (f"{values[WHOLE]:.3f}", best, f"{others[best]:.3f}", f"{away:+.3f}")
    return (corpus, system, by, *figures)


def _place(key: tuple[str, ...]) -> tuple[str, str, str, str]:
    """Corpus, protocol, system and statistics of what `_work` gave."""
    protocol, corpus, system, by, *_ = key
    return corpus, protocol, system, by


def _figures(one: Result) -> tuple[str, str]:
    return figure(one), figure(one, "weighted_f1")


def told_apart(results: Sequence[Result], label_set: str) -> Table:
    """How well the corpus, or the channel, can be read from each variant's hidden states."""
    lines: dict[tuple[str, str, str, str], list[Result]] = {}
    for one in results:
        if "read" in one.condition and one.label_set == label_set:
            key = (one.corpus, one.protocol, one.normalisation, variant_of(one))
            lines.setdefault(key, []).append(one)
    told = [one for found in lines.values() for one in found]
    states = sorted({_read(one) for one in told if one.system == PROBE})
    fought = any(one.system == CLASSIFIER for one in told)
    head = ("classifier reads", "classifier, training part", "classifier, test part")
    return Table(
        f"How well the {_ONE[label_set]} can be read",
        _CORPORA_READ if fought else f"UAR over the {label_set}. {_PROBED}",
        (
            *("tested on", "protocol", "statistics", "variant"),
            *(f"probe of {state}" for state in states),
            *(head if fought else ()),
            "chance",
        ),
        tuple(
            (
                *key,
                *(figure(_only(found, PROBE, read=state)) for state in states),
                *(_fought(found) if fought else ()),
                f"{found[0].chance:.3f}",
            )
            for key, found in sorted(lines.items(), key=_as_it_is_first)
        ),
    )


def _fought(found: Sequence[Result]) -> tuple[str, str, str]:
    """What a classifier reads, and its figures on both parts."""
    return (
        next((_read(one) for one in found if one.system == CLASSIFIER), ""),
        figure(_only(found, CLASSIFIER, part="training")),
        figure(_only(found, CLASSIFIER, part="test")),
    )


_ONE: Mapping[str, str] = MappingProxyType({CORPORA: "corpus", CHANNELS: "channel"})
_CORPORA_READ = (
    "UAR over the corpora. A probe is a logistic regression on what the network makes of the test"
    " clips, cross-validated among them: what it can tell is left to be read. The classifier is the"
    " one that the network was trained against; at or below chance it was fooled, which does not"
    " mean that nothing is left. `f_adapted` is given the corpus, as an embedding that is added."
)
_PROBED = (
    "A probe is a logistic regression, cross-validated among the clips: on what the network sees"
    " (embedding), on the probabilities that it states (answers), and on the label, which says how"
    " much the emotion alone gives away where corpora differ in their emotions. The network was"
    " trained on these clips. What the answers tell beyond the label is of the place, of how"
    " emotions are acted there, or of how well the place is known."
)


def _read(one: Result) -> str:
    return str(one.condition["read"])


def _only(found: Sequence[Result], system: str, **condition: str) -> Result | None:
    """The result of a system under a condition, if there is one."""
    asked = (
        one
        for one in found
        if one.system == system and condition.items() <= dict(one.condition).items()
    )
    return next(asked, None)


def _as_it_is_first(line: tuple[tuple[str, ...], object]) -> tuple[object, ...]:
    *place, variant = line[0]
    return (*place, variant != WHOLE, variant)


def _told(test: Comparison | None) -> tuple[str, str]:
    return ("", "") if test is None else (f"{test.difference:+.3f}", probability(test.p))


def _work(one: Result) -> tuple[str, ...]:
    train = "+".join(one.train)
    return (
        *(one.protocol, one.corpus, one.system, one.normalisation),
        *(train, one.features, one.label_set),
    )


def _added(random: Result | None, strict: Result | None, metric: str) -> str:
    if random is None or strict is None:
        return ""
    if metric not in random.measures or metric not in strict.measures:
        return ""
    return f"{random.measures[metric].value - strict.measures[metric].value:+.3f}"
