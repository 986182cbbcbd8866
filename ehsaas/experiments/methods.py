"""The comparison of adaptation methods: target × features × method → what each says of the target.

Every target is cut into speaker-disjoint parts. Each part is judged by what was adapted on the
recordings of the others, and with labels of theirs where there is a budget. The statistics of a
tested voice are over its own recordings.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import polars as pl

from ehsaas.calibration import softmax
from ehsaas.corpora.splits import Fold, IntArray
from ehsaas.evaluation import predictions
from ehsaas.experiments import baselines, comparison
from ehsaas.experiments.judged import Trial, judged
from ehsaas.experiments.material import Material, Setup
from ehsaas.experiments.networks import Trained
from ehsaas.experiments.protocols import Cell
from ehsaas.experiments.recordings import Recordings, load, parts
from ehsaas.training import adaptation
from ehsaas.training.adaptation import METHODS, Adapted, Budget, Ground, Method, Settings, Task
from ehsaas.training.adaptation.task import UNKNOWN, ProbeSettings

ORACLE = "oracle"
"""What tables call a classifier of all labels of the target's other speakers."""

LABELS = "labels_per_class"


def judge(setup: Setup, cell: Cell) -> Trained:
    """What a method says of a target, under all statistics and budgets; or what needs no method."""
    asked = comparison.asked(setup.config)
    data = load(setup, asked.label_set, cell.condition)
    made: list[pl.DataFrame] = []
    histories: list[dict[str, Any]] = []
    for here in placed(setup, cell, data):
        if cell.method:
            for table, history in here.by_method(METHODS[cell.method]):
                made.append(table)
                histories += history
        else:
            if comparison.oracular(setup.config, cell.condition):
                made.append(here.oracle())
            if cell.condition == asked.features[0]:
                made += here.deaf()
    return Trained(predictions.concat(made), histories)


def placed(setup: Setup, cell: Cell, data: Recordings) -> "list[Here]":
    """The target of a cell beside each source that is carried over to it.

    Args:
        setup: the run.
        cell: with the target's corpus and the protocol.
        data: all recordings of the run, with the features of the cell.
    """
    names = setup.config.corpora
    target = data.take(np.flatnonzero(data.examples.corpus == names.index(cell.corpus)))
    others = comparison.foreign(
        {name: data.rows.filter(corpus=name) for name in names}, cell.corpus
    )
    folds = parts(setup, target, cell.corpus, comparison.asked(setup.config))
    found = []
    for train in [others] if cell.protocol == "lolo" else [[name] for name in others]:
        source = data.take(np.flatnonzero(data.rows["corpus"].is_in(train).to_numpy()))
        found.append(Here(setup, cell, data, source, target, folds, train))
    return found


@dataclass(frozen=True)
class Here:
    """One source and one target of a cell."""

    setup: Setup
    cell: Cell
    data: Recordings
    source: Recordings
    target: Recordings
    folds: Sequence[Fold]
    train: Sequence[str]

    def by_method(self, method: Method) -> Iterator[tuple[pl.DataFrame, list[dict[str, Any]]]]:
        """A table by statistics, seed, budget and fold, and what pseudo-labels came to."""
        config = self.setup.config
        for by in comparison.statistics(config, method):
            ground: Ground | None = None
            for seed in [self.cell.seed] if method.neural else config.seeds:
                settings = self.settings(by, seed)
                if ground is None or method.neural:
                    ground = Ground(self.source.examples, settings)
                for labels, fold in product(self.budgets(method, seed), self.folds):
                    known = self.target.take(fold.train)
                    hidden = adaptation.hidden(known.examples, Budget(labels), seed)
                    done = method.adapt(Task(ground, hidden, settings))
                    trial = self.trial(self.called(), by, seed, labels, fold)
                    told = history(trial, self.cell, done, known)
                    yield self.said(done, trial, fold), told

    def budgets(self, method: Method, seed: int) -> list[int]:
        """Labels a class that a method is asked with.

        Without any, a seed changes only a network's first weights or the order of a stream.
        """
        config = comparison.asked(self.setup.config)
        asked = config.labels_per_class if method.labels != "unused" else (0,)
        found = [n for n in asked if n or method.labels != "needed"]
        drawn = method.neural or method.stream or seed == self.setup.config.seeds[0]
        return found if drawn else [n for n in found if n]

    def settings(self, by: adaptation.By, seed: int) -> Settings:
        """How the task is done."""
        return Settings(
            len(self.data.classes),
            by,
            seed,
            self.data.statistics,
            ProbeSettings(axes=comparison.asked(self.setup.config).axes),
            comparison.network(self.setup.config, self.cell.condition),
        )

    def said(self, done: Adapted, trial: Trial, fold: Fold) -> pl.DataFrame:
        """What an adapted model, and every vote of it, says of a part of the target."""
        test = self.target.take(fold.test)
        if done.standardise.by == "running":
            test = test.take(np.random.default_rng(trial.seed).permutation(len(test.rows)))
        rows = test.judged
        made = []
        for vote in ("", *done.votes):
            shares = softmax(done.logits(test.examples, vote)[rows])
            named = replace(trial, system=f"{trial.system} {vote}".strip())
            made.append(_judged(named, test, rows, shares, self.data.classes))
        return predictions.concat(made)

    def called(self) -> str:
        """What tables call the method: on frames there is no other `source-only` than a network."""
        alone = self.cell.condition != "functionals" and comparison.on_frames(self.setup.config)
        return "source-only" if alone and self.cell.method == "source-network" else self.cell.method

    def trial(self, system: str, by: str, seed: int, labels: int, fold: Fold) -> Trial:
        """The columns that say what was judged."""
        part = comparison.asked(self.setup.config)
        return Trial(
            self.setup.config.name,
            system,
            self.cell.protocol,
            comparison.features_of(self.setup.config, self.cell.condition),
            by,
            self.train if system != "target-only" else [self.cell.corpus],
            part.label_set,
            seed,
            fold.name,
            {LABELS: labels} if labels else {},
        )

    def oracle(self) -> pl.DataFrame:
        """A probe of all labels of the target's other speakers, by each kind of statistics."""
        made = []
        seed = self.setup.config.seeds[0]
        method = METHODS["target-only"]
        for by in comparison.asked(self.setup.config).statistics:
            settings = self.settings(by, seed)
            ground = Ground(self.source.examples, settings)
            for fold in self.folds:
                known = self.target.take(fold.train)
                done = method.adapt(Task(ground, known.examples, settings))
                test = self.target.take(fold.test)
                trial = replace(self.trial(ORACLE, by, seed, 0, fold), train=[self.cell.corpus])
                rows = test.judged
                shares = softmax(done.logits(test.examples)[rows])
                made.append(_judged(trial, test, rows, shares, self.data.classes))
        return predictions.concat(made)

    def deaf(self) -> Iterator[pl.DataFrame]:
        """Chance, the source's majority and the oracle of speakers."""
        rows = pl.concat([self.source.rows, self.target.rows]).filter(
            pl.col("emotion").is_not_null()
        )
        own = (rows["corpus"] == self.cell.corpus).to_numpy()
        fold = Fold("", np.flatnonzero(~own), np.flatnonzero(own))
        data = Material(rows, [], self.data.classes, tuple(set(rows["corpus"])), {})
        trial = replace(self.trial("", "none", 0, 0, fold), fold="")
        return baselines.deaf(data, fold, trial)


def history(trial: Trial, cell: Cell, done: Adapted, known: Recordings) -> list[dict[str, Any]]:
    """What the pseudo-labels of each epoch came to, where a method gives some.

    Args:
        trial: what was adapted.
        cell: with the target's corpus.
        done: what came of it.
        known: the recordings that it was adapted on, with the class of each.
    """
    if not done.epochs:
        return []
    told = {
        "system": trial.system,
        "features": trial.features,
        "normalisation": trial.normalisation,
        "train": sorted(trial.train),
        "corpus": cell.corpus,
        "seed": trial.seed,
        "fold": trial.fold,
        "protocol": trial.protocol,
        "condition": dict(trial.condition),
        "epochs": [],
        "labelling": [_came_to(epoch, known.examples.labels) for epoch in done.epochs],
    }
    return [told]


def _came_to(epoch: Mapping[str, Any], truth: IntArray) -> dict[str, float | None]:
    """What the labels (N,) of an epoch came to against the truth, −1 for none of the classes."""
    given = np.asarray(epoch["labels"])
    own = given != UNKNOWN
    there = own & (truth != UNKNOWN)
    return {
        "labelled": float(epoch["labelled"]),
        "purity": epoch.get("purity"),
        "right": float((given == truth)[there].mean()) if there.any() else None,
        "outside": float((truth[own] == UNKNOWN).mean()) if own.any() else None,
    }


def _judged(
    trial: Trial, test: Recordings, rows: IntArray, shares: np.ndarray, classes: tuple[str, ...]
) -> pl.DataFrame:
    said = [classes[i] for i in shares.argmax(axis=1)]
    return judged(trial, test.rows[rows], said, classes, shares)
