"""Cells of one network each: it is trained here, judged, and its history kept."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from safetensors.torch import load_file, save_file
from torch import nn

from ehsaas.calibration import Statistics, softmax
from ehsaas.corpora import splits
from ehsaas.corpora.splits import IntArray
from ehsaas.corpora.splits.shares import Validation
from ehsaas.emotions import to_label_set
from ehsaas.evaluation import predictions
from ehsaas.experiments import fitting, material, protocols, stored
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.holdout import SPLIT_SEED
from ehsaas.experiments.judged import Trial, judged
from ehsaas.experiments.material import Material, Setup
from ehsaas.experiments.protocols import MIXED, Cell, held_out, within_split
from ehsaas.experiments.systems import ProbeConfig
from ehsaas.training import loop, progressive
from ehsaas.training.batches import Examples
from ehsaas.training.loop import History, LoopSettings

FEW_SPEAKERS = 5
"""With fewer training speakers their statistics stand for these voices, not for the corpus."""


LAST = "none, the last epoch is kept"
"""What the kept epoch was chosen on, where it was not chosen."""


@dataclass(frozen=True)
class Trained:
    """What a cell leaves behind: predictions, training histories, and how it was validated.

    `remarks` are sentences about what was seen that predictions cannot say.
    """

    predictions: pl.DataFrame
    histories: list[dict[str, Any]]
    notes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def within(setup: Setup, cell: Cell) -> Trained:
    """One fold of one corpus: trained on its training part, judged on its test part.

    Trained on features that are standardised by the training rows; the test part is judged by the
    same statistics (`source`) and by those of the whole corpus (`corpus`). Where fewer than five
    speakers train, the two differ so much that a network of its own is trained for `corpus`.
    """
    label_set = protocols.label_set(setup.config, cell)
    data = material.load(setup, [cell.corpus], label_set)
    split = within_split(setup.config, data.rows, cell.corpus, cell.protocol, setup.root)
    fold = next(f for f in split.folds if f.name == cell.fold)
    source = data.statistics(fold.train, "source")
    own = data.own[cell.corpus]
    few = data.rows["speaker"][fold.train].n_unique() < FEW_SPEAKERS
    network, history, how = train(setup, data, source, fold.train, cell)
    trial = trial_of(setup, cell, cell.protocol, [cell.corpus], label_set)
    told = [history_of(trial, cell, history)]
    table = judge(network, data, fold.test, source, trial)
    if not data.scaled:
        return Trained(table, told, (how,))
    if few:
        network, history, _ = train(setup, data, own, fold.train, cell, "corpus")
        told.append({**history_of(trial, cell, history), "normalisation": "corpus"})
    named = replace(trial, normalisation="corpus")
    tables = [table, judge(network, data, fold.test, own, named)]
    return Trained(predictions.concat(tables), told, (how,))


def pair(setup: Setup, cell: Cell) -> Trained:
    """Trained on one corpus, judged on each corpus of another language.

    One network is judged by its own statistics and by those of the tested corpus; for those of
    single speakers there is one that is trained so.
    """
    assert setup.config.transfer is not None
    label_set = setup.config.transfer.label_set
    data = material.load(setup, setup.config.corpora, label_set)
    rows = data.rows_of(cell.corpus)
    source, own = data.statistics(rows, "source"), data.own
    network, history, how = train(setup, data, source, rows, cell)
    trial = trial_of(setup, cell, "pair", [cell.corpus], label_set)
    tables, told, hows = [], [history_of(trial, cell, history)], [how]
    targets = [data.rows_of(name) for name in data.foreign(cell.corpus)]
    for test in targets:
        tables.append(judge(network, data, test, source, trial))
        if data.scaled:
            tables.append(judge(network, data, test, own, replace(trial, normalisation="corpus")))
    if data.scaled and "speaker" in setup.config.transfer.statistics:
        voices = data.standardised_by(rows, "speaker")
        network, history, how = train(setup, data, voices, rows, cell, "speaker")
        named = replace(trial, normalisation="speaker")
        tables += [judge(network, data, test, voices, named) for test in targets]
        told.append(history_of(named, cell, history) | {"normalisation": "speaker"})
        hows.append(how)
    return Trained(predictions.concat(tables), told, tuple(hows))


def pooled(setup: Setup, cell: Cell) -> Trained:
    """Trained on all corpora of other languages, judged on one; the network is kept.

    With `source`, everything is standardised by the statistics of the training corpora taken
    together; with `corpus`, each corpus by its own; with `speaker`, each speaker. Adaptation starts
    from `corpus`.
    """
    label_set = setup.config.cross_labels
    setup = setup.of(cell.variant)
    data = material.load(setup, setup.config.corpora, setup.config.learned_labels)
    sources = data.foreign(cell.corpus)
    rows, test = data.rows_of(*sources), data.rows_of(cell.corpus)
    asked = statistics_of(setup.config, cell, (cell.corpus,))
    network, history, how = train(setup, data, data.standardised_by(rows, asked[0]), rows, cell)
    save_file(network.state_dict(), setup.run / "cells" / f"{cell.key}.safetensors")
    trial = trial_of(setup, cell, "lolo", sources, label_set)
    trial = replace(trial, condition={"variant": cell.variant} if cell.variant else {})
    tables = [
        judge(
            network,
            data,
            test,
            data.standardised_by(rows, by),
            replace(trial, normalisation=by),
        )
        for by in asked
    ]
    return Trained(predictions.concat(tables), [history_of(trial, cell, history)], (how,))


def statistics_of(config: ExperimentConfig, cell: Cell, corpora: Sequence[str]) -> tuple[str, ...]:
    """The statistics by which the network of a cell is judged: its own, or of a mixed one all.

    Those of speakers are left out where they are not asked for, or would be those of the corpus.
    """
    if cell.normalisation != MIXED:
        return (cell.normalisation,)
    part = config.joint if cell.kind == "joint" else config.transfer
    assert part is not None, "of a cell that this part asked for"
    without = set(corpora) <= set(config.never_by_speaker) and cell.kind == "joint"
    return tuple(by for by in part.statistics if not (without and by == "speaker"))


def adaptation(setup: Setup, cell: Cell) -> Trained:
    """Progressive adaptation to one corpus from the others, beside target-only and zero-shot."""
    config = setup.config.adaptation
    assert config is not None
    data = material.load(setup, setup.config.corpora, config.label_set)
    sources = data.foreign(cell.corpus)
    rows = data.rows_of(cell.corpus)
    fold = held_out(setup.config, data.rows[rows])
    own = data.own
    source = data.examples(data.rows_of(*sources), own)
    target, test = data.examples(rows, own), rows[fold.test]
    shares = splits.nested_shares(data.rows[rows], fold.train, config.shares, SPLIT_SEED)
    trial = trial_of(setup, cell, "heldout", sources, config.label_set)
    trial = replace(trial, normalisation="corpus", fold="")

    def said_of(
        network: nn.Module, system: str, share: float, train: Sequence[str]
    ) -> pl.DataFrame:
        named = replace(trial, system=system, condition={"share": share}, train=train)
        return judge(network, data, test, own, named)

    ours = setup.config.system
    tables, histories = [], []
    tables.append(said_of(pooled_network(setup, data, cell.corpus, cell.seed), ours, 0.0, sources))
    variants = {ours: True, f"{ours} all-unfrozen": False}
    compared = config.all_unfrozen and cell.seed == setup.config.seeds[0]
    for system, gradual in list(variants.items())[: 2 if compared else 1]:
        network = pooled_network(setup, data, cell.corpus, cell.seed)
        for stage in progressive.adapt(
            network,
            source,
            target,
            shares,
            LoopSettings(
                config.epochs,
                progressive.RATES["attention"],
                setup.config.training.decay,
                batch_size=setup.config.training.batch_size,
                least_steps=config.least_steps,
            ),
            cell.seed,
            classes=len(data.classes),
            replay=config.replay,
            gradual=gradual,
            folder=setup.run / "fits" / cell.key / system,
            **fitting.regularised(setup.config),
        ):
            tables.append(said_of(network, system, stage.share, sources))
            told = history_of(replace(trial, system=system), cell, stage.history)
            histories.append({**told, "share": stage.share})
    for share, chosen in shares.items():
        network = _fresh(setup.config, data, cell.seed)
        system = f"{ours} target-only"
        history, _ = fitting.fit(
            setup.config,
            network,
            target.take(chosen),
            None,
            cell.seed,
            classes=len(data.classes),
        )
        tables.append(said_of(network, system, share, [cell.corpus]))
        told = history_of(replace(trial, system=system, train=[cell.corpus]), cell, history)
        histories.append({**told, "share": share})
    how = LAST
    return Trained(predictions.concat(tables), histories, (how,))


def train(
    setup: Setup,
    data: Material,
    statistics: Statistics | Mapping[str, Statistics],
    rows: IntArray,
    cell: Cell,
    variant: str = "",
    hold: bool = False,
) -> tuple[nn.Module, History, str]:
    """A network trained on part of `rows` and stopped early on other speakers of them.

    Where the last epoch is kept it is trained on all of them, unless `hold` asks for a part that
    it does not train on.
    """
    network = _fresh(setup.config, data, cell.seed)
    if setup.config.training.keep == "last" and not hold:
        part = Validation(rows, rows[:0], LAST)
    else:
        part = splits.validation(data.rows, rows, cell.seed)
    config = setup.config
    history, _ = fitting.fit(
        config,
        network,
        training_examples(config, data, part.train, statistics),
        data.examples(part.validation, statistics) if len(part.validation) else None,
        cell.seed,
        classes=len(data.classes),
        folder=setup.run / "fits" / (cell.key + variant),
    )
    return network, history, history.chosen or part.how


def training_examples(
    config: ExperimentConfig,
    data: Material,
    rows: IntArray,
    statistics: Statistics | Mapping[str, Statistics],
) -> Examples:
    """What a network learns from: by the statistics given; a mixed one by all its views."""
    if isinstance(config.model, ProbeConfig) and config.mixed:
        return data.in_views(rows, rows, config.model.views)
    return data.examples(rows, statistics)


def _fresh(config: ExperimentConfig, data: Material, seed: int) -> nn.Module:
    return fitting.network(config, data.classes, len(data.corpora), seed)


def pooled_network(
    setup: Setup, data: Material, corpus: str, seed: int, by: str = "corpus"
) -> nn.Module:
    """The network of the `pooled` cell that was trained without a corpus, by its statistics."""
    network = _fresh(setup.config, data, seed)
    key = Cell("pooled", corpus, seed, normalisation=by).key
    network.load_state_dict(load_file(setup.run / "cells" / f"{key}.safetensors"))
    return network


def trial_of(
    setup: Setup, cell: Cell, protocol: str, train: Sequence[str], label_set: str
) -> Trial:
    """What the prediction table says of a network of a cell."""
    return Trial(
        setup.config.name,
        setup.config.name_of_system,
        protocol,
        stored.kind_of(setup.config),
        "source" if setup.config.scaled else "none",
        train,
        label_set,
        cell.seed,
        cell.fold,
    )


def judge(
    network: nn.Module,
    data: Material,
    test: IntArray,
    statistics: Statistics | Mapping[str, Statistics],
    trial: Trial,
) -> pl.DataFrame:
    """What a network says of the utterances that have a class in the label set it is judged in."""
    classes = [i for i, name in enumerate(data.classes) if to_label_set(name, trial.label_set)]
    test = test[np.isin(data.labels[test], classes)]
    logits = loop.predict(network, data.examples(test, statistics))
    probabilities = softmax(logits[:, classes])
    names = [data.classes[i] for i in classes]
    said = [names[i] for i in probabilities.argmax(axis=1)]
    return judged(trial, data.rows[test], said, names, probabilities)


def history_of(trial: Trial, cell: Cell, history: History) -> dict[str, Any]:
    """A history as the report reads it."""
    return {
        "system": trial.system,
        "train": sorted(trial.train),
        "corpus": cell.corpus,
        "seed": cell.seed,
        "fold": cell.fold,
        "protocol": trial.protocol,
        "condition": dict(trial.condition),
        "epochs": epochs(history),
    }


def epochs(history: History) -> list[dict[str, Any]]:
    """The epochs of a history as the report reads them, counted from 1."""
    return [{**asdict(e), "epoch": e.epoch + 1} for e in history.epochs]
