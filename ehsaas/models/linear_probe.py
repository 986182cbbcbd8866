"""Linear probe: the mean of an utterance's frames, or its one vector, and one layer to the classes.

What is to be known of an encoder is known best with the least behind it. It can be trained like any
model here; `training/probe.py` fits it exactly.
"""

from torch import nn

from ehsaas.models.batch import Batch, Output
from ehsaas.models.layers import masked_mean


class LinearProbe(nn.Module):
    """A batch (B, T, D) → `Output`; the embedding is what the layer sees, (B, D).

    Args:
        dims: D, size of a frame or vector.
        classes: number of emotions.
    """

    def __init__(self, dims: int, classes: int) -> None:
        super().__init__()
        self.head = nn.Linear(dims, classes)

    def forward(self, batch: Batch) -> Output:
        """Logits (B, classes), embedding (B, D)."""
        embedding = masked_mean(batch.features, batch.lengths)
        return Output(self.head(embedding), embedding)
