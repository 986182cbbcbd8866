"""Spectrum: frames (B, T, window) → power spectrum → mel bands in dB; shared by several features.

The settings are librosa's defaults where it has them: periodic Hann window, Slaney's mel scale
with filters of equal area, dB relative to 1 with a floor of 1e-10. `top_db` is not applied: a
clip's loudest frame must not change its other frames.
"""

import math

import torch
from torch import Tensor, nn

FLOOR = 1e-10
"""Power below which the dB scale stops: −100 dB."""

_HZ_PER_MEL = 200 / 3
_KNEE_HZ = 1000.0
_LOG_STEP = math.log(6.4) / 27


def hann(window: int) -> Tensor:
    """Periodic Hann window (window,), float32."""
    return torch.hann_window(window, periodic=True, dtype=torch.float64).float()


def power_spectrum(frames: Tensor, taper: Tensor, n_fft: int) -> Tensor:
    """|FFT|² (B, T, n_fft // 2 + 1) of tapered frames (B, T, window), filled up to `n_fft`.

    Where the zeros stand (behind the frame here, on both sides of it in librosa) changes the
    phase only, not the power.
    """
    squares = torch.view_as_real(torch.fft.rfft(frames * taper, n=n_fft)).square()
    return squares[..., 0] + squares[..., 1]


class PowerSpectrum(nn.Module):
    """`power_spectrum` with its taper; an exported graph computes the same with small matrices.

    Args:
        taper: (window,).
        n_fft: points of the transform.
        exact: computed in float64: what looks at the quietest bins beside the loudest would see
            the rounding of float32 there, which is another in every implementation.
    """

    taper: Tensor

    def __init__(self, taper: Tensor, n_fft: int, exact: bool = False) -> None:
        super().__init__()
        self.n_fft, self.exact = n_fft, exact
        self.register_buffer("taper", taper, persistent=False)

    def forward(self, frames: Tensor) -> Tensor:
        """The power of each frame."""
        if self.exact:
            return power_spectrum(frames.double(), self.taper.double(), self.n_fft).float()
        return power_spectrum(frames, self.taper, self.n_fft)


def decibels(power: Tensor) -> Tensor:
    """10·log₁₀(power), at least −100 dB."""
    return 10.0 * torch.log10(torch.clamp(power, min=FLOOR))


def mel_filters(rate: int, n_fft: int, n_mels: int) -> Tensor:
    """Triangular filters (n_fft // 2 + 1, n_mels) from 0 Hz to rate / 2, float32.

    Slaney's scale is linear up to 1 kHz and logarithmic above; each triangle has the area
    that librosa's `norm="slaney"` gives it (2 / width in Hz).
    """
    bins = torch.linspace(0, rate / 2, n_fft // 2 + 1, dtype=torch.float64)
    top = _hz_to_mel(rate / 2)
    edges = _mel_to_hz(torch.linspace(0, top, n_mels + 2, dtype=torch.float64))
    rising = (bins[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins[:, None]) / (edges[2:] - edges[1:-1])
    triangles = torch.clamp(torch.minimum(rising, falling), min=0)
    return (triangles * 2 / (edges[2:] - edges[:-2])).float()


def _hz_to_mel(hz: float) -> float:
    if hz < _KNEE_HZ:
        return hz / _HZ_PER_MEL
    return _KNEE_HZ / _HZ_PER_MEL + math.log(hz / _KNEE_HZ) / _LOG_STEP


def _mel_to_hz(mel: Tensor) -> Tensor:
    knee = _KNEE_HZ / _HZ_PER_MEL
    return torch.where(
        mel < knee, mel * _HZ_PER_MEL, _KNEE_HZ * torch.exp(_LOG_STEP * (mel - knee))
    )
