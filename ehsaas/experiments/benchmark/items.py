"""Prepared tables → the items of a benchmark, listed so exactly that others can repeat it."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from ehsaas import utterances
from ehsaas.audio import digest
from ehsaas.experiments.benchmark.mistakes import BenchmarkError
from ehsaas.experiments.evaluate import clips_of
from ehsaas.utterances import UtteranceTable

DUPLICATE = "duplicate"
TRAINED_ON = "trained on"
UNREAD = "cannot be read"
CHANGED = "not the recording of the table"
"""Kinds of reasons to leave an utterance out."""

Progress = Callable[[str, int, int], None]


_LISTED = ("corpus", "id", "digest", "language", "speaker", "sex", "start", "end")


@dataclass(frozen=True)
class LeftOut:
    """An utterance that no figure holds: what kind of reason, to be counted, and which."""

    corpus: str
    id: str
    digest: str | None
    kind: str
    why: str


@dataclass(frozen=True)
class Items:
    """What is judged: labelled utterances, each recording once, sorted by corpus and id.

    `table.rows` have the corpora's own emotions, the digest of what is heard, and a language
    without its region or `und`. `neutral` are the styles of unlabelled utterances that count as
    neutral, by corpus; `left_out` are recordings that came before, that cannot be read, or that are
    no longer those of the table: the same for every model.
    """

    table: UtteranceTable
    neutral: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()

    @property
    def rows(self) -> pl.DataFrame:
        """One row an item."""
        return self.table.rows

    @property
    def corpora(self) -> tuple[str, ...]:
        """Whose items they are, in alphabetical order."""
        return tuple(sorted(self.rows["corpus"].unique()))

    @property
    def languages(self) -> tuple[str, ...]:
        """In which languages they are, in alphabetical order."""
        return tuple(sorted(self.rows["language"].unique()))

    @property
    def listed(self) -> str:
        """The list as CSV: `corpus`, `id`, `digest`, `label`, and all else that figures rest on."""
        return self.rows.select(*_LISTED, label="emotion").write_csv()

    @property
    def sha256(self) -> str:
        """Digest of the list: of the bytes of `items.csv`."""
        return hashlib.sha256(self.listed.encode()).hexdigest()

    def only(self, rows: pl.DataFrame) -> "Items":
        """Some of the items."""
        return replace(self, table=self.table.keep(rows))

    def classed(self, label_set: str) -> pl.DataFrame:
        """Items that have a class in a label set, with `emotion` replaced by that class."""
        return utterances.labelled(self.rows, label_set)

    def native(self, language: str) -> frozenset[str]:
        """The emotions that the corpora in a language carry."""
        return frozenset(self.rows.filter(language=language)["emotion"])

    def styles(self, language: str) -> tuple[str, ...]:
        """Styles that count as neutral somewhere in a language."""
        corpora = self.rows.filter(language=language)["corpus"].unique()
        return tuple(sorted({style for name in corpora for style in self.neutral.get(name, ())}))


def items(
    tables: Sequence[UtteranceTable],
    neutral: Sequence[str] | Mapping[str, Sequence[str]] = (),
    progress: Progress = lambda what, done, total: None,
) -> Items:
    """The labelled utterances of some tables whose recordings can be read; each is read once.

    Args:
        tables: as `ehsaas prepare` writes them.
        neutral: styles of unlabelled utterances that count as neutral, in all corpora or by corpus.
        progress: told how many recordings were read.

    Raises:
        BenchmarkError: there is none, none can be read, or no utterance is of such a style.
        TableError: an utterance comes in two of them, or a corpus lies in two folders.
    """
    table = utterances.concat(tables)
    rows = table.rows.filter(pl.col("path").is_not_null())
    styles = _styles(rows, neutral)
    parts = [
        utterances.labelled(part, "native", styles.get(str(corpus), ()))
        for (corpus,), part in rows.partition_by("corpus", as_dict=True).items()
    ]
    found = pl.concat(parts) if parts else rows
    if not found.height:
        raise BenchmarkError(
            f"{', '.join(sorted(table.rows['corpus'].unique())) or 'the tables'}: no utterance with"
            " a recording and an emotion, so nothing to judge"
        )
    found = utterances.without_regions(found).sort("corpus", "id")
    found, lost = _read(table.keep(found), progress)
    again = ~pl.col("digest").is_first_distinct()
    first = found.unique("digest", keep="first", maintain_order=True)
    place = {d: f"{c}/{i}" for d, c, i in first.select("digest", "corpus", "id").iter_rows()}
    left_out = tuple(
        LeftOut(corpus, name, digest, DUPLICATE, f"the same samples as {place[digest]}")
        for corpus, name, digest in found.filter(again).select("corpus", "id", "digest").iter_rows()
    )
    kept = table.keep(utterances.check(found.filter(~again)))
    return Items(kept, styles, (*left_out, *lost))


def _read(table: UtteranceTable, progress: Progress) -> tuple[pl.DataFrame, tuple[LeftOut, ...]]:
    """The rows that are what their table says, with the digests that it lacks; and the others."""
    digests: list[str | None] = []
    lost: list[LeftOut] = []
    told = table.rows.select("corpus", "id", "digest").iter_rows()
    for found, (corpus, name, known) in zip(clips_of(table, table.rows), told, strict=True):
        heard = None if isinstance(found, str) else digest(found)
        if isinstance(found, str):
            lost.append(LeftOut(corpus, name, known, UNREAD, found))
        elif known not in (None, heard):
            why = f"has the digest {heard} now; prepare the corpus again if it is right"
            lost.append(LeftOut(corpus, name, known, CHANGED, why))
            heard = None
        digests.append(heard)
        progress("reading", len(digests), len(table))
    rows = table.rows.with_columns(digest=pl.Series(digests, dtype=pl.String))
    kept = rows.filter(pl.col("digest").is_not_null())
    if not kept.height:
        first = f"{lost[0].corpus}/{lost[0].id}: {lost[0].why}"
        raise BenchmarkError(f"none of the {len(table)} recordings can be used: {first}")
    return kept, tuple(lost)


def _styles(
    rows: pl.DataFrame, neutral: Sequence[str] | Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    """By corpus the styles that make an unlabelled utterance of it neutral."""
    there = set(rows.filter(pl.col("emotion").is_null())["style"].drop_nulls())
    if unknown := [] if isinstance(neutral, Mapping) else sorted(set(neutral) - there):
        raise BenchmarkError(
            f"--neutral {', '.join(unknown)}: no unlabelled utterance has this style; there are"
            f" {', '.join(sorted(there)) or 'none'}"
        )
    found = {}
    for corpus in rows["corpus"].unique():
        wanted = neutral.get(corpus, ()) if isinstance(neutral, Mapping) else neutral
        own = rows.filter(pl.col("emotion").is_null(), corpus=corpus)["style"].drop_nulls()
        if here := tuple(sorted(set(wanted) & set(own))):
            found[corpus] = here
    return found
