"""Audio that soundfile cannot decode (m4a, webm, films …) → mono, with PyAV where installed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ehsaas.audio.clip import Array, AudioError
from ehsaas.audio.mono import LONGEST, Mono, mono


@dataclass(frozen=True)
class Container:
    """The first audio track of a container, and the `rate` (Hz) and `channels` it came in."""

    sound: Mono
    rate: int
    channels: int


def decode_container(
    name: str, handle: Any, malformed: bool, longest: float = LONGEST
) -> Container:
    """The whole first audio track of what soundfile gave up on, `malformed` or not known to it.

    Raises:
        AudioError: PyAV cannot read it either, or is not installed; names the file.
        TooLongError: it lasts more than `longest` s.
    """
    try:
        import av
    except ImportError:
        raise AudioError(_unreadable(name, malformed, "; try pip install 'ehsaas[av]'")) from None
    try:
        if not isinstance(handle, str):
            handle.seek(0)
        with av.open(handle) as container:
            if not container.streams.audio:
                raise AudioError(f"{name}: holds no sound")
            rate, channels = container.streams.audio[0].rate, container.streams.audio[0].channels
            sound = mono(name, _blocks(av, container), rate, longest=longest)
            return Container(sound, rate, channels)
    except av.error.FFmpegError:
        raise AudioError(_unreadable(name, malformed, "")) from None


def _blocks(av: Any, container: Any) -> Iterator[Array]:
    """Blocks (frames, channels) float32 of a container's first audio track."""
    to_float = av.AudioResampler(format="fltp")
    for frame in container.decode(audio=0):
        for part in to_float.resample(frame):
            yield part.to_ndarray().T


def _unreadable(name: str, malformed: bool, hint: str) -> str:
    if malformed:
        return f"{name}: damaged or truncated, nothing of it can be decoded{hint}"
    return (
        f"{name}: not audio that can be read; WAV, FLAC, OGG/Opus, MP3 and AIFF can, and with PyAV"
        f" other containers (m4a, webm, …){hint}"
    )
