"""Groups of the classical grid, corpora or a language of one → labelled rows, folds, vectors."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehsaas import utterances
from ehsaas.corpora import splits
from ehsaas.corpora.splits import Split
from ehsaas.emotions import in_order
from ehsaas.experiments import holdout, material
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.holdout import SPLIT_SEED
from ehsaas.experiments.material import Setup
from ehsaas.experiments.mistakes import ConfigError
from ehsaas.experiments.parts import ClassicalConfig, Group
from ehsaas.features import published
from ehsaas.features.functionals import FunctionalsConfig
from ehsaas.features.smile import SmileConfig
from ehsaas.features.store import FeatureStore, Settings
from ehsaas.utterances import UtteranceTable


@dataclass(frozen=True)
class Vectors:
    """Labelled rows of a group, under its name, with their features X (N, D).

    `mean` and `std` (D,) are over all of its utterances, those without a class included.
    """

    rows: pl.DataFrame
    X: NDArray[np.float64]
    mean: NDArray[np.float64]
    std: NDArray[np.float64]

    @property
    def emotions(self) -> NDArray[np.str_]:
        """The class of each row, (N,)."""
        return self.rows["emotion"].to_numpy().astype(np.str_)

    def in_scale_of(self, other: "Vectors") -> NDArray[np.float64]:
        """X as it would be had the groups the same mean and deviation: that of `other`."""
        spread = np.where(self.std > 0, self.std, 1)
        return other.mean + other.std * (self.X - self.mean) / spread


def groups(config: ExperimentConfig) -> dict[str, Group]:
    """The groups of a run by name: the parts that are asked for, and each corpus without one."""
    part = asked(config)
    parts = {name: one for name, one in part.parts.items() if one.corpus in config.corpora}
    taken = {one.corpus for one in parts.values()}
    return {**parts, **{name: Group(corpus=name) for name in config.corpora if name not in taken}}


def labelled(setup: Setup) -> dict[str, pl.DataFrame]:
    """Rows of every group that have a class, under the name of their corpus.

    Raises:
        ConfigError: a group is empty, or they share fewer than two emotions.
    """
    config, part = setup.config, asked(setup.config)
    found = {
        name: _classed(config, part, group.corpus, _all_of(setup, name))
        for name, group in groups(config).items()
    }
    if part.label_set != "common":
        return found
    shared = in_order(set.intersection(*(set(rows["emotion"]) for rows in found.values())))
    if len(shared) < 2:
        raise ConfigError(
            f"classical.label_set: {', '.join(found)} share {', '.join(shared) or 'no emotion'};"
            " at least two are needed: write four or seven, or leave a corpus out"
        )
    return {name: rows.filter(pl.col("emotion").is_in(shared)) for name, rows in found.items()}


def split(setup: Setup, name: str, rows: pl.DataFrame, protocol: str) -> Split:
    """The folds of a group's labelled rows.

    Raises:
        ConfigError: `strict` is asked where speakers are not known, or its file is missing.
        SplitError: the folds cannot be made.
    """
    part = asked(setup.config)
    if protocol == "random":
        return splits.random_stratified(rows, part.folds, SPLIT_SEED)
    if unknown := rows["speaker"].null_count():
        raise ConfigError(
            f"classical.protocols: strict keeps speakers apart, but {unknown} of {rows.height}"
            f" utterances of {name} have no known speaker; leave strict out"
        )
    corpus = groups(setup.config)[name].corpus
    return holdout.speaker_folds(rows, corpus, part.strict_folds, part.folds, setup.root)


def load(setup: Setup, name: str, feature_set: str) -> Vectors:
    """The labelled rows of a group with one set of their features.

    Raises:
        PublishedError: features that were published cannot be read.
        SmileError: openSMILE is needed and missing.
        StoreError: an utterance has no recording.
    """
    rows, everyone = labelled(setup)[name], _all_of(setup, name)
    corpus = groups(setup.config)[name].corpus
    table, ids = setup.table(corpus), everyone["id"].to_list()
    if asked(setup.config).published:
        X = published.read(table.location(corpus, ""), feature_set, ids).astype(np.float64)
    else:
        stored = FeatureStore(setup.store).get(table.keep(everyone), _settings(feature_set))
        X = np.concatenate([stored[i] for i in range(len(stored))]).astype(np.float64)
    place = {one: i for i, one in enumerate(ids)}
    kept = [place[one] for one in rows["id"]]
    return Vectors(rows.with_columns(corpus=pl.lit(name)), X[kept], X.mean(axis=0), X.std(axis=0))


def audited(setup: Setup) -> Iterator[tuple[str, str, UtteranceTable, Split]]:
    """Each group and protocol that splits it, with its labelled utterances and the split.

    Raises:
        ConfigError: as `labelled` and `split`.
        SplitError: as `split`.
    """
    if setup.config.classical is None:
        return
    for name, rows in labelled(setup).items():
        table = setup.table(groups(setup.config)[name].corpus)
        for protocol in setup.config.classical.protocols:
            if protocol != "pair":
                yield name, protocol, table.keep(rows), split(setup, name, rows, protocol)


def settings(config: ExperimentConfig) -> dict[str, Settings]:
    """The features that the store must hold, by the name of their set; none that were published."""
    part = config.classical
    if part is None or part.published:
        return {}
    return {name: _settings(name) for name in part.features}


def asked(config: ExperimentConfig) -> ClassicalConfig:
    """What is asked of the classical grid, by an experiment that has one."""
    assert config.classical is not None, "asked for only where there is a classical grid"
    return config.classical


def _settings(feature_set: str) -> Settings:
    if feature_set == "functionals":
        return FunctionalsConfig()
    return SmileConfig.model_validate({"feature_set": feature_set})


def _all_of(setup: Setup, name: str) -> pl.DataFrame:
    """All utterances of a group."""
    group = groups(setup.config)[name]
    rows = setup.table(group.corpus).rows
    if group.language is None:
        return rows
    found = rows.filter(pl.col("language") == group.language)
    if not found.height:
        there = ", ".join(sorted(rows["language"].drop_nulls().unique())) or "none"
        raise ConfigError(
            f"classical.parts.{name}: {group.corpus} has no utterances in {group.language!r};"
            f" its languages are {there}"
        )
    return found


def _classed(
    config: ExperimentConfig, part: ClassicalConfig, corpus: str, rows: pl.DataFrame
) -> pl.DataFrame:
    """Rows that have a class; for `common`, any emotion is one and a style may be neutral."""
    if part.label_set != "common":
        return material.labelled(config, rows, corpus, part.label_set)
    styles = config.neutral_styles.get(corpus, ())
    return material.labelled(config, utterances.labelled(rows, "native", styles), corpus, "native")
