"""Perceptron: one vector an utterance → two layers → an embedding of length 1 → emotion.

The smallest network whose embedding a method can be asked to move: what an adversary, a distance
between domains or a memory acts on. The vector may first be put on principal axes, which are found
once and not trained.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ehsaas.models.batch import Batch, Output
from ehsaas.models.layers import masked_mean

SCALE = 10.0
"""What the embedding, which has length 1, is multiplied by in front of the last layer, at first."""


class Perceptron(nn.Module):
    """A batch (B, T, D), T = 1 → `Output`; of more frames the mean is taken.

    Args:
        dims: D, size of a vector.
        classes: number of emotions.
        axes: P, of the principal axes that it sees the vector on; 0 sees the vector.
        hidden: units of the first layer.
        width: size of the embedding.
        dropout: share of activations dropped in front of each layer.
    """

    def __init__(
        self,
        dims: int,
        classes: int,
        axes: int = 0,
        hidden: int = 256,
        width: int = 128,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        self.axes = Projection(dims, axes) if axes else nn.Identity()
        self.dropout = nn.Dropout(dropout)
        self.hidden = nn.Linear(axes or dims, hidden)
        self.embedding = nn.Linear(hidden, width)
        self.scale = Scale()
        self.head = nn.Linear(width, classes)

    def forward(self, batch: Batch) -> Output:
        """Logits (B, classes), embedding (B, width) of length 1."""
        x = self.axes(masked_mean(batch.features, batch.lengths))
        h = self.hidden(self.dropout(x)).relu()
        embedding = F.normalize(self.embedding(self.dropout(h)), dim=1)
        return Output(self.head(self.scale(embedding)), embedding)

    def blocks(self) -> dict[str, tuple[nn.Module, ...]]:
        """The blocks that progressive adaptation unfreezes, from the output inwards."""
        return {
            "head": (self.scale, self.head),
            "embedding": (self.embedding,),
            "hidden": (self.hidden,),
        }


class Scale(nn.Module):
    """A number that is trained, times what comes in."""

    def __init__(self) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.tensor(SCALE))

    def forward(self, x: Tensor) -> Tensor:
        """The same shape."""
        return self.value * x


class Projection(nn.Module):
    """Vectors (B, D) on P axes, (B, P), around a mean, in units of one deviation.

    `mean` (D,) and `axes` (D, P) are not trained; the axes hold the unit.
    """

    def __init__(self, dims: int, axes: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(dims))
        self.register_buffer("axes", torch.eye(dims, axes))

    def forward(self, x: Tensor) -> Tensor:
        """(B, D) → (B, P)."""
        mean, axes = self.get_buffer("mean"), self.get_buffer("axes")
        return (x - mean) @ axes
