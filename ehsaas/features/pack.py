"""A pack: feature arrays of many utterances in one memory-mapped file, and the index over it.

A folder holds `index.parquet`, which names the data file that it belongs to. Both are written
aside; the index comes last and replaces the old one in one step, so a reader sees the old pack or
the new one, and of two processes that write at once the later wins and neither breaks.
"""

import json
import os
import time
import uuid
import zlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

DType = Literal["float16", "float32"]

TOLERANCE = 1e-3
"""float16 is used where |stored − x| ≤ TOLERANCE · max(1, |x|) for every value."""

_INDEX = "index.parquet"
_KEY = "ehsaas.pack"
_SCHEMA: dict[str, type[pl.DataType]] = {
    "path": pl.String,
    "start": pl.Float64,
    "end": pl.Float64,
    "size": pl.Int64,
    "mtime_ns": pl.Int64,
    "digest": pl.String,
    "offset": pl.Int64,
    "frames": pl.Int64,
}
_ABANDONED_S = 24 * 3600.0


class PackError(ValueError):
    """A pack on disk is damaged; the message says what is wrong with it."""


class PrecisionError(ValueError):
    """float16 cannot hold these features; the pack has to be float32."""


@dataclass(frozen=True)
class Source:
    """The recording, or stretch of it, that features were taken from, and its file's state."""

    path: str
    start: float | None
    end: float | None
    size: int
    mtime_ns: int


@dataclass(frozen=True)
class Entry:
    """Features (T, D) float32 of one source, with the digest of its decoded samples."""

    source: Source
    digest: str
    values: NDArray[np.float32]


@dataclass(frozen=True)
class Pack:
    """`values` (frames of all utterances, D), memory-mapped, and where each source lies in it."""

    values: NDArray[np.floating]
    places: dict[Source, tuple[str, int, int]]
    """Source → digest, first frame, number of frames."""

    def entry(self, source: Source) -> Entry:
        """The features of one source."""
        digest, offset, frames = self.places[source]
        values = np.array(self.values[offset : offset + frames], dtype=np.float32)
        return Entry(source, digest, values)


def read(folder: Path) -> Pack | None:
    """The pack in `folder`, or None where there is none.

    Raises:
        PackError: the index or the data is damaged.
    """
    for _ in range(5):
        if not (folder / _INDEX).is_file():
            return None
        with suppress(FileNotFoundError):  # replaced between the two reads: look again
            return _open(folder)
    raise PackError(f"{folder}: the index names a data file that is not there")


def write(folder: Path, entries: Iterable[Entry], dims: int, dtype: DType) -> Pack:
    """Write `entries` as the pack of `folder`, in place of what was there, and open it.

    Sources with the same digest share their frames.

    Raises:
        PrecisionError: `dtype` is float16 and a value does not survive it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f"{uuid.uuid4().hex}.part"
    try:
        with aside.open("wb") as file:
            index, check = _append(file, entries, dtype)
        data = aside.with_suffix(".bin")
        aside.replace(data)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    about = {"data": data.name, "dtype": dtype, "dims": dims, "crc32": check}
    fresh = _map(data, index, about)
    before = _data_name(folder)
    aside = folder / f"{uuid.uuid4().hex}.part"
    index.write_parquet(aside, metadata={_KEY: json.dumps(about)})
    aside.replace(folder / _INDEX)
    _clear(folder, before, data.name)
    return fresh


def _append(file: IO[bytes], entries: Iterable[Entry], dtype: DType) -> tuple[pl.DataFrame, int]:
    rows: list[dict[str, Any]] = []
    seen: dict[str, tuple[int, int]] = {}
    check, offset = 0, 0
    for entry in entries:
        if entry.digest not in seen:
            stored = _stored(entry, dtype)
            content = stored.tobytes()
            file.write(content)
            check = zlib.crc32(content, check)
            seen[entry.digest] = (offset, len(stored))
            offset += len(stored)
        first, frames = seen[entry.digest]
        place = {"digest": entry.digest, "offset": first, "frames": frames}
        rows.append({**vars(entry.source), **place})
    return pl.DataFrame(rows, schema=_SCHEMA), check


def _stored(entry: Entry, dtype: DType) -> NDArray[np.floating]:
    if not np.isfinite(entry.values).all():
        raise ValueError(f"{entry.source.path}: the features hold values that are not finite")
    with np.errstate(over="ignore"):
        stored = entry.values.astype(dtype)
    gap = np.abs(stored.astype(np.float32) - entry.values)
    if not (gap <= TOLERANCE * np.maximum(1, np.abs(entry.values))).all():
        raise PrecisionError(f"{entry.source.path}: {dtype} does not hold the features")
    return stored


def _open(folder: Path) -> Pack:
    try:
        about = json.loads(pl.read_parquet_metadata(folder / _INDEX)[_KEY])
        index = pl.read_parquet(folder / _INDEX, schema=_SCHEMA)
        pack = _map(folder / about["data"], index, about)
        broken = zlib.crc32(pack.values.data) != about["crc32"]
    except FileNotFoundError:
        raise
    except (pl.exceptions.PolarsError, OSError, KeyError, TypeError, ValueError) as error:
        raise PackError(f"{folder}: {error}") from error
    if broken:
        raise PackError(f"{folder}: the data does not match its checksum")
    return pack


def _map(data: Path, index: pl.DataFrame, about: dict[str, Any]) -> Pack:
    rows = int((index["offset"] + index["frames"]).max() or 0)  # type: ignore[arg-type]
    shape = (rows, int(about["dims"]))
    wanted = shape[0] * shape[1] * np.dtype(about["dtype"]).itemsize
    if data.stat().st_size != wanted:
        raise PackError(f"{data}: {data.stat().st_size} bytes, {wanted} expected")
    values = np.memmap(data, dtype=about["dtype"], mode="r", shape=shape)
    places = {Source(*row[:5]): (row[5], row[6], row[7]) for row in index.iter_rows()}
    return Pack(values, places)


def _data_name(folder: Path) -> str | None:
    with suppress(Exception):
        return str(json.loads(pl.read_parquet_metadata(folder / _INDEX)[_KEY])["data"])
    return None


def _clear(folder: Path, before: str | None, current: str) -> None:
    """Remove the replaced data file, and what writers that were killed left over a day ago."""
    for file in folder.iterdir():
        if file.name in (current, _INDEX):
            continue
        with suppress(OSError):  # gone already, or still mapped by a reader on Windows
            if file.name == before or time.time() - file.stat().st_mtime > _ABANDONED_S:
                os.unlink(file)
