"""Plain supervised training: balanced cross-entropy, early stopping by validation UAR."""

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ehsaas.models.batch import Batch
from ehsaas.training import batches
from ehsaas.training.adversarial_noise import attacked
from ehsaas.training.augment import FrameAugment
from ehsaas.training.batches import Examples
from ehsaas.training.loop import History, LoopSettings, fit
from ehsaas.training.losses import balance, cross_entropy


def train(
    model: nn.Module,
    examples: Examples,
    validation: Examples | None,
    settings: LoopSettings,
    seed: int,
    *,
    classes: int,
    augment: FrameAugment | None = None,
    smoothing: float = 0.0,
    max_frames: int | None = None,
    attack: float = 0.0,
    folder: Path | None = None,
    groups: list[dict[str, object]] | None = None,
    balanced: bool = True,
) -> History:
    """Fit `model` to labelled utterances; it is left at its best validation epoch.

    Args:
        model: takes a `Batch`, gives an `Output`.
        examples: training utterances.
        validation: other speakers' utterances, for early stopping.
        settings: of the loop.
        seed: of every random choice.
        classes: number of classes of the model.
        augment: changes training batches.
        smoothing: label smoothing.
        max_frames: training utterances are cut to random stretches of this length.
        attack: size of the adversarial noise on training batches, in deviations.
        folder: where the fit keeps its state.
        groups: optimiser parameter groups, where parts of the model learn at rates of their own.
        balanced: every class of every corpus counts the same; otherwise every utterance does.
    """

    def epoch(shuffle: np.random.Generator, noise: torch.Generator) -> Iterable[Batch]:
        for batch in batches.shuffled(examples, settings.batch_size, shuffle, max_frames):
            yield augment(batch, noise) if augment else batch

    corpora = int(examples.corpus.max()) + 1
    weights = balance(examples, classes, corpora) if balanced else torch.ones(corpora, classes)
    loss = cross_entropy(weights, smoothing)
    chosen = settings.for_batches(math.ceil(len(examples) / settings.batch_size))
    heard = attacked(model, loss, attack)
    return fit(heard, loss, epoch, validation, chosen, seed, groups, folder=folder)
