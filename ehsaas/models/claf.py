"""CLAF-SER: frames → Bi-LSTM → multi-head attention, with a phonetic and a language branch.

Equations as numbered in the paper: H = BiLSTM(X) (13); Z = MultiHead(H, H, H) (14); f_attn, the
mean of Z over time (15); f_phon, 16 numbers from a convolution over the frames (16, 17);
f_adapted = f_attn + e_l with an embedding of the language or corpus (18, 19); the emotion from
[f_adapted; f_phon] by dense, layer norm, ReLU, dropout, dense (22, 23). The domain classifier
behind a gradient reversal (20, 21, 24–26) is a matter of training: `training/adversarial.py` puts
it on f_adapted, as in the paper, or on f_attn.

**Ours**: means are over valid frames only, and padding is masked in every branch; id 0 is the
unknown language, which training gives to a share of the utterances so that it serves languages
that were not trained on; 4 heads, 128 units a direction, kernels of 5 frames, a dense layer of
128, dropout 0.3. Every part can be left out.
"""

import torch
from torch import Tensor, nn

from ehsaas.models.batch import Batch, Output
from ehsaas.models.layers import BiLSTM, SelfAttention, frame_mask, masked_mean

UNKNOWN = 0
"""Row of the embedding for an unknown language; corpus k of a batch has row k + 1."""


class Claf(nn.Module):
    """A batch of frames (B, T, D) → `Output` with parts `f_attn`, `f_adapted` and `f_phon`.

    Args:
        dims: D, size of a frame.
        classes: number of emotions.
        corpora: languages or corpora that have an embedding, as `Batch.corpus` counts them; a
            batch without corpus is of unknown language.
        hidden: units of one LSTM direction.
        heads: of the attention.
        phones: numbers that the phonetic branch gives.
        dense: size of the layer before the softmax, which is the embedding of the `Output`.
        dropout: share of activations dropped in the emotion head.
        unknown: share of training utterances whose language is hidden.
        attention: False takes the mean of H for f_attn.
        phonetic: False leaves f_phon out.
        language: False leaves e_l out: f_adapted is f_attn.
    """

    def __init__(
        self,
        dims: int,
        classes: int,
        corpora: int = 0,
        hidden: int = 128,
        heads: int = 4,
        phones: int = 16,
        dense: int = 128,
        dropout: float = 0.3,
        unknown: float = 0.1,
        attention: bool = True,
        phonetic: bool = True,
        language: bool = True,
    ) -> None:
        super().__init__()
        self.unknown = unknown
        self.lstm = BiLSTM(dims, hidden, 1, 0.0)
        self.attention = SelfAttention(2 * hidden, heads) if attention else None
        self.phonetic = nn.Conv1d(dims, phones, kernel_size=5, padding=2) if phonetic else None
        self.language = nn.Embedding(corpora + 1, 2 * hidden) if language else None
        self.dense = nn.Sequential(
            nn.Linear(2 * hidden + phones * phonetic, dense),
            nn.LayerNorm(dense),
            nn.ReLU(),
        )
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(dense, classes)

    def forward(self, batch: Batch) -> Output:
        """Logits (B, classes), embedding (B, dense), attention (B, T) or None, and the parts."""
        x, lengths = batch.features, batch.lengths
        h = self.lstm(x, lengths)
        z, weights = (h, None) if self.attention is None else self.attention(h, lengths)
        parts = {"f_attn": masked_mean(z, lengths)}
        parts["f_adapted"] = parts["f_attn"] + self._language(batch)
        seen = [parts["f_adapted"]]
        if self.phonetic is not None:
            parts["f_phon"] = self._phones(x, lengths)
            seen.append(parts["f_phon"])
        embedding = self.dense(torch.cat(seen, dim=-1))
        return Output(self.head(self.dropout(embedding)), embedding, weights, parts)

    def _language(self, batch: Batch) -> Tensor | float:
        """e_l (B, 2h), or 0 where the branch is left out."""
        if self.language is None:
            return 0.0
        B = batch.lengths.shape[0]
        if batch.corpus is None:
            known = torch.zeros(B, dtype=torch.long, device=batch.features.device)
        else:
            known = batch.corpus + 1
        if self.training and self.unknown:
            hidden = torch.rand(B, device=known.device) < self.unknown
            known = known.masked_fill(hidden, UNKNOWN)
        found: Tensor = self.language(known)
        return found

    def _phones(self, x: Tensor, lengths: Tensor) -> Tensor:
        """f_phon (B, phones): the convolution's mean over valid frames."""
        assert self.phonetic is not None, "asked for only where there is the branch"
        inside = frame_mask(lengths, x.shape[1])
        own = torch.where(inside[:, :, None], x, 0.0)
        return masked_mean(self.phonetic(own.transpose(1, 2)).relu().transpose(1, 2), lengths)

    def blocks(self) -> dict[str, tuple[nn.Module, ...]]:
        """The blocks that progressive adaptation unfreezes, from the output inwards."""
        branches = (self.attention, self.phonetic, self.language)
        return {
            "head": (self.dense, self.head),
            "attention": tuple(branch for branch in branches if branch is not None),
            "lstm": (self.lstm,),
        }
