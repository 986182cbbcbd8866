"""The prediction table: one row a judged utterance; checked, read, written."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import polars as pl

COLUMNS: Mapping[str, type[pl.DataType] | pl.DataType] = MappingProxyType(
    {
        "run": pl.String,
        "system": pl.String,
        "protocol": pl.String,
        "seed": pl.Int64,
        "fold": pl.String,
        "condition": pl.String,
        "features": pl.String,
        "normalisation": pl.String,
        "train": pl.String,
        "corpus": pl.String,
        "label_set": pl.String,
        "id": pl.String,
        "digest": pl.String,
        "speaker": pl.String,
        "sex": pl.String,
        "language": pl.String,
        "duration": pl.Float64,
        "truth": pl.String,
        "predicted": pl.String,
    }
)
"""Fixed columns; `condition` is a JSON object with sorted keys, `train` corpora joined with `+`."""

PROBABILITY = "p_"
"""Prefix of the probability columns, one a class; null where a class is not the system's."""

RESULT_KEY = (
    "system",
    "protocol",
    "condition",
    "features",
    "normalisation",
    "train",
    "corpus",
    "label_set",
)
"""What tells one result from another: rows alike in these are pooled; seeds are spread."""

WHOLE = "as it is"
"""What a system without a change is called beside its variants."""
DENOISED = "denoiser in front"
"""The variant that is the same system behind a denoiser; none can be called like these two."""
PLAIN = "clean"
"""The `disturbance` in the condition of clips that went through nothing."""


class PredictionError(ValueError):
    """A prediction table breaks its contract; the message says how."""


def check(predictions: pl.DataFrame) -> pl.DataFrame:
    """Return `predictions` unchanged if the columns and types are right and no item comes twice.

    Raises:
        PredictionError: what is wrong.
    """
    missing = [name for name in COLUMNS if name not in predictions.columns]
    if missing:
        raise PredictionError(f"a prediction table lacks the columns {', '.join(missing)}")
    for name, kind in COLUMNS.items():
        if predictions.schema[name] != kind:
            raise PredictionError(f"column {name!r} holds {predictions.schema[name]}, not {kind}")
    strange = [
        name
        for name in predictions.columns
        if name not in COLUMNS and not name.startswith(PROBABILITY)
    ]
    if strange:
        raise PredictionError(f"a prediction table has no columns {', '.join(strange)}")
    for name in ("truth", "predicted", "system", "corpus", "id", "seed"):
        if predictions[name].null_count():
            raise PredictionError(f"column {name!r} has nulls")
    twice = predictions.select([*RESULT_KEY, "seed", "id"]).is_duplicated().sum()
    if twice:
        raise PredictionError(f"{twice} rows judge an utterance that the same result judged before")
    return predictions


def concat(tables: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Several prediction tables as one; a class that one of them lacks is null there."""
    return pl.concat(tables, how="diagonal")


def write(predictions: pl.DataFrame, path: Path) -> None:
    """Write a checked table as zstd Parquet, beside the target first, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(f".{os.getpid()}.part")
    check(predictions).write_parquet(aside, compression="zstd", compression_level=19)
    aside.replace(path)


def read(path: Path) -> pl.DataFrame:
    """Read a table and check it.

    Raises:
        PredictionError: the file is missing, damaged, or breaks the contract.
    """
    if not path.is_file():
        raise PredictionError(
            f"{path}: no such prediction table; `ehsaas run CONFIG.yaml` makes one"
        )
    try:
        return check(pl.read_parquet(path))
    except pl.exceptions.PolarsError as error:
        told = str(error).splitlines()[0]
        raise PredictionError(
            f"{path}: damaged, and no prediction table ({told}); remove it and make it again"
        ) from error
    except PredictionError as error:
        raise PredictionError(f"{path}: {error}; remove it and make it again") from error
