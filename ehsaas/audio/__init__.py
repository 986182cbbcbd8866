"""Audio in: a file, bytes or a stream → `Clip`, mono float32 at 16 kHz; one clip → stretches."""

from ehsaas.audio.clip import (
    RATE,
    SILENCE,
    AudioError,
    Clip,
    TooLongError,
    digest,
    is_silent,
    segments,
)
from ehsaas.audio.decoding import AudioInfo, Recording, Source, decode, info, read
from ehsaas.audio.files import SUFFIXES, recordings_in
from ehsaas.audio.mono import low_rate

__all__ = [
    "RATE",
    "SILENCE",
    "SUFFIXES",
    "AudioError",
    "AudioInfo",
    "Clip",
    "Recording",
    "Source",
    "TooLongError",
    "decode",
    "digest",
    "info",
    "is_silent",
    "low_rate",
    "read",
    "recordings_in",
    "segments",
]
