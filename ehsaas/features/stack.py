"""The feature stack: samples (B, N) → chosen features side by side (B, T, D)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn

from ehsaas.features.chroma import CLASSES, Chroma
from ehsaas.features.contrast import OCTAVES, Contrast
from ehsaas.features.ends import WithoutEnds
from ehsaas.features.energy import energy
from ehsaas.features.framing import Framing, frame_mask
from ehsaas.features.logmel import LogMel
from ehsaas.features.lpcc import Lpcc
from ehsaas.features.mfcc import Mfcc
from ehsaas.features.pitch import Pitch
from ehsaas.features.speed import AtSpeed

Part = Literal["mfcc", "logmel", "energy", "pitch", "rms", "f0", "lpcc", "chroma", "contrast"]
"""`rms` and `f0` are the first columns of `energy` and `pitch`, for frames that hold no more."""

_SPECTRAL: set[Part] = {"mfcc", "logmel", "lpcc", "chroma", "contrast"}

PITCH_ZERO_HZ = 55.0
"""The pitch (A1) that the stack's logarithm of f0 counts octaves from."""


class FeatureConfig(BaseModel):
    """Which features, and how they are cut; frozen, unknown keys are refused.

    Attributes:
        parts: features in the order in which they stand side by side.
        window_ms: frame length in ms.
        hop_ms: step between frames in ms, a multiple of 0.25.
        n_fft: points of the Fourier transform, at least a window of samples.
        n_mels: mel bands, of `logmel` and under `mfcc`.
        n_mfcc: cepstral coefficients, at most `n_mels`.
        n_lpcc: order of the linear prediction under `lpcc`.
        deltas: orders of slopes behind the coefficients (2 = Δ and ΔΔ).
        pitch_low: lowest pitch in Hz, above the 55 Hz from which octaves are counted.
        pitch_high: highest pitch in Hz; the signal is low-passed at 1 kHz before.
        speed: clips are heard this much faster; other than 1 for training copies only.
        trim_db: frames at either end that lie this far (dB) below the loudest 0.1 s are left out;
            None keeps them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    parts: tuple[Part, ...] = ("mfcc", "logmel", "energy", "pitch")
    window_ms: float = Field(default=25.0, ge=5, le=100)
    hop_ms: float = Field(default=10.0, ge=1, le=100, multiple_of=0.25)
    n_fft: int = Field(default=512, ge=64)
    n_mels: int = Field(default=64, ge=8, le=128)
    n_mfcc: int = Field(default=40, ge=1)
    n_lpcc: int = Field(default=12, ge=1, le=40)
    deltas: int = Field(default=2, ge=0, le=3)
    pitch_low: float = Field(default=60.0, ge=56)
    pitch_high: float = Field(default=500.0, le=800)
    speed: float = Field(default=1.0, ge=0.5, le=2)
    trim_db: float | None = Field(default=None, ge=10, le=100)

    @model_validator(mode="after")
    def _fits(self) -> "FeatureConfig":
        if not self.parts or len(set(self.parts)) < len(self.parts):
            raise ValueError(f"parts are {self.parts}; give each feature once, and at least one")
        if len(set(self.names)) < len(self.names):
            raise ValueError(
                "rms is a part of energy, and f0 of pitch; ask for one of the two, not for both"
            )
        if "lpcc" in self.parts and self.framing.window + self.n_lpcc > self.n_fft:
            raise ValueError(
                f"lpcc needs n_fft of at least window + n_lpcc = {self.framing.window} +"
                f" {self.n_lpcc} samples, not {self.n_fft}; raise n_fft"
            )
        if self.framing.window > self.n_fft:
            raise ValueError(
                f"a window of {self.window_ms} ms is {self.framing.window} samples and does not"
                f" fit into n_fft = {self.n_fft}; raise n_fft"
            )
        if self.n_mfcc > self.n_mels:
            raise ValueError(f"n_mfcc is {self.n_mfcc}; it may be at most n_mels = {self.n_mels}")
        if self.pitch_low >= self.pitch_high:
            raise ValueError(f"pitch_low {self.pitch_low} is not below pitch_high")
        return self

    @property
    def framing(self) -> Framing:
        """The frames these settings cut."""
        return Framing(self.window_ms, self.hop_ms)

    @property
    def names(self) -> tuple[str, ...]:
        """One name a dimension, in order."""
        return tuple(name for part in self.parts for name in self._names_of(part))

    @property
    def dtype(self) -> Literal["float16", "float32"]:
        """How the store keeps these features."""
        return "float16"

    def extractor(self) -> nn.Module:
        """The module that computes them."""
        heard: nn.Module = FeatureStack(self)
        if self.trim_db is not None:
            heard = WithoutEnds(heard, self.framing, self.trim_db)
        return heard if self.speed == 1 else AtSpeed(heard, self.speed)

    def _names_of(self, part: Part) -> list[str]:
        if part == "mfcc":
            orders = ["d" * order + "mfcc" for order in range(self.deltas + 1)]
            return [f"{order}_{i}" for order in orders for i in range(self.n_mfcc)]
        numbered = {
            "logmel": range(self.n_mels),
            "lpcc": range(1, self.n_lpcc + 1),
            "contrast": range(OCTAVES + 1),
            "chroma": CLASSES,
        }
        return _NAMES[part] if part in _NAMES else [f"{part}_{i}" for i in numbered[part]]


_NAMES: Mapping[str, list[str]] = MappingProxyType(
    {
        "energy": ["rms", "log_energy"],
        "pitch": ["log_f0", "voicing"],
        "rms": ["rms"],
        "f0": ["log_f0"],
    }
)


class FeatureStack(nn.Module):
    """The features of `config` side by side; the spectrum is computed once for all of them.

    As `export.layers.prepared` gives it, it can be exported with the number of samples left open,
    from two frames (window + hop) up; a shorter clip is then filled up with zeros by the caller,
    and `lengths` says where it ends.
    """

    def __init__(self, config: FeatureConfig) -> None:
        """Prepare the tables that the parts of `config` need."""
        super().__init__()
        self.config = config
        self.framing = config.framing
        rate = self.framing.rate
        exact = "contrast" in config.parts
        self.logmel = LogMel(self.framing, config.n_fft, config.n_mels, exact)
        self.mfcc = Mfcc(config.n_mels, config.n_mfcc, config.deltas)
        self.lpcc = Lpcc(self.logmel.power.taper, config.n_fft, config.n_lpcc)
        self.chroma = Chroma(rate, config.n_fft)
        self.contrast = Contrast(rate, config.n_fft)
        self.pitch = Pitch(self.framing, config.pitch_low, config.pitch_high)

    @property
    def dims(self) -> int:
        """D, the number of dimensions of a frame."""
        return len(self.names)

    @property
    def names(self) -> tuple[str, ...]:
        """One name a dimension, in order."""
        return self.config.names

    def forward(self, samples: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Features of a batch of clips.

        Args:
            samples: (B, N) float32 in [-1, 1] at 16 kHz; what lies behind a clip's end is ignored.
            lengths: (B,) int64, valid samples of each clip.

        Returns:
            Features (B, T, D) float32, zero behind a clip's last frame, and frame lengths (B,).
        """
        own = self.framing.valid_samples(samples, lengths)
        frame_lengths = self.framing.frame_lengths(lengths)
        frames = self.framing.frames(own)
        columns = self._columns(own, frames, frame_lengths)
        features = torch.cat([columns[part] for part in self.config.parts], dim=-1)
        inside = frame_mask(frame_lengths, features.shape[1])
        return torch.where(inside[..., None], features, 0.0), frame_lengths

    def _columns(self, own: Tensor, frames: Tensor, frame_lengths: Tensor) -> dict[str, Tensor]:
        parts = set(self.config.parts)
        columns: dict[str, Tensor] = {}
        if parts & _SPECTRAL:
            power = self.logmel.power(frames)
            columns |= self._spectral(power, parts, frame_lengths)
        if parts & {"energy", "rms"}:
            columns["energy"] = energy(frames)
            columns["rms"] = columns["energy"][..., :1]
        if parts & {"pitch", "f0"}:
            columns["pitch"] = _on_octaves(self.pitch(own, frame_lengths))
            columns["f0"] = columns["pitch"][..., :1]
        return columns

    def _spectral(
        self, power: Tensor, parts: set[Part], frame_lengths: Tensor
    ) -> dict[str, Tensor]:
        columns: dict[str, Tensor] = {}
        if parts & {"logmel", "mfcc"}:
            columns["logmel"] = self.logmel.bands(power)
        if "mfcc" in parts:
            columns["mfcc"] = self.mfcc(columns["logmel"], frame_lengths)
        others = {"lpcc": self.lpcc, "chroma": self.chroma, "contrast": self.contrast}
        return columns | {name: take(power) for name, take in others.items() if name in parts}


def _on_octaves(pitch: Tensor) -> Tensor:
    """f0 in octaves above 55 Hz (0 where unvoiced) and voicing strength, from f0 in Hz."""
    f0, voicing = pitch.unbind(dim=-1)
    octaves = torch.log2(torch.clamp(f0, min=PITCH_ZERO_HZ) / PITCH_ZERO_HZ)
    return torch.stack((octaves, voicing), dim=-1)
