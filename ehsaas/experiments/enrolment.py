"""Enrolment: a probe that never heard a language, told a little of each voice → what it says.

A speaker's clips are dealt into parts by emotion. Each part is judged by statistics of some seconds
of the others, so that every clip is judged once, and never by statistics that it is in.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray

from ehsaas.calibration import Statistics
from ehsaas.corpora.splits import IntArray
from ehsaas.enrolment import ENOUGH, Running, enrol
from ehsaas.evaluation import predictions
from ehsaas.experiments import material, networks, stored, suspicion
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.judged import Trial, judged
from ehsaas.experiments.material import Material, Setup
from ehsaas.experiments.networks import Trained
from ehsaas.experiments.parts import EnrolmentConfig
from ehsaas.experiments.protocols import Cell
from ehsaas.experiments.suspicion import Offer
from ehsaas.experiments.voices import Voices, voices
from ehsaas.models.linear_probe import LinearProbe, softened

CHOOSING = ("mixed", "neutral", "emotional")
"""Kinds of speech on which the strength is chosen: a user's own will be one of these."""

REACHED = 0.75
"""Share of the seconds asked for that a corpus's speakers must have on average."""


def cells(config: ExperimentConfig) -> list[Cell]:
    """One cell a language and kind of training; none where the speaker gives the emotion away."""
    if config.enrolment is None:
        return []
    return [
        Cell("enrolment", name, normalisation=by)
        for by, name in product(config.enrolment.trained, targets(config))
    ]


def targets(config: ExperimentConfig) -> list[str]:
    """The corpora whose speakers are enrolled."""
    return [name for name in config.corpora if name not in config.never_by_speaker]


def judge(setup: Setup, cell: Cell) -> Trained:
    """What the probe of the other languages says of one, by kind and seconds of enrolment."""
    config, asked = setup.config, asked_of(setup.config)
    data = material.load(setup, config.corpora, asked.label_set)
    heard, seen = voices(setup, cell.corpus, asked), {}
    for name in targets(config):
        if name != cell.corpus:
            without = (cell.corpus, name)
            seen[name] = _probe(setup, data, cell, without), voices(setup, name, asked)
    strength = _strength(asked, list(seen.values()))
    probe = _probe(setup, data, cell, (cell.corpus,))
    trial = Trial(
        config.name,
        config.name_of_system,
        "lolo",
        stored.kind_of(config),
        "speaker",
        _others(data, (cell.corpus,)),
        asked.label_set,
    )
    tables = [
        judged(
            replace(trial, seed=draw, normalisation=by, condition={**told, "trained": probe.by}),
            heard.rows[heard.judged],
            [data.classes[i] for i in said[heard.judged]],
        )
        for draw, by, told, said in _said(asked, probe, heard, strength)
    ]
    remarks = (
        f"{cell.corpus}, trained by {probe.by}: the training data count for {strength:g} s"
        f" (chosen on {', '.join(seen)}).",
        *(_guards(asked, probe, heard, strength, seen) if probe.by == asked.trained[0] else ()),
    )
    return Trained(predictions.concat(tables), [probe.history], (probe.how,), remarks)


class Probe:
    """A fitted linear probe on the columns that it sees, and its training statistics there."""

    def __init__(
        self, network: LinearProbe, source: Statistics, by: str, history: dict[str, object]
    ) -> None:
        W = network.head.weight.detach().numpy()
        self.columns = np.flatnonzero(np.abs(W).sum(axis=0))
        self.W, self.b = W[:, self.columns], network.head.bias.detach().numpy()
        self.bound = network.bound
        self.source, self.by, self.history = source.on(self.columns), by, history
        self.how = ""

    def __call__(self, X: NDArray[np.float32], statistics: Statistics | None) -> IntArray:
        """The class index of each vector (N, D) under some statistics, or the training data's."""
        z = (statistics or self.source)(X)
        if self.bound is not None:
            z = softened(torch.from_numpy(z), self.bound).numpy()
        said: IntArray = (z @ self.W.T + self.b).argmax(axis=1)
        return said


def _probe(setup: Setup, data: Material, cell: Cell, without: Sequence[str]) -> Probe:
    """Trained on all languages but those of some corpora."""
    rows = data.rows_of(*_others(data, without))
    by = cell.normalisation
    network, history, how = networks.train(
        setup, data, data.standardised_by(rows, by), rows, cell, "+".join(without)
    )
    assert isinstance(network, LinearProbe), "an enrolment is judged by a linear probe"
    told = {
        "system": setup.config.name_of_system,
        "train": _others(data, without),
        "corpus": cell.corpus,
        "seed": cell.seed,
        "fold": "",
        "protocol": "lolo",
        "condition": {"trained": by},
        "epochs": networks.epochs(history),
    }
    made = Probe(network, data.statistics(rows, "source"), by, told)
    made.how = how
    return made


def _others(data: Material, without: Sequence[str]) -> list[str]:
    shared = [set(data.foreign(name)) for name in without]
    return [name for name in data.corpora if all(name in kept for kept in shared)]


def _strength(asked: EnrolmentConfig, seen: Sequence[tuple[Probe, Voices]]) -> float:
    """κ in s with the best mean UAR over the other languages, kinds and seconds."""
    scores = {
        strength: np.mean(
            [
                _uar(heard, _enrolled(probe, heard, heard.offers(kind, seconds, 0), strength))
                for probe, heard in seen
                for kind, seconds in product(CHOOSING, asked.seconds)
                if heard.reached(kind, seconds) >= REACHED
            ]
        )
        for strength in asked.strengths
    }
    return max(scores, key=lambda one: scores[one])


def _uar(heard: Voices, said: IntArray) -> float:
    right = said[heard.judged] == heard.labels[heard.judged]
    truth = heard.labels[heard.judged]
    return float(np.mean([right[truth == k].mean() for k in np.unique(truth)]))


_Said = tuple[int, str, dict[str, float | str], IntArray]
"""The draw, whose statistics, the condition, and what is said of every row."""


def _said(asked: EnrolmentConfig, probe: Probe, heard: Voices, strength: float) -> Iterator[_Said]:
    X = heard.X[:, probe.columns]
    yield 0, "source", {"enrolment": "none", "seconds": 0.0}, probe(X, None)
    for kappa, extra in ((strength, {}), (0.0, {"strength": 0.0})):
        for kind, seconds in product(asked.kinds, asked.seconds):
            if heard.reached(kind, seconds) < REACHED:
                continue
            told: dict[str, float | str] = {"enrolment": kind, "seconds": seconds, **extra}
            for draw in range(asked.draws):
                offers = heard.offers(kind, seconds, draw)
                yield draw, "speaker", told, _enrolled(probe, heard, offers, kappa)
        for draw in range(asked.draws):
            said = _running(probe, heard, draw, kappa)
            yield draw, "speaker", {"enrolment": "running", **extra}, said
        said = _enrolled(probe, heard, list(heard.everything()), kappa)
        yield 0, "speaker", {"enrolment": "self", **extra}, said


def _enrolled(probe: Probe, heard: Voices, offers: Sequence[Offer], strength: float) -> IntArray:
    """What is said of every row (N,), −1 where it is not judged."""
    said = np.full(len(heard.X), -1)
    for offer in offers:
        X = heard.X[np.ix_(offer.judged, probe.columns)]
        said[offer.judged] = probe(X, _given(probe, heard, offer, strength))
    return said


def _given(probe: Probe, heard: Voices, offer: Offer, strength: float) -> Statistics | None:
    X = heard.X[np.ix_(offer.given, probe.columns)]
    clips = ((x[None], float(heard.seconds[i]), 1.0) for x, i in zip(X, offer.given, strict=True))
    return enrol(clips, probe.source, "enrolment", strength)


def _running(probe: Probe, heard: Voices, draw: int, strength: float) -> IntArray:
    """Each clip of a speaker judged by those before it, in an order drawn at random."""
    X = heard.X[:, probe.columns]
    said = np.full(len(X), -1)
    for number, name in enumerate(heard.speakers):
        own = heard.judged[heard.speaker[heard.judged] == name]
        so_far = Running(probe.source, name, strength)
        for i in np.random.default_rng([draw, number]).permutation(own):
            said[i] = probe(X[i : i + 1], so_far.statistics)[0]
            so_far.hear(X[i : i + 1], float(heard.seconds[i]))
    return said


def _guards(
    asked: EnrolmentConfig,
    probe: Probe,
    heard: Voices,
    strength: float,
    seen: dict[str, tuple[Probe, Voices]],
) -> Iterator[str]:
    """How often each guard fires, its threshold from the other languages."""

    def signs(one: Probe, of: Voices, kind: str, seconds: float) -> list[dict[str, float]]:
        X = of.X[:, one.columns]
        found = []
        for draw in range(asked.draws):
            for offer in of.offers(kind, seconds, draw):
                statistics = _given(one, of, offer, strength)
                assert statistics is not None, "an offer holds clips"
                answers = one(X[offer.given], None)
                found.append(suspicion.signs(X, offer, statistics, one.source, answers, of.neutral))
        return found

    for seconds in (one for one in asked.seconds if one >= ENOUGH):
        usual = [signs(one, of, "mixed", seconds) for one, of in seen.values()]
        limits = suspicion.limits(usual)
        rates: dict[str, dict[str, float]] = {
            kind: suspicion.rates(signs(probe, heard, kind, seconds), limits)
            for kind in asked.kinds
            if heard.reached(kind, seconds) >= REACHED
        }
        yield suspicion.told(heard.name, seconds, limits, rates)


def asked_of(config: ExperimentConfig) -> EnrolmentConfig:
    """The enrolment part of an experiment that has one."""
    assert config.enrolment is not None, "asked for only where there is an enrolment part"
    return config.enrolment
