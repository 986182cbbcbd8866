"""All recordings of a run's corpora → their class or none, features, voices, corpora's statistics.

Recordings whose emotion is none of the classes take part without a label: who has no labels cannot
leave them out. The statistics of a corpus are over all of its recordings.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehsaas.calibration import Statistics
from ehsaas.corpora.splits import Fold, IntArray
from ehsaas.emotions import LABEL_SETS
from ehsaas.experiments import holdout, material, pretrained
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.material import Setup
from ehsaas.experiments.parts import MethodsConfig
from ehsaas.experiments.systems import ProbeConfig
from ehsaas.features import scaling
from ehsaas.features.functionals import FunctionalsConfig
from ehsaas.features.store import FeatureStore
from ehsaas.features.store import Settings as FeatureSettings
from ehsaas.training.adaptation.task import UNKNOWN
from ehsaas.training.batches import Examples


@dataclass(frozen=True)
class Recordings:
    """Rows of N recordings with their class or none, raw features, statistics by corpus index."""

    rows: pl.DataFrame
    examples: Examples
    classes: tuple[str, ...]
    statistics: Mapping[int, Statistics]

    def take(self, rows: IntArray) -> "Recordings":
        """Some of the recordings; the statistics stay those of all."""
        return replace(self, rows=self.rows[rows], examples=self.examples.take(rows))

    @property
    def judged(self) -> IntArray:
        """Rows that have a class."""
        return np.flatnonzero(self.examples.labels != UNKNOWN)


def load(setup: Setup, label_set: str, features: str) -> Recordings:
    """All recordings of the corpora of a run.

    Args:
        setup: the run.
        label_set: a key of `LABEL_SETS`.
        features: those of the run's `network`, or `functionals`.
    """
    frames: list[pl.DataFrame] = []
    arrays: list[NDArray[np.float32]] = []
    statistics: dict[int, Statistics] = {}
    for index, corpus in enumerate(setup.config.corpora):
        rows, own = _of(setup, corpus, label_set, features)
        frames.append(rows)
        arrays += own
        statistics[index] = scaling.fit(own, f"corpus: {corpus}")
    rows = pl.concat(frames)
    classes = LABEL_SETS[label_set]
    examples = Examples(
        arrays,
        _codes(rows["emotion"], classes),
        _codes(rows["corpus"], setup.config.corpora),
        tuple(rows["id"]),
        speaker=_voices(rows, setup.config.never_by_speaker),
        seconds=rows["duration"].to_numpy().astype(np.float64),
    )
    return Recordings(rows, examples, classes, statistics)


def parts(setup: Setup, target: Recordings, corpus: str, asked: MethodsConfig) -> list[Fold]:
    """Speaker-disjoint parts of a target: of each, rows to adapt on and rows to judge.

    Those whose speaker has no utterance with a class are never judged, and always adapted on.
    """
    rows = target.rows
    known = rows.filter(pl.col("emotion").is_not_null())
    split = holdout.speaker_folds(known, corpus, asked.strict_folds, asked.folds, setup.root)
    count = min(asked.folds, len(split.folds))
    of: dict[str, int] = {}
    for number, fold in enumerate(split.folds):
        for voice in known["speaker"][fold.test]:
            of[voice] = number % count
    where = np.array([of.get(voice, -1) for voice in rows["speaker"]])
    return [
        Fold(str(i + 1), np.flatnonzero(where != i), np.flatnonzero(where == i))
        for i in range(count)
    ]


def _of(
    setup: Setup, corpus: str, label_set: str, features: str
) -> tuple[pl.DataFrame, list[NDArray[np.float32]]]:
    """Rows of a corpus, whose emotion is a class or null, and their raw features (T, D)."""
    table = setup.table(corpus)
    known = material.labelled(setup.config, table.rows, corpus, label_set)
    rows = table.rows.drop("emotion").join(
        known.select("id", "emotion"), on="id", how="left", maintain_order="left"
    )
    wanted, columns = _wanted(setup.config, features)
    stored = FeatureStore(setup.store).get(table, wanted)
    own = [stored[i] for i in range(len(stored))]
    own = own if columns is None else [np.ascontiguousarray(x[:, columns]) for x in own]
    return rows.select(table.rows.columns), own


def _codes(values: Iterable[str | None], names: Sequence[str]) -> IntArray:
    """Places of values in `names`, −1 where there is none."""
    place = {name: i for i, name in enumerate(names)}
    return np.array([UNKNOWN if x is None else place[x] for x in values], dtype=np.int64)


def _voices(rows: pl.DataFrame, never: Collection[str]) -> IntArray:
    """Numbers of the speakers over all corpora, −1 where not known or not to be told apart."""
    keys = [
        None if voice is None or corpus in never else f"{corpus}/{voice}"
        for corpus, voice in rows.select("corpus", "speaker").iter_rows()
    ]
    return _codes(keys, sorted({key for key in keys if key is not None}))


def _wanted(config: ExperimentConfig, features: str) -> tuple[FeatureSettings, IntArray | None]:
    """Which features the store is asked for, and which of their columns; None is all."""
    if features == "functionals":
        return FunctionalsConfig(), None
    if isinstance(config.model, ProbeConfig):
        first = pretrained.candidates(config.heard_by, config.model)[0]
        columns = pretrained.blocks(config.heard_by)
        return config.heard_by, np.concatenate([columns[i] for i in first.blocks])
    return config.heard_by, None
