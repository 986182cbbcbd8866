"""`Clip`: mono float32 at 16 kHz; its digest, whether it is silent, its stretches."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
"""The sampling rate in Hz of every clip that was read."""

SILENCE = 1e-3
"""The level (RMS, −60 dBFS) that the loudest 50 ms of a clip must reach to be heard at all."""

OVERSHOOT = 1.5
"""What lossy decoders and resampling add to full scale usually stays below this."""

Array = NDArray[np.float32]


class AudioError(ValueError):
    """Audio that cannot be used; the message names the file, what is wrong and what to do."""


class TooLongError(AudioError):
    """Audio that lasts longer than was asked for; the message says how long is allowed."""


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
        if len(samples) and not (peak := peak_of(samples)) <= OVERSHOOT:
            raise AudioError(
                f"a clip's samples reach {peak:.4g}; expected finite numbers in [-1, 1]: divide"
                " what was int16 by 32768"
            )

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate


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


def peak_of(samples: NDArray[np.floating]) -> float:
    """The largest magnitude in samples (N,), N ≥ 1; NaN where one of them is."""
    return float(max(samples.max(), -samples.min()))
