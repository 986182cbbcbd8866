"""The utterance table: one row an utterance, the same columns for every corpus; checked."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import polars as pl

from ehsaas.emotions import VOCABULARY, in_order, to_label_set

COLUMNS: Mapping[str, type[pl.DataType] | pl.DataType] = MappingProxyType(
    {
        "id": pl.String,
        "corpus": pl.String,
        "path": pl.String,
        "start": pl.Float64,
        "end": pl.Float64,
        "duration": pl.Float64,
        "rate": pl.Int64,
        "speaker": pl.String,
        "sex": pl.String,
        "language": pl.String,
        "emotion": pl.String,
        "native_emotion": pl.String,
        "intensity": pl.String,
        "arousal": pl.Float64,
        "valence": pl.Float64,
        "session": pl.String,
        "turn": pl.Int64,
        "sentence": pl.String,
        "style": pl.String,
        "text": pl.String,
        "split": pl.String,
        "digest": pl.String,
    }
)
"""Column names and types, in order; DESIGN.md says what each means. Unknown is null."""

UNNAMED = frozenset({"und", "mul", "mis", "zxx"})
"""Primary subtags that name no language: not known, several, none that has a code, none at all."""

_SHORTER: Mapping[str, str] = MappingProxyType(
    {
        "amh": "am",
        "ara": "ar",
        "ben": "bn",
        "cym": "cy",
        "wel": "cy",
        "deu": "de",
        "ger": "de",
        "ell": "el",
        "gre": "el",
        "eng": "en",
        "spa": "es",
        "fas": "fa",
        "per": "fa",
        "fra": "fr",
        "fre": "fr",
        "hin": "hi",
        "ita": "it",
        "kas": "ks",
        "pan": "pa",
        "pol": "pl",
        "por": "pt",
        "snd": "sd",
        "tam": "ta",
        "tur": "tr",
        "urd": "ur",
        "zho": "zh",
        "chi": "zh",
    }
)
"""Codes of three letters (ISO 639-2) of languages of our corpora, for which BCP-47 has two."""

_ROOTS_KEY = "ehsaas.roots"


class TableError(ValueError):
    """A table does not keep the contract; the message says which rows and what to do."""


@dataclass(frozen=True)
class UtteranceTable:
    """`rows` (a checked frame with exactly `COLUMNS`) and `roots`, the folder of each corpus."""

    rows: pl.DataFrame
    roots: Mapping[str, Path] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many utterances there are."""
        return self.rows.height

    def keep(self, rows: pl.DataFrame) -> "UtteranceTable":
        """The same corpora's folders over another choice of rows."""
        return UtteranceTable(rows, self.roots)

    def location(self, corpus: str, path: str) -> Path:
        """Where a recording lies on this machine.

        Raises:
            TableError: the folder of that corpus is not known.
        """
        if corpus not in self.roots:
            raise TableError(
                f"the folder of corpus {corpus!r} is not known; run `ehsaas prepare` again, or give"
                " the folder to utterances.read(path, root)"
            )
        return Path(self.roots[corpus]) / path


def primary(tag: str | None) -> str:
    """`en` of `en-GB`: the language of a BCP-47 tag without region and script; None is `und`."""
    if tag is None:
        return "und"
    first = re.split("[-_]", tag)[0].lower()
    return _SHORTER.get(first, first)


def without_regions(rows: pl.DataFrame) -> pl.DataFrame:
    """The same rows with every tag in `language` replaced by its primary subtag."""
    named = {tag: primary(tag) for tag in rows["language"].unique()}
    return rows.with_columns(language=pl.col("language").replace_strict(named))


def empty() -> pl.DataFrame:
    """A table without rows."""
    return pl.DataFrame(schema=dict(COLUMNS))


def from_rows(rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    """A table from dictionaries; columns that a row leaves out are null.

    Raises:
        TableError: a row carries a column that the contract does not know, or a value that does
            not fit its column.
    """
    unknown = sorted({key for row in rows for key in row} - set(COLUMNS))
    if unknown:
        raise TableError(f"unknown columns {', '.join(unknown)}; known are {', '.join(COLUMNS)}")
    try:
        frame = pl.DataFrame([dict(row) for row in rows], schema=dict(COLUMNS))
    except (pl.exceptions.PolarsError, TypeError, OverflowError) as error:
        raise TableError(f"a value does not fit its column: {error}") from error
    return check(frame)


def check(rows: pl.DataFrame) -> pl.DataFrame:
    """Return `rows` unchanged if they keep the contract.

    Raises:
        TableError: a column is missing, added or of another type; an id is null or comes twice
            in a corpus; a value lies outside its range or vocabulary.
    """
    missing = [name for name in COLUMNS if name not in rows.columns]
    added = [name for name in rows.columns if name not in COLUMNS]
    if missing or added:
        raise TableError(
            f"an utterance table has exactly the columns {', '.join(COLUMNS)};"
            f" missing: {', '.join(missing) or 'none'}; not known: {', '.join(added) or 'none'}"
        )
    for name, kind in COLUMNS.items():
        if rows.schema[name] != kind:
            raise TableError(f"column {name!r} holds {rows.schema[name]}; expected {kind}")
    for name in ("id", "corpus"):
        if rows[name].null_count():
            raise TableError(
                f"column {name!r} has {rows[name].null_count()} nulls; it may have none"
            )
    twice = rows.group_by("corpus", "id").len().filter(pl.col("len") > 1)
    if twice.height:
        first = twice.sort("corpus", "id").row(0)
        raise TableError(
            f"{twice.height} ids come more than once in their corpus, first {first[0]}/{first[1]}"
        )
    _check_values(rows, "emotion", VOCABULARY)
    _check_values(rows, "sex", ("female", "male"))
    for name in ("arousal", "valence"):
        _check_scale(rows, name)
    lasts = (pl.col("duration") > 0) & pl.col("duration").is_finite()
    begins = pl.col("start") >= 0
    ends = pl.col("end") > pl.col("start").fill_null(0.0)
    bad = rows.filter(~lasts | ~begins | ~ends)
    if bad.height:
        raise TableError(
            f"{bad.height} rows last no time, first {bad['corpus'][0]}/{bad['id'][0]};"
            " duration must be above 0, start 0 or more and end above start"
        )
    return rows


def _check_values(rows: pl.DataFrame, column: str, known: Sequence[str]) -> None:
    values = rows[column].drop_nulls().unique()
    strange = sorted(set(values) - set(known))
    if strange:
        raise TableError(
            f"column {column!r} holds {', '.join(strange)}; known values are {', '.join(known)}"
        )


def _check_scale(rows: pl.DataFrame, column: str) -> None:
    inside = pl.col(column).is_finite() & pl.col(column).is_between(-1, 1)
    bad = rows.filter(~inside)
    if bad.height:
        raise TableError(
            f"column {column!r} lies outside -1 to 1 in {bad.height} rows, first"
            f" {bad[column][0]:g} in {bad['corpus'][0]}/{bad['id'][0]}; rescale a scale from LOW to"
            " HIGH with 2 * (x - LOW) / (HIGH - LOW) - 1, e.g. (x - 3) / 2 for 1 to 5"
        )


def concat(tables: Sequence[UtteranceTable]) -> UtteranceTable:
    """Several tables as one, with all their folders; a corpus may be spread over several.

    Raises:
        TableError: an utterance comes twice, or a corpus lies in two different folders.
    """
    roots: dict[str, Path] = {}
    for corpus, folder in (entry for table in tables for entry in table.roots.items()):
        if Path(roots.setdefault(corpus, folder)) != Path(folder):
            raise TableError(
                f"corpus {corpus!r} lies in {roots[corpus]} for one table and in {folder} for"
                " another; prepare both from one folder, or under two names"
            )
    frames = [check(table.rows).select(*COLUMNS) for table in tables]
    return UtteranceTable(check(pl.concat(frames) if frames else empty()), roots)


def write(table: UtteranceTable, path: Path) -> None:
    """Write a checked table as Parquet; the corpora's folders go into the file's metadata."""
    roots = json.dumps({corpus: str(folder) for corpus, folder in table.roots.items()})
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".part")
    check(table.rows).write_parquet(aside, metadata={_ROOTS_KEY: roots})
    aside.replace(path)


def read(path: Path, root: Path | None = None) -> UtteranceTable:
    """Read a table; `root` overrides the folder of every corpus in it.

    Raises:
        TableError: the file is missing, is not Parquet, or breaks the contract.
    """
    if not path.is_file():
        raise TableError(f"{path}: no such table; make one with `ehsaas prepare NAME FOLDER`")
    try:
        rows = pl.read_parquet(path)
        noted = pl.read_parquet_metadata(path).get(_ROOTS_KEY, "{}")
    except (pl.exceptions.PolarsError, OSError) as error:
        raise TableError(f"{path}: not an utterance table ({error})") from error
    try:
        check(rows)
    except TableError as error:
        raise TableError(f"{path}: {error}") from error
    corpora = rows["corpus"].unique().to_list()
    return UtteranceTable(rows, {name: root for name in corpora} if root else _roots(path, noted))


def _roots(path: Path, noted: str) -> dict[str, Path]:
    """The corpora's folders, from the file's metadata."""
    try:
        return {name: Path(folder) for name, folder in json.loads(noted).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise TableError(
            f"{path}: the corpora's folders in its metadata are damaged; run `ehsaas prepare`"
            " again, or give the folder to utterances.read(path, root)"
        ) from error


def labelled(
    rows: pl.DataFrame, label_set: str, neutral_styles: Sequence[str] = ()
) -> pl.DataFrame:
    """Rows that have a class in `label_set`, with `emotion` replaced by that class.

    Args:
        rows: utterance rows.
        label_set: `four`, `seven`, `valence` or `native`.
        neutral_styles: reading styles (column `style`) of unlabelled rows that count as neutral.
            A result that uses it must say so: neutral is then confounded with style.
    """
    styled = pl.col("emotion").is_null() & pl.col("style").is_in(list(neutral_styles))
    emotion = pl.when(styled).then(pl.lit("neutral")).otherwise(pl.col("emotion"))
    names = {name: to_label_set(name, label_set) for name in VOCABULARY}
    return (
        rows.with_columns(emotion.alias("emotion"))
        .with_columns(pl.col("emotion").replace_strict(names, return_dtype=pl.String, default=None))
        .filter(pl.col("emotion").is_not_null())
    )


def classes(rows: pl.DataFrame) -> tuple[str, ...]:
    """The emotions that occur in `rows`, in the order of the vocabulary."""
    return in_order(rows["emotion"].drop_nulls().unique().to_list())
