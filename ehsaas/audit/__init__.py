"""Utterance table (and split) → findings: what a reader must know before believing a score."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import polars as pl

from ehsaas.audit import (
    class_support,
    duplicates,
    few_speakers,
    speaker_emotion,
    speaker_overlap,
)
from ehsaas.audit.finding import SEVERITIES, Audit, Finding, Severity
from ehsaas.audit.subject import Subject, subject
from ehsaas.corpora.splits import Split
from ehsaas.emotions import VOCABULARY
from ehsaas.utterances import UtteranceTable

__all__ = ["CHECKS", "SEVERITIES", "Audit", "AuditError", "Finding", "Severity", "audit"]

CHECKS: Mapping[str, Callable[[Subject], list[Finding]]] = MappingProxyType(
    {
        speaker_overlap.KIND: speaker_overlap.find,
        speaker_emotion.KIND: speaker_emotion.find,
        class_support.KIND: class_support.find,
        duplicates.KIND: duplicates.find,
        few_speakers.KIND: few_speakers.find,
    }
)
"""What is looked for, one line a kind."""


class AuditError(ValueError):
    """There is nothing to audit, or table and split do not belong together."""


def audit(
    table: UtteranceTable, split: Split | None = None, classes: Sequence[str] | None = None
) -> Audit:
    """Look for everything in `CHECKS` in each corpus of the table that the split tests.

    Args:
        table: the utterances; those without an emotion are not scored and not counted.
        split: folds whose row numbers point into `table.rows`; None audits the corpora alone.
        classes: the emotions that a score will count; None takes those that each corpus carries.

    Raises:
        AuditError: the table is empty, a class is not in the vocabulary, the split points outside
            the table, or it tests no labelled row.
    """
    _check(table, split, classes)
    named = table.rows["corpus"].unique(maintain_order=True).to_list()
    subjects = [subject(table.rows, name, split, classes) for name in named]
    if split is not None:
        subjects = [case for case in subjects if case.folds]
        if not subjects:
            raise AuditError(f"the split {split.protocol!r} tests no labelled utterance")
    found = [finding for case in subjects for find in CHECKS.values() for finding in find(case)]
    return Audit(
        corpora=tuple(case.corpus for case in subjects),
        rows=table.rows.filter(pl.col("corpus").is_in([c.corpus for c in subjects])).height,
        findings=tuple(sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))),
        split=None if split is None else split.protocol,
        speaker_disjoint={case.corpus: speaker_overlap.speaker_disjoint(case) for case in subjects},
        checks=tuple(CHECKS),
    )


def _check(table: UtteranceTable, split: Split | None, classes: Sequence[str] | None) -> None:
    if not len(table):
        raise AuditError("the table has no utterances; nothing to audit")
    strange = sorted(set(classes or ()) - set(VOCABULARY))
    if strange:
        raise AuditError(f"unknown emotions {', '.join(strange)}; known: {', '.join(VOCABULARY)}")
    for fold in split.folds if split else ():
        for part in (fold.train, fold.test):
            if part.size and (part.min() < 0 or part.max() >= len(table)):
                raise AuditError(
                    f"fold {fold.name} points at row {int(part.max())} and the table has"
                    f" {len(table)} rows; the split was made for another table"
                )
