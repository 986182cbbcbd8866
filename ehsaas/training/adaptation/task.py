"""What an adaptation method is given, and what it gives: `Task` → `Adapted`.

Source and target are raw features; a label of −1 is one that is not known. The target's labels are
hidden but for those that the budget pays for, before any method sees them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from ehsaas.calibration import Statistics
from ehsaas.training import loop
from ehsaas.training.adaptation.axes import Axes
from ehsaas.training.adaptation.standardising import By, Standardiser
from ehsaas.training.batches import Examples, IntArray

Floats = NDArray[np.float32]

UNKNOWN = -1
"""The label of an utterance whose class is not known, or is none of the task's."""


class AdaptationError(ValueError):
    """A method cannot be had for what was given; the message says why."""


@dataclass(frozen=True)
class Budget:
    """The labels of the target that may be seen: so many of each class, or a share of them all."""

    per_class: int = 0
    share: float = 0.0

    def __post_init__(self) -> None:
        """See that it is one of the two."""
        if self.per_class < 0 or not 0 <= self.share <= 1 or (self.per_class and self.share):
            raise AdaptationError(
                f"{self.per_class} labels a class and a share of {self.share}; expected one of"
                " the two, a number from 0 or a share of 0 to 1"
            )

    def reveal(self, labels: IntArray, seed: int) -> IntArray:
        """The labels (N,) with all but those that may be seen hidden.

        Drawn at random, class by class; a smaller budget's are among those of a larger one.
        """
        generator = np.random.default_rng(seed)
        seen = np.full_like(labels, UNKNOWN)
        for label in np.unique(labels[labels != UNKNOWN]):
            rows = generator.permutation(np.flatnonzero(labels == label))
            count = self.per_class or round(self.share * len(rows))
            seen[rows[:count]] = label
        return seen


@dataclass(frozen=True)
class ProbeSettings:
    """Of linear probes: principal axes they see at most, C, steps of L-BFGS, whitening λ.

    λ is the share of the mean variance that is added to the covariance within classes by which the
    weights are measured; see `training/vectors.py`.
    """

    axes: int = 512
    C: float = 0.001
    steps: int = 16
    whiten: float = 1.0


@dataclass(frozen=True)
class NetworkSettings:
    """Of neural methods: the model and its sizes, how long and how fast it is trained.

    There are `epochs`, but at least `least_steps` batches. `peak` is the weight of a method's own
    loss in the last epoch; it rises from 0 over the second half of them.
    """

    model: str = "perceptron"
    sizes: Mapping[str, Any] = field(default_factory=dict)
    epochs: int = 10
    least_steps: int = 300
    batch_size: int = 64
    rate: float = 1e-3
    decay: float = 0.3
    max_frames: int | None = None
    peak: float = 1.0


@dataclass(frozen=True)
class Settings:
    """How a task is to be done.

    `by` is whose statistics standardise the features. `statistics` are those of corpora by their
    index, where more of their recordings are at hand than take part; otherwise they are taken over
    the recordings that do.
    """

    classes: int
    by: By = "corpus"
    seed: int = 0
    statistics: Mapping[int, Statistics] = field(default_factory=dict)
    probe: ProbeSettings = ProbeSettings()
    network: NetworkSettings = NetworkSettings()


class Ground:
    """The source of one or more tasks, standardised and, for vectors, on its principal axes."""

    def __init__(self, source: Examples, settings: Settings) -> None:
        """Take what the labelled utterances of the source allow; those without one set the scale.

        Raises:
            AdaptationError: no utterance of the source is labelled.
        """
        if not (source.labels != UNKNOWN).any():
            raise AdaptationError("no utterance of the source has a label")
        self.source, self.settings = source, settings
        self.networks: dict[str, nn.Module] = {}
        """Networks of the source alone, which all its tasks start from, by what they are."""

    @cached_property
    def standardise(self) -> Standardiser:
        """By the statistics of the settings; knows of the target only what those say."""
        return Standardiser.fit(self.source, self.settings.by, self.settings.statistics)

    @cached_property
    def labelled(self) -> Examples:
        """The labelled utterances of the source, standardised."""
        everything = self.standardise(self.source)
        return everything.take(np.flatnonzero(self.source.labels != UNKNOWN))

    @property
    def are_vectors(self) -> bool:
        """Whether every utterance is one vector."""
        return all(len(x) == 1 for x in self.source.features)

    @cached_property
    def axes(self) -> Axes:
        """The principal axes of the labelled utterances, which have to be vectors."""
        return Axes.fit(matrix(self.labelled), self.settings.probe.axes)

    @cached_property
    def vectors(self) -> Floats:
        """The labelled utterances on the axes, (N, P)."""
        return self.axes(matrix(self.labelled))


class Task:
    """One adaptation: a ground, the recordings of the target, and the labels that may be seen."""

    def __init__(self, ground: Ground, target: Examples, settings: Settings) -> None:
        """Adapt from a ground to the target, whose hidden labels are −1.

        Raises:
            AdaptationError: the target is empty, of several corpora or one of the source's, or has
                other features.
        """
        if not len(target):
            raise AdaptationError("the target has no recordings")
        if len(set(target.corpus.tolist())) > 1:
            raise AdaptationError("the target's recordings are of several corpora; adapt to each")
        if set(target.corpus.tolist()) & set(ground.source.corpus.tolist()):
            raise AdaptationError("the target's corpus index is one of the source's")
        theirs, own = (one.features[0].shape[1] for one in (ground.source, target))
        if theirs != own:
            raise AdaptationError(
                f"the target's features have {own} numbers and the source's {theirs}; take the same"
            )
        self.ground, self.raw, self.settings = ground, target, settings

    @cached_property
    def standardise(self) -> Standardiser:
        """By the statistics of the settings; those of the target are known here."""
        return self.ground.standardise.knowing(self.raw)

    @cached_property
    def target(self) -> Examples:
        """The target's recordings, standardised."""
        return self.standardise(self.raw)

    @property
    def source(self) -> Examples:
        """The labelled utterances of the source, standardised."""
        return self.ground.labelled

    @cached_property
    def seen(self) -> IntArray:
        """Rows of the target whose label may be seen."""
        return np.flatnonzero(self.raw.labels != UNKNOWN)

    @cached_property
    def given(self) -> Examples:
        """All utterances with a label: those of the source, then those of the target."""
        if not len(self.seen):
            return self.source
        return self.source.joined(self.target.take(self.seen))

    @cached_property
    def vectors(self) -> Floats:
        """The target's recordings, which have to be vectors, on the source's axes, (M, P)."""
        return self.ground.axes(matrix(self.target))


@dataclass(frozen=True)
class Adapted:
    """A fitted model: `MODELS[model](dims, classes, **sizes)` with these weights.

    `standardise` is what its features are standardised by. `votes` are other ways of the method to
    say the classes, by name. `epochs` are the diagnostics of each epoch, `said` what was done.
    """

    model: str
    sizes: Mapping[str, Any]
    network: nn.Module
    standardise: Standardiser
    said: str
    votes: Mapping[str, nn.Module] = field(default_factory=dict)
    epochs: tuple[Mapping[str, Any], ...] = ()

    def logits(self, heard: Examples, vote: str = "") -> NDArray[np.float32]:
        """Logits (N, K) of raw features.

        With statistics by speaker, each voice is standardised by all that is given of it here.
        """
        network = self.votes[vote] if vote else self.network
        return loop.predict(network, self.standardise(heard))


def matrix(examples: Examples) -> Floats:
    """Vectors as the rows of a matrix (N, D).

    Raises:
        AdaptationError: an utterance is not one vector.
    """
    if any(len(x) != 1 for x in examples.features):
        raise AdaptationError("this method takes one vector an utterance, not frames")
    return np.concatenate([np.asarray(x, dtype=np.float32) for x in examples.features])


def hidden(target: Examples, budget: Budget, seed: int) -> Examples:
    """The target with all labels hidden but those that the budget pays for."""
    return replace(target, labels=budget.reveal(target.labels, seed))
