"""Corpora of a run → labelled rows with their features, standardised the way a cell asks for."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehsaas import utterances
from ehsaas.calibration import Statistics
from ehsaas.corpora.splits import IntArray
from ehsaas.emotions import LABEL_SETS
from ehsaas.experiments import pretrained
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.stored import Kind, feature_settings
from ehsaas.features import (
    EmbeddingConfig,
    TextEmbeddingConfig,
    TokensConfig,
    scaling,
)
from ehsaas.features.store import FeatureStore
from ehsaas.features.text import embed, tokens
from ehsaas.training.batches import Examples, Versions

Arrays = list[NDArray[np.float32]]

VOICED = 5
"""Utterances below which a speaker has no statistics of its own, but its corpus's."""


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

    def of(self, variant: str) -> "Setup":
        """The setup of a variant, its encoders found as the configuration's own were; "" is none.

        Raises:
            EncoderError: an encoder of the variant cannot be found.
        """
        if not variant:
            return self
        return replace(self, config=pretrained.found(self.config.of(variant), self.root))

    def table(self, corpus: str) -> utterances.UtteranceTable:
        """The run's own copy of a corpus's utterance table."""
        return utterances.read(self.run / "tables" / f"{corpus}.parquet")


@dataclass(frozen=True)
class Material:
    """Labelled rows of one or more corpora with raw features in the same order.

    `own` are the statistics of each corpus over all of its utterances, those without a class in
    this label set included: who has no labels could not leave them out. `voices` are those of each
    speaker of at least `VOICED` utterances, likewise, by `CORPUS/SPEAKER`, where the configuration
    asks for them. `copies` are the
    features of other versions of each row, for training. `words` are features (S, E) of what each
    row says, where the configuration asks for them. What is not `scaled` (samples, ids of tokens)
    is given as it is, whatever the statistics. `hidden` are the dimensions that mean nothing across
    corpora.
    """

    rows: pl.DataFrame
    features: Arrays
    classes: tuple[str, ...]
    corpora: tuple[str, ...]
    own: Mapping[str, Statistics]
    copies: Sequence[Versions] = ()
    voices: Mapping[str, Statistics] = field(default_factory=dict)
    words: Sequence[NDArray[np.float32]] = ()
    scaled: bool = True
    hidden: tuple[int, ...] = ()

    @property
    def everything(self) -> IntArray:
        """All row numbers, (N,)."""
        return np.arange(len(self.features))

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

    def rows_of(self, *corpora: str) -> IntArray:
        """Row numbers of some corpora."""
        return np.flatnonzero(self.rows["corpus"].is_in(list(corpora)).to_numpy())

    def foreign(self, corpus: str) -> list[str]:
        """The corpora in other languages than `corpus`, regions of one being the same."""
        told = self.rows["language"]
        tongues = {
            name: set(map(utterances.primary, told[self.rows_of(name)])) for name in self.corpora
        }
        return [name for name in self.corpora if not tongues[name] & tongues[corpus]]

    def statistics(self, rows: IntArray, name: str) -> Statistics:
        """Feature statistics over the frames of `rows`, of several voices and places."""
        found = _statistics([self.features[i] for i in rows], name, self.scaled)
        return found.hiding(self.hidden)

    def standardised_by(
        self, train: IntArray, normalisation: str
    ) -> Statistics | Mapping[str, Statistics]:
        """What the features are standardised by: `source` is the training rows taken together.

        `none` is for what is not scaled, whose statistics change nothing.
        """
        if normalisation in ("source", "none"):
            return self.statistics(train, "source")
        return self.own if normalisation == "corpus" else {**self.own, **self.voices}

    def examples(
        self, rows: IntArray, statistics: Statistics | Mapping[str, Statistics]
    ) -> Examples:
        """The utterances at `rows`, standardised by the same statistics or each by its own.

        Its own are those of its speaker where `statistics` has them, else those of its corpus.
        """
        corpus, voice = self.rows["corpus"].to_list(), _voices(self.rows)
        used = [
            statistics
            if isinstance(statistics, Statistics)
            else statistics.get(voice[i], statistics[corpus[i]])
            for i in rows
        ]
        ids = self.rows["id"].to_list()
        return Examples(
            [scale(self.features[i]) for i, scale in zip(rows, used, strict=True)],
            self.labels[rows],
            self.corpus[rows],
            tuple(ids[i] for i in rows),
            [
                tuple(scale(x) for x in self.copies[i])
                for i, scale in zip(rows, used, strict=True)
                if self.copies
            ],
            _codes(_tongues(self.rows["language"]))[rows],
            _codes(self.rows["speaker"])[rows],
            [self.words[i] for i in rows] if self.words else (),
        )

    def in_views(self, rows: IntArray, train: IntArray, views: Sequence[str]) -> Examples:
        """The utterances at `rows`, each once by every kind of statistics in `views`.

        The first view is what they are, and the only one of their copies; the others are further
        versions. Statistics of a corpus are those of its rows in `train`.

        Args:
            rows: which ones.
            train: rows whose statistics are `source`.
            views: of `source`, `corpus` and `speaker`, at least one.
        """
        known = replace(self, own=self._own_of(train))
        first, *others = (
            known.examples(rows, known.standardised_by(train, view)) for view in views
        )
        copies = [
            (*(first.copies[i] if first.copies else ()), *(other.features[i] for other in others))
            for i in range(len(rows))
        ]
        return replace(first, copies=copies)

    def _own_of(self, train: IntArray) -> Mapping[str, Statistics]:
        """Statistics of each corpus by some rows alone; where they are all of it, its own."""
        found = dict(self.own)
        for corpus in self.corpora:
            every = self.rows_of(corpus)
            kept = np.intersect1d(every, train)
            if 0 < len(kept) < len(every):
                some = [self.features[i] for i in kept]
                found[corpus] = _statistics(some, self.own[corpus].name, self.scaled)
        return found


def _statistics(arrays: Sequence[NDArray[np.float32]], name: str, scaled: bool) -> Statistics:
    """Statistics over all frames; those that change nothing for what is not scaled."""
    if scaled:
        return scaling.fit(arrays, name)
    D = arrays[0].shape[1]
    return Statistics(np.zeros(D, np.float32), np.ones(D, np.float32), len(arrays), name)


def _voices(rows: pl.DataFrame) -> list[str]:
    """`CORPUS/SPEAKER` of each row, or "" where the speaker is not known."""
    return (
        rows.select(pl.concat_str("corpus", "speaker", separator="/").fill_null(""))
        .to_series()
        .to_list()
    )


def _tongues(tags: pl.Series) -> pl.Series:
    """The language of each tag, regions of one being the same; null where it is not known."""
    return tags.replace({tag: utterances.primary(tag) for tag in tags.drop_nulls().unique()})


def _codes(names: pl.Series) -> IntArray:
    """An index for each name, −1 where it is not known; the same name, the same index."""
    index = {name: i for i, name in enumerate(names.drop_nulls().unique(maintain_order=True))}
    return np.array([index.get(name, -1) for name in names], dtype=np.int64)


def load(
    setup: Setup,
    corpora: Sequence[str],
    label_set: str,
    kind: Kind = "frames",
) -> Material:
    """Labelled rows of `corpora` and their features."""
    frames: list[pl.DataFrame] = []
    features: Arrays = []
    copies: list[Versions] = []
    words: Arrays = []
    own: dict[str, Statistics] = {}
    voices: dict[str, Statistics] = {}
    scaled = kind == "functionals" or setup.config.scaled
    for corpus in corpora:
        table = setup.table(corpus)
        rows = labelled(setup.config, table.rows, corpus, label_set)
        everything, *others = _taken(setup, table, kind)
        own[corpus] = _statistics(everything, f"corpus: {corpus}", scaled)
        if setup.config.by_speaker and corpus not in setup.config.never_by_speaker:
            names = np.array(_voices(table.rows))
            for name in sorted(set(names.tolist()) - {""}):
                spoken = [everything[i] for i in np.flatnonzero(names == name)]
                if len(spoken) < VOICED:
                    continue
                voices[name] = _statistics(spoken, f"speaker: {name}", scaled)
        place = {name: i for i, name in enumerate(table.rows["id"])}
        kept = [place[name] for name in rows["id"]]
        frames.append(rows)
        features.extend(everything[i] for i in kept)
        if others:
            copies.extend(tuple(version[i] for version in others) for i in kept)
        if setup.config.words is not None and kind == "frames":
            words.extend(embed(rows["text"].to_list(), setup.config.words))
    rows = pl.concat(frames)
    told = setup.config.features
    classes = utterances.classes(rows) if label_set == "native" else LABEL_SETS[label_set]
    return Material(
        rows,
        features,
        classes,
        tuple(corpora),
        own,
        copies,
        voices,
        words,
        scaled=scaled,
        hidden=told.hidden if kind == "frames" and isinstance(told, EmbeddingConfig) else (),
    )


def _taken(setup: Setup, table: utterances.UtteranceTable, kind: Kind) -> list[Arrays]:
    """Features of every row of a table, and those of other versions of it, for training."""
    told = setup.config.features
    if kind == "frames" and isinstance(told, TokensConfig):
        return [tokens(table.rows, told, table.rows)]
    if kind == "frames" and isinstance(told, TextEmbeddingConfig):
        return [embed(table.rows["text"].to_list(), told)]
    store = FeatureStore(setup.store)
    stored = [store.get(table, settings) for settings in feature_settings(setup.config)[kind]]
    return [[version[i] for i in range(len(version))] for version in stored]


def labelled(
    config: ExperimentConfig, rows: pl.DataFrame, corpus: str, label_set: str
) -> pl.DataFrame:
    """Rows that have a class; reading styles count as neutral only where the config says so.

    In `native` they never do. With `shuffle_labels` the classes are dealt out again at random.
    """
    styles = () if label_set == "native" else config.neutral_styles.get(corpus, ())
    found = utterances.labelled(rows, label_set, styles)
    if config.joint is not None:
        found = found.filter(~pl.col("emotion").is_in(list(config.joint.drop)))
        found = _thinned(found, config.joint.most)
    if config.shuffle_labels:
        seed = zlib.crc32(corpus.encode())  # one deal a corpus: a shared one could be learned
        found = found.with_columns(pl.col("emotion").shuffle(seed=seed))
    return found


def _thinned(rows: pl.DataFrame, most: int | None) -> pl.DataFrame:
    """At most `most` rows of each emotion, drawn at random, in their order."""
    if most is None:
        return rows
    emotion = rows["emotion"].to_numpy()
    kept = [
        np.random.default_rng(zlib.crc32(name.encode())).permutation(
            np.flatnonzero(emotion == name)
        )
        for name in sorted(set(emotion.tolist()))
    ]
    return rows[np.sort(np.concatenate([own[:most] for own in kept]))] if kept else rows
