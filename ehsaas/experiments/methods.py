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
from ehsaas.experiments import baselines, material
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.judged import Trial, judged
from ehsaas.experiments.material import Material, Setup
from ehsaas.experiments.mistakes import ConfigError
from ehsaas.experiments.networks import Trained
from ehsaas.experiments.parts import MethodsConfig
from ehsaas.experiments.protocols import Cell
from ehsaas.experiments.recordings import Recordings, load, parts
from ehsaas.features import FeatureConfig
from ehsaas.features.functionals import FunctionalsConfig
from ehsaas.features.store import Settings as FeatureSettings
from ehsaas.training import adaptation
from ehsaas.training.adaptation import METHODS, Adapted, Budget, Ground, Method, Settings, Task
from ehsaas.training.adaptation.task import UNKNOWN, NetworkSettings, ProbeSettings

ORACLE = "oracle"
"""What tables call a classifier of all labels of the target's other speakers."""

LABELS = "labels_per_class"


def cells(config: ExperimentConfig, tables: Mapping[str, pl.DataFrame]) -> list[Cell]:
    """One cell a target, features, protocol and method; of neural methods one a seed.

    A corpus is a target where there is one in another language.

    Args:
        config: the experiment.
        tables: all rows of each corpus.

    Raises:
        ConfigError: a method cannot be had by the statistics or for the labels asked for.
    """
    part = config.methods
    if part is None:
        return []
    for name in part.methods:
        _see_it_can_be_had(config, name)
    targets = [name for name in config.corpora if _foreign(tables, name)]
    found: list[Cell] = []
    for features in part.features:
        allowed = [name for name in part.methods if _can(config, features, METHODS[name])]
        for target, protocol, name in product(targets, part.protocols, allowed):
            for seed in config.seeds if METHODS[name].neural else config.seeds[:1]:
                found.append(_cell(target, features, protocol, name, seed))
        if "lolo" in part.protocols and (
            features == part.features[0] or _oracular(config, features)
        ):
            found += [_cell(target, features, "lolo") for target in targets]
    return found


def judge(setup: Setup, cell: Cell) -> Trained:
    """What a method says of a target, under all statistics and budgets; or what needs no method."""
    asked = _asked(setup.config)
    data = load(setup, asked.label_set, cell.condition)
    made: list[pl.DataFrame] = []
    histories: list[dict[str, Any]] = []
    for here in placed(setup, cell, data):
        if cell.method:
            for table, history in here.by_method(METHODS[cell.method]):
                made.append(table)
                histories += history
        else:
            if _oracular(setup.config, cell.condition):
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
    others = _foreign({name: data.rows.filter(corpus=name) for name in names}, cell.corpus)
    folds = parts(setup, target, cell.corpus, _asked(setup.config))
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
        for by in _statistics(config, method):
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
        config = _asked(self.setup.config)
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
            ProbeSettings(axes=_asked(self.setup.config).axes),
            _network(self.setup.config, self.cell.condition),
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
        alone = self.cell.condition != "functionals" and _frames(self.setup.config)
        return "source-only" if alone and self.cell.method == "source-network" else self.cell.method

    def trial(self, system: str, by: str, seed: int, labels: int, fold: Fold) -> Trial:
        """The columns that say what was judged."""
        part = _asked(self.setup.config)
        return Trial(
            self.setup.config.name,
            system,
            self.cell.protocol,
            _features(self.setup.config, self.cell.condition),
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
        for by in _asked(self.setup.config).statistics:
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


def settings(config: ExperimentConfig) -> dict[str, FeatureSettings]:
    """The features that the store must hold beside those of the network."""
    if config.methods is None or "functionals" not in config.methods.features:
        return {}
    return {"functionals": FunctionalsConfig()}


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


def _cell(target: str, features: str, protocol: str, method: str = "", seed: int = 0) -> Cell:
    return Cell("methods", target, seed, protocol, condition=features, method=method)


def _foreign(tables: Mapping[str, pl.DataFrame], corpus: str) -> list[str]:
    """The corpora in other languages than `corpus`."""
    tongues = {name: set(rows["language"]) for name, rows in tables.items()}
    return [name for name in tables if not tongues[name] & tongues[corpus]]


def _see_it_can_be_had(config: ExperimentConfig, name: str) -> None:
    part, method = _asked(config), METHODS[name]
    if not _statistics(config, method):
        raise ConfigError(
            f"methods.statistics: {name} can be had by {' or '.join(_possible(method))}; ask for"
            " that, or leave the method out"
        )
    if method.labels == "needed" and not any(part.labels_per_class):
        raise ConfigError(
            f"methods.labels_per_class: {name} needs labels of the target; ask for some, or leave"
            " the method out"
        )


def _can(config: ExperimentConfig, features: str, method: Method) -> bool:
    """Whether a method takes the features."""
    return method.frames or features == "functionals" or not _frames(config)


def _oracular(config: ExperimentConfig, features: str) -> bool:
    """Whether there is an oracle, which is a probe of vectors."""
    return _can(config, features, METHODS["target-only"])


def _frames(config: ExperimentConfig) -> bool:
    return isinstance(config.features, FeatureConfig)


def _statistics(config: ExperimentConfig, method: Method) -> list[adaptation.By]:
    """The statistics that a method is asked for."""
    return [by for by in _asked(config).statistics if by in _possible(method)]


def _possible(method: Method) -> list[adaptation.By]:
    """The statistics that a method is compared by: neural ones not by the source's."""
    return [by for by in method.statistics if not (method.neural and by == "source")]


def _features(config: ExperimentConfig, features: str) -> str:
    """What a prediction table calls the features of a cell."""
    return features if features == "functionals" else material.kind_of(config)


def _network(config: ExperimentConfig, features: str) -> NetworkSettings:
    part = _asked(config)
    if features == "functionals" or not _frames(config):
        sizes = part.network.model_dump(include={"hidden", "width", "dropout"})
        t = part.network
        return NetworkSettings(
            "perceptron",
            sizes,
            t.epochs,
            t.least_steps,
            t.batch_size,
            t.rate,
            t.decay,
            peak=t.peak,
        )
    own = config.training
    return NetworkSettings(
        config.system,
        config.model.model_dump(),
        own.epochs,
        own.least_steps,
        own.batch_size,
        own.rate,
        own.decay,
        own.max_frames,
        part.network.peak,
    )


def _asked(config: ExperimentConfig) -> MethodsConfig:
    assert config.methods is not None, "asked for only where methods are compared"
    return config.methods
