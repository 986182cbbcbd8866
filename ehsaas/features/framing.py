"""Framing: samples (B, N) → frames (B, T, window), how many are valid, and the mask over them.

Frames are not centred: frame t covers the samples [t·hop, t·hop + window), so a clip of n samples
has T = max(1, 1 + (n − window) // hop) frames and a clip shorter than a window is filled up to one
with zeros. What a batch holds behind a clip's own end is never read.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ehsaas.audio import RATE


@dataclass(frozen=True)
class Framing:
    """Frames of `window_ms` every `hop_ms` (ms) at `rate` Hz."""

    window_ms: float = 25.0
    hop_ms: float = 10.0
    rate: int = RATE

    @property
    def window(self) -> int:
        """Frame length in samples."""
        return round(self.window_ms * self.rate / 1000)

    @property
    def hop(self) -> int:
        """Step between frames in samples."""
        return round(self.hop_ms * self.rate / 1000)

    def frame_lengths(self, lengths: Tensor) -> Tensor:
        """Valid frames (B,) int64 of clips of `lengths` (B,) samples; never below 1."""
        spare = torch.clamp(lengths - self.window, min=0)
        return 1 + torch.div(spare, self.hop, rounding_mode="floor")

    def valid_samples(self, samples: Tensor, lengths: Tensor) -> Tensor:
        """The samples (B, max(N, window)) with zeros behind each clip's own end."""
        N = samples.shape[1]
        inside = torch.arange(N, device=samples.device) < lengths[:, None]
        kept = torch.where(inside, samples, 0.0)
        return F.pad(kept, (0, self.window - N)) if N < self.window else kept

    def frames(self, samples: Tensor) -> Tensor:
        """Overlapping frames (B, T, window) of `samples` (B, N ≥ window), a view without a copy."""
        return overlapping(samples, self.window, self.hop)


def overlapping(samples: Tensor, size: int, step: int) -> Tensor:
    """Stretches (B, T, size) that begin every `step` samples of `samples` (B, N ≥ size).

    ONNX has no view of them and gathers: in an exported graph by blocks, not by samples.
    """
    block = math.gcd(size, step)
    if not torch.compiler.is_exporting() or block == 1:
        return samples.unfold(1, size, step)
    B, N = samples.shape
    longer = F.pad(samples, (0, 1))  # so that the cut is always one: else N % block is fixed
    blocks = longer[:, : N // block * block].reshape(B, -1, block)
    first = torch.arange((N - size) // step + 1, device=samples.device) * (step // block)
    at = first[:, None] + torch.arange(size // block, device=samples.device)
    return blocks[:, at].reshape(B, -1, size)


def frame_mask(frame_lengths: Tensor, T: int) -> Tensor:
    """True (B, T) where a frame belongs to its clip."""
    return torch.arange(T, device=frame_lengths.device) < frame_lengths[:, None]
