"""Adaptation: a labelled source and recordings of a target → a fitted model, by many methods."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from ehsaas.training.adaptation import (
    coral,
    dann,
    deep_coral,
    few_shot,
    joint_training,
    knn_memory,
    mmd,
    nnpm,
    prior_shift,
    progressive,
    running_statistics,
    self_training,
    source_network,
    source_only,
    subspace,
    supcon,
    target_only,
)
from ehsaas.training.adaptation.standardising import By
from ehsaas.training.adaptation.task import (
    AdaptationError,
    Adapted,
    Budget,
    Ground,
    Settings,
    Task,
    hidden,
)
from ehsaas.training.batches import Examples

__all__ = ["METHODS", "By", "AdaptationError", "Adapted", "Budget", "Ground", "Method", "Settings"]
__all__ += ["Task", "adapt", "hidden"]

EVERY: tuple[By, ...] = ("source", "corpus", "speaker")


@dataclass(frozen=True)
class Method:
    """An adaptation method: what it does with a task, and what it can be asked.

    `labels` says whether labels of the target change it: `unused`, `welcome` or `needed`. `frames`
    whether it takes frames, too, and not vectors alone; `neural` whether it trains a network, which
    a seed changes; `statistics` by which ones it can be asked for. `stream` says that it hears what
    it judges as a stream, so that its order counts.
    """

    adapt: Callable[[Task], Adapted]
    labels: Literal["unused", "welcome", "needed"] = "welcome"
    neural: bool = False
    statistics: tuple[By, ...] = EVERY
    stream: bool = False

    @property
    def frames(self) -> bool:
        """Whether it takes frames: those with a network do."""
        return self.neural


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "source-only": Method(source_only.adapt, "unused"),
        "running-statistics": Method(
            running_statistics.adapt, "unused", statistics=("source",), stream=True
        ),
        "subspace-alignment": Method(subspace.adapt),
        "coral": Method(coral.adapt),
        "em-prior": Method(prior_shift.by_em),
        "bbse": Method(prior_shift.by_bbse),
        "self-training": Method(self_training.adapt),
        "knn-memory": Method(knn_memory.adapt),
        "joint-training": Method(joint_training.adapt, "needed"),
        "target-only": Method(target_only.adapt, "needed"),
        "source-network": Method(source_network.adapt, "unused", neural=True),
        "deep-coral": Method(deep_coral.adapt, neural=True),
        "mmd": Method(mmd.adapt, neural=True),
        "dann": Method(dann.adapt, neural=True),
        "supcon": Method(supcon.adapt, neural=True),
        "nnpm": Method(nnpm.adapt, neural=True),
        "nnpm-balanced": Method(nnpm.adapt_balanced, neural=True),
        "fine-tuning": Method(few_shot.fine_tune, "needed", neural=True),
        "linear-probe": Method(few_shot.probe, "needed", neural=True),
        "progressive": Method(progressive.adapt, "needed", neural=True),
    }
)


def adapt(
    method: str, source: Examples, target: Examples, budget: Budget, settings: Settings
) -> Adapted:
    """Fit a model of the source to a target.

    Args:
        method: one of `METHODS`.
        source: raw features; a label of −1 is none of the classes.
        target: raw features of recordings of one corpus, in its own index; of its labels only those
            are looked at that the budget pays for.
        budget: how many.
        settings: whose statistics, the seed, and sizes.

    Raises:
        AdaptationError: there is no such method, or it cannot be had for what was given.
    """
    if method not in METHODS:
        raise AdaptationError(f"no method is called {method!r}; there are {', '.join(METHODS)}")
    task = Task(Ground(source, settings), hidden(target, budget, settings.seed), settings)
    return METHODS[method].adapt(task)
