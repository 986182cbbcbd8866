"""Contours: samples (B, N) → what varies over the frames of a clip, each (B, T), by name."""

import torch
from torch import Tensor, nn

from ehsaas.features.framing import Framing
from ehsaas.features.mfcc import dct, delta
from ehsaas.features.pitch import Pitch
from ehsaas.features.spectrum import FLOOR, decibels, hann, mel_filters, power_spectrum

N_FFT = 512
N_MELS = 40
N_MFCC = 12
"""Cepstral coefficients 1–12; coefficient 0 is the level, which loudness describes better."""
SEMITONE_ZERO_HZ = 27.5
"""The pitch (A0) from which semitones are counted."""


class Contours(nn.Module):
    """(samples (B, N), frame lengths (B,)) → named contours; samples zero behind each clip's end.

    `pitch` (semitones; 0 where unvoiced), `voicing` (0–1), `voiced` (0 or 1), `loudness` (sum of
    mel bands to the power 0.3), `level` (dB), `flux`, `alpha` and `hammarberg` (dB), `tilt500` and
    `tilt1500` (dB per kHz), `centroid` (kHz), `mfcc1` … and their slopes `dmfcc1` ….
    """

    taper: Tensor
    filters: Tensor
    basis: Tensor
    hertz: Tensor

    def __init__(self, framing: Framing) -> None:
        """Prepare the tables for frames of `framing`."""
        super().__init__()
        self.framing = framing
        self.pitch = Pitch(framing)
        hertz = torch.arange(N_FFT // 2 + 1) * (framing.rate / N_FFT)
        filters = mel_filters(framing.rate, N_FFT, N_MELS)
        self.register_buffer("taper", hann(framing.window), persistent=False)
        self.register_buffer("filters", filters, persistent=False)
        self.register_buffer("basis", dct(N_MELS, N_MFCC + 1)[:, 1:], persistent=False)
        self.register_buffer("hertz", hertz, persistent=False)

    def forward(self, own: Tensor, frame_lengths: Tensor) -> dict[str, Tensor]:
        """All contours of a batch of clips."""
        power = power_spectrum(self.framing.frames(own), self.taper, N_FFT)
        mel = power @ self.filters
        cepstrum = decibels(mel) @ self.basis
        slopes = delta(cepstrum, frame_lengths)
        f0, strength = self.pitch(own, frame_lengths).unbind(dim=-1)
        contours = {
            "pitch": 12 * torch.log2(torch.clamp(f0, min=SEMITONE_ZERO_HZ) / SEMITONE_ZERO_HZ),
            "voicing": strength,
            "voiced": (f0 > 0).float(),
            "loudness": torch.clamp(mel, min=FLOOR).pow(0.3).sum(dim=-1),
            "level": decibels(power.mean(dim=-1)),
            "flux": _flux(mel),
        }
        contours |= self._balance(power)
        contours |= {f"mfcc{i + 1}": cepstrum[..., i] for i in range(N_MFCC)}
        contours |= {f"dmfcc{i + 1}": slopes[..., i] for i in range(N_MFCC)}
        return contours

    def _balance(self, power: Tensor) -> dict[str, Tensor]:
        """Spectral balance: alpha ratio, Hammarberg index, two tilts and the centroid."""
        low, high = self._band(50, 1000), self._band(1000, 5000)
        level = decibels(power)
        under, over = level[..., self._band(0, 2000)], level[..., self._band(2000, 5000)]
        return {
            "alpha": decibels(power[..., low].sum(-1)) - decibels(power[..., high].sum(-1)),
            "hammarberg": under.amax(-1) - over.amax(-1),
            "tilt500": self._tilt(level, 0, 500),
            "tilt1500": self._tilt(level, 500, 1500),
            "centroid": (power @ self.hertz) / (power.sum(dim=-1) + 1e-8) / 1000,
        }

    def _band(self, low: float, high: float) -> slice:
        step = self.framing.rate / N_FFT
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
