"""Speech frames and text tokens of frozen encoders → emotion: concat, gated, cross-attention.

With a and t the masked means over a clip's projected frames and tokens, the fused vector is

- concat: [t; a];
- gated: g ⊙ t + (1 − g) ⊙ a, g = σ(W [t; a] + b);
- cross-attention: [t'; a'], the masked means of LN(t_s + MultiHead(t_s, A, A)) over tokens and of
  LN(a_t + MultiHead(a_t, T, T)) over frames, each way reading what the other way reads.

A dense layer of 512 and the softmax follow. **Ours**: frames and tokens are layer-normed behind
their projection, so that neither drowns the other; a modality that an item lacks is one learned
vector in the place of its frames, so it is the mean and the only key; in training an item that has
both loses one of them now and then.
"""

from dataclasses import replace
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from ehsaas.models.batch import Batch, Output
from ehsaas.models.layers import frame_mask, masked_mean

How = Literal["concat", "gated", "cross-attention"]


class Fusion(nn.Module):
    """Frames (B, T, D) and tokens (B, S, E) → `Output` with parts `speech`, `text` (B, hidden).

    The two parts are the vectors that are fused; gated fusion has a third, `gate` (B, hidden),
    between 0 for speech and 1 for text. An item may lack speech, text or both; see `Batch`.

    Args:
        dims: D, size of a speech frame.
        classes: number of emotions.
        words: E, size of a text token.
        how: speech and text become one vector.
        hidden: size of a projected frame or token; for cross-attention a multiple of `heads`.
        heads: of the cross-attention.
        dense: size of the layer before the softmax, which is the embedding of the `Output`.
        dropout: share of the embedding's activations dropped.
        drop: share of training utterances that lose speech or text, each as likely, if they have
            both.

    Raises:
        ValueError: if `how` is none of the three.
    """

    def __init__(
        self,
        dims: int,
        classes: int,
        words: int,
        how: How = "concat",
        hidden: int = 256,
        heads: int = 8,
        dense: int = 512,
        dropout: float = 0.3,
        drop: float = 0.15,
    ) -> None:
        super().__init__()
        if how not in get_args(How):
            raise ValueError(f"Fusion how={how!r}: choose one of {', '.join(get_args(How))}")
        self.drop = drop
        self.words = words
        self.speech = Modality(dims, hidden)
        self.text = Modality(words, hidden)
        self.cross = CrossAttention(hidden, heads) if how == "cross-attention" else None
        self.gate = nn.Linear(2 * hidden, hidden) if how == "gated" else None
        self.dense = nn.Linear(hidden if how == "gated" else 2 * hidden, dense)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(dense, classes)

    def forward(self, batch: Batch) -> Output:
        """Logits (B, classes), embedding (B, dense), the parts; there is no attention over frames.

        Raises:
            ValueError: if the batch has words and not how many of them are valid.
        """
        lengths, (words, word_lengths) = batch.lengths, self._words(batch)
        if self.training and self.drop:
            lengths, word_lengths = drop_modality(lengths, word_lengths, self.drop)
        speech, lengths = self.speech(batch.features, lengths)
        text, word_lengths = self.text(words, word_lengths)
        if self.cross is not None:
            speech, text = self.cross(speech, lengths, text, word_lengths)
        a, t = masked_mean(speech, lengths), masked_mean(text, word_lengths)
        parts = {"speech": a, "text": t}
        fused = torch.cat([t, a], dim=-1)
        if self.gate is not None:
            g = torch.sigmoid(self.gate(fused))
            parts["gate"] = g
            fused = g * t + (1 - g) * a
        embedding = self.dense(fused).relu()
        return Output(self.head(self.dropout(embedding)), embedding, parts=parts)

    def _words(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Tokens (B, S, E) and how many are valid (B,): none where no text is known."""
        if batch.words is None:
            none = batch.features.new_zeros(len(batch.lengths), 0, self.words)
            return none, torch.zeros_like(batch.lengths)
        if batch.word_lengths is None:
            raise ValueError(
                "the batch has words (B, S, E) and no word_lengths: give (B,) valid tokens an item"
            )
        return batch.words, batch.word_lengths


class Modality(nn.Module):
    """Frames (B, T, D), (B,) → projected frames (B, T + 1, hidden) and lengths (B,) of at least 1.

    An item of length 0 gets the vector `absent` as its only frame.

    Args:
        dims: D, size of a frame.
        hidden: size of a projected frame.
    """

    def __init__(self, dims: int, hidden: int) -> None:
        super().__init__()
        self.project = nn.Sequential(nn.Linear(dims, hidden), nn.LayerNorm(hidden))
        self.absent = nn.Parameter(torch.randn(hidden))  # of a layer-normed frame's size

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Padding is not read, so it may be anything; the added frame leaves room where T is 0."""
        x = nn.functional.pad(x, (0, 0, 0, 1))
        inside = frame_mask(lengths, x.shape[1])
        h = self.project(torch.where(inside[:, :, None], x, 0.0))
        return torch.where((lengths == 0)[:, None, None], self.absent, h), lengths.clamp(min=1)


class CrossAttention(nn.Module):
    """Speech attends to text and text to speech, each with a residual and a layer norm.

    Args:
        dims: size of a frame and of a token, a multiple of `heads`.
        heads: number of heads.
    """

    def __init__(self, dims: int, heads: int) -> None:
        super().__init__()
        self.to_text = nn.MultiheadAttention(dims, heads, batch_first=True)
        self.to_speech = nn.MultiheadAttention(dims, heads, batch_first=True)
        self.norm_speech = nn.LayerNorm(dims)
        self.norm_text = nn.LayerNorm(dims)

    def forward(
        self, speech: Tensor, lengths: Tensor, text: Tensor, word_lengths: Tensor
    ) -> tuple[Tensor, Tensor]:
        """(B, T, dims), (B,), (B, S, dims), (B,) → both in their shapes; lengths are at least 1."""
        frames = ~frame_mask(lengths, speech.shape[1])
        tokens = ~frame_mask(word_lengths, text.shape[1])
        heard, _ = self.to_text(speech, text, text, key_padding_mask=tokens, need_weights=False)
        read, _ = self.to_speech(text, speech, speech, key_padding_mask=frames, need_weights=False)
        return self.norm_speech(speech + heard), self.norm_text(text + read)


def drop_modality(lengths: Tensor, word_lengths: Tensor, share: float) -> tuple[Tensor, Tensor]:
    """Lengths (B,) of speech and text with one of them 0 for a `share` of the items with both."""
    chance = torch.rand(len(lengths), device=lengths.device)
    both = (lengths > 0) & (word_lengths > 0)
    no_speech = both & (chance < share / 2)
    no_text = both & (chance >= share / 2) & (chance < share)
    return lengths.masked_fill(no_speech, 0), word_lengths.masked_fill(no_text, 0)


def without(batch: Batch, modality: Literal["speech", "text"]) -> Batch:
    """The batch with every item's speech or text taken away, to measure what it contributes.

    Raises:
        ValueError: if `modality` is neither.
    """
    if modality == "speech":
        return replace(batch, lengths=torch.zeros_like(batch.lengths))
    if modality != "text":
        raise ValueError(f"without {modality!r}: choose speech or text")
    known = batch.word_lengths
    return replace(batch, word_lengths=None if known is None else torch.zeros_like(known))
