"""Blocks (frames, channels) at any rate → mono samples (N,) at 16 kHz, in [-1, 1]."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import soundfile
import soxr

from ehsaas.audio.clip import RATE, SILENCE, Array, AudioError, TooLongError, peak_of
from ehsaas.audio.level import HUGE, Level

LONGEST = 24 * 3600.0
"""The longest recording in seconds that is read in one piece."""

LOWEST_RATE = 4000
"""Recordings below this rate in Hz are refused: too little of a voice is left in them."""


@dataclass(frozen=True)
class Mono:
    """`samples` (N,) at 16 kHz, N ≥ 1; the `frames` read at the source's rate; what is odd."""

    samples: Array
    frames: int
    warnings: tuple[str, ...]


def mono(
    name: str,
    blocks: Iterator[Array],
    rate: int,
    level: Level | None = None,
    longest: float = LONGEST,
) -> Mono:
    """Average the channels, resample to 16 kHz, scale by `level` (None = that of the blocks).

    Raises:
        AudioError: no sound, none that is finite, or at too low a rate; names the file.
        TooLongError: longer than `longest` s; no more than that is held.
    """
    if rate < LOWEST_RATE:
        raise AudioError(
            f"{name}: recorded at {rate} Hz; at least {LOWEST_RATE} Hz are needed to hear a voice,"
            " and 16000 Hz or more are best"
        )
    resampled = _same if rate == RATE else _resampler(rate)
    gathered, frames, heard = bytearray(), 0, Level()
    try:
        for block in blocks:
            heard = heard.with_block(block)
            if not heard.peak < HUGE:  # or NaN
                raise AudioError(f"{name}: holds samples that are no sound (NaN, infinite or huge)")
            frames += len(block)
            if frames > longest * rate:
                raise too_long(name, longest)
            averaged = block[:, 0] if block.shape[1] == 1 else block.mean(axis=1)
            gathered += resampled(averaged, False).data
    except soundfile.SoundFileError as error:
        raise AudioError(f"{name}: damaged or truncated, it cannot be decoded ({error})") from error
    if frames:
        gathered += resampled(np.zeros(0, np.float32), True).data
    samples = np.frombuffer(gathered, dtype=np.float32)
    if not len(samples):
        raise AudioError(f"{name}: a header but no sound after it; truncated files look like this")
    warnings = low_rate(rate)
    if heard.peak > 10 * SILENCE and peak_of(samples) < SILENCE:
        warnings.append("the channels cancel each other out when averaged; give one channel alone")
    divisor, said = (level or heard).scaling()
    if divisor != 1:
        samples /= np.float32(divisor)
    np.clip(samples, -1, 1, out=samples)
    return Mono(samples, frames, (*warnings, *said))


def _same(block: Array, last: bool) -> Array:
    """What is at 16 kHz already."""
    return np.ascontiguousarray(block)


def _resampler(rate: int) -> Callable[[Array, bool], Array]:
    """Block after block, and whether it is the last, to 16 kHz."""
    stream = soxr.ResampleStream(rate, RATE, 1, dtype="float32", quality="HQ")
    return lambda block, last: stream.resample_chunk(block, last=last)


def too_long(name: str, longest: float) -> TooLongError:
    """What is said of a recording of more than `longest` s."""
    said = f"{longest / 3600:g} hours" if longest >= 3600 else f"{longest:g} s"
    return TooLongError(f"{name}: longer than {said}; cut it into shorter files first")


def low_rate(rate: int) -> list[str]:
    """A warning where a source's rate (Hz) leaves out part of what 16 kHz can hold."""
    if rate >= RATE:
        return []
    return [f"recorded at {rate} Hz: nothing above {rate / 2000:g} kHz"]
