"""Layers that several systems share: frame masks, padding-safe Bi-LSTM, additive attention."""

import torch
from torch import Tensor, nn


def frame_mask(lengths: Tensor, frames: int) -> Tensor:
    """(B,) lengths → (B, T) bool, true on valid frames."""
    return torch.arange(frames, device=lengths.device)[None, :] < lengths[:, None]


def reverse_valid(x: Tensor, lengths: Tensor) -> Tensor:
    """Reverse each sequence of `x` (B, T, D) within its valid length; padding stays in place."""
    B, T, D = x.shape
    frame = torch.arange(T, device=x.device)[None, :]
    source = torch.where(frame < lengths[:, None], lengths[:, None] - 1 - frame, frame)
    return x.gather(1, source[:, :, None].expand(B, T, D))


class BiLSTM(nn.Module):
    """Stacked bidirectional LSTM: (B, T, D), (B,) → (B, T, 2H); padding changes no valid frame.

    The backward direction reads each sequence reversed within its own length, so no packing is
    needed: the same result as a packed `nn.LSTM`, three to four times faster on a CPU.

    Args:
        dims: D, size of an input frame.
        hidden: H, size of one direction.
        layers: number of stacked layers.
        dropout: share of activations dropped between layers.
    """

    def __init__(self, dims: int, hidden: int, layers: int, dropout: float) -> None:
        super().__init__()
        sizes = [dims] + [2 * hidden] * (layers - 1)
        self.ahead = nn.ModuleList(nn.LSTM(size, hidden, batch_first=True) for size in sizes)
        self.back = nn.ModuleList(nn.LSTM(size, hidden, batch_first=True) for size in sizes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Hidden states of both directions, (B, T, 2H); values on padding mean nothing."""
        for layer, (ahead, back) in enumerate(zip(self.ahead, self.back, strict=True)):
            x = self.dropout(x) if layer else x
            reversed_states = back(reverse_valid(x, lengths))[0]
            x = torch.cat([ahead(x)[0], reverse_valid(reversed_states, lengths)], dim=-1)
        return x


class AdditiveAttention(nn.Module):
    """Additive attention pooling: e_t = vᵀ tanh(W h_t + b), a = softmax over valid frames.

    Bahdanau et al. 2015, as used for salient frames in speech emotion recognition.

    Args:
        dims: size of a hidden state h_t.
        size: size of the space in which states are scored.
    """

    def __init__(self, dims: int, size: int) -> None:
        super().__init__()
        self.score = nn.Linear(dims, size)
        self.v = nn.Linear(size, 1, bias=False)

    def forward(self, h: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, dims), (B,) → context c = Σ a_t h_t (B, dims) and weights a (B, T)."""
        e = self.v(torch.tanh(self.score(h))).squeeze(-1)
        valid = frame_mask(lengths, h.shape[1])
        a = torch.softmax(e.masked_fill(~valid, float("-inf")), dim=-1)
        return torch.einsum("bt,btd->bd", a, h), a
