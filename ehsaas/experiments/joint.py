"""Cells of joint training: one network for several corpora, judged on each and on all together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import polars as pl
from torch import nn

from ehsaas.calibration import softmax
from ehsaas.corpora.splits import Fold, IntArray
from ehsaas.evaluation import predictions
from ehsaas.experiments import baselines, fitting, holdout, material, probes, stored
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.judged import Trial, judged
from ehsaas.experiments.material import Material, Setup
from ehsaas.experiments.networks import (
    LAST,
    Trained,
    history_of,
    statistics_of,
    training_examples,
)
from ehsaas.experiments.parts import JointConfig
from ehsaas.experiments.protocols import BORROWED, Cell
from ehsaas.training import loop
from ehsaas.training.batches import Examples, Versions

UNKNOWN = -1
"""Index of a corpus that the network was not trained on."""


def network(setup: Setup, cell: Cell) -> Trained:
    """One fold of one protocol: trained on its training part, judged on its test part.

    The test part of the first seed, without a variant, is looked at after every epoch for the
    curves; it decides nothing. For the leak `best-epoch` it is always looked at, and decides. Where
    a domain is to be hidden, and all tested corpora are trained on, it is measured how well the
    corpus can still be read.
    """
    config = setup.of(cell.variant).config
    config = leaking(config, cell.leak)
    data = _load(replace(setup, config=config), cell)
    split, data = _split(setup, data, cell)
    lent = cell.condition == BORROWED
    if lent:
        others = [name for name in config.corpora if name not in data.corpora]
        setting = replace(setup, config=config)
        split, data = beside(split, data, material.load(setting, others, "native"))
    asked = statistics_of(config, cell, data.corpora)
    first = data.standardised_by(split.train, asked[0])
    train = training_examples(config, data, split.train, first)
    if lent:  # what is borrowed counts as one corpus, so it weighs as much as the corpus itself
        train = replace(train, corpus=np.minimum(train.corpus, 1))
    known = set(train.corpus.tolist())
    test = _unknown(data.examples(split.test, first), known)
    made = fitting.network(config, data.classes, len(data.corpora), cell.seed)
    watched = cell.leak == "best-epoch" or (cell.seed == config.seeds[0] and not cell.variant)
    history, adversary = fitting.fit(
        config,
        made,
        train,
        test if watched else None,
        cell.seed,
        classes=len(data.classes),
        folder=setup.run / "fits" / cell.key,
    )
    trial = replace(_trial(setup.config, config, data, split.train, cell), normalisation=asked[0])
    tables = [_said(made, data, split, test, trial)]
    for by in asked[1:]:
        given = data.examples(split.test, data.standardised_by(split.train, by))
        named = replace(trial, normalisation=by)
        tables.append(_said(made, data, split, _unknown(given, known), named))
    table = predictions.concat(tables)
    if test.words:
        table = predictions.concat([table, *_by_modality(made, data, split, test, trial)])
    table = together(table, data.rows) if not lent else table
    if setup.config.adversary and not cell.leak and _several(test, train):
        fitted = probes.Fitted(made, adversary, train, test)
        found = probes.corpora_told(fitted, setup.config, data, split, trial)
        table = predictions.concat([table, found])
    how = f"{LEAKS[cell.leak]} (leak {cell.leak})" if cell.leak else history.chosen or LAST
    curves = history_of(trial, cell, history) | ({"watched": "test"} if watched else {})
    return Trained(table, [curves], (how,))


def _said(
    made: nn.Module, data: Material, split: Fold, test: Examples, trial: Trial
) -> pl.DataFrame:
    probabilities = softmax(loop.predict(made, test))
    said = [data.classes[i] for i in probabilities.argmax(axis=1)]
    return judged(trial, data.rows[split.test], said, data.classes, probabilities)


def beside(fold: Fold, data: Material, others: Material) -> tuple[Fold, Material]:
    """A corpus's fold with utterances of others in its training part, as they are, by its classes.

    Rows of the corpus keep their numbers.
    """
    fits = np.flatnonzero(others.rows["emotion"].is_in(list(data.classes)).to_numpy())
    own = len(data.features)
    whole = replace(
        data,
        rows=pl.concat([data.rows, others.rows[fits]]),
        features=[*data.features, *(others.features[i] for i in fits)],
        words=[*data.words, *(others.words[int(i)] for i in fits)] if data.words else (),
        corpora=(*data.corpora, *others.corpora),
        own={**data.own, **others.own},
        copies=[*data.copies, *(() for _ in fits)] if data.copies else (),
        voices={**data.voices, **others.voices},
    )
    return replace(fold, train=np.concatenate([fold.train, np.arange(own, own + len(fits))])), whole


def _by_modality(
    network: nn.Module, data: Material, fold: Fold, test: Examples, trial: Trial
) -> Iterator[pl.DataFrame]:
    """What the same network says of the same clips when it only hears, and when it only reads."""
    deaf = replace(test, features=[x[:0] for x in test.features])
    blind = replace(test, words=[x[:0] for x in test.words])
    for modality, given in (("speech", blind), ("text", deaf)):
        probabilities = softmax(loop.predict(network, given))
        said = [data.classes[i] for i in probabilities.argmax(axis=1)]
        named = replace(trial, condition={**trial.condition, "modality": f"{modality} alone"})
        yield judged(named, data.rows[fold.test], said, data.classes, probabilities)


LEAKS: Mapping[str, str] = MappingProxyType(
    {
        "best-epoch": "the test part, the best epoch by its UAR is kept",
        "copies": f"{LAST}; copies of test clips were trained on",
    }
)
"""What the kept epoch was chosen on where something leaks on purpose."""


def _several(test: Examples, train: Examples) -> bool:
    """Whether there are corpora to tell apart, and all of them were trained on."""
    tested = set(test.corpus.tolist())
    return len(tested) > 1 and tested <= set(train.corpus.tolist())


def leaking(config: ExperimentConfig, leak: str) -> ExperimentConfig:
    """The configuration with what a leak changes of the training.

    With copies as rows of their own an epoch is longer, so there are fewer: the leak is to show,
    not more training.
    """
    training: dict[str, Any] = {}
    if leak == "copies":
        heard = config.training
        made = len(_joint(config).copies) or len({1.0, *heard.speeds}) - 1 + len(heard.disturbed)
        training = {"epochs": max(1, round(heard.epochs / (1 + made)))}
    if leak == "best-epoch":
        training = {"keep": "best", "patience": config.training.epochs}
    changed = config.training.model_copy(update=training)
    return config.model_copy(update={"training": changed})


def copying(config: ExperimentConfig) -> ExperimentConfig:
    """The configuration whose training versions are the copies that are to leak."""
    versions = {"speeds": (1.0,), "disturbed": _joint(config).copies}
    changed = config.training.model_copy(update=versions)
    return config.model_copy(update={"training": changed})


def rivals(setup: Setup, cell: Cell) -> pl.DataFrame:
    """The baselines on every fold of a protocol, trained and judged as the network is.

    Where the network reads, those that hear nothing are all there are.
    """
    reads = setup.config.reads
    data = _load(setup, cell, "frames" if reads else "functionals")
    trial = replace(
        _trial(setup.config, setup.config, data, data.everything, cell),
        system="functionals-svm",
        features="functionals",
    )
    folds = holdout.folds(data.rows, cell.protocol, _joint(setup.config), setup.root)
    tables = []
    for fold in folds:
        names = data.rows["corpus"][fold.train].unique().to_list()
        own = replace(trial, fold=fold.name, train=names)
        judged_by = (
            baselines.deaf(data, fold, own) if reads else baselines.both(data, fold, own, data.own)
        )
        tables += [together(table, data.rows) for table in judged_by]
        if not reads and holdout.must_borrow(data.rows, fold, setup.config):
            tables += _borrowing(setup, data, fold, own)
    return predictions.concat(tables)


def _borrowing(setup: Setup, data: Material, fold: Fold, trial: Trial) -> Iterator[pl.DataFrame]:
    """The SVM on a fold with other corpora's utterances, which weigh as those of any corpus do."""
    others = [name for name in setup.config.corpora if name not in data.corpora]
    longer, whole = beside(fold, data, material.load(setup, others, "native", "functionals"))
    condition = {**trial.condition, BORROWED: "other corpora"}
    named = replace(trial, train=list(whole.corpora), condition=condition)
    yield from baselines.svms(whole, longer, named, whole.own)


def _load(setup: Setup, cell: Cell, kind: stored.Kind = "frames") -> Material:
    corpora = cell.corpus.split("+")
    return material.load(setup, corpora, "native", kind)


def _split(setup: Setup, data: Material, cell: Cell) -> tuple[Fold, Material]:
    """The cell's fold, and the material with altered copies as rows where they are to leak."""
    joint = _joint(setup.config)
    if cell.leak == "copies":
        altered = replace(setup, config=copying(setup.config))
        data = with_copies(data, _load(altered, cell).copies if joint.copies else None)
    folds = holdout.folds(data.rows, cell.protocol, joint, setup.root)
    return next(fold for fold in folds if fold.name == cell.fold), data


def with_copies(data: Material, altered: Sequence[Versions] | None = None) -> Material:
    """Altered copies of every clip as rows of their own, before any split is made.

    Args:
        data: whose own versions become rows, and are not drawn any more, where `altered` is None.
        altered: copies of each row; `data` keeps its own versions for training.
    """
    versions = data.copies if altered is None else altered
    count = len(versions[0]) if versions else 0
    rows = [data.rows] + [data.rows.with_columns(pl.col("id") + f"~{k + 1}") for k in range(count)]
    features = list(data.features)
    for k in range(count):
        features += [copies[k] for copies in versions]
    drawn: Sequence[Versions] = ()
    if altered is not None and data.copies:
        drawn = [*data.copies, *([()] * (count * len(data.features)))]
    return replace(data, rows=pl.concat(rows), features=features, copies=drawn)


def _unknown(examples: Examples, trained: set[int]) -> Examples:
    """Utterances of a corpus that was not trained on are of unknown language."""
    known = np.isin(examples.corpus, list(trained))
    return replace(examples, corpus=np.where(known, examples.corpus, UNKNOWN))


def _trial(
    given: ExperimentConfig,
    config: ExperimentConfig,
    data: Material,
    train: IntArray,
    cell: Cell,
) -> Trial:
    condition: dict[str, Any] = {}
    if cell.variant:
        condition["variant"] = cell.variant
    if cell.leak:
        condition["leak"] = cell.leak
    if cell.condition == BORROWED:
        condition[BORROWED] = "other corpora"
    return Trial(
        given.name,
        config.name_of_system,
        cell.protocol,
        stored.kind_of(config),
        cell.normalisation or "source",
        data.rows["corpus"][train].unique().to_list(),
        "native",
        cell.seed,
        cell.fold,
        condition,
    )


def _joint(config: ExperimentConfig) -> JointConfig:
    assert config.joint is not None, "asked for only where there is a joint part"
    return config.joint


def together(table: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """A prediction table with its corpora taken together, too, and without the largest of them.

    The corpora of such rows are joined with `+` in alphabetical order, and so are corpus and id.
    Where a corpus is left out (`loco`), every fold is another training and nothing is joined.

    Args:
        table: predictions for one fold, which may lack a corpus.
        rows: all utterances that are trained on or tested, which say what there is to be joined.
    """
    if set(table["protocol"]) == {"loco"}:
        return table
    sizes = rows["corpus"].value_counts().sort(["count", "corpus"], descending=True)
    names: Sequence[str] = sizes["corpus"].to_list()
    sets = [names, names[1:]] if len(names) > 2 else [names] if len(names) > 1 else []
    joined = [
        table.filter(pl.col("corpus").is_in(list(some))).with_columns(
            id=pl.col("corpus") + "/" + pl.col("id"), corpus=pl.lit("+".join(sorted(some)))
        )
        for some in sets
    ]
    return predictions.concat([table, *joined])
