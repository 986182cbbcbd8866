"""Audio in: a file, bytes or a stream → `Clip`, mono float32 at 16 kHz; one clip → stretches."""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

RATE = 16_000
"""The sampling rate in Hz of every clip that was read."""

SUFFIXES = frozenset(
    ".wav .wave .flac .ogg .oga .opus .mp3 .aif .aiff .aifc .au .snd .caf .w64 .rf64"
    " .m4a .mp4 .aac .wma .webm .mkv .mka .mov .avi .amr .3gp".split()
)
"""File name endings, in lower case, of what may hold audio; the second line needs PyAV."""

LONGEST = 24 * 3600.0
"""The longest recording in seconds that is read in one piece."""

SILENCE = 1e-3
"""The level (RMS, −60 dBFS) that the loudest 50 ms of a clip must reach to be heard at all."""

LOWEST_RATE = 4000
"""Recordings below this rate in Hz are refused: too little of a voice is left in them."""

_OVERSHOOT = 1.5  # lossy decoders and resampling go beyond full scale by less
_BLOCK = 1 << 20  # values (frames × channels) held at the source's rate at any moment

Source = str | Path | bytes | BinaryIO
Array = NDArray[np.float32]


class AudioError(ValueError):
    """Audio that cannot be used; the message names the file, what is wrong and what to do."""


@dataclass(frozen=True)
class Clip:
    """Mono audio: `samples` float32 in [-1, 1], shape (N,), at `rate` Hz.

    `text` and `language` (BCP-47) are None where unknown; `warnings` says what is odd about the
    source, e.g. that the file is truncated.

    Raises:
        AudioError: the samples are not one channel of finite floats in about [-1, 1].
    """

    samples: Array
    rate: int = RATE
    text: str | None = None
    language: str | None = None
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what would be judged without being sound."""
        samples = np.asarray(self.samples)
        if samples.ndim != 1 or not np.issubdtype(samples.dtype, np.floating):
            raise AudioError(
                f"a clip's samples have the shape {samples.shape} and are {samples.dtype}; expected"
                " one channel (N,) of floats in [-1, 1]: average the channels, divide int16 by"
                " 32768"
            )
        if len(samples) and not (peak := _peak(samples)) <= _OVERSHOOT:
            raise AudioError(
                f"a clip's samples reach {peak:.4g}; expected finite numbers in [-1, 1]: divide"
                " what was int16 by 32768"
            )

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate


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


def decode(source: Source, start: float | None = None, end: float | None = None) -> Recording:
    """`read`, together with the rate and channels of the source.

    Raises:
        AudioError: as for `read`.
    """
    name, handle = _open(source)
    _check_stretch(name, start, end)
    try:
        file = soundfile.SoundFile(handle)
    except (soundfile.SoundFileError, TypeError) as error:
        return _decode_with_av(name, handle, start, end, error)
    with file:
        rate, length = file.samplerate, file.frames / file.samplerate
        warnings = _cut_short(handle, file.format, length)
        warnings += _beyond(name, start, end, length)
        first = round((start or 0.0) * rate)
        last = file.frames if end is None else min(round(end * rate), file.frames)
        gathered = _gather(name, _blocks(file, first, last), rate)
        missing = last - first - gathered.frames
    if missing > 0:
        there = length - missing / rate
        warnings.append(f"truncated: the header says {length:.2f} s, {there:.2f} s can be read")
    clip = Clip(gathered.samples, warnings=(*warnings, *gathered.warnings))
    return Recording(clip, rate, file.channels)


def info(path: str | Path) -> AudioInfo:
    """Rate, channels and duration of a file, from its header.

    Raises:
        AudioError: it cannot be read as audio.
    """
    name, handle = _open(path)
    try:
        with soundfile.SoundFile(handle) as file:
            return AudioInfo(file.samplerate, file.channels, file.frames / file.samplerate)
    except (soundfile.SoundFileError, TypeError) as error:
        recording = _decode_with_av(name, handle, None, None, error)
        return AudioInfo(recording.rate, recording.channels, recording.clip.duration)


def digest(clip: Clip) -> str:
    """Sha256 (first 32 hex digits) of the samples rounded to 16 bits: equal sound, equal digest."""
    rounded = np.round(np.clip(clip.samples, -1, 1) * 32767).astype("<i2")
    return hashlib.sha256(rounded.tobytes()).hexdigest()[:32]


def is_silent(clip: Clip) -> bool:
    """Whether even the loudest 50 ms lie below −60 dBFS (RMS, constant offset removed)."""
    size = min(max(1, round(0.05 * clip.rate)), len(clip.samples))
    if size == 0:
        return True
    whole = clip.samples[: len(clip.samples) // size * size].reshape(-1, size)
    return not any(part.std() >= SILENCE for part in whole)


def segments(clip: Clip, length: float, hop: float) -> list[tuple[float, float, Clip]]:
    """Stretches (start s, end s, clip) of `length` seconds, one every `hop` seconds.

    The last one is moved back so that it ends with the clip and is as long as the others;
    a clip shorter than `length` is one stretch.

    Raises:
        ValueError: `length` or `hop` is not above 0.
    """
    if not (length > 0 and hop > 0):
        raise ValueError(f"length {length} s and hop {hop} s must both be above 0")
    size, step = max(1, round(length * clip.rate)), max(1, round(hop * clip.rate))
    last = max(0, len(clip.samples) - size)
    starts = [*range(0, last, step), last]
    return [
        (at / clip.rate, (at + len(part)) / clip.rate, replace(clip, samples=part))
        for at in starts
        for part in [clip.samples[at : at + size]]
    ]


def recordings_in(folder: Path) -> list[PurePosixPath]:
    """Files under `folder` that look like audio, relative to it, the shallow ones first.

    Hidden files and macOS's archive leftovers are left out.
    """
    found = [
        PurePosixPath(path.relative_to(folder).as_posix())
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES and path.is_file()
    ]
    seen = [p for p in found if not any(part.startswith((".", "__MACOSX")) for part in p.parts)]
    return sorted(seen, key=lambda path: (len(path.parts), str(path)))


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
    low, high = start or 0.0, np.inf if end is None else end
    if not 0 <= low < high:
        raise AudioError(
            f"{name}: asked for {low:g} s to {high:g} s; a stretch starts at 0 s or later"
            " and ends after its start"
        )


def _beyond(name: str, start: float | None, end: float | None, length: float) -> list[str]:
    """Refuse a stretch that starts after the end; a warning where it only ends there."""
    if start and start >= length:
        raise AudioError(f"{name}: it lasts {length:.2f} s, so nothing starts at {start:.2f} s")
    if end is not None and end > length + 0.05:
        return [f"asked for up to {end:.2f} s, but it ends at {length:.2f} s"]
    return []


@dataclass(frozen=True)
class _Gathered:
    samples: Array  # (N,) at 16 kHz
    frames: int  # read at the source's rate
    warnings: tuple[str, ...]


def _blocks(file: Any, first: int, last: int) -> Iterator[Array]:
    """Blocks (frames, channels) of an open soundfile from frame `first` to `last`."""
    size, left = max(1, _BLOCK // file.channels), last - first
    if first:
        file.seek(first)
    while left > 0:
        block = file.read(min(size, left), dtype="float32", always_2d=True)
        if not len(block):
            return
        left -= len(block)
        yield block


def _gather(name: str, blocks: Iterator[Array], rate: int) -> _Gathered:
    """Average the channels of the blocks (frames, channels) and resample them to 16 kHz."""
    if rate < LOWEST_RATE:
        raise AudioError(
            f"{name}: recorded at {rate} Hz; at least {LOWEST_RATE} Hz are needed to hear a voice,"
            " and 16000 Hz or more are best"
        )
    stream = soxr.ResampleStream(rate, RATE, 1, dtype="float32", quality="HQ")
    gathered, frames, loudest = bytearray(), 0, 0.0
    try:
        for block in blocks:
            peak = float(np.abs(block).max())
            if not peak < 2.0**32:
                raise AudioError(f"{name}: holds samples that are no sound (NaN, infinite or huge)")
            frames, loudest = frames + len(block), max(loudest, peak)
            if frames > LONGEST * rate:
                raise AudioError(f"{name}: longer than 24 hours; cut it into shorter files first")
            mono = block.mean(axis=1)
            gathered += (mono if rate == RATE else stream.resample_chunk(mono)).tobytes()
    except soundfile.SoundFileError as error:
        raise AudioError(f"{name}: damaged or truncated, it cannot be decoded ({error})") from error
    if rate != RATE and frames:
        gathered += stream.resample_chunk(np.zeros(0, np.float32), last=True).tobytes()
    samples = np.frombuffer(gathered, dtype=np.float32)
    if not len(samples):
        raise AudioError(f"{name}: a header but no sound after it; truncated files look like this")
    warnings = _low_rate(rate)
    if loudest > 10 * SILENCE and _peak(samples) < SILENCE:
        warnings.append("the channels cancel each other out when averaged; give one channel alone")
    warnings += _to_full_scale(samples, loudest)
    return _Gathered(np.clip(samples, -1, 1, out=samples), frames, tuple(warnings))


def _peak(samples: NDArray[np.floating]) -> float:
    """The largest magnitude in samples (N,), N ≥ 1; NaN where one of them is."""
    return float(max(samples.max(), -samples.min()))


def _low_rate(rate: int) -> list[str]:
    """A warning where the source's rate leaves out part of what 16 kHz can hold."""
    if rate >= RATE:
        return []
    return [f"recorded at {rate} Hz: nothing above {rate / 2000:g} kHz"]


def _to_full_scale(samples: Array, loudest: float) -> list[str]:
    """Scale samples (N,) that were integers, in place, by what the source reached; say so.

    The divisor is that of the integers' width, not the peak, so that two stretches of one file
    keep their levels. 16-bit samples are granted an overshoot up to twice their full scale.
    """
    if loudest <= _OVERSHOOT:
        return []
    said = f"samples reach {loudest:.4g}, where 1 is full scale"
    if loudest <= 2:
        return [f"{said}; what is beyond it was clipped"]
    scale = 2**15 if loudest <= 2**16 else 2**31
    samples /= np.float32(scale)
    return [f"{said}; taken for integers and scaled down by {scale}"]


def _cut_short(handle: Any, form: str, length: float) -> list[str]:
    """A warning where a WAV, AIFF or Ogg file ends too early: libsndfile gives none."""
    with open(handle, "rb") if isinstance(handle, str) else io.BytesIO(handle.getbuffer()) as file:
        total = file.seek(0, io.SEEK_END)
        if form == "OGG":
            file.seek(max(0, total - 0x10000))
            if _ends_in_last_page(file.read()):
                return []
            return [f"truncated: the Ogg stream breaks off at {length:.2f} s"]
        promised, there = _data_chunk(file, total) if form in ("WAV", "WAVEX") else (0, 0)
        if form == "AIFF":
            file.seek(4)
            promised, there = int.from_bytes(file.read(4), "big"), total - 8
    if promised <= there or promised >= 0x7FFFF000:  # who records into a pipe knows no length
        return []
    said = f"{length * promised / there:.2f} s" if there else "more"
    return [f"truncated: the header says {said}, {length:.2f} s are there"]


def _ends_in_last_page(tail: bytes) -> bool:
    """Whether an Ogg file's last bytes hold a whole page that is flagged as the stream's last."""
    page = tail[tail.rfind(b"OggS") :]
    lengths = page[27 : 27 + page[26]] if len(page) > 26 else b""
    return len(page) >= 27 + len(lengths) + sum(lengths) and bool(page[5] & 4)


def _data_chunk(file: BinaryIO, total: int) -> tuple[int, int]:
    """Bytes that a WAV's `data` chunk promises, and bytes from there to the end of the file."""
    file.seek(12)
    while len(head := file.read(8)) == 8:
        size = int.from_bytes(head[4:], "little")
        if head[:4] == b"data":
            return size, total - file.tell()
        file.seek(size + size % 2, io.SEEK_CUR)
    return 0, 0


def _decode_with_av(
    name: str, handle: Any, start: float | None, end: float | None, error: Exception
) -> Recording:
    """Decode what soundfile cannot, with PyAV where it is installed."""
    malformed = getattr(error, "code", None) == 3
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
            gathered = _gather(name, _av_blocks(av, container), rate)
    except av.error.FFmpegError:
        raise AudioError(_unreadable(name, malformed, "")) from None
    length = len(gathered.samples) / RATE
    warnings = [*gathered.warnings, *_beyond(name, start, end, length)]
    if malformed:
        warnings.append(f"damaged or truncated: {length:.2f} s could be decoded")
    first, last = round((start or 0.0) * RATE), round((length if end is None else end) * RATE)
    return Recording(Clip(gathered.samples[first:last], warnings=tuple(warnings)), rate, channels)


def _av_blocks(av: Any, container: Any) -> Iterator[Array]:
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
