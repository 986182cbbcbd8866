"""Functionals: frames of a clip → one vector of statistics, the baseline's features.

In the spirit of eGeMAPS (Eyben et al. 2016), from our own frames: how the pitch, the loudness, the
balance and the change of the spectrum, the cepstrum and the regularity of the voice are spread
over the clip, over its voiced frames where they mean something only there, and how its voiced
stretches follow one another.
"""

from collections.abc import Mapping
from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn

from ehsaas.features.framing import Framing, frame_mask
from ehsaas.features.mfcc import dct, delta
from ehsaas.features.pitch import Pitch
from ehsaas.features.spectrum import decibels, hann, mel_filters, power_spectrum

N_FFT = 512
N_MELS = 40
N_MFCC = 12
"""Cepstral coefficients 1–12; coefficient 0 is the level, which loudness describes better."""
SEMITONE_ZERO_HZ = 27.5

MOMENTS = ("mean", "std", "p20", "p50", "p80", "range")
"""Statistics of a contour; range is between the 20th and the 80th percentile."""
SHARES = (0.2, 0.5, 0.8)


class FunctionalsConfig(BaseModel):
    """Settings of the functionals: frames of `window_ms` every `hop_ms`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    window_ms: float = 25.0
    hop_ms: float = 10.0

    @property
    def names(self) -> tuple[str, ...]:
        """One name a dimension, in order."""
        return names()

    @property
    def dtype(self) -> Literal["float16", "float32"]:
        """How the store keeps these features."""
        return "float32"

    def extractor(self) -> nn.Module:
        """The module that computes them, as a sequence of one frame."""
        return AsOneFrame(Functionals(self))


class AsOneFrame(nn.Module):
    """A module that gives a vector a clip (B, K), seen as frames: (B, 1, K) and lengths of 1."""

    def __init__(self, inner: nn.Module) -> None:
        """Wrap `inner`, (samples, lengths) → (B, K)."""
        super().__init__()
        self.inner = inner

    def forward(self, samples: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """The vector of each clip as its only frame."""
        return self.inner(samples, lengths)[:, None], torch.ones_like(lengths)


class Functionals(nn.Module):
    """(samples (B, N), lengths (B,)) → vectors (B, K) float32, finite, in the order of `names()`."""

    taper: Tensor
    filters: Tensor
    basis: Tensor
    hertz: Tensor

    def __init__(self, config: FunctionalsConfig | None = None) -> None:
        """Prepare the tables for the settings of `config`."""
        super().__init__()
        config = config or FunctionalsConfig()
        self.framing = Framing(config.window_ms, config.hop_ms)
        self.pitch = Pitch(self.framing)
        rate = self.framing.rate
        hertz = torch.arange(N_FFT // 2 + 1) * (rate / N_FFT)
        self.register_buffer("taper", hann(self.framing.window), persistent=False)
        self.register_buffer("filters", mel_filters(rate, N_FFT, N_MELS), persistent=False)
        self.register_buffer("basis", dct(N_MELS, N_MFCC + 1)[:, 1:], persistent=False)
        self.register_buffer("hertz", hertz, persistent=False)

    def forward(self, samples: Tensor, lengths: Tensor) -> Tensor:
        """One vector a clip; `samples` and `lengths` as for `FeatureStack`."""
        own = self.framing.valid_samples(samples, lengths)
        frame_lengths = self.framing.frame_lengths(lengths)
        contours = self.contours(own, frame_lengths)
        return functionals(contours, frame_lengths, self.framing.hop / self.framing.rate)

    def contours(self, own: Tensor, frame_lengths: Tensor) -> dict[str, Tensor]:
        """What varies over frames, each (B, T), by name."""
        power = power_spectrum(self.framing.frames(own), self.taper, N_FFT)
        mel = power @ self.filters
        log_mel = decibels(mel)
        cepstrum = log_mel @ self.basis
        slopes = delta(cepstrum, frame_lengths)
        f0, strength = self.pitch(own).unbind(dim=-1)
        contours = {
            "pitch": 12 * torch.log2(torch.clamp(f0, min=SEMITONE_ZERO_HZ) / SEMITONE_ZERO_HZ),
            "voicing": strength,
            "voiced": (f0 > 0).float(),
            "loudness": torch.clamp(mel, min=1e-10).pow(0.3).sum(dim=-1),
            "level": decibels(power.mean(dim=-1)),
            "flux": _flux(mel),
            **self._balance(power),
        }
        contours |= {f"mfcc{i + 1}": cepstrum[..., i] for i in range(N_MFCC)}
        contours |= {f"dmfcc{i + 1}": slopes[..., i] for i in range(N_MFCC)}
        return contours

    def _balance(self, power: Tensor) -> dict[str, Tensor]:
        """Spectral balance: alpha ratio, Hammarberg index, two slopes (dB), centroid (kHz)."""
        low, high = self._band(50, 1000), self._band(1000, 5000)
        level = decibels(power)
        total = power.sum(dim=-1)
        return {
            "alpha": decibels(power[..., low].sum(-1)) - decibels(power[..., high].sum(-1)),
            "hammarberg": level[..., self._band(0, 2000)].amax(-1)
            - level[..., self._band(2000, 5000)].amax(-1),
            "tilt500": self._tilt(level, 0, 500),
            "tilt1500": self._tilt(level, 500, 1500),
            "centroid": (power @ self.hertz) / (total + 1e-8) / 1000,
        }

    def _band(self, low: float, high: float) -> slice:
        step = float(self.framing.rate / N_FFT)
        return slice(round(low / step), round(high / step))

    def _tilt(self, level: Tensor, low: float, high: float) -> Tensor:
        """Slope of the spectrum in dB per kHz between two frequencies."""
        band = self._band(low, high)
        kilohertz = self.hertz[band] / 1000
        kilohertz = kilohertz - kilohertz.mean()
        return (level[..., band] @ kilohertz) / kilohertz.square().sum()


def _flux(mel: Tensor) -> Tensor:
    """Distance of each frame's normalised mel spectrum from the frame before; 0 for the first."""
    shape = mel / (mel.norm(dim=-1, keepdim=True) + 1e-5)
    steps = (shape[:, 1:] - shape[:, :-1]).norm(dim=-1)
    return torch.cat((torch.zeros_like(shape[:, :1, 0]), steps), dim=1)


EVERYWHERE = ("loudness", "flux", *(f"mfcc{i + 1}" for i in range(N_MFCC)))
VOICED_ONLY = (
    "pitch",
    "voicing",
    "alpha",
    "hammarberg",
    "tilt500",
    "tilt1500",
    "centroid",
    "flux",
    *(f"mfcc{i + 1}" for i in range(N_MFCC)),
)
UNVOICED_ONLY = ("alpha", "hammarberg", "tilt500", "tilt1500", "flux")
SPREAD_ONLY = tuple(f"dmfcc{i + 1}" for i in range(N_MFCC))
MOVING = ("loudness", "pitch")
RHYTHM = (
    "voiced_share",
    "voiced_stretches_per_s",
    "voiced_length_s",
    "unvoiced_length_s",
    "loudness_peaks_per_s",
    "jitter",
    "shimmer_db",
    "mean_level_db",
)


def names() -> tuple[str, ...]:
    """The K dimensions of a vector, in order."""
    return (
        *(f"{name}_{kind}" for name in EVERYWHERE for kind in MOMENTS),
        *(f"{name}_voiced_{kind}" for name in VOICED_ONLY for kind in MOMENTS),
        *(f"{name}_unvoiced_{kind}" for name in UNVOICED_ONLY for kind in ("mean", "std")),
        *(f"{name}_std" for name in SPREAD_ONLY),
        *(
            f"{name}_{way}_{kind}"
            for name in MOVING
            for way in ("rising", "falling")
            for kind in ("mean", "std")
        ),
        *RHYTHM,
    )


def functionals(contours: Mapping[str, Tensor], frame_lengths: Tensor, hop: float) -> Tensor:
    """Statistics (B, K) of contours (B, T) over the valid frames, `hop` seconds apart."""
    T = contours["pitch"].shape[1]
    inside = frame_mask(frame_lengths, T)
    voiced = inside & (contours["voiced"] > 0)
    unvoiced = inside & ~voiced
    pieces = [
        _moments(_side_by_side(contours, EVERYWHERE), inside),
        _moments(_side_by_side(contours, VOICED_ONLY), voiced),
        _mean_std(_side_by_side(contours, UNVOICED_ONLY), unvoiced).flatten(1),
        _mean_std(_side_by_side(contours, SPREAD_ONLY), inside)[..., 1],
        _movement(contours["loudness"], inside, hop),
        _movement(contours["pitch"], voiced, hop),
        _rhythm(contours, inside, voiced, hop),
    ]
    return torch.cat(pieces, dim=1)


def _side_by_side(contours: Mapping[str, Tensor], wanted: tuple[str, ...]) -> Tensor:
    return torch.stack([contours[name] for name in wanted], dim=-1)


def _mean_std(values: Tensor, mask: Tensor) -> Tensor:
    """Mean and deviation (B, D, 2) of values (B, T, D) where `mask` (B, T); 0 where it is empty."""
    kept = mask[..., None]
    count = kept.sum(dim=1).clamp(min=1)
    mean = torch.where(kept, values, 0.0).sum(dim=1) / count
    away = torch.where(kept, values - mean[:, None], 0.0)
    return torch.stack((mean, (away.square().sum(dim=1) / count).sqrt()), dim=-1)


def _moments(values: Tensor, mask: Tensor) -> Tensor:
    """`MOMENTS` (B, D · 6) of values (B, T, D) where `mask` (B, T); 0 where it is empty."""
    kept = mask[..., None]
    count = mask.sum(dim=1)
    ordered = torch.where(kept, values, torch.inf).sort(dim=1).values
    points = torch.stack([_at_share(ordered, count, share) for share in SHARES], dim=-1)
    spread = points[..., 2:] - points[..., :1]
    return torch.cat((_mean_std(values, mask), points, spread), dim=-1).flatten(1)


def _at_share(ordered: Tensor, count: Tensor, share: float) -> Tensor:
    """The `share` quantile (B, D) of the first `count` (B,) values along dim 1, interpolated."""
    place = share * (count - 1).clamp(min=0).to(ordered)
    below = place.floor().long()
    above = torch.minimum(below + 1, (count - 1).clamp(min=0))
    low = ordered.take_along_dim(below[:, None, None], dim=1)[:, 0]
    high = ordered.take_along_dim(above[:, None, None], dim=1)[:, 0]
    weight = (place - below)[:, None]
    return torch.where(count[:, None] > 0, low + (high - low) * weight, 0.0).nan_to_num(0.0)


def _movement(contour: Tensor, mask: Tensor, hop: float) -> Tensor:
    """Mean and deviation (B, 4) of the rising and of the falling steps per second."""
    both = mask[:, 1:] & mask[:, :-1]
    steps = (contour[:, 1:] - contour[:, :-1]) / hop
    up = _mean_std(steps[..., None], both & (steps > 0))[:, 0]
    down = _mean_std(steps[..., None], both & (steps < 0))[:, 0]
    return torch.cat((up, down), dim=1)


def _rhythm(contours: Mapping[str, Tensor], inside: Tensor, voiced: Tensor, hop: float) -> Tensor:
    """`RHYTHM` (B, 8): how voiced stretches and loudness peaks follow, how steady the voice is."""
    frames = inside.sum(dim=1)
    seconds = frames * hop
    starts = voiced[:, :1].sum(dim=1) + (voiced[:, 1:] & ~voiced[:, :-1]).sum(dim=1)
    gaps = (~voiced[:, :1] & inside[:, :1]).sum(dim=1) + (
        ~voiced[:, 1:] & voiced[:, :-1] & inside[:, 1:]
    ).sum(dim=1)
    speaking = voiced.sum(dim=1)
    steady = voiced[:, 1:] & voiced[:, :-1]
    period = torch.exp2(-contours["pitch"] / 12)
    jitter = (period[:, 1:] - period[:, :-1]).abs() * 2 / (period[:, 1:] + period[:, :-1])
    shimmer = (contours["level"][:, 1:] - contours["level"][:, :-1]).abs()
    rows = [
        speaking / frames,
        starts / seconds,
        speaking * hop / starts.clamp(min=1),
        (frames - speaking) * hop / gaps.clamp(min=1),
        _peaks(contours["loudness"], inside) / seconds,
        _mean_std(jitter[..., None], steady)[:, 0, 0],
        _mean_std(shimmer[..., None], steady)[:, 0, 0],
        _mean_std(contours["level"][..., None], inside)[:, 0, 0],
    ]
    return torch.stack([row.to(contours["level"]) for row in rows], dim=1)


def _peaks(loudness: Tensor, inside: Tensor) -> Tensor:
    """Loudness maxima (B,) above the clip's mean and highest within ±3 frames."""
    level = torch.where(inside, loudness, 0.0)
    mean = level.sum(dim=1, keepdim=True) / inside.sum(dim=1, keepdim=True)
    highest = nn.functional.max_pool1d(level, kernel_size=7, stride=1, padding=3)
    return (inside & (level == highest) & (level > mean)).sum(dim=1)
