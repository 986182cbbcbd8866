"""Exact duplicates: recordings with the same samples, and whether they straddle the split."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from ehsaas.audit.finding import Finding, Severity
from ehsaas.audit.subject import Subject

KIND = "duplicates"

_CRITICAL = 0.01  # share of the test items that also train
_SHOWN = 3


@dataclass(frozen=True)
class _Group:
    """Rows with one digest."""

    rows: tuple[int, ...]
    ids: tuple[str, ...]
    speakers: tuple[str | None, ...]
    emotions: tuple[str | None, ...]

    @property
    def across(self) -> bool:
        """Whether the same samples are given to several speakers."""
        return len({name for name in self.speakers if name is not None}) > 1

    @property
    def contradictory(self) -> bool:
        """Whether the same samples carry several emotions."""
        return len({name for name in self.emotions if name is not None}) > 1


def find(subject: Subject) -> list[Finding]:
    """Utterances of this corpus whose decoded samples equal another's, of whichever corpus."""
    groups = _groups(subject)
    found = [_finding(subject, groups)] if groups else []
    own = subject.rows.filter(pl.col("corpus") == subject.corpus)
    unknown = own["digest"].null_count()
    return [*found, _unchecked(subject.corpus, unknown, own.height)] if unknown else found


def _groups(subject: Subject) -> list[_Group]:
    alike = (
        subject.rows.with_row_index("row")
        .filter(pl.col("digest").is_not_null() & pl.col("digest").is_duplicated())
        .with_columns(_named(subject.corpus).alias("name"))
        .group_by("digest", maintain_order=True)
        .agg("row", "name", "speaker", "emotion", (pl.col("corpus") == subject.corpus).any())
        .filter("corpus")
    )
    return [
        _Group(tuple(row), tuple(names), tuple(speakers), tuple(emotions))
        for _, row, names, speakers, emotions, _ in alike.iter_rows()
    ]


def _named(corpus: str) -> pl.Expr:
    """The id, with its corpus before it where that is another one."""
    other = pl.concat_str("corpus", "id", separator="/")
    return pl.when(pl.col("corpus") == corpus).then("id").otherwise(other)


def _finding(subject: Subject, groups: list[_Group]) -> Finding:
    straddling, share = _straddling(subject, groups)
    across = [group for group in groups if group.across]
    torn = [group for group in groups if group.contradictory]
    clips = sum(len(group.ids) for group in groups)
    return Finding(
        KIND,
        _severity(share, bool(straddling or across or torn)),
        subject.corpus,
        f"{len(groups)} {'set' if len(groups) == 1 else 'sets'} of identical recordings"
        f" ({clips} clips: {_shown(groups)}), {_kinship(groups, across, torn)};"
        f" {_sides(subject, straddling)}",
        {
            "sets": len(groups),
            "clips": clips,
            "across_speakers": len(across),
            "contradictory_labels": len(torn),
            "straddling": None if subject.folds is None else len(straddling),
            "share_of_test_utterances": round(share, 4),
            "groups": [_plain(group, straddling) for group in groups],
        },
        "A test clip that is also trained on is answered from memory, and a clip that counts twice"
        " makes intervals too narrow."
        + (" One that carries two labels cannot be answered rightly." if torn else ""),
        "Keep one of each set, or keep each set on one side of every split."
        + (" Correct the labels or speakers that contradict each other." if torn or across else ""),
    )


def _straddling(subject: Subject, groups: list[_Group]) -> tuple[list[_Group], float]:
    """Sets on both sides of a fold, and the largest share of a test part that also trains."""
    found: dict[int, _Group] = {}
    worst = 0.0
    for fold in subject.folds or ():
        touched = 0
        for i, group in enumerate(groups):
            tested = int(np.isin(group.rows, fold.test).sum())
            if tested and np.isin(group.rows, fold.train).any():
                found[i] = group
                touched += tested
        worst = max(worst, touched / len(fold.test))
    return list(found.values()), worst


def _severity(share: float, suspect: bool) -> Severity:
    if share >= _CRITICAL:
        return "critical"
    return "warning" if suspect else "note"


def _shown(groups: list[_Group]) -> str:
    named = "; ".join(" = ".join(group.ids) for group in groups[:_SHOWN])
    return named + ("; …" if len(groups) > _SHOWN else "")


def _kinship(groups: list[_Group], across: list[_Group], torn: list[_Group]) -> str:
    within = "each within one speaker" if len(groups) > 1 else "within one speaker"
    known = all(None not in group.speakers for group in groups)
    alone = within if known else "some of unknown speakers"
    speakers = f"{len(across)} among different speakers" if across else alone
    return speakers + (f", {len(torn)} with contradictory emotions" if torn else "")


def _sides(subject: Subject, straddling: list[_Group]) -> str:
    if subject.folds is None:
        return "a split that ignores speakers may put them on both sides"
    return f"{len(straddling) or 'none'} straddle{'s' if len(straddling) == 1 else ''} the split"


def _plain(group: _Group, straddling: list[_Group]) -> dict[str, Any]:
    return {
        "ids": list(group.ids),
        "speakers": list(group.speakers),
        "emotions": list(group.emotions),
        "straddles": group in straddling,
    }


def _unchecked(corpus: str, unknown: int, rows: int) -> Finding:
    return Finding(
        KIND,
        "note",
        corpus,
        f"{unknown} of {rows} utterances have no digest: duplicates among them cannot be seen",
        {"without_digest": unknown, "rows": rows},
        "Recordings that come twice may be on both sides of the split.",
        "Prepare the corpus with `ehsaas prepare`, which takes the digest of every recording.",
    )
