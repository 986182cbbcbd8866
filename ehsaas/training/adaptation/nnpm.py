"""NNPM, a reconstruction: the target learns from pseudo multilabels of an external memory.

Only the abstract of the paper is at hand; what follows is METHODS.md C, after memory-based multi-
label learning (Wang & Zhang, CVPR 2020). All features. Each epoch in which λ is above 0:

1. The memory M holds the embedding of every labelled utterance (`models/nnpm.py`); of those in a
   batch M_i ← normalise(α M_i + (1 − α) f), α rising to 0.5.
2. Every recording of the target is labelled anew by its similarities to the memory
   (`multilabels`).
3. ℓ = δ · mean_p (1 − s_p)² + mean_n (1 + s_n)² over its positives p and the hardest negatives n.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ehsaas.models.batch import Batch, Output
from ehsaas.models.nnpm import ENCODERS, Nnpm
from ehsaas.training.adaptation import neural
from ehsaas.training.adaptation.multilabels import Labeller, Multilabels, balanced, labels
from ehsaas.training.adaptation.neural import Heard
from ehsaas.training.adaptation.task import UNKNOWN, AdaptationError, Adapted, Task
from ehsaas.training.batches import Examples, IntArray

DELTA = 5.0
HARDEST = 0.1
"""Share of the memory with another label that counts as negative: the most similar of it."""

ALPHA = 0.5
"""Highest share of a key that stays when its utterance is met again."""


def multilabel_loss(
    similarity: Tensor, positives: Tensor, negatives: Tensor, delta: float = DELTA
) -> Tensor:
    """δ · mean_p (1 − s_p)² + mean_n (1 + s_n)², averaged over recordings.

    Args:
        similarity: (B, N).
        positives: (B, N) bool, one a row at least.
        negatives: (B, N) bool.
        delta: δ.
    """
    drawn = ((1 - similarity).square() * positives).sum(dim=1) / positives.sum(dim=1)
    apart = ((1 + similarity).square() * negatives).sum(dim=1) / negatives.sum(dim=1).clamp(min=1)
    return (delta * drawn + apart).mean()


@dataclass(frozen=True)
class Recipe:
    """What can be varied beside the settings of the task: who labels, and δ of the loss."""

    labeller: Labeller = labels
    delta: float = DELTA


class _Labelling:
    """The memory of a fit, and the multilabels of its epoch."""

    def __init__(self, task: Task, given: Heard, network: Nnpm, recipe: Recipe) -> None:
        self.recipe = recipe
        self.classes, self.given, self.network = task.settings.classes, given, network
        self.item = {name: i for i, name in enumerate(_names(given.labelled))}
        self.place = {name: i for i, name in enumerate(_names(given.target))}
        self.labels: Multilabels | None = None
        self.alpha = 0.0
        self.epochs: list[Mapping[str, Any]] = []

    def begin(self, weight: float) -> None:
        """Fill the memory before the first epoch that uses it, and label the target anew."""
        if not weight:
            return
        keys = self.network.get_buffer("keys")
        if self.labels is None:
            keys.copy_(neural.embeddings(self.network, self.given.labelled))
            values = torch.from_numpy(self.given.labelled.labels)
            self.network.get_buffer("values").copy_(values)
        own = neural.embeddings(self.network, self.given.target)
        values = self.network.get_buffer("values")
        self.labels = self.recipe.labeller(own @ keys.T, keys @ keys.T, values, self.classes)
        found = self.labels.label.numpy().astype(np.int64)
        self.epochs.append(
            {
                "epoch": len(self.epochs) + 1,
                "weight": weight,
                "labelled": float((found != UNKNOWN).mean()),
                "purity": float(self.labels.purity.mean()),
                "labels": found,
            }
        )

    def loss(self, output: Output, batch: Batch) -> Tensor:
        """ℓ of the target's recordings in a batch; the memory takes in the labelled ones."""
        assert self.labels is not None, "labelled before each epoch in which this counts"
        there = neural.known(batch.labels) != UNKNOWN
        f = F.normalize(output.embedding, dim=1)
        keys, values = self.network.get_buffer("keys"), self.network.get_buffer("values")
        rows = torch.tensor(
            [
                self.place[name]
                for name, has in zip(_keys(batch), there.tolist(), strict=True)
                if not has
            ]
        )
        used = self.labels.label[rows] != UNKNOWN
        value = output.embedding.sum() * 0
        if used.any():
            rows = rows[used]
            similarity = f[~there][used] @ keys.clone().T
            other = values[None, :] != self.labels.label[rows][:, None]
            value = multilabel_loss(
                similarity,
                self.labels.positives[rows],
                hardest(similarity.detach(), other),
                self.recipe.delta,
            )
        items = torch.tensor(
            [self.item[n] for n, has in zip(_keys(batch), there.tolist(), strict=True) if has]
        )
        moved = self.alpha * keys[items] + (1 - self.alpha) * f[there].detach()
        keys[items] = F.normalize(moved, dim=1)
        return value


def hardest(similarity: Tensor, other: Tensor) -> Tensor:
    """The most similar of those with another label, (B, N) bool: a tenth of them."""
    count = (other.sum(dim=1) * HARDEST).ceil().long().clamp(min=1)
    hidden = similarity.masked_fill(~other, -torch.inf)
    first = hidden.topk(int(count.max()), dim=1).values
    edge = first.gather(1, (count - 1)[:, None])
    return other & (hidden >= edge)


def adapt(task: Task) -> Adapted:
    """A network of the source and its memory, moved by the pseudo multilabels of the target."""
    return adapt_by(task, Recipe())


def adapt_balanced(task: Task) -> Adapted:
    """The same with the multilabels of `balanced`."""
    return adapt_by(task, Recipe(balanced))


def adapt_by(task: Task, recipe: Recipe) -> Adapted:
    """The same by a recipe of one's own, which is what an ablation asks for."""
    given = neural.heard(task)
    network = _fresh(task, given)
    labelling = _Labelling(task, given, network, recipe)

    def begin(done: float, weight: float) -> None:
        labelling.alpha = ALPHA * done
        labelling.begin(weight)

    neural.train(task, given, network, labelling.loss, begin)
    return _finished(task, given, network, labelling.epochs)


def _names(examples: Examples) -> list[str]:
    return [f"{c}/{name}" for c, name in zip(examples.corpus, examples.ids, strict=True)]


def _keys(batch: Batch) -> list[str]:
    corpus = neural.known(batch.corpus).tolist()
    return [f"{c}/{name}" for c, name in zip(corpus, batch.ids, strict=True)]


def _fresh(task: Task, given: Heard) -> Nnpm:
    settings = task.settings.network
    if settings.model not in ENCODERS:
        known = ", ".join(ENCODERS)
        raise AdaptationError(f"{settings.model} has no memory; networks with one are {known}")
    with torch.random.fork_rng():
        torch.manual_seed(task.settings.seed)
        return Nnpm(
            given.dims,
            task.settings.classes,
            settings.model,
            len(given.labelled),
            **settings.sizes,
        )


def _finished(task: Task, given: Heard, network: Nnpm, epochs: list[Mapping[str, Any]]) -> Adapted:
    """The network and its memory as models of standardised features.

    What votes is the memory filled afresh by the trained network, not what it was moved to: ours.
    """
    settings, K = task.settings.network, task.settings.classes
    sizes: dict[str, Any] = {"encoder": settings.model, "items": len(given.labelled)}
    sizes |= dict(settings.sizes)
    dims = given.dims
    numbers = network.state_dict()
    keys: IntArray | Tensor = neural.embeddings(network, given.labelled)
    numbers["keys"], numbers["values"] = keys, torch.from_numpy(given.labelled.labels)
    if given.front:
        sizes["axes"], dims = given.dims, len(given.front["mean"])
        numbers |= {f"network.axes.{name}": value for name, value in given.front.items()}
    made = {}
    for votes in (False, True):
        made[votes] = Nnpm(dims, K, **sizes, votes=votes).eval()
        made[votes].load_state_dict(numbers)
    said = "adapted by pseudo multilabels of an external memory (a reconstruction of NNPM)"
    if epochs:
        said += f"; {epochs[-1]['labelled']:.0%} of the recordings labelled in the last epoch"
    return Adapted(
        "nnpm", sizes, made[False], task.standardise, said, {"memory": made[True]}, tuple(epochs)
    )
