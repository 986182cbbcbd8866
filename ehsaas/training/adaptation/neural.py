"""A network, labelled batches beside batches of the target, and a loss of a method's own.

L = CE(labelled) + λ(e) · L_own. λ is 0 in the first half of the epochs and rises to its peak in the
second; while it is 0 nothing of the target is looked at, so with a peak of 0 every method is
source-only training, step by step.

For vectors the network is trained on their principal axes, in units in which their mean variance is
1, and given its projection at the end.
"""

import copy
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ehsaas.models import MODELS
from ehsaas.models.batch import Batch, Output
from ehsaas.training import adversarial, batches, loop
from ehsaas.training.adaptation.task import UNKNOWN, AdaptationError, Adapted, Task
from ehsaas.training.adversarial import Adversary, Against
from ehsaas.training.batches import Examples, IntArray
from ehsaas.training.loop import LoopSettings, Loss
from ehsaas.training.losses import balance

WARM = 0.5
"""Share of the epochs in which λ is 0."""


OF_VECTORS = "perceptron"
"""The network that sees vectors on principal axes."""


@dataclass
class Weight:
    """λ of the epoch that is being trained."""

    value: float = 0.0


@dataclass(frozen=True)
class Heard:
    """What a network is trained on: the source, and the target's recordings.

    `seen` are rows of the target whose label may be seen; `target` holds those labels, and −1.
    `dims` is the size of a frame, `front` what puts raw standardised vectors there.
    """

    source: Examples
    target: Examples
    seen: IntArray
    dims: int
    front: Mapping[str, Tensor] = field(default_factory=dict)

    @property
    def labelled(self) -> Examples:
        """All utterances with a label: those of the source, then those of the target."""
        if not len(self.seen):
            return self.source
        return self.source.joined(self.target.take(self.seen))

    @property
    def blind(self) -> "Heard":
        """The same, had no label of the target been seen."""
        none = np.full_like(self.target.labels, UNKNOWN)
        return replace(self, target=replace(self.target, labels=none), seen=self.seen[:0])


def heard(task: Task) -> Heard:
    """The task as its network hears it: frames as they are, vectors on the source's axes.

    Raises:
        AdaptationError: vectors are to be heard by another network than that of vectors.
    """
    if not task.ground.are_vectors:
        D = task.source.features[0].shape[1]
        return Heard(task.source, task.target, task.seen, D)
    if (model := task.settings.network.model) != OF_VECTORS:
        raise AdaptationError(
            f"{model} does not train on one vector an utterance; {OF_VECTORS} does"
        )
    axes = task.ground.axes
    unit = float(np.sqrt(task.ground.vectors.var(axis=0).mean()))
    P = axes.axes.shape[1]
    source = replace(task.source, features=_rows(task.ground.vectors / unit))
    target = replace(task.target, features=_rows(task.vectors / unit))
    front = {"mean": torch.from_numpy(axes.mean), "axes": torch.from_numpy(axes.axes / unit)}
    return Heard(source, target, task.seen, P, front)


def fresh(task: Task, dims: int) -> nn.Module:
    """The network of the settings with weights that depend on the seed alone."""
    settings = task.settings.network
    with torch.random.fork_rng():
        torch.manual_seed(task.settings.seed)
        return MODELS[settings.model](dims, task.settings.classes, **settings.sizes)


def of_source(task: Task, given: Heard) -> nn.Module:
    """A network of the source alone, trained once for all tasks on the same ground."""
    kept = task.ground.networks
    key = repr((task.settings.network, task.settings.seed))
    if key not in kept:
        network = fresh(task, given.dims)
        train(task, given.blind, network)
        kept[key] = network
    return copy.deepcopy(kept[key])


def finished(
    task: Task,
    given: Heard,
    network: nn.Module,
    said: str,
    epochs: Sequence[Mapping[str, Any]] = (),
) -> Adapted:
    """The trained network as a model of standardised features."""
    settings = task.settings.network
    sizes = dict(settings.sizes)
    if given.front:
        sizes["axes"] = given.dims
        D = len(given.front["mean"])
        whole = MODELS[settings.model](D, task.settings.classes, **sizes)
        front = {f"axes.{name}": value for name, value in given.front.items()}
        whole.load_state_dict({**network.state_dict(), **front})
        network = whole
    return Adapted(
        settings.model, sizes, network.eval(), task.standardise, said, epochs=tuple(epochs)
    )


def train(
    task: Task,
    given: Heard,
    model: nn.Module,
    own: Loss | None = None,
    begin: Callable[[float, float], None] | None = None,
    alone: bool = False,
) -> None:
    """Fit `model` in place.

    Args:
        task: with the seed and the settings.
        given: what it hears.
        model: takes a `Batch`, gives an `Output`.
        own: the method's loss of an output and its batch, in which the target's recordings have the
            label −1; without one the target is never heard.
        begin: called before each epoch with the share of the epochs that are done and with its λ.
        alone: whether `own` is of labelled utterances only, so that the target is not heard.
    """
    settings = task.settings.network
    weight = Weight()
    labelled = given.labelled
    both = labelled.joined(given.blind.target)

    def epoch(shuffle: np.random.Generator, _: torch.Generator) -> Iterable[Batch]:
        size, most = settings.batch_size, settings.max_frames
        if own is None or alone or not weight.value:
            yield from batches.shuffled(labelled, size, shuffle, most)
            return
        N, M = len(labelled), len(given.target)
        order = shuffle.permutation(N)
        for start in range(0, N, size):
            drawn = N + shuffle.choice(M, min(size, M), replace=False)
            rows = np.concatenate([order[start : start + size], drawn])
            yield batches.collate(both, rows, most, shuffle)

    def starting(number: int, epochs: int) -> None:
        weight.value = settings.peak * ramp(number, epochs)
        if begin is not None:
            begin(number / max(1, epochs - 1), weight.value)

    corpora = int(both.corpus.max()) + 1
    weights = balance(labelled, task.settings.classes, corpora)
    emotion = of_labelled(weights)

    def loss(output: Output, batch: Batch) -> Tensor:
        value = emotion(output, batch)
        if own is None or not weight.value:
            return value
        return value + weight.value * own(output, batch)

    chosen = LoopSettings(
        settings.epochs,
        settings.rate,
        settings.decay,
        schedule="cosine",
        batch_size=settings.batch_size,
        least_steps=settings.least_steps,
        keep="last",
    ).for_batches(math.ceil(len(labelled) / settings.batch_size))
    loop.fit(model, loss, epoch, None, chosen, task.settings.seed, begin=starting)


def hiding(
    adversary: Adversary, against: Sequence[Against]
) -> tuple[Loss, Callable[[float, float], None]]:
    """An adversary's loss, and what has to be called before each epoch.

    The domains' classifiers learn at full strength as soon as λ is above 0, and λ is the α of the
    reversal (METHODS.md B), not both.
    """
    every = adversarial.total(lambda output, batch: output.logits.sum() * 0, against)

    def loss(output: Output, batch: Batch) -> Tensor:
        return every(output, batch) / adversary.alpha

    def begin(_: float, weight: float) -> None:
        adversary.alpha = weight

    return loss, begin


def ramp(number: int, epochs: int) -> float:
    """0 in the first half of the epochs, counted from 0, then rising to 1 in the last."""
    warm = int(WARM * epochs)
    return max(0.0, (number - warm + 1) / max(1, epochs - warm))


def of_labelled(weights: Tensor) -> Loss:
    """Cross-entropy weighted by (corpus, class) of those in a batch that have a label."""

    def loss(output: Output, batch: Batch) -> Tensor:
        labels, corpus = known(batch.labels), known(batch.corpus)
        there = labels != UNKNOWN
        w = weights.to(output.logits.device)[corpus[there], labels[there]]
        each = F.cross_entropy(output.logits[there], labels[there], reduction="none")
        return (w * each).sum() / w.sum()

    return loss


def known(ids: Tensor | None) -> Tensor:
    """Labels or other indices of a batch, which are always there in what is trained here."""
    assert ids is not None, "batches that are made here have labels, corpora and speakers"
    return ids


def split(output: Output, batch: Batch) -> tuple[Tensor, Tensor]:
    """Embeddings of a batch: of the labelled (N, E), and of the target's recordings (M, E)."""
    there = known(batch.labels) != UNKNOWN
    return output.embedding[there], output.embedding[~there]


@torch.no_grad()
def embeddings(network: nn.Module, examples: Examples) -> Tensor:
    """(N, E) of all utterances, in their order."""
    was = network.training
    network.eval()
    found: Tensor | None = None
    for rows, batch in batches.in_order(examples, 256):
        values = network(batch).embedding
        if found is None:
            found = torch.zeros(len(examples), values.shape[1])
        found[torch.from_numpy(rows)] = values
    network.train(was)
    assert found is not None, "there is at least one utterance"
    return found


def _rows(X: np.ndarray) -> list[np.ndarray]:
    return [*np.ascontiguousarray(X, dtype=np.float32)[:, None, :]]
