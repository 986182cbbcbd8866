"""Results → the paired tests worth making, in families that each answer one question."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ehsaas.evaluation.pooled import Result
from ehsaas.evaluation.significance import Comparison, compare, holm_over, same_items
from ehsaas.evaluation.views import (
    BASELINE,
    HEADLINE,
    TARGET_ONLY,
    Headline,
    main,
    named,
    spoken_of,
)


@dataclass(frozen=True)
class Family:
    """Paired tests that answer one question; Holm's correction runs over them."""

    question: str
    tests: tuple[Comparison, ...]


def families(results: Sequence[Result], headline: Headline = HEADLINE) -> list[Family]:
    """The paired tests worth making, Holm-corrected within each question."""
    system, normalisation = main(results, headline)
    results = spoken_of(results, headline)
    called = named(system, headline)
    ours = [one for one in results if (one.system, one.normalisation) == (system, normalisation)]
    adapted = [one for one in ours if one.protocol == "heldout" and one.share > 0]
    plan: list[tuple[str, Sequence[Result], Callable[[Result, Result], bool]]] = [
        (
            f"{called} against {BASELINE}, new speakers of the same corpus",
            [one for one in ours if one.protocol == "strict"],
            lambda one, other: other.system == BASELINE and _same_work(one, other),
        ),
        (
            f"{called} against {BASELINE}, new speakers of the same corpus, both by the statistics"
            " of their training part alone",
            [
                one
                for one in results
                if (one.system, one.normalisation, one.protocol) == (system, "source", "strict")
                and normalisation != "source"
            ],
            lambda one, other: (
                other.system == BASELINE
                and other.normalisation == "source"
                and _same_work(one, other)
            ),
        ),
        (
            f"{called}: a random split against new speakers of the same corpus",
            [one for one in ours if one.protocol == "random"],
            lambda one, other: _is_own(one, other) and one.label_set == other.label_set,
        ),
        (
            f"{called} from other languages against {called} from the same corpus, new speakers",
            [one for one in ours if one.protocol in ("pair", "lolo")],
            lambda one, other: _is_own(one, other),
        ),
        (
            f"{called} against {BASELINE}, across languages",
            [one for one in ours if one.protocol in ("pair", "lolo")],
            lambda one, other: other.system == BASELINE and _same_work(one, other),
        ),
        (
            f"{called}: corpus statistics against source statistics, from all other corpora",
            [one for one in ours if one.protocol == "lolo" and normalisation == "corpus"],
            lambda one, other: (
                other.system == system
                and other.normalisation == "source"
                and _same_work(one, other)
            ),
        ),
        (
            "progressive adaptation against no labels of the target",
            adapted,
            lambda one, other: other in ours and other.protocol == "heldout" and not other.share,
        ),
        (
            "progressive adaptation against target only at the same share",
            adapted,
            lambda one, other: other.system == system + TARGET_ONLY and _same_work(one, other),
        ),
        (
            f"progressive adaptation against {BASELINE} at the same share",
            adapted,
            lambda one, other: other.system == BASELINE and _same_work(one, other),
        ),
    ]
    return [family for family in (_family(results, *step) for step in plan) if family.tests]


def _family(
    results: Sequence[Result],
    question: str,
    firsts: Sequence[Result],
    wanted: Callable[[Result, Result], bool],
) -> Family:
    found: list[Comparison] = []
    for one in sorted(firsts, key=lambda one: (one.corpus, len(one.train), one.train, one.share)):
        fits = [other for other in results if one.uar and other.uar and wanted(one, other)]
        others = [other for other in fits if same_items(one, other)]
        others.sort(key=lambda other: other.normalisation != one.normalisation)
        if others:
            found.append(compare(one, others[0]))
    return Family(question, tuple(holm_over(found)))


def _is_own(one: Result, other: Result) -> bool:
    """Whether `other` is the same system on new speakers of the corpus that trained it."""
    how = (one.system, one.features, one.normalisation)
    own = other.protocol == "strict" and not other.condition
    return own and how == (other.system, other.features, other.normalisation)


def _same_work(one: Result, other: Result) -> bool:
    """Same protocol and condition; the training corpora may differ only for target-only."""
    same = (one.protocol, one.corpus, one.label_set, dict(one.condition)) == (
        other.protocol,
        other.corpus,
        other.label_set,
        dict(other.condition),
    )
    fits = one.train == other.train or other.system.endswith(TARGET_ONLY)
    return same and fits
