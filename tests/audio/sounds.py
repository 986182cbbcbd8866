"""Tones, and tones encoded as files of audio."""

import io
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from ehsaas.audio import RATE, Clip

Samples = NDArray[np.float32]


def tone(duration: float = 1.0, rate: int = RATE, hertz: float = 440.0) -> Samples:
    time = np.arange(round(duration * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def encoded(samples: Any, rate: int = RATE, form: str = "WAV", subtype: str = "PCM_16") -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, samples, rate, format=form, subtype=subtype)
    return stream.getvalue()


def pitch(clip: Clip) -> float:
    """The strongest frequency in Hz."""
    spectrum = np.abs(np.fft.rfft(clip.samples * np.hanning(len(clip.samples))))
    return float(spectrum.argmax() * clip.rate / len(clip.samples))
