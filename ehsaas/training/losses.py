"""What a labelled batch costs: cross-entropy in which corpora and classes count the same."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from ehsaas.models.batch import Batch, Output
from ehsaas.training.batches import Examples, IntArray
from ehsaas.training.loop import Loss


def balance(examples: Examples, classes: int, corpora: int) -> Tensor:
    """(K, C) weights that make every corpus, and every class inside a corpus, count the same.

    The mean weight of an utterance is 1; with one corpus this is scikit-learn's `balanced`. A
    class that a corpus lacks has weight 0 there.
    """
    weights = balanced(examples.labels, examples.corpus, classes, corpora)
    return torch.tensor(weights, dtype=torch.float32)


def balanced(
    labels: IntArray, corpus: IntArray, classes: int, corpora: int | None = None
) -> NDArray[np.float64]:
    """The same of labels and corpora (N,); as many corpora as the highest index asks for."""
    counts = np.zeros((int(corpus.max()) + 1 if corpora is None else corpora, classes))
    np.add.at(counts, (corpus, labels), 1)
    cells = (counts > 0).sum(axis=1, keepdims=True) * (counts.sum(axis=1) > 0).sum()
    weights: NDArray[np.float64] = np.where(
        counts > 0, counts.sum() / np.maximum(cells * counts, 1), 0.0
    )
    return weights


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
