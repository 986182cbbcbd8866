"""Hand-made signals with known answers: mono float32 at 16 kHz, made the same way every time."""

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from ehsaas.audio import RATE

Signal = NDArray[np.float32]

VOWELS = {
    "a": ((750.0, 90.0), (1200.0, 110.0), (2600.0, 150.0)),
    "i": ((280.0, 60.0), (2250.0, 100.0), (2900.0, 150.0)),
    "u": ((310.0, 60.0), (870.0, 90.0), (2250.0, 150.0)),
}
"""Formants of three vowels: frequency and bandwidth in Hz."""


def silence(seconds: float) -> Signal:
    """Digital silence."""
    return np.zeros(round(seconds * RATE), dtype=np.float32)


def noise(seconds: float, rms: float = 0.1, seed: int = 0) -> Signal:
    """White noise of the given RMS amplitude."""
    drawn = np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    scaled: Signal = (rms * drawn / np.sqrt(np.mean(drawn**2))).astype(np.float32)
    return scaled


def tone(hertz: float, seconds: float, amplitude: float = 0.5) -> Signal:
    """A sine; its RMS is amplitude / √2."""
    t = np.arange(round(seconds * RATE)) / RATE
    return (amplitude * np.sin(2 * np.pi * hertz * t)).astype(np.float32)


def glide(hertz: float, seconds: float, octaves: float = 0.15, per_s: float = 2.0) -> Signal:
    """A pitch contour (N,) in Hz that swings by ± `octaves`, `per_s` times a second."""
    t = np.arange(round(seconds * RATE)) / RATE
    return (hertz * 2 ** (octaves * np.sin(2 * np.pi * per_s * t))).astype(np.float32)


def pulses(f0: ArrayLike, seconds: float, rms: float = 0.1) -> Signal:
    """A band-limited pulse train; `f0` in Hz, one number or a contour (N,)."""
    contour = np.broadcast_to(np.asarray(f0, dtype=np.float64), round(seconds * RATE))
    phase = 2 * np.pi * np.cumsum(contour / RATE)
    harmonics = np.arange(1, int(7800 / contour.max()) + 1)[:, None]
    train = (np.cos(harmonics * phase) / harmonics).sum(axis=0)
    scaled: Signal = (rms * train / np.sqrt(np.mean(train**2))).astype(np.float32)
    return scaled


def voice(
    f0: ArrayLike, seconds: float, vowel: str = "a", snr_db: float = 60.0, rms: float = 0.1
) -> Signal:
    """A vowel: pulses through three resonances, with white noise `snr_db` below it."""
    sound: NDArray[np.floating] = pulses(f0, seconds)
    for hertz, width in VOWELS[vowel]:
        sound = _resonance(sound, hertz, width)
    sound = rms * sound / np.sqrt(np.mean(sound**2))
    return (sound + noise(seconds, rms * 10 ** (-snr_db / 20))).astype(np.float32)


def syllables(f0: float, count: int, voiced: float = 0.2, gap: float = 0.2) -> Signal:
    """`count` vowels of `voiced` seconds, each followed by `gap` seconds of silence."""
    one = np.concatenate([voice(f0, voiced), silence(gap)])
    return np.tile(one, count)


def batch(*signals: Signal, filling: float = 0.0) -> tuple[Tensor, Tensor]:
    """Signals as (samples (B, N), lengths (B,)), filled up behind their ends with `filling`."""
    lengths = torch.tensor([len(signal) for signal in signals])
    samples = torch.full((len(signals), int(lengths.max())), filling)
    for row, signal in zip(samples, signals, strict=True):
        row[: len(signal)] = torch.from_numpy(signal)
    return samples, lengths


def _resonance(sound: NDArray[np.floating], hertz: float, width: float) -> NDArray[np.floating]:
    """A two-pole resonance, applied as its frequency response."""
    size = 2 * len(sound)
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(size))
    radius = np.exp(-np.pi * width / RATE)
    poles = 1 - 2 * radius * np.cos(2 * np.pi * hertz / RATE) * z + radius**2 * z**2
    return np.fft.irfft(np.fft.rfft(sound, size) / poles, size)[: len(sound)]
