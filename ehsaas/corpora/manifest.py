"""Anybody's own corpus: a CSV or Parquet file, or one folder an emotion → utterance table."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ehsaas.audio import recordings_in
from ehsaas.corpora.card import CorpusError
from ehsaas.corpora.ids import give_ids
from ehsaas.corpora.listing import COLUMNS, Manifest, nearest, rows_of
from ehsaas.corpora.measure import Found, Prepared, Progress, Unused, measure
from ehsaas.emotions import VOCABULARY

__all__ = ["COLUMNS", "Manifest", "from_manifest"]

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def from_manifest(
    name: str,
    source: Path,
    manifest: Manifest,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Prepared:
    """The table of your own corpus `name`.

    Args:
        name: what to call the corpus: letters A–Z and a–z, digits, _ and -.
        source: a CSV, TSV or Parquet file, whose paths are relative to its folder; or a folder
            that has one folder an emotion.
        manifest: language, column names and labels.
        workers: threads that decode; None = one a core.
        progress: called with (files done, files in all).

    Raises:
        CorpusError: the source, a column, a label or a value cannot be used.
    """
    _check(name, manifest)
    unused = Unused()
    if source.is_dir():
        folder, rows = source, _from_folders(source, manifest, unused)
    else:
        folder, rows = source.parent, rows_of(source, manifest)
    if not rows:
        raise CorpusError(f"{source}: names no recordings. {unused.reasons()}".rstrip())
    _label(source, rows, manifest)
    give_ids(source, rows)
    prepared = measure(name, folder, rows, unused, workers, progress)
    return Prepared(prepared.table, prepared.unused, (*prepared.notes, *_missing(prepared)))


def _check(name: str, manifest: Manifest) -> None:
    if not _NAME.fullmatch(name):
        raise CorpusError(
            f"a corpus cannot be called {name!r}; use only the letters A-Z and a-z, digits, _ and -"
        )
    if not _LANGUAGE.fullmatch(manifest.language):
        raise CorpusError(
            f"language {manifest.language!r} is not a BCP-47 tag; write ks for Kashmiri,"
            " ur for Urdu, sd for Sindhi, pa for Punjabi, en for English …"
        )
    for ours in manifest.columns:
        if ours not in COLUMNS:
            raise CorpusError(
                f"there is no column {ours!r}{nearest(ours, COLUMNS)};"
                f" ours are {', '.join(COLUMNS)}"
            )
    for theirs, ours_or_none in manifest.labels.items():
        if ours_or_none and ours_or_none not in VOCABULARY:
            raise CorpusError(
                f"label {theirs!r} is given as {ours_or_none!r}, which is no emotion here"
                f"{nearest(ours_or_none, VOCABULARY)}; the vocabulary is {', '.join(VOCABULARY)}"
            )


def _from_folders(source: Path, manifest: Manifest, unused: Unused) -> list[Found]:
    """Rows labelled by the outermost folder that is a label, else by the outermost folder."""
    rows: list[Found] = []
    for path in recordings_in(source):
        folders = path.parts[:-1]
        known = [part for part in folders if part in manifest.labels or part.lower() in VOCABULARY]
        if folders:
            label = (known or folders)[0]
            rows.append({"path": str(path), "language": manifest.language, "native_emotion": label})
        else:
            unused.add(path, "lies in no emotion's folder")
    return rows


def _label(source: Path, rows: Sequence[Found], manifest: Manifest) -> None:
    """Fill `emotion` from `native_emotion`; refuse labels that nobody has translated."""
    known: dict[str, str | None] = {name: name for name in VOCABULARY}
    strange: Counter[str] = Counter()
    for row in rows:
        native = row["native_emotion"]
        if native in manifest.labels:
            row["emotion"] = manifest.labels[native] or None
        elif native is None or native.lower() in known:
            row["emotion"] = known[native.lower()] if native else None
        else:
            strange[native] += 1
    if strange:
        listed = "; ".join(
            f"{label!r} in {count} rows{nearest(label, VOCABULARY)}"
            for label, count in strange.most_common()
        )
        raise CorpusError(
            f"{source}: labels that are no emotion of the vocabulary: {listed}. Translate each"
            f" (yours=ours, or yours= for unlabelled); the vocabulary is {', '.join(VOCABULARY)}"
        )


def _missing(prepared: Prepared) -> list[str]:
    """What the table lacks, and what that costs."""
    rows, notes = prepared.table.rows, []
    if count := rows["speaker"].null_count():
        notes.append(
            f"{count} of {rows.height} utterances have no speaker: no split of them can be shown"
            " to be speaker-disjoint, and intervals come out too narrow; add a speaker column"
        )
    if count := rows["emotion"].null_count():
        notes.append(f"{count} of {rows.height} utterances have no emotion; they are unlabelled")
    return notes
