"""Corpora of a run → labelled rows with their features, standardised the way a cell asks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehsaas import utterances
from ehsaas.calibration import Statistics
from ehsaas.corpora.splits import IntArray
from ehsaas.emotions import LABEL_SETS
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.features import scaling
from ehsaas.features.functionals import FunctionalsConfig
from ehsaas.features.store import FeatureStore
from ehsaas.training.batches import Examples

Normalisation = Literal["source", "corpus"]
Arrays = list[NDArray[np.float32]]


@dataclass(frozen=True)
class Setup:
    """What every cell of a run needs.

    `run` is the run folder, `store` the home of the feature store, `root` the corpora's folder,
    which the fold file of the configuration is relative to.
    """

    config: ExperimentConfig
    run: Path
    store: Path
    root: Path

    def table(self, corpus: str) -> utterances.UtteranceTable:
        """The run's own copy of a corpus's utterance table."""
        return utterances.read(self.run / "tables" / f"{corpus}.parquet")


@dataclass(frozen=True)
class Material:
    """Labelled rows of one or more corpora with raw features in the same order."""

    rows: pl.DataFrame
    features: Arrays
    classes: tuple[str, ...]
    corpora: tuple[str, ...]

    @property
    def labels(self) -> IntArray:
        """Class index of each row, (N,)."""
        index = {name: i for i, name in enumerate(self.classes)}
        return np.array([index[name] for name in self.rows["emotion"]], dtype=np.int64)

    @property
    def corpus(self) -> IntArray:
        """Corpus index of each row, (N,)."""
        index = {name: i for i, name in enumerate(self.corpora)}
        return np.array([index[name] for name in self.rows["corpus"]], dtype=np.int64)

    def rows_of(self, corpus: str) -> IntArray:
        """Row numbers of one corpus."""
        return np.flatnonzero((self.rows["corpus"] == corpus).to_numpy())

    def statistics(self, rows: IntArray, name: str) -> Statistics:
        """Feature statistics over the frames of `rows`."""
        return scaling.fit((self.features[i] for i in rows), name)

    def standardised(self, rows: IntArray, statistics: Statistics) -> Arrays:
        """Features of `rows`, standardised."""
        return [statistics(self.features[i]) for i in rows]

    def by_corpus(self) -> Arrays:
        """All features, each corpus standardised by its own statistics; no label is used."""
        result: Arrays = list(self.features)
        for corpus in self.corpora:
            rows = self.rows_of(corpus)
            own = self.standardised(rows, self.statistics(rows, f"corpus: {corpus}"))
            for i, values in zip(rows, own, strict=True):
                result[i] = values
        return result

    def examples(self, features: Arrays) -> Examples:
        """All rows as training examples with the given (standardised) features."""
        ids = tuple(self.rows["id"].to_list())
        return Examples(features, self.labels, self.corpus, ids)


def load(
    setup: Setup,
    corpora: Sequence[str],
    label_set: str,
    kind: Literal["frames", "functionals"] = "frames",
) -> Material:
    """Labelled rows of `corpora` and their stored features."""
    frames: list[pl.DataFrame] = []
    features: Arrays = []
    settings = setup.config.features if kind == "frames" else FunctionalsConfig()
    for corpus in corpora:
        table = setup.table(corpus)
        rows = labelled(setup.config, table.rows, corpus, label_set)
        stored = FeatureStore(setup.store).get(table.keep(rows), settings)
        frames.append(rows)
        features.extend(stored[i] for i in range(len(stored)))
    rows = pl.concat(frames)
    classes = utterances.classes(rows) if label_set == "native" else LABEL_SETS[label_set]
    return Material(rows, features, classes, tuple(corpora))


def labelled(
    config: ExperimentConfig, rows: pl.DataFrame, corpus: str, label_set: str
) -> pl.DataFrame:
    """Rows that have a class; reading styles count as neutral only where the config says so.

    In `native` they never do. With `shuffle_labels` the classes are dealt out again at random.
    """
    styles = () if label_set == "native" else config.neutral_styles.get(corpus, ())
    found = utterances.labelled(rows, label_set, styles)
    if config.shuffle_labels:
        found = found.with_columns(pl.col("emotion").shuffle(seed=17))
    return found
