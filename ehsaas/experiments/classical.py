"""The classical grid: groups × protocols × feature sets → what each classifier says.

A classifier standardises what it gets by its training part: that is `source`. For `corpus`, every
group is standardised by all of its own utterances before that. What a classifier then makes of its
training rows is the same, so one fit serves both, and utterances of another group are given to it
in the scale of the group that it was fitted on:

    x' = μ_fitted + σ_fitted · (x − μ_own) / σ_own

Inside one group x' is x, and the answers under both statistics are the same.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehsaas.corpora.splits import Fold
from ehsaas.emotions import in_order
from ehsaas.evaluation import predictions
from ehsaas.experiments import baselines
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.groups import Vectors, asked, groups, labelled, load, split
from ehsaas.experiments.judged import Trial, judged
from ehsaas.experiments.material import Material, Setup
from ehsaas.experiments.protocols import Cell

if TYPE_CHECKING:
    from ehsaas.models.classical import Classical, Classifier

STATISTICS = (
    "Statistics of the classical grid. Every classifier standardises its features by its training"
    " part; `source` is that alone. For `corpus`, each group of utterances is first standardised by"
    " all of its own, without labels; within one group that changes nothing, and both rows are the"
    " same answers. What stands as the probabilities of SVMs is not calibrated."
)

DRAWING = ("random-forest", "mlp")
"""Classifiers that another seed changes; the others are fitted for the first seed only."""

WHOLE = "whole"
"""The protocol of cells that judge nothing and save classifiers of a whole group."""


def cells(config: ExperimentConfig) -> list[Cell]:
    """One cell a group, protocol, feature set and seed that changes something."""
    part = config.classical
    if part is None:
        return []
    names = groups(config)
    protocols: list[str] = [one for one in part.protocols if one != "pair" or len(names) > 1]
    if part.save and "pair" not in protocols:
        protocols.append(WHOLE)
    return [
        Cell("classical", name, seed, protocol, condition=features)
        for name, protocol, seed, features in product(names, protocols, config.seeds, part.features)
        if _drawn(config, seed) and (protocol != WHOLE or seed == config.seeds[0])
    ]


def grid(setup: Setup, cell: Cell) -> pl.DataFrame:
    """What every classifier of a cell says, and once a group and protocol what hears nothing.

    Raises:
        ConfigError: the groups share too few emotions, or speakers that are asked for are unknown.
    """
    made = _within(setup, cell) if cell.protocol in ("random", "strict") else _across(setup, cell)
    tables = list(made)
    return predictions.concat(tables) if tables else pl.DataFrame()


def _within(setup: Setup, cell: Cell) -> Iterator[pl.DataFrame]:
    """The folds of one group."""
    data = load(setup, cell.corpus, cell.condition)
    rows = labelled(setup)[cell.corpus]
    for fold in split(setup, cell.corpus, rows, cell.protocol).folds:
        train = replace(data, rows=data.rows[fold.train], X=data.X[fold.train])
        trial = replace(_trial(setup, cell), fold=fold.name)
        for model in _fitted(setup, cell, train):
            said = _said(trial, model, data.rows[fold.test], data.X[fold.test])
            for by in asked(setup.config).statistics:
                yield said.with_columns(normalisation=pl.lit(by))
        yield from _deaf(setup, cell, trial, data.rows, fold)


def _across(setup: Setup, cell: Cell) -> Iterator[pl.DataFrame]:
    """All of one group, and each of the others."""
    part, source = asked(setup.config), load(setup, cell.corpus, cell.condition)
    models = list(_fitted(setup, cell, source))
    if part.save and cell.seed == setup.config.seeds[0]:
        for model in models:
            name = f"{cell.corpus}-{cell.condition}-{model.name}"
            model.save(setup.run / "model" / name)
    if cell.protocol == WHOLE:
        return
    trial = _trial(setup, cell)
    for name in groups(setup.config):
        if name == cell.corpus:
            continue
        target = load(setup, name, cell.condition)
        given = {"source": target.X, "corpus": target.in_scale_of(source)}
        for model, by in product(models, part.statistics):
            yield _said(replace(trial, normalisation=by), model, target.rows, given[by])
        N, both = source.rows.height, pl.concat([source.rows, target.rows])
        fold = Fold("", np.arange(N), np.arange(N, both.height))
        yield from _deaf(setup, cell, trial, both, fold)


def _fitted(setup: Setup, cell: Cell, train: Vectors) -> Iterator["Classical"]:
    """The classifiers of a cell, one at a time."""
    from ehsaas.models.classical import fit

    for name in _drawn(setup.config, cell.seed):
        yield fit(name, train.X, train.emotions.tolist(), None, cell.seed)


def _said(
    trial: Trial, model: "Classical", rows: pl.DataFrame, X: NDArray[np.float64]
) -> pl.DataFrame:
    """What a classifier says of the rows."""
    shares = model.predict_proba(X)
    said = [model.classes[i] for i in shares.argmax(axis=1)]
    return judged(replace(trial, system=model.name), rows, said, model.classes, shares)


def _deaf(
    setup: Setup, cell: Cell, trial: Trial, rows: pl.DataFrame, fold: Fold
) -> Iterator[pl.DataFrame]:
    """What hears nothing, once a group and protocol; no oracle where a speaker is unknown."""
    config = setup.config
    if (cell.condition, cell.seed) != (asked(config).features[0], config.seeds[0]):
        return
    data = Material(rows, [], in_order(set(rows["emotion"])), tuple(set(rows["corpus"])), {})
    for table in baselines.deaf(data, fold, replace(trial, seed=0)):
        if not table["predicted"].null_count():
            yield table


def _trial(setup: Setup, cell: Cell) -> Trial:
    """The columns that all tables of a cell have in common."""
    label_set = asked(setup.config).label_set
    return Trial(
        setup.config.name,
        "",
        cell.protocol,
        cell.condition,
        "source",
        [cell.corpus],
        label_set,
        cell.seed,
    )


def _drawn(config: ExperimentConfig, seed: int) -> "list[Classifier]":
    """The classifiers that are fitted for a seed."""
    return [one for one in asked(config).classifiers if seed == config.seeds[0] or one in DRAWING]
