"""Cells of the attention Bi-LSTM: one is trained here, judged, and its history kept."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from ehsaas.calibration import Statistics, softmax
from ehsaas.corpora import splits
from ehsaas.corpora.splits import IntArray
from ehsaas.evaluation import predictions
from ehsaas.experiments import material
from ehsaas.experiments.baselines import foreign
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.judged import Trial, judged
from ehsaas.experiments.material import Arrays, Material, Setup
from ehsaas.experiments.protocols import SPLIT_SEED, Cell, held_out, within_split
from ehsaas.models.attention_bilstm import AttentionBiLSTM
from ehsaas.training import loop, progressive, supervised
from ehsaas.training.augment import FrameAugment
from ehsaas.training.batches import Examples
from ehsaas.training.loop import History, LoopSettings

SYSTEM = "attention-bilstm"


@dataclass(frozen=True)
class Trained:
    """What a cell leaves behind: predictions, training histories, and how it was validated."""

    predictions: pl.DataFrame
    histories: list[dict[str, Any]]
    notes: tuple[str, ...] = ()


def within(setup: Setup, cell: Cell) -> Trained:
    """One fold of one corpus: trained on its training part, judged on its test part.

    `source` standardises the test part by the training rows, `corpus` by the whole corpus.
    """
    assert setup.config.within is not None
    label_set = setup.config.within.label_set
    data = material.load(setup, [cell.corpus], label_set)
    split = within_split(setup.config, data.rows, cell.corpus, cell.protocol, setup.root)
    fold = next(f for f in split.folds if f.name == cell.fold)
    source = data.statistics(fold.train, "source")
    features = data.standardised(np.arange(len(data.features)), source)
    network, history, how = train(setup, data, features, fold.train, cell)
    trial = _trial(setup, cell, cell.protocol, [cell.corpus], label_set)
    own = data.statistics(np.arange(len(data.features)), f"corpus: {cell.corpus}")
    tables = [
        _judge(network, data, fold.test, source, replace(trial, normalisation="source")),
        _judge(network, data, fold.test, own, replace(trial, normalisation="corpus")),
    ]
    return Trained(predictions.concat(tables), [_told(trial, cell, history)], (how,))


def pair(setup: Setup, cell: Cell) -> Trained:
    """Trained on one corpus, judged on each corpus of another language, under both statistics."""
    assert setup.config.transfer is not None
    label_set = setup.config.transfer.label_set
    data = material.load(setup, setup.config.corpora, label_set)
    rows = data.rows_of(cell.corpus)
    source = data.statistics(rows, "source")
    features: Arrays = list(data.features)
    for i, x in zip(rows, data.standardised(rows, source), strict=True):
        features[i] = x
    network, history, how = train(setup, data, features, rows, cell)
    trial = _trial(setup, cell, "pair", [cell.corpus], label_set)
    tables = []
    for name in foreign(data, cell.corpus):
        test = data.rows_of(name)
        own = data.statistics(test, f"corpus: {name}")
        for normalisation, statistics in (("source", source), ("corpus", own)):
            named = replace(trial, normalisation=normalisation)
            tables.append(_judge(network, data, test, statistics, named))
    return Trained(predictions.concat(tables), [_told(trial, cell, history)], (how,))


def pooled(setup: Setup, cell: Cell) -> Trained:
    """Trained on all corpora of other languages, judged on one; the network is kept for adaptation.

    With `source`, all are standardised by the pooled statistics of the training corpora; with
    `corpus`, each corpus by its own.
    """
    label_set = _transfer_labels(setup.config)
    data = material.load(setup, setup.config.corpora, label_set)
    sources = foreign(data, cell.corpus)
    rows = np.concatenate([data.rows_of(name) for name in sources])
    test = data.rows_of(cell.corpus)
    if cell.normalisation == "corpus":
        features = data.by_corpus()
        statistics = data.statistics(test, f"corpus: {cell.corpus}")
    else:
        statistics = data.statistics(rows, "source")
        features = data.standardised(np.arange(len(data.features)), statistics)
    network, history, how = train(setup, data, features, rows, cell)
    save_file(network.state_dict(), setup.run / "cells" / f"{cell.key}.safetensors")
    trial = _trial(setup, cell, "lolo", sources, label_set)
    trial = replace(trial, normalisation=cell.normalisation)
    table = _judge(network, data, test, statistics, trial)
    return Trained(table, [_told(trial, cell, history)], (how,))


def adaptation(setup: Setup, cell: Cell) -> Trained:
    """Progressive adaptation to one corpus from the others, beside target-only and zero-shot."""
    config = setup.config.adaptation
    assert config is not None
    data = material.load(setup, setup.config.corpora, config.label_set)
    sources = foreign(data, cell.corpus)
    rows = data.rows_of(cell.corpus)
    fold = held_out(setup.config, data.rows[rows])
    examples = data.examples(data.by_corpus())
    source = examples.take(np.concatenate([data.rows_of(name) for name in sources]))
    target, test = examples.take(rows), rows[fold.test]
    shares = splits.nested_shares(data.rows[rows], fold.train, config.shares, SPLIT_SEED)
    statistics = data.statistics(rows, f"corpus: {cell.corpus}")
    trial = _trial(setup, cell, "heldout", sources, config.label_set)
    trial = replace(trial, normalisation="corpus", fold="")

    def judge(network: nn.Module, system: str, share: float, train: Sequence[str]) -> pl.DataFrame:
        named = replace(trial, system=system, condition={"share": share}, train=train)
        return _judge(network, data, test, statistics, named)

    tables, histories = [], []
    tables.append(judge(_pooled_network(setup, cell, data), SYSTEM, 0.0, sources))
    variants = {SYSTEM: True, f"{SYSTEM} all-unfrozen": False}
    for system, gradual in list(variants.items())[: 2 if config.all_unfrozen else 1]:
        network = _pooled_network(setup, cell, data)
        for stage in progressive.adapt(
            network,
            source,
            target,
            shares,
            replace(_loop(setup.config), epochs=config.epochs, rate=3e-4, schedule="constant"),
            cell.seed,
            classes=len(data.classes),
            replay=config.replay,
            gradual=gradual,
            **_regularised(setup.config),
        ):
            tables.append(judge(network, system, stage.share, sources))
            told = _told(replace(trial, system=system), cell, stage.history)
            histories.append({**told, "share": stage.share})
    for share, chosen in shares.items():
        network = _network(setup.config, data, cell.seed)
        system = f"{SYSTEM} target-only"
        history = _supervised(setup, network, data, target.take(chosen), None, cell.seed)
        tables.append(judge(network, system, share, [cell.corpus]))
        told = _told(replace(trial, system=system, train=[cell.corpus]), cell, history)
        histories.append({**told, "share": share})
    return Trained(predictions.concat(tables), histories)


def train(
    setup: Setup, data: Material, features: Arrays, train: IntArray, cell: Cell
) -> tuple[nn.Module, History, str]:
    """A network trained on part of `train`, stopped early on other speakers of it."""
    part = splits.validation(data.rows, train, cell.seed)
    examples = data.examples(features)
    network = _network(setup.config, data, cell.seed)
    history = _supervised(
        setup,
        network,
        data,
        examples.take(part.train),
        examples.take(part.validation),
        cell.seed,
        setup.run / "fits" / cell.key,
    )
    return network, history, f"{cell.corpus}, {cell.kind}: validation is {part.how}"


def _network(config: ExperimentConfig, data: Material, seed: int) -> nn.Module:
    """A network with fresh weights that depend on `seed` alone."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return AttentionBiLSTM(
            len(config.features.names), len(data.classes), **config.model.model_dump()
        )


def _pooled_network(setup: Setup, cell: Cell, data: Material) -> nn.Module:
    """The network of the `pooled` cell with the same target and seed."""
    network = _network(setup.config, data, cell.seed)
    key = Cell("pooled", cell.corpus, cell.seed, normalisation="corpus").key
    network.load_state_dict(load_file(setup.run / "cells" / f"{key}.safetensors"))
    return network


def _supervised(
    setup: Setup,
    network: nn.Module,
    data: Material,
    examples: Examples,
    validation: Examples | None,
    seed: int,
    folder: Path | None = None,
) -> History:
    return supervised.train(
        network,
        examples,
        validation,
        _loop(setup.config),
        seed,
        classes=len(data.classes),
        folder=folder,
        **_regularised(setup.config),
    )


def _loop(config: ExperimentConfig) -> LoopSettings:
    t = config.training
    return LoopSettings(t.epochs, t.rate, t.decay, t.patience, t.schedule, batch_size=t.batch_size)


def _regularised(config: ExperimentConfig) -> dict[str, Any]:
    t = config.training
    augment = FrameAugment(
        time_masks=t.time_masks, feature_masks=t.feature_masks, noise=t.noise, shift=t.shift
    )
    return {"augment": augment, "smoothing": t.smoothing, "max_frames": t.max_frames}


def _transfer_labels(config: ExperimentConfig) -> str:
    part = config.transfer or config.adaptation
    assert part is not None, "a pooled cell is planned for transfer or adaptation only"
    return part.label_set


def _trial(setup: Setup, cell: Cell, protocol: str, train: Sequence[str], label_set: str) -> Trial:
    return Trial(
        setup.config.name,
        SYSTEM,
        protocol,
        "frames",
        "source",
        train,
        label_set,
        cell.seed,
        cell.fold,
    )


def _judge(
    network: nn.Module, data: Material, test: IntArray, statistics: Statistics, trial: Trial
) -> pl.DataFrame:
    standardised = data.standardised(test, statistics)
    features: Arrays = list(data.features)
    for i, x in zip(test, standardised, strict=True):
        features[i] = x
    probabilities = softmax(loop.predict(network, data.examples(features).take(test)))
    said = [data.classes[i] for i in probabilities.argmax(axis=1)]
    return judged(trial, data.rows[test], said, data.classes, probabilities)


def _told(trial: Trial, cell: Cell, history: History) -> dict[str, Any]:
    """A history as the report reads it."""
    return {
        "system": trial.system,
        "train": sorted(trial.train),
        "corpus": cell.corpus,
        "seed": cell.seed,
        "fold": cell.fold,
        "protocol": trial.protocol,
        "epochs": epochs(history),
    }


def epochs(history: History) -> list[dict[str, Any]]:
    """The epochs of a history as the report reads them, counted from 1."""
    return [{**asdict(e), "epoch": e.epoch + 1, "train_uar": None} for e in history.epochs]
