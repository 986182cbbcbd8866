"""A file, bytes or a stream → `Clip`, mono float32 at 16 kHz."""

import functools
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import soundfile

from ehsaas.audio.clip import RATE, Array, AudioError, Clip
from ehsaas.audio.containers import decode_container
from ehsaas.audio.level import Level, level_of
from ehsaas.audio.mono import LONGEST, mono, too_long
from ehsaas.audio.truncation import cut_short

_BLOCK = 1 << 20  # values (frames × channels) held at the source's rate at any moment
_UNBOUNDED = frozenset(
    "FLOAT DOUBLE VORBIS OPUS MPEG_LAYER_I MPEG_LAYER_II MPEG_LAYER_III".split()
)  # the encodings whose samples may lie beyond full scale

_UNKNOWN = 1 << 62
"""Frames from which a header says that it does not know: encoders that write to a pipe cannot."""

Source = str | Path | bytes | BinaryIO


class _LengthUnknownError(soundfile.SoundFileError):  # type: ignore[misc]  # it has no types
    """A file that libsndfile opens but cannot read to its end."""


@dataclass(frozen=True)
class AudioInfo:
    """What a file's header says: `rate` in Hz, `channels`, `duration` in seconds."""

    rate: int
    channels: int
    duration: float


@dataclass(frozen=True)
class Recording:
    """One decode of a source: the `clip` at 16 kHz, the `rate` (Hz) and `channels` it came in."""

    clip: Clip
    rate: int
    channels: int


def read(source: Source, start: float | None = None, end: float | None = None) -> Clip:
    """The recording from `start` to `end` (seconds; None = its ends) as mono float32 at 16 kHz.

    Channels are averaged. What is odd but usable (a truncated file, samples above full scale) is
    read and named in `Clip.warnings`; silence is read like any other sound (see `is_silent`).

    Raises:
        AudioError: nothing usable is there; the message names the file.
    """
    return decode(source, start, end).clip


def decode(
    source: Source, start: float | None = None, end: float | None = None, longest: float = LONGEST
) -> Recording:
    """`read`, together with the rate and channels of the source.

    Raises:
        AudioError: as for `read`.
        TooLongError: the recording lasts more than `longest` s, by its header or as it is decoded.
    """
    name, handle = _open(source)
    _check_stretch(name, start, end)
    try:
        file = _opened(handle)
    except (soundfile.SoundFileError, TypeError) as error:
        return _decode_container(name, handle, start, end, longest, error)
    with file:
        rate, length = file.samplerate, file.frames / file.samplerate
        if length > longest:
            raise too_long(name, longest)
        warnings = cut_short(handle, file.format, length)
        warnings += _beyond(name, start, end, length)
        first = round((start or 0.0) * rate)
        last = file.frames if end is None else round(min(end, length) * rate)
        if first >= last and file.frames:
            raise _too_short(name, start, end)
        level = None
        if file.subtype in _UNBOUNDED and last - first < file.frames:
            level = _level_of_file(name, handle)  # two stretches of a file are scaled alike
        sound = mono(name, _blocks(file, first, last), rate, level, longest)
        missing = last - first - sound.frames
    if missing > 0:
        there = length - missing / rate
        warnings.append(f"truncated: the header says {length:.2f} s, {there:.2f} s can be read")
    clip = Clip(sound.samples, warnings=(*warnings, *sound.warnings))
    return Recording(clip, rate, file.channels)


def info(path: str | Path) -> AudioInfo:
    """Rate, channels and duration of a file, from its header.

    Raises:
        AudioError: it cannot be read as audio.
    """
    name, handle = _open(path)
    try:
        with _opened(handle) as file:
            return AudioInfo(file.samplerate, file.channels, file.frames / file.samplerate)
    except (soundfile.SoundFileError, TypeError) as error:
        recording = _decode_container(name, handle, None, None, LONGEST, error)
        return AudioInfo(recording.rate, recording.channels, recording.clip.duration)


def _opened(handle: Any) -> Any:
    """An open soundfile whose header says how long it is: libsndfile cannot read others to the end.

    Raises:
        soundfile.SoundFileError: it cannot be opened, or says nothing.
    """
    file = soundfile.SoundFile(handle)
    if file.frames < _UNKNOWN:
        return file
    file.close()
    raise _LengthUnknownError("its header does not say how long it is")


def _open(source: Source) -> tuple[str, Any]:
    """A name for messages, and what soundfile opens: a path or a seekable stream."""
    if isinstance(source, str | Path):
        path = Path(source)
        if path.is_dir():
            raise AudioError(f"{path}: a folder, where one audio file was expected")
        if not path.exists():
            raise AudioError(f"{path}: no such file")
        if path.is_file() and path.stat().st_size:
            return str(path), str(path)
        name, data = str(path), path.read_bytes()  # empty, or a pipe, which cannot be sought in
    elif isinstance(source, bytes):
        name, data = "the audio given as bytes", source
    else:
        name, data = str(getattr(source, "name", "the audio stream")), source.read()
    if not data:
        raise AudioError(f"{name}: empty (0 bytes)")
    return name, io.BytesIO(data)


def _check_stretch(name: str, start: float | None, end: float | None) -> None:
    low, high = start or 0.0, math.inf if end is None else end
    if not (0 <= low < high and low < math.inf):
        raise AudioError(
            f"{name}: asked for {low:g} s to {high:g} s; a stretch starts at 0 s or later"
            " and ends after its start"
        )


def _beyond(name: str, start: float | None, end: float | None, length: float) -> list[str]:
    """Refuse a stretch that starts after the end; a warning where it only ends there."""
    if start and start >= length:
        raise AudioError(f"{name}: it lasts {length:.2f} s, so nothing starts at {start:.2f} s")
    if end is not None and length + 0.05 < end < math.inf:
        return [f"asked for up to {end:.2f} s, but it ends at {length:.2f} s"]
    return []


def _too_short(name: str, start: float | None, end: float | None) -> AudioError:
    until = "the end" if end is None else f"{end:g} s"
    return AudioError(f"{name}: between {start or 0:g} s and {until} there is no sample")


def _blocks(file: Any, first: int, last: int) -> Iterator[Array]:
    """Blocks (frames, channels) of an open soundfile from frame `first` to `last`."""
    size, left = max(1, _BLOCK // file.channels), last - first
    kind = "int16" if file.subtype == "PCM_16" else "float32"  # the same numbers, sooner
    if first:
        file.seek(first)
    while left > 0:
        block = file.read(min(size, left), dtype=kind, always_2d=True)
        if not len(block):
            return
        left -= len(block)
        yield block if kind == "float32" else block * np.float32(2**-15)


def _level_of_file(name: str, handle: Any) -> Level:
    """The level of a whole file; asked once for many stretches of one path."""
    try:
        if isinstance(handle, str):
            status = Path(handle).stat()
            return _level_of_path(handle, status.st_mtime_ns, status.st_size)
        return _level_of_open(io.BytesIO(handle.getbuffer()))
    except soundfile.SoundFileError as error:
        raise AudioError(f"{name}: damaged or truncated, it cannot be decoded ({error})") from error


@functools.lru_cache(maxsize=256)
def _level_of_path(path: str, _changed: int, _size: int) -> Level:
    return _level_of_open(path)


def _level_of_open(handle: Any) -> Level:
    with soundfile.SoundFile(handle) as file:
        return level_of(_blocks(file, 0, file.frames))


def _decode_container(
    name: str,
    handle: Any,
    start: float | None,
    end: float | None,
    longest: float,
    error: Exception,
) -> Recording:
    """From `start` to `end` of what soundfile gave up on with `error`."""
    malformed = getattr(error, "code", None) == 3
    try:
        container = decode_container(name, handle, malformed, longest)
    except AudioError as other:
        if not isinstance(error, _LengthUnknownError):
            raise
        raise AudioError(
            f"{name}: {error}, as encoders that write to a pipe leave it; write it to a file, or"
            " try pip install 'ehsaas[av]'"
        ) from other
    sound, length = container.sound, len(container.sound.samples) / RATE
    warnings = [*sound.warnings, *_beyond(name, start, end, length)]
    if malformed:
        warnings.append(f"damaged or truncated: {length:.2f} s could be decoded")
    until = length if end is None else min(end, length)
    first, last = round((start or 0.0) * RATE), round(until * RATE)
    if first >= last:
        raise _too_short(name, start, end)
    clip = Clip(sound.samples[first:last], warnings=tuple(warnings))
    return Recording(clip, container.rate, container.channels)
