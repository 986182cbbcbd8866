"""The feature store: utterance table → feature arrays in its row order, computed once and kept.

One pack for each (corpus, feature settings) lies in `HOME/features/`. An utterance's features are
taken from it when its file is unchanged (size and time) and the digest of its decoded samples is
the table's; a file that was only copied or touched is decoded for its digest, and one that has
changed is computed again. Each clip is computed alone, in one thread, so what
is stored does not depend on the other clips or on the number of workers. Frames are kept as
float16 where every value survives it within 1e-3 · max(1, |x|), raw as they are, before any
scaling; otherwise, and for vectors of functionals, as float32.
"""

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import nn

from ehsaas import audio
from ehsaas.features import pack
from ehsaas.features.pack import DType, Entry, Pack, PackError, PrecisionError, Source
from ehsaas.utterances import UtteranceTable

LOG = logging.getLogger("ehsaas.features")

VERSION = "0.1"
"""Part of every pack's key: the release in which the features themselves last changed."""

Progress = Callable[[int, int], None]
"""Called with (utterances done, utterances in all)."""


class StoreError(ValueError):
    """Features of a table cannot be had; the message says of which row and why."""


class Settings(Protocol):
    """What the store asks of feature settings."""

    @property
    def names(self) -> tuple[str, ...]:
        """One name a dimension."""

    @property
    def dtype(self) -> DType:
        """The narrowest type that the store may use."""

    def extractor(self) -> nn.Module:
        """(samples (B, N), lengths (B,)) → (features (B, T, D), frame lengths (B,))."""

    def model_dump_json(self) -> str:
        """The settings as JSON."""


@dataclass(frozen=True)
class Features:
    """Features of a table's rows in its order: `features[i]` is float32 (T, D)."""

    names: tuple[str, ...]
    lengths: NDArray[np.int64]
    """Frames of each utterance, (rows,)."""
    _places: tuple[tuple[NDArray[np.floating], int], ...]

    def __len__(self) -> int:
        """Utterances, as many as the table has rows."""
        return len(self._places)

    def __getitem__(self, row: int) -> NDArray[np.float32]:
        """Frames (T, D) of one row of the table."""
        values, offset = self._places[row]
        return np.array(values[offset : offset + int(self.lengths[row])], dtype=np.float32)

    @property
    def dims(self) -> int:
        """D, the number of dimensions of a frame."""
        return len(self.names)


@dataclass(frozen=True)
class _Wanted:
    """One row of a table: where its recording lies now, and the digest that the table gives."""

    source: Source
    location: Path
    digest: str | None


class FeatureStore:
    """Features kept under the folder `home`, the user cache."""

    def __init__(self, home: Path) -> None:
        """Use the folder `home`; it is made when the first features are kept."""
        self.home = Path(home)

    def get(
        self,
        table: UtteranceTable,
        config: Settings,
        *,
        workers: int = 2,
        progress: Progress | None = None,
    ) -> Features:
        """Features of every row of `table`, in its order.

        Raises:
            StoreError: a row has no recording, or its recording is missing or cannot be read.
        """
        rows = table.rows.with_row_index("_row")
        found: dict[int, tuple[NDArray[np.floating], int, int]] = {}
        for corpus in rows["corpus"].unique(maintain_order=True):
            own = rows.filter(pl.col("corpus") == corpus)
            wanted = [_wanted(table, row) for row in own.iter_rows(named=True)]

            def tell(done: int, before: int = len(found)) -> None:
                if progress is not None:
                    progress(before + done, rows.height)

            kept = self._pack(corpus, wanted, config, workers, tell)
            for row, want in zip(own["_row"], wanted, strict=True):
                _, offset, frames = kept.places[want.source]
                found[row] = (kept.values, offset, frames)
        ordered = [found[row] for row in range(rows.height)]
        lengths = np.array([frames for _, _, frames in ordered], dtype=np.int64)
        places = tuple((values, offset) for values, offset, _ in ordered)
        return Features(config.names, lengths, places)

    def folder(self, corpus: str, config: Settings) -> Path:
        """Where the pack of a corpus with these settings lies."""
        about = f"{VERSION} {type(config).__name__} {config.model_dump_json()}"
        key = hashlib.sha256(about.encode()).hexdigest()[:16]
        plain = "".join(letter if letter.isalnum() else "_" for letter in corpus)
        name = hashlib.sha256(corpus.encode()).hexdigest()[:6]
        return self.home / "features" / f"{plain}-{name}-{key}"

    def _pack(
        self,
        corpus: str,
        wanted: Sequence[_Wanted],
        config: Settings,
        workers: int,
        tell: Callable[[int], None],
    ) -> Pack:
        folder = self.folder(corpus, config)
        old = _read(folder)
        missing = [want for want in wanted if old is None or not _holds(old, want)]
        tell(len(wanted) - len(missing))
        if old is not None and not missing:
            return old
        again = {_place(want.source) for want in missing}
        before = {
            _place(source): source
            for source in (old.places if old is not None else ())
            if _place(source) in again
        }

        def kept(want: _Wanted) -> Entry | None:
            there = before.get(_place(want.source))
            return None if old is None or there is None else old.entry(there)

        def entries() -> Iterator[Entry]:
            for source in old.places if old is not None else ():
                if old is not None and _place(source) not in again:
                    yield old.entry(source)
            done = len(wanted) - len(missing)
            for fresh in _compute(missing, config, workers, kept):
                yield fresh
                done += 1
                tell(done)

        try:
            return pack.write(folder, entries(), len(config.names), config.dtype)
        except PrecisionError as error:
            LOG.info("%s; they are kept as float32", error)
            return pack.write(folder, entries(), len(config.names), "float32")


def _read(folder: Path) -> Pack | None:
    try:
        return pack.read(folder)
    except PackError as error:
        LOG.warning("the stored features are damaged and are computed again (%s)", error)
        return None


def _holds(old: Pack, want: _Wanted) -> bool:
    if want.source not in old.places:
        return False
    return want.digest is None or old.places[want.source][0] == want.digest


def _wanted(table: UtteranceTable, row: dict[str, object]) -> _Wanted:
    name = f"{row['corpus']}/{row['id']}"
    if row["path"] is None:
        raise StoreError(f"{name} has no recording (its path is null): no features can be taken")
    location = table.location(str(row["corpus"]), str(row["path"]))
    try:
        state = location.stat()
    except OSError as error:
        raise StoreError(
            f"{name}: {location} cannot be found; run `ehsaas prepare` again, or give the"
            " folder to utterances.read(path, root)"
        ) from error
    start, end = row["start"], row["end"]
    source = Source(
        str(row["path"]),
        float(start) if isinstance(start, float) else None,
        float(end) if isinstance(end, float) else None,
        state.st_size,
        state.st_mtime_ns,
    )
    digest = row["digest"]
    return _Wanted(source, location, str(digest) if digest is not None else None)


def _place(source: Source) -> tuple[str, float | None, float | None]:
    """What tells a source from the others of a corpus, whenever its file was written."""
    return source.path, source.start, source.end


def _compute(
    wanted: Sequence[_Wanted],
    config: Settings,
    workers: int,
    kept: Callable[[_Wanted], Entry | None],
) -> Iterator[Entry]:
    """Features of each recording in turn, `workers` threads ahead of the reader.

    What was `kept` of samples that have not changed is taken as it is.
    """
    extract = config.extractor().eval()
    changed = 0

    def one(want: _Wanted) -> Entry:
        return _entry(want, extract, kept(want))

    with _single_threaded(), ThreadPoolExecutor(workers, initializer=_one_thread) as pool:
        for want, entry in zip(wanted, pool.map(one, wanted), strict=True):
            changed += want.digest is not None and want.digest != entry.digest
            yield entry
    if changed:
        LOG.warning(
            "%d recordings have changed since the table was made; their features are those of"
            " what lies there now: run `ehsaas prepare` again",
            changed,
        )


def _entry(want: _Wanted, extract: nn.Module, kept: Entry | None) -> Entry:
    try:
        clip = audio.read(want.location, want.source.start, want.source.end)
    except audio.AudioError as error:
        raise StoreError(f"no features without the recording: {error}") from error
    digest = audio.digest(clip)
    if kept is not None and kept.digest == digest:
        return replace(kept, source=want.source)
    with torch.inference_mode():
        lengths = torch.tensor([len(clip.samples)])
        features, _ = extract(torch.from_numpy(clip.samples)[None], lengths)
    return Entry(want.source, digest, features[0].numpy())


def _one_thread() -> None:
    torch.set_num_threads(1)


@contextmanager
def _single_threaded() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
