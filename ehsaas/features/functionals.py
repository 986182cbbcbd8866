"""Functionals: frames of a clip → one vector of statistics, the baseline's features.

In the spirit of eGeMAPS (Eyben et al. 2016), from our own frames: how the pitch, the loudness, the
balance and the change of the spectrum, the cepstrum and the regularity of the voice are spread
over the clip, over its voiced frames where they mean something only there, and how its voiced
stretches follow one another.
"""

from collections.abc import Mapping
from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from ehsaas.features.contours import N_MFCC, Contours
from ehsaas.features.framing import Framing, frame_mask
from ehsaas.features.moments import MOMENTS, mean_std, moments

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


class FunctionalsConfig(BaseModel):
    """Settings of the functionals: frames of `window_ms` every `hop_ms`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    window_ms: float = Field(default=25.0, ge=5, le=32)
    hop_ms: float = Field(default=10.0, ge=1, le=100, multiple_of=0.25)

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


class Functionals(nn.Module):
    """(samples (B, N), lengths (B,)) → vectors (B, K) float32, finite, ordered as `names()`."""

    def __init__(self, config: FunctionalsConfig | None = None) -> None:
        """Use the settings of `config`, or the defaults."""
        super().__init__()
        config = config or FunctionalsConfig()
        self.framing = Framing(config.window_ms, config.hop_ms)
        self.contours = Contours(self.framing)

    def forward(self, samples: Tensor, lengths: Tensor) -> Tensor:
        """One vector a clip; `samples` and `lengths` as for `FeatureStack`."""
        own = self.framing.valid_samples(samples, lengths)
        frame_lengths = self.framing.frame_lengths(lengths)
        contours = self.contours(own, frame_lengths)
        return functionals(contours, frame_lengths, self.framing.hop / self.framing.rate)


class AsOneFrame(nn.Module):
    """A module that gives a vector a clip (B, K), seen as frames: (B, 1, K) and lengths of 1."""

    def __init__(self, inner: nn.Module) -> None:
        """Wrap `inner`, (samples, lengths) → (B, K)."""
        super().__init__()
        self.inner = inner

    def forward(self, samples: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """The vector of each clip as its only frame."""
        return self.inner(samples, lengths)[:, None], torch.ones_like(lengths)


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
        moments(_side_by_side(contours, EVERYWHERE), inside),
        moments(_side_by_side(contours, VOICED_ONLY), voiced),
        mean_std(_side_by_side(contours, UNVOICED_ONLY), unvoiced).flatten(1),
        mean_std(_side_by_side(contours, SPREAD_ONLY), inside)[..., 1],
        _movement(contours["loudness"], inside, hop),
        _movement(contours["pitch"], voiced, hop),
        _rhythm(contours, inside, voiced, hop),
    ]
    return torch.cat(pieces, dim=1)


def _side_by_side(contours: Mapping[str, Tensor], wanted: tuple[str, ...]) -> Tensor:
    return torch.stack([contours[name] for name in wanted], dim=-1)


def _movement(contour: Tensor, mask: Tensor, hop: float) -> Tensor:
    """Mean and deviation (B, 4) of the rises and of the falls from frame to frame, per second.

    A fall counts as a rise of 0 and the other way round, so a step of nearly 0 weighs the same
    on whichever side rounding puts it.
    """
    both = mask[:, 1:] & mask[:, :-1]
    steps = (contour[:, 1:] - contour[:, :-1]) / hop
    ways = torch.stack((steps.clamp(min=0), steps.clamp(max=0)), dim=-1)
    return mean_std(ways, both).flatten(1)


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
        mean_std(jitter[..., None], steady)[:, 0, 0],
        mean_std(shimmer[..., None], steady)[:, 0, 0],
        mean_std(contours["level"][..., None], inside)[:, 0, 0],
    ]
    return torch.stack([row.to(contours["level"]) for row in rows], dim=1)


def _peaks(loudness: Tensor, inside: Tensor) -> Tensor:
    """Loudness maxima (B,) above the clip's mean and highest within ±3 frames."""
    level = torch.where(inside, loudness, 0.0)
    mean = level.sum(dim=1, keepdim=True) / inside.sum(dim=1, keepdim=True)
    highest = nn.functional.max_pool1d(level, kernel_size=7, stride=1, padding=3)
    return (inside & (level == highest) & (level > mean)).sum(dim=1)
