"""A list of recordings (CSV, TSV, Parquet) → one row a recording, under our names and checked."""

import math
import os
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path, PureWindowsPath

import polars as pl

from ehsaas import utterances
from ehsaas.corpora.card import CorpusError
from ehsaas.corpora.measure import Found

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
_WHERE = "relative to the list's folder"
_SCALES = ("arousal", "valence")
_NUMBERS = ("start", "end", "arousal", "valence", "turn")


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


def rows_of(source: Path, manifest: Manifest) -> list[Found]:
    """Rows of a CSV, TSV or Parquet file under our column names, values as text or null."""
    frame = _frame(source)
    columns = {name: name for name in COLUMNS if name in frame.columns} | dict(manifest.columns)
    for ours, theirs in columns.items():
        if theirs not in frame.columns:
            raise CorpusError(
                f"{source}: has no column {theirs!r} for {ours!r}{nearest(theirs, frame.columns)};"
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
    path = _relative(where, source.parent, row["path"])
    row = {name: _unless_empty(name, value, manifest) for name, value in row.items()}
    values: Found = row | {"path": path, "native_emotion": row.pop("emotion", None)}
    values["language"] = row.get("language") or manifest.language
    for column in _NUMBERS:
        values[column] = _number(where, column, row.get(column))
    if (turn := values["turn"]) is not None:
        if turn != int(turn):
            raise CorpusError(f"{where}: turn is {row['turn']!r}, which is not a whole number")
        values["turn"] = int(turn)
    for column in _SCALES:
        if (value := values[column]) is not None and not -1 <= value <= 1:
            raise CorpusError(
                f"{where}: {column} is {row[column]!r}; it goes from -1 to 1: rescale a scale from"
                " LOW to HIGH with 2 * (x - LOW) / (HIGH - LOW) - 1, e.g. (x - 3) / 2 for 1 to 5"
            )
    if sex := row.get("sex"):
        if sex.lower() not in _SEX:
            raise CorpusError(f"{where}: sex is {sex!r}; expected female, male, f, m or nothing")
        values["sex"] = _SEX[sex.lower()]
    return values


def _relative(where: str, folder: Path, text: str) -> str:
    """The path in POSIX form, relative to the folder of the list, without `.` and `//`.

    Links are followed only to find out whether an absolute path lies in the folder after all.
    """
    given = text if "/" in text else PureWindowsPath(text).as_posix()
    if PureWindowsPath(text).drive and os.name != "nt":
        raise CorpusError(f"{where}: {text} is a path of another system; give paths {_WHERE}")
    if not os.path.isabs(given):
        if (path := posixpath.normpath(given)) != ".":
            return path
        raise CorpusError(f"{where}: {text!r} is no recording's path; give paths {_WHERE}")
    absolute = Path(os.path.abspath(given))
    for base in (Path(os.path.abspath(folder)), folder.resolve()):
        if absolute.is_relative_to(base):
            return absolute.relative_to(base).as_posix()
    raise CorpusError(
        f"{where}: {text} does not lie in {folder}, the folder of the list; give paths {_WHERE},"
        " or move the list to the recordings"
    )


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


def nearest(word: str, known: Sequence[str]) -> str:
    """` (nearest: WORD)` for a word that is not known but like one that is; else empty."""
    found = get_close_matches(word.lower(), known, 1, 0.5)
    return f" (nearest: {found[0]})" if found else ""
