"""Attention Bi-LSTM of the Kashmiri study: frames → Bi-LSTM → additive attention → emotion.

The paper gives the blocks and not the sizes. Ours: two Bi-LSTM layers of 128 units a direction,
dropout 0.3, a scoring space of 64, a dense layer of 64. Input frames are MFCC with two orders of
differences beside log-mel energies of the same frames.
"""

from torch import nn

from ehsaas.models.batch import Batch, Output
from ehsaas.models.layers import AdditiveAttention, BiLSTM


class AttentionBiLSTM(nn.Module):
    """A batch of frames (B, T, D) → `Output` with one attention weight a frame.

    Args:
        dims: D, size of a frame.
        classes: number of emotions.
        hidden: units of one LSTM direction.
        layers: Bi-LSTM layers.
        dropout: share of activations dropped on the input of each block.
        dense: size of the layer before the softmax, which is the embedding.
    """

    def __init__(
        self,
        dims: int,
        classes: int,
        hidden: int = 128,
        layers: int = 2,
        dropout: float = 0.3,
        dense: int = 64,
    ) -> None:
        super().__init__()
        self.lstm = BiLSTM(dims, hidden, layers, dropout)
        self.attention = AdditiveAttention(2 * hidden, 64)
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(2 * hidden, dense)
        self.head = nn.Linear(dense, classes)

    def forward(self, batch: Batch) -> Output:
        """Logits (B, classes), embedding (B, dense), attention (B, T)."""
        h = self.lstm(batch.features, batch.lengths)
        c, a = self.attention(self.dropout(h), batch.lengths)
        embedding = self.dense(self.dropout(c)).relu()
        return Output(self.head(self.dropout(embedding)), embedding, a, {"context": c})

    def blocks(self) -> dict[str, tuple[nn.Module, ...]]:
        """The blocks that progressive adaptation unfreezes, from the output inwards."""
        return {
            "head": (self.dense, self.head),
            "attention": (self.attention,),
            "lstm": (self.lstm,),
        }
