"""The plain RNN that CLAF-SER is compared with: an utterance vector as a sequence of one step.

(1, 204) → SimpleRNN(256) → dropout → SimpleRNN(128) → dropout → Dense(64) → dropout → softmax.
With one step a SimpleRNN is a dense layer with tanh; the recurrent weights are there and are never
used. The paper does not give the share of dropout (ours: 0.3) nor the dense layer's activation
(ours: ReLU). Given more steps, the last valid one decides.
"""

import torch
from torch import nn

from ehsaas.models.batch import Batch, Output


class SimpleRNN(nn.Module):
    """A batch of vectors (B, T, D), T = 1 → `Output`; there is no attention.

    Args:
        dims: D, size of a vector.
        classes: number of emotions.
        hidden: units of the first and of the second recurrent layer.
        dense: size of the layer before the softmax, which is the embedding.
        dropout: share of activations dropped behind each layer.
    """

    def __init__(
        self,
        dims: int,
        classes: int,
        hidden: tuple[int, int] = (256, 128),
        dense: int = 64,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        self.first = nn.RNN(dims, hidden[0], batch_first=True)
        self.second = nn.RNN(hidden[0], hidden[1], batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(hidden[1], dense)
        self.head = nn.Linear(dense, classes)

    def forward(self, batch: Batch) -> Output:
        """Logits (B, classes), embedding (B, dense)."""
        B = batch.lengths.shape[0]
        h = self.dropout(self.first(batch.features)[0])
        h = self.dropout(self.second(h)[0])
        last = h[torch.arange(B, device=h.device), batch.lengths - 1]
        embedding = self.dense(last).relu()
        return Output(self.head(self.dropout(embedding)), embedding)
