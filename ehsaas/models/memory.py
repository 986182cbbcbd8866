"""Memory: the utterances of the training part themselves; the most similar ones vote.

Similarity is the cosine, and a vote is divided by the share that its class has of the memory, so
that a frequent class has no start (METHODS.md C; Cover & Hart 1967 without that).
"""

import torch
from torch import nn
from torch.nn import functional as F

from ehsaas.models.batch import Batch, Output
from ehsaas.models.layers import masked_mean

FLOOR = 1e-3
"""Share of a vote that every class has, so that no logarithm is of 0."""


class Memory(nn.Module):
    """A batch (B, T, D) → `Output`; the embedding is the mean of the frames, of length 1.

    Args:
        dims: D, size of a vector.
        classes: number of emotions.
        items: N, utterances in the memory.
        k: how many of them vote.
    """

    def __init__(self, dims: int, classes: int, items: int = 1, k: int = 20) -> None:
        super().__init__()
        self.classes, self.k = classes, k
        self.register_buffer("keys", torch.zeros(items, dims))
        self.register_buffer("values", torch.zeros(items, dtype=torch.long))
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, batch: Batch) -> Output:
        """Logits (B, classes), the logarithms of the votes; embedding (B, D)."""
        keys, values = self.get_buffer("keys"), self.get_buffer("values")
        x = F.normalize(masked_mean(batch.features, batch.lengths), dim=1)
        nearest = (x @ keys.T).topk(min(self.k, len(keys)), dim=1).indices
        share = F.one_hot(values, self.classes).float().mean(dim=0).clamp(min=1e-6)
        votes = F.one_hot(values[nearest], self.classes).float().sum(dim=1) / share
        shares = votes / votes.sum(dim=1, keepdim=True) + FLOOR
        return Output(self.scale * shares.log(), x)
