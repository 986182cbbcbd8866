"""Pitch: samples (B, N) → f0 in Hz, 0 where unvoiced, and voicing strength in [0, 1] (B, T, 2).

After Boersma (1993), "Accurate short-term analysis of the fundamental frequency and the
harmonics-to-noise ratio of a sampled sound": the autocorrelation of a tapered stretch, divided by
the autocorrelation of the taper, peaks at the period, and the height of the peak is the share of
the power that is periodic. **Ours**: the signal is first low-passed and decimated to 4 kHz, the
peak is placed between lags with a parabola, and each frame is judged alone (no path search), so
the feature can run in a stream and inside an exported model.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ehsaas.features.framing import Framing
from ehsaas.features.spectrum import power_spectrum

STEP = 4
"""Decimation: 16 kHz → 4 kHz."""
FINE = 2
"""Lags per sample of the decimated signal."""
CUT_HZ = 1000.0
TAPS = 65
PERIODS = 3
"""Periods of the lowest pitch that a frame's stretch holds."""
VOICED = 0.5
"""Voicing strength from which a frame counts as voiced."""
OCTAVE_COST = 0.02
"""Taken from a peak's height for each octave below the highest pitch: of two equal, the higher."""
QUIET = 1e-7
"""Power (re full scale, −70 dB) that counts as noise, so that silence is not voiced."""


class Pitch(nn.Module):
    """Fundamental frequency between `low` and `high` Hz and voicing strength in [0, 1]."""

    low_pass: Tensor
    taper: Tensor
    to_lags: Tensor
    cost: Tensor

    def __init__(self, framing: Framing, low: float = 60.0, high: float = 500.0) -> None:
        """Prepare the low-pass, the taper and the lags between 1 / high and 1 / low."""
        super().__init__()
        self.framing = framing
        rate = framing.rate / STEP
        self.lag_rate = rate * FINE
        self.width = round(PERIODS * rate / low)
        self.lead = (self.width - round(framing.window / STEP)) // 2
        self.shortest = math.floor(self.lag_rate / high)
        lags = torch.arange(self.shortest - 1, math.ceil(self.lag_rate / low) + 2) / FINE
        self.n_fft = 64 * math.ceil((self.width + float(lags[-1])) / 64)
        taper = torch.hann_window(self.width, periodic=False, dtype=torch.float64)
        cost = OCTAVE_COST * torch.log2(lags[1:-1] / lags[1])
        self.register_buffer("low_pass", _low_pass(framing.rate)[None, None], persistent=False)
        self.register_buffer("taper", taper.float(), persistent=False)
        self.register_buffer("to_lags", _to_lags(taper, lags, self.n_fft), persistent=False)
        self.register_buffer("cost", cost, persistent=False)

    def forward(self, samples: Tensor) -> Tensor:
        """`samples` (B, N ≥ window), zero behind each clip's end → (B, T, 2)."""
        likeness = self.autocorrelation(samples)
        before, middle, after = likeness[..., :-2], likeness[..., 1:-1], likeness[..., 2:]
        slope, bend = after - before, 2 * middle - before - after
        shift = torch.clamp(slope / (2 * bend.clamp(min=1e-6)), -0.5, 0.5)
        height = middle + slope * shift / 4
        peak = (middle >= before) & (middle > after)
        score, best = torch.where(peak, height - self.cost, -1.0).max(dim=-1, keepdim=True)
        strength = torch.clamp(score + self.cost[best], 0, 1)
        lag = best + self.shortest + shift.take_along_dim(best, dim=-1)
        f0 = torch.where(strength >= VOICED, self.lag_rate / lag, 0.0)
        return torch.cat((f0, strength), dim=-1)

    def autocorrelation(self, samples: Tensor) -> Tensor:
        """Normalised autocorrelation (B, T, lags) around each frame's middle."""
        T = 1 + (samples.shape[1] - self.framing.window) // self.framing.hop
        half = TAPS // 2
        slow = F.conv1d(F.pad(samples, (half, half))[:, None], self.low_pass, stride=STEP)[:, 0]
        padded = F.pad(slow, (self.lead, self.width))
        stretches = padded.unfold(1, self.width, self.framing.hop // STEP)[:, :T]
        level = stretches - stretches.mean(dim=-1, keepdim=True)
        power = power_spectrum(level, self.taper, self.n_fft)
        total = (level * self.taper).square().sum(dim=-1, keepdim=True)
        return (power @ self.to_lags) / (total + QUIET * self.width)


def _to_lags(taper: Tensor, lags: Tensor, n_fft: int) -> Tensor:
    """Matrix (n_fft // 2 + 1, lags): power spectrum → autocorrelation over that of the taper.

    The autocorrelation is the inverse transform of the power spectrum; as a sum of cosines it
    can be had at lags between samples. The taper's own is scaled to 1 at lag 0.
    """
    k = torch.arange(n_fft // 2 + 1, dtype=torch.float64)[:, None]
    weight = torch.full_like(k, 2 / n_fft)
    weight[0] = weight[-1] = 1 / n_fft
    inverse = weight * torch.cos(2 * math.pi / n_fft * k * lags.double())
    power = torch.fft.rfft(taper, n=n_fft).abs().square()
    own = power @ inverse
    return (inverse * taper.square().sum() / own).float()


def _low_pass(rate: int) -> Tensor:
    """A windowed-sinc low-pass (TAPS,) at CUT_HZ with gain 1 at 0 Hz, float32."""
    n = torch.arange(TAPS, dtype=torch.float64) - TAPS // 2
    fade = torch.hamming_window(TAPS, periodic=False, dtype=torch.float64)
    taps = torch.sinc(2 * CUT_HZ / rate * n) * fade
    return (taps / taps.sum()).float()
