"""Pitch: samples (B, N) → f0 in Hz, 0 where unvoiced, and voicing strength in [0, 1] (B, T, 2).

After Boersma (1993), "Accurate short-term analysis of the fundamental frequency and the
harmonics-to-noise ratio of a sampled sound": the autocorrelation of a tapered stretch, divided by
the autocorrelation of the taper, peaks at the period, and the height of the peak is the share of
the power that is periodic. **Ours**: the signal is first low-passed and decimated to 4 kHz; the
lags lie closer together where periods are short, and a parabola places the peak between them; the
peak is chosen with one frame on either side instead of a path search, so the feature can run in a
stream and inside an exported model. The first and the last frame of a clip, whose stretch is
partly empty, are good to 3 %, all others to 1 % down to a signal-to-noise ratio of 10 dB.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ehsaas.features.framing import Framing, frame_mask, overlapping
from ehsaas.features.spectrum import PowerSpectrum

STEP = 4
"""Decimation: 16 kHz → 4 kHz."""
CUT_HZ = 1000.0
TAPS = 65
BLOCK = 16
"""Decimated samples computed by one row of a matrix product; faster than a convolution."""
PERIODS = 3
"""Periods of the lowest pitch that a frame's stretch holds."""
VOICED = 0.5
"""Voicing strength from which a frame counts as voiced."""
OCTAVE_COST = 0.02
"""Taken from a peak's height for each octave below the highest pitch: of two equal, the higher."""
NEIGHBOUR = 0.5
"""Weight of the frames on either side when a frame's peak is chosen; its place is its own."""
FINENESS = 0.07
"""Step of the grid of lags, in √(samples at 4 kHz): finer where periods are short."""
REACH = 2
"""Grid steps by which the frame's own peak may differ from the one chosen with its neighbours."""
QUIET = 1e-7
"""Power (re full scale, −70 dB) that counts as noise, so that silence is not voiced."""
RIM = 0.01
"""Share of the untapered power that counts as noise, so that the last trace of a sound at the rim
of a stretch is not voiced."""


class Pitch(nn.Module):
    """Fundamental frequency between `low` and `high` Hz and voicing strength in [0, 1]."""

    low_pass: Tensor
    to_lags: Tensor
    total: Tensor
    cost: Tensor

    def __init__(self, framing: Framing, low: float = 60.0, high: float = 500.0) -> None:
        """Prepare the low-pass, the taper and the lags between 1 / high and 1 / low."""
        super().__init__()
        self.framing = framing
        self.rate = framing.rate / STEP
        self.width = round(PERIODS * self.rate / low)
        self.lead = (self.width - round(framing.window / STEP)) // 2
        self.first = math.sqrt(self.rate / high) - (REACH + 1) * FINENESS
        last = math.sqrt(self.rate / low) + (REACH + 1) * FINENESS
        lags = torch.arange(self.first, last + FINENESS, FINENESS, dtype=torch.float64).square()
        self.n_fft = 64 * math.ceil((self.width + float(lags[-1])) / 64)
        taper = torch.hann_window(self.width, periodic=False, dtype=torch.float64)
        cost = OCTAVE_COST * torch.log2(lags / lags[0])
        self.register_buffer("low_pass", _low_pass(framing.rate), persistent=False)
        self.power = PowerSpectrum(taper.float(), self.n_fft)
        whole = _to_lags(taper, torch.zeros(1, dtype=torch.float64), self.n_fft)
        self.register_buffer("total", whole, persistent=False)
        self.register_buffer("to_lags", _to_lags(taper, lags, self.n_fft), persistent=False)
        self.register_buffer("cost", cost[1 + REACH : -1 - REACH].float(), persistent=False)

    def forward(self, samples: Tensor, frame_lengths: Tensor) -> Tensor:
        """`samples` (B, N ≥ window), zero behind each clip's end → (B, T, 2)."""
        likeness = self.autocorrelation(samples)
        best = self._choose(likeness, frame_lengths)
        around = torch.arange(2 * REACH + 1, device=samples.device)
        near = likeness.gather(-1, best + 1 + around)
        at = best + 1 + near.argmax(dim=-1, keepdim=True)
        before, middle, after = likeness.gather(-1, at + around[:3] - 1).unbind(-1)
        slope, bend = after - before, 2 * middle - before - after
        shift = torch.clamp(slope / (2 * bend.clamp(min=1e-6)), -0.5, 0.5)
        peak = (middle >= before) & (middle >= after)
        strength = torch.where(peak, torch.clamp(middle + slope * shift / 4, 0, 1), 0.0)
        root = self.first + FINENESS * (at[..., 0] + shift)
        f0 = torch.where(strength >= VOICED, self.rate / root.square(), 0.0)
        return torch.stack((f0, strength), dim=-1)

    def _choose(self, likeness: Tensor, frame_lengths: Tensor) -> Tensor:
        """The best peak (B, T, 1) of each frame with its neighbours; 0 is lag number REACH + 1."""
        inside = frame_mask(frame_lengths, likeness.shape[1])
        own = F.pad((likeness * inside[..., None])[..., REACH:-REACH], (0, 0, 1, 1))
        blend = own[:, 1:-1] + NEIGHBOUR * (own[:, :-2] + own[:, 2:])
        before, middle, after = blend[..., :-2], blend[..., 1:-1], blend[..., 2:]
        slope, bend = after - before, 2 * middle - before - after
        height = middle + slope.square() / (8 * bend.clamp(min=1e-3))
        no_peak = torch.clamp(torch.maximum(before, after) - middle, min=0)
        score = height / (1 + 2 * NEIGHBOUR) - self.cost - 1e4 * no_peak
        return score.argmax(dim=-1, keepdim=True)

    def autocorrelation(self, samples: Tensor) -> Tensor:
        """Normalised autocorrelation (B, T, lags) around each frame's middle."""
        T = 1 + (samples.shape[1] - self.framing.window) // self.framing.hop
        padded = F.pad(self._decimate(samples), (self.lead, self.width))
        stretches = overlapping(padded, self.width, self.framing.hop // STEP)[:, :T]
        level = stretches - stretches.mean(dim=-1, keepdim=True)
        power = self.power(level)
        still = QUIET * self.width + RIM * level.square().sum(dim=-1, keepdim=True)
        likeness: Tensor = (power @ self.to_lags) / (power @ self.total + still)
        return likeness

    def _decimate(self, samples: Tensor) -> Tensor:
        """`samples` (B, N) below 1 kHz at 4 kHz, at least (B, N / STEP)."""
        rows, outs = self.low_pass.shape
        half = TAPS // 2
        padded = F.pad(samples, (half, rows))
        if torch.compiler.is_exporting():  # ONNX would copy every stretch
            kernels = self.low_pass.T[:, None]
            return F.conv1d(padded[:, None], kernels, stride=outs * STEP).transpose(1, 2).flatten(1)
        return (padded.unfold(1, rows, outs * STEP) @ self.low_pass).flatten(1)


def _to_lags(taper: Tensor, lags: Tensor, n_fft: int) -> Tensor:
    """Matrix (n_fft // 2 + 1, lags): power spectrum → autocorrelation over that of the taper.

    The autocorrelation is the inverse transform of the power spectrum; as a sum of cosines it
    can be had at lags between samples. The taper's own is scaled to 1 at lag 0.
    """
    k = torch.arange(n_fft // 2 + 1, dtype=torch.float64)[:, None]
    weight = torch.full_like(k, 2 / n_fft)
    weight[0] = weight[-1] = 1 / n_fft
    inverse = weight * torch.cos(2 * math.pi / n_fft * k * lags)
    power = torch.fft.rfft(taper, n=n_fft).abs().square()
    matrix: Tensor = inverse * (taper.square().sum() / (power @ inverse))
    return matrix.float()


def _low_pass(rate: int) -> Tensor:
    """A windowed-sinc low-pass at CUT_HZ with gain 1 at 0 Hz, as a matrix for BLOCK outputs."""
    n = torch.arange(TAPS, dtype=torch.float64) - TAPS // 2
    fade = torch.hamming_window(TAPS, periodic=False, dtype=torch.float64)
    taps = torch.sinc(2 * CUT_HZ / rate * n) * fade
    taps = taps / taps.sum()
    matrix = torch.zeros(TAPS + STEP * (BLOCK - 1), BLOCK, dtype=torch.float64)
    for i in range(BLOCK):
        matrix[STEP * i : STEP * i + TAPS, i] = taps
    return matrix.float()
