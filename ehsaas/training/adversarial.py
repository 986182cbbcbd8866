"""Adversarial training: a model learns emotions and to hide where its utterances come from.

    L = L_emotion + Σ_d L_d,   L_d = CE(domain d, D_d(R_α(f)))

D_d is a small classifier of a domain (corpus, language, speaker), R_α the gradient reversal
(Ganin et al. 2016): D_d learns to tell the domains, and what comes back to the model is −α times
its gradient. α rises linearly from 0 in the first epoch to `peak` in the last; it is applied once,
in the reversal, so D_d learns at full strength from the start (CLAF-SER, equations 20–26).

**Ours**: D_d sees f normalised to mean 0 and deviation 1, so that the model cannot raise L_d just
by making f larger. With a large α training can diverge all the same.

Any model will do: f is its embedding or one of its named parts. CLAF-SER reads `f_adapted`, where
the language embedding has been added and gives the domain away; `f_attn` is the repaired wiring.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ehsaas.models.batch import Batch, Output
from ehsaas.models.layers import reverse_gradient
from ehsaas.training import batches
from ehsaas.training.adversarial_noise import attacked
from ehsaas.training.augment import FrameAugment
from ehsaas.training.batches import Examples, IntArray
from ehsaas.training.loop import History, LoopSettings, Loss, fit
from ehsaas.training.losses import balance, cross_entropy

Domain = Literal["corpus", "language", "speaker"]

EMBEDDING = "embedding"
NOT_KNOWN = -1
"""Domain index of an utterance whose domain is not known; it says nothing of that domain."""


@dataclass(frozen=True)
class Against:
    """One domain to hide: which, how many there are, and what of the `Output` must not show it."""

    domain: Domain
    count: int
    reads: str = EMBEDDING


class Adversary(nn.Module):
    """A model with a domain classifier behind a gradient reversal for each domain.

    It gives the model's own `Output`, with the domain logits as parts `against_DOMAIN`.

    Args:
        model: takes a `Batch`, gives an `Output`.
        against: the domains to hide.
        sizes: the width of what each of them reads.
        hidden: size of a classifier's hidden layer.
        seed: of the classifiers' first weights.
    """

    def __init__(
        self,
        model: nn.Module,
        against: Sequence[Against],
        sizes: Sequence[int],
        hidden: int = 64,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.model = model
        self.against = tuple(against)
        self.alpha = 0.0
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.classifiers = nn.ModuleDict(
                {
                    one.domain: nn.Sequential(
                        nn.LayerNorm(size, elementwise_affine=False),
                        nn.Linear(size, hidden),
                        nn.ReLU(),
                        nn.Linear(hidden, one.count),
                    )
                    for one, size in zip(against, sizes, strict=True)
                }
            )

    def forward(self, batch: Batch) -> Output:
        """What the model says, and the logits (B, count) of each domain."""
        output: Output = self.model(batch)
        parts = dict(output.parts)
        for one in self.against:
            seen = reverse_gradient(read(output, one.reads), self.alpha)
            parts[f"against_{one.domain}"] = self.classifiers[one.domain](seen)
        return replace(output, parts=parts)


def read(output: Output, name: str) -> Tensor:
    """The embedding of an output, or one of its parts."""
    return output.embedding if name == EMBEDDING else output.parts[name]


def train(
    model: nn.Module,
    against: Sequence[Against],
    examples: Examples,
    validation: Examples | None,
    settings: LoopSettings,
    seed: int,
    *,
    classes: int,
    peak: float = 1.0,
    augment: FrameAugment | None = None,
    smoothing: float = 0.0,
    max_frames: int | None = None,
    attack: float = 0.0,
    folder: Path | None = None,
) -> tuple[History, Adversary]:
    """Fit `model` in place and leave it at the epoch that the loop keeps.

    Args:
        model: takes a `Batch`, gives an `Output`.
        against: the domains to hide; with none, or with `peak` 0, this is plain training.
        examples: training utterances, with the domains they are told by.
        validation: other utterances, for early stopping or for curves.
        settings: of the loop.
        seed: of every random choice.
        classes: number of emotions.
        peak: α in the last epoch.
        augment: changes training batches.
        smoothing: label smoothing.
        max_frames: training utterances are cut to random stretches of this length.
        attack: size of the adversarial noise on training batches, in deviations.
        folder: where the fit keeps its state.

    Returns:
        The history and the adversary with its classifiers, whose model is `model`.

    Raises:
        ValueError: `examples` do not say a domain that is to be hidden.
    """
    lacking = [one.domain for one in against if _ids(examples, one.domain) is None]
    if lacking:
        raise ValueError(f"the utterances have no {', '.join(lacking)} to hide")
    adversary = Adversary(model, against, sizes(model, against, examples), seed=seed)

    def epoch(shuffle: np.random.Generator, noise: torch.Generator) -> Iterable[Batch]:
        for batch in batches.shuffled(examples, settings.batch_size, shuffle, max_frames):
            yield augment(batch, noise) if augment else batch

    def begin(number: int, epochs: int) -> None:
        adversary.alpha = peak * number / max(1, epochs - 1)

    corpora = int(examples.corpus.max()) + 1
    emotion = cross_entropy(balance(examples, classes, corpora), smoothing)
    chosen = settings.for_batches(math.ceil(len(examples) / settings.batch_size))
    loss = total(emotion, against)
    history = fit(
        attacked(adversary, loss, attack),
        loss,
        epoch,
        validation,
        chosen,
        seed,
        folder=folder,
        begin=begin,
        clipped=(adversary.model, adversary.classifiers),
    )
    return history, adversary


def total(emotion: Loss, against: Sequence[Against]) -> Loss:
    """The emotion's loss plus the cross-entropy of every domain; α is in the reversal alone."""

    def loss(output: Output, batch: Batch) -> Tensor:
        value = emotion(output, batch)
        for one in against:
            ids = getattr(batch, one.domain)
            known = ids != NOT_KNOWN
            each = F.cross_entropy(
                output.parts[f"against_{one.domain}"], ids, ignore_index=NOT_KNOWN, reduction="sum"
            )
            value = value + each / known.sum().clamp(min=1)
        return value

    return loss


@torch.no_grad()
def told(adversary: Adversary, examples: Examples) -> dict[str, IntArray]:
    """The domain index (N,) that each classifier gives every utterance."""
    adversary.eval()
    said = {one.domain: np.zeros(len(examples), dtype=np.int64) for one in adversary.against}
    for rows, batch in batches.in_order(examples, 64):
        output = adversary(batch)
        for one in adversary.against:
            said[one.domain][rows] = output.parts[f"against_{one.domain}"].argmax(dim=1).numpy()
    return {str(domain): found for domain, found in said.items()}


def _ids(examples: Examples, domain: Domain) -> IntArray | None:
    found: IntArray | None = getattr(examples, domain)
    return found


@torch.no_grad()
def sizes(model: nn.Module, against: Sequence[Against], examples: Examples) -> list[int]:
    """The width of what each domain's classifier reads, from one utterance."""
    was = model.training
    output = model.eval()(batches.collate(examples, np.array([0])))
    model.train(was)
    return [read(output, one.reads).shape[1] for one in against]
