"""Anybody's own corpus: a CSV or Parquet file, or one folder an emotion → utterance table."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path, PurePosixPath, PureWindowsPath

import polars as pl

from ehsaas import utterances
from ehsaas.audio import recordings_in
from ehsaas.corpora.card import CorpusError
from ehsaas.corpora.measure import Found, Prepared, Progress, Unused, measure
from ehsaas.emotions import VOCABULARY

COLUMNS = tuple(
    name
    for name in ("path", *utterances.COLUMNS)
    if name not in ("corpus", "native_emotion", "duration", "rate", "digest")
)
"""Columns that a manifest may have; `path` must be there, the others are null where missing."""

_SEX = {"f": "female", "female": "female", "m": "male", "male": "male"}
_EMPTY = frozenset({"", "nan", "NaN", "NA", "N/A", "null", "NULL", "none", "None"})
"""How programs write that a value is missing."""
_VERBATIM = ("path", "id", "text")  # may say such a word and mean it
_NUMBERS = ("start", "end", "arousal", "valence", "turn")
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True)
class Manifest:
    """How to read a corpus that nobody here knows.

    Attributes:
        language: BCP-47, for rows without a `language` of their own: "ks" is Kashmiri.
        columns: our column → yours, where the names differ: {"path": "file", "speaker": "who"}.
        labels: your label → an emotion of the vocabulary, or None for "not labelled". Labels that
            are the vocabulary's words need no entry.
    """

    language: str
    columns: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str | None] = field(default_factory=dict)


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
        folder, rows = source.parent, _from_rows(source, manifest)
    if not rows:
        raise CorpusError(f"{source}: names no recordings. {unused.reasons()}".rstrip())
    _label(source, rows, manifest)
    _name(source, rows)
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
                f"there is no column {ours!r}{_near(ours, COLUMNS)}; ours are {', '.join(COLUMNS)}"
            )
    for theirs, ours_or_none in manifest.labels.items():
        if ours_or_none and ours_or_none not in VOCABULARY:
            raise CorpusError(
                f"label {theirs!r} is given as {ours_or_none!r}, which is no emotion here"
                f"{_near(ours_or_none, VOCABULARY)}; the vocabulary is {', '.join(VOCABULARY)}"
            )


def _near(word: str, known: Sequence[str]) -> str:
    found = get_close_matches(word.lower(), known, 1, 0.5)
    return f" (nearest: {found[0]})" if found else ""


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


def _from_rows(source: Path, manifest: Manifest) -> list[Found]:
    """Rows of a CSV, TSV or Parquet file under our column names, values as text or null."""
    frame = _frame(source)
    columns = {name: name for name in COLUMNS if name in frame.columns} | dict(manifest.columns)
    for ours, theirs in columns.items():
        if theirs not in frame.columns:
            raise CorpusError(
                f"{source}: has no column {theirs!r} for {ours!r}{_near(theirs, frame.columns)};"
                f" it has {', '.join(frame.columns)}"
            )
    if "path" not in columns:
        raise CorpusError(
            f"{source}: which column holds the recordings' paths? It has"
            f" {', '.join(frame.columns)}; name it with the mapping path=COLUMN"
        )
    chosen = frame.select(pl.col(theirs).alias(ours) for ours, theirs in columns.items())
    texts = _texts(source, chosen)
    return [
        _converted(source, number, row, manifest)
        for number, row in enumerate(texts.iter_rows(named=True), 1)
    ]


def _texts(source: Path, chosen: pl.DataFrame) -> pl.DataFrame:
    """Every value as text without blanks around it, or null."""
    for name, kind in chosen.schema.items():
        if kind.is_nested() or kind in (pl.Binary, pl.Object):
            raise CorpusError(
                f"{source}: the column for {name!r} holds {kind}, more than one value a row;"
                " give one text or number a row"
            )
    stripped = chosen.cast(pl.String).with_columns(pl.all().str.strip_chars())
    return stripped.with_columns(pl.all().replace("", None))


def _frame(source: Path) -> pl.DataFrame:
    if not source.is_file():
        raise CorpusError(
            f"{source}: no such file or folder; give a CSV or Parquet file with a column of paths,"
            " or a folder with one folder an emotion"
        )
    try:
        if source.suffix.lower() == ".parquet":
            return pl.read_parquet(source)
        with source.open(encoding="utf-8-sig") as file:
            head = file.readline()
        separator = max(",;\t|", key=head.count)
        return pl.read_csv(source, separator=separator, infer_schema=False)
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise CorpusError(f"{source}: not a CSV file in UTF-8, nor Parquet ({error})") from error


def _converted(source: Path, number: int, row: Found, manifest: Manifest) -> Found:
    """One row with paths, numbers and sex in our form."""
    where = f"{source}, row {number}"
    if row["path"] is None:
        raise CorpusError(f"{where}: the path is empty")
    path = row["path"] if "/" in row["path"] else PureWindowsPath(row["path"]).as_posix()
    row = {name: _unless_empty(name, value, manifest) for name, value in row.items()}
    values: Found = row | {"path": path, "native_emotion": row.pop("emotion", None)}
    values["language"] = row.get("language") or manifest.language
    for column in _NUMBERS:
        values[column] = _number(where, column, row.get(column))
    if (turn := values["turn"]) is not None:
        if turn != int(turn):
            raise CorpusError(f"{where}: turn is {row['turn']!r}, which is not a whole number")
        values["turn"] = int(turn)
    if sex := row.get("sex"):
        if sex.lower() not in _SEX:
            raise CorpusError(f"{where}: sex is {sex!r}; expected female, male, f, m or nothing")
        values["sex"] = _SEX[sex.lower()]
    return values


def _unless_empty(column: str, value: str | None, manifest: Manifest) -> str | None:
    """Null for a text that stands for "missing", such as nan; a label of yours is kept."""
    if column in _VERBATIM or column in _NUMBERS:
        return value
    if column == "emotion" and value in manifest.labels:
        return value
    return None if value in _EMPTY else value


def _number(where: str, column: str, text: str | None) -> float | None:
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        raise CorpusError(f"{where}: {column} is {text!r}, which is not a number") from None
    if not math.isfinite(value):
        raise CorpusError(
            f"{where}: {column} is {text!r}; give a finite number, or nothing where it is unknown"
        )
    return value


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
            f"{label!r} in {count} rows{_near(label, VOCABULARY)}"
            for label, count in strange.most_common()
        )
        raise CorpusError(
            f"{source}: labels that are no emotion of the vocabulary: {listed}. Translate each"
            f" (yours=ours, or yours= for unlabelled); the vocabulary is {', '.join(VOCABULARY)}"
        )


def _name(source: Path, rows: Sequence[Found]) -> None:
    """Give ids: the file stem; where stems repeat, the path; where files repeat, the start too."""
    own = [row["id"] for row in rows if row.get("id")]
    if own and (len(own) < len(rows) or len(set(own)) < len(own)):
        twice = [name for name, count in Counter(own).items() if count > 1]
        raise CorpusError(
            f"{source}: give every row an id of its own, or none;"
            f" {len(rows) - len(own)} are empty, {len(twice)} repeat ({', '.join(twice[:3])})"
        )
    if own:
        return
    paths = Counter(row["path"] for row in rows)
    names = _names(list(paths))
    for row in rows:
        stretch = f"@{row.get('start') or 0:.3f}" if paths[row["path"]] > 1 else ""
        row["id"] = names[row["path"]] + stretch
    twice = [name for name, count in Counter(row["id"] for row in rows).items() if count > 1]
    if twice:
        raise CorpusError(
            f"{source}: {len(twice)} recordings are listed more than once from one start, first"
            f" {twice[0]}; list each once, or give every row an id"
        )


def _names(paths: Sequence[str]) -> dict[str, str]:
    """The shortest of stem, path without ending and path that no other path shares."""
    ways = [
        {path: PurePosixPath(path).stem for path in paths},
        {path: str(PurePosixPath(path).with_suffix("")) for path in paths},
    ]
    names = {path: path for path in paths}
    for way in reversed(ways):
        count = Counter(way.values())
        names |= {path: name for path, name in way.items() if count[name] == 1}
    return names


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
