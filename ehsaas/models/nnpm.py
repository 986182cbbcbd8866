"""NNPM, a reconstruction: a network with an external memory of the source's embeddings.

The authors' repository holds no code and the abstract gives no sizes; this follows memory-based
multi-label learning (Wang & Zhang, CVPR 2020) and METHODS.md C. The network says the classes by its
own last layer; the memory votes, p(c | x) ∝ Σ_{y_i = c} exp(s_i / τ) / π_c with the cosine s_i of
the embedding and key i, and π_c the share of class c in the memory.
"""

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from ehsaas.models.attention_bilstm import AttentionBiLSTM
from ehsaas.models.batch import Batch, Output
from ehsaas.models.perceptron import Perceptron

ENCODERS: dict[str, type[AttentionBiLSTM] | type[Perceptron]] = {
    "attention-bilstm": AttentionBiLSTM,
    "perceptron": Perceptron,
}
"""Networks whose embeddings can be remembered: of frames, and of vectors."""


class Nnpm(nn.Module):
    """A batch (B, T, D) → `Output`; its part `vote` (B, classes) is what the memory says.

    While it is being trained the memory is not asked.

    Args:
        dims: D, size of a frame or vector.
        classes: number of emotions.
        encoder: which of `ENCODERS`.
        items: N, utterances in the memory.
        temperature: τ of the vote.
        votes: whether the logits are those of the memory, and not of the network.
        **sizes: of the encoder.
    """

    def __init__(
        self,
        dims: int,
        classes: int,
        encoder: str = "perceptron",
        items: int = 1,
        temperature: float = 0.05,
        votes: bool = False,
        **sizes: Any,
    ) -> None:
        super().__init__()
        self.network = ENCODERS[encoder](dims, classes, **sizes)
        self.classes, self.temperature, self.votes = classes, temperature, votes
        self.register_buffer("keys", torch.zeros(items, self.network.head.in_features))
        self.register_buffer("values", torch.zeros(items, dtype=torch.long))

    def forward(self, batch: Batch) -> Output:
        """Logits (B, classes), embedding (B, E) of length 1, the network's attention, `vote`."""
        seen: Output = self.network(batch)
        embedding = F.normalize(seen.embedding, dim=1)
        if self.training:
            return Output(seen.logits, embedding, seen.attention, seen.parts)
        keys, values = self.get_buffer("keys"), self.get_buffer("values")
        of = F.one_hot(values, self.classes).float()
        odds = ((embedding @ keys.T - 1) / self.temperature).exp()
        share = of.mean(dim=0).clamp(min=1e-6)
        vote = (odds @ of / share).clamp(min=1e-30).log()
        logits = vote if self.votes else seen.logits
        return Output(logits, embedding, seen.attention, {**seen.parts, "vote": vote})
