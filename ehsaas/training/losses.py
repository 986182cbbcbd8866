"""What a labelled batch costs: cross-entropy in which corpora and classes count the same."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ehsaas.models.batch import Batch, Output
from ehsaas.training.batches import Examples
from ehsaas.training.loop import Loss


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
