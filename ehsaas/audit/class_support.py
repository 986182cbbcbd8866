"""A class with no or too few test items: its recall is missing, or rests on a handful of clips."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from ehsaas.audit.finding import Finding
from ehsaas.audit.subject import Subject

KIND = "class-support"

ENOUGH = 10
"""Test items of a class from which on its recall is worth printing."""


def find(subject: Subject) -> list[Finding]:
    """Classes without test items, with fewer than ten, thin in some folds, or never trained on.

    Severity follows the counts pooled over folds, since scores are pooled; without a split, the
    whole corpus is counted.
    """
    if not subject.classes:
        return [_unlabelled(subject.corpus)]
    pooled = _count(subject.tested, subject.classes)
    absent = [name for name, n in pooled.items() if n == 0]
    scarce = {name: n for name, n in pooled.items() if 0 < n < ENOUGH}
    where = "in the corpus" if subject.folds is None else "in all test parts together"
    found = [_absent(subject.corpus, absent, pooled, where)] if absent else []
    if scarce:
        found.append(_scarce(subject.corpus, scarce, pooled, where))
    return [*found, *_thin_folds(subject, pooled), *_untrained(subject)]


def _count(rows: pl.DataFrame, classes: tuple[str, ...]) -> dict[str, int]:
    return {name: int((rows["emotion"] == name).sum()) for name in classes}


def _unlabelled(corpus: str) -> Finding:
    return Finding(
        KIND,
        "critical",
        corpus,
        "no utterance carries an emotion",
        {"items": {}},
        "There is nothing to score.",
        "Give the emotions (column emotion), or choose a label set that the corpus has.",
    )


def _absent(corpus: str, absent: list[str], items: Mapping[str, int], where: str) -> Finding:
    return Finding(
        KIND,
        "critical",
        corpus,
        f"no items of {', '.join(absent)} {where}",
        {"classes": absent, "items": dict(items)},
        "UAR is a mean over classes: without items a class has no recall and UAR is undefined."
        " Averaging over the classes that happen to be there makes numbers incomparable.",
        "Leave the class out of the label set and say so, or split so that it is tested.",
    )


def _scarce(
    corpus: str, scarce: Mapping[str, int], items: Mapping[str, int], where: str
) -> Finding:
    named = ", ".join(f"{name} ({n})" for name, n in scarce.items())
    least = min(scarce.values())
    return Finding(
        KIND,
        "warning",
        corpus,
        f"fewer than {ENOUGH} items of {named} {where}",
        {"classes": list(scarce), "items": dict(items)},
        f"One clip of {least} moves that class's recall by {100 / least:.0f} points and UAR by"
        f" {100 / least / len(items):.1f}.",
        "Pool folds, gather more, or merge the class; read its recall with its count beside it.",
    )


def _thin_folds(subject: Subject, pooled: Mapping[str, int]) -> list[Finding]:
    """Classes that are well tested in the pool, but not in every fold."""
    folds = subject.folds or ()
    counts = {fold.name: _count(subject.rows[fold.test], subject.classes) for fold in folds}
    thin: dict[str, dict[str, Any]] = {
        fold: {name: n for name, n in items.items() if n < ENOUGH <= pooled[name]}
        for fold, items in counts.items()
    }
    thin = {fold: items for fold, items in thin.items() if items}
    if not thin:
        return []
    fewest = min(n for items in thin.values() for n in items.values())
    return [
        Finding(
            KIND,
            "note",
            subject.corpus,
            f"{len(thin)} of {len(folds)} folds test some class with fewer than {ENOUGH} items"
            f" (fewest {fewest}); pooled over folds there are enough",
            {"folds": thin, "items": dict(pooled)},
            "A mean of fold scores swings with single clips, and is undefined where a class is"
            " missing.",
            "Pool the predictions of all folds first and score once.",
        )
    ]


def _untrained(subject: Subject) -> list[Finding]:
    emotions = subject.rows["emotion"]
    gaps = {
        fold.name: sorted(set(emotions[fold.test]) - set(emotions[fold.train]))
        for fold in subject.folds or ()
    }
    gaps = {fold: missing for fold, missing in gaps.items() if missing}
    if not gaps:
        return []
    named = ", ".join(sorted({name for missing in gaps.values() for name in missing}))
    return [
        Finding(
            KIND,
            "critical",
            subject.corpus,
            f"{named} is tested but never trained on in {len(gaps)} of {len(subject.folds or ())}"
            " folds",
            {"folds": gaps},
            "No system can predict a class that it has not seen: its recall there is 0.",
            "Choose a label set that training and test share, or split differently.",
        )
    ]
