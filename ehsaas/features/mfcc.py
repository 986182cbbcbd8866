"""MFCC: mel bands in dB (B, T, n_mels) → cepstral coefficients (B, T, n_mfcc) and their slopes."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ehsaas.features.framing import frame_mask


class Mfcc(nn.Module):
    """Orthonormal DCT-II over the mel bands, then Δ and ΔΔ: (B, T, n_mfcc · (1 + deltas)).

    The coefficients equal librosa's with the same window, hop, mel bands and `top_db=None`.
    """

    basis: Tensor

    def __init__(self, n_mels: int = 64, n_mfcc: int = 40, deltas: int = 2) -> None:
        """Prepare the cosines."""
        super().__init__()
        self.deltas = deltas
        self.register_buffer("basis", dct(n_mels, n_mfcc), persistent=False)

    def forward(self, log_mel: Tensor, frame_lengths: Tensor) -> Tensor:
        """Coefficients followed by as many orders of slopes as `deltas` says."""
        orders = [log_mel @ self.basis]
        for _ in range(self.deltas):
            orders.append(delta(orders[-1], frame_lengths))
        return torch.cat(orders, dim=-1)


def dct(n_mels: int, n_mfcc: int) -> Tensor:
    """Orthonormal DCT-II as a matrix (n_mels, n_mfcc), float32."""
    band = torch.arange(n_mels, dtype=torch.float64)[:, None] + 0.5
    order = torch.arange(n_mfcc, dtype=torch.float64)
    basis = torch.cos(math.pi / n_mels * band * order) * math.sqrt(2 / n_mels)
    basis[:, 0] /= math.sqrt(2)
    return basis.float()


def delta(values: Tensor, frame_lengths: Tensor) -> Tensor:
    """Slope per frame (B, T, D) by regression over ±2 frames: Σ k (x[t+k] − x[t−k]) / 10, k = 1, 2.

    Before its first and behind its last valid frame a clip is continued with that frame, so the
    slopes of short and of padded clips are their own.
    """
    B, T, _ = values.shape
    last = values[torch.arange(B, device=values.device), frame_lengths - 1]
    own = torch.where(frame_mask(frame_lengths, T)[..., None], values, last[:, None])
    x = F.pad(own.transpose(1, 2), (2, 2), mode="replicate").transpose(1, 2)
    near = x[:, 3 : T + 3] - x[:, 1 : T + 1]
    far = x[:, 4 : T + 4] - x[:, :T]
    return (near + 2 * far) / 10
