"""Plain supervised training: balanced cross-entropy, early stopping by validation UAR."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ehsaas.models.batch import Batch, Output
from ehsaas.training import batches
from ehsaas.training.augment import FrameAugment
from ehsaas.training.batches import Examples
from ehsaas.training.loop import History, LoopSettings, Loss, fit


def balance(examples: Examples, classes: int, corpora: int) -> Tensor:
    """(K, C) weights that make every corpus, and every class inside a corpus, count the same.

    The mean weight of an utterance is 1; with one corpus this is scikit-learn's `balanced`. A
    class that a corpus lacks has weight 0 there.
    """
    counts = np.zeros((corpora, classes))
    np.add.at(counts, (examples.corpus, examples.labels), 1)
    cells = (counts > 0).sum(axis=1, keepdims=True) * (counts.sum(axis=1) > 0).sum()
    weights = np.where(counts > 0, counts.sum() / np.maximum(cells * counts, 1), 0.0)
    return torch.tensor(weights, dtype=torch.float32)


def cross_entropy(weights: Tensor, smoothing: float) -> Loss:
    """Cross-entropy weighted by (corpus, class) with label smoothing, as a loss for the loop."""

    def loss(output: Output, batch: Batch) -> Tensor:
        assert batch.labels is not None and batch.corpus is not None, "labelled batches only"
        w = weights.to(output.logits.device)[batch.corpus, batch.labels]
        each = F.cross_entropy(
            output.logits, batch.labels, reduction="none", label_smoothing=smoothing
        )
        return (w * each).sum() / w.sum()

    return loss


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
    folder: Path | None = None,
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
        folder: where the fit keeps its state.
    """

    def epoch(shuffle: np.random.Generator, noise: torch.Generator) -> Iterable[Batch]:
        for batch in batches.shuffled(examples, settings.batch_size, shuffle, max_frames):
            yield augment(batch, noise) if augment else batch

    corpora = int(examples.corpus.max()) + 1
    loss = cross_entropy(balance(examples, classes, corpora), smoothing)
    return fit(model, loss, epoch, validation, settings, seed, folder=folder)
