"""Bytes of PCM at any rate, as they come → mono float32 samples at 16 kHz, as they come.

Whatever the chunks, the samples are the same: frames that are cut in two wait for their other half,
and the resampler is one stream.
"""

from collections.abc import Mapping

import numpy as np
import soxr
from numpy.typing import NDArray

from ehsaas.audio import RATE, AudioError, Clip

RATES = (4000, 192_000)
"""The lowest and the highest rate in Hz: below it too little of a voice is left."""

ENCODINGS: Mapping[str, tuple[str, float]] = {"s16le": ("<i2", 32768.0), "f32le": ("<f4", 1.0)}
"""The type of a sample, and what it is divided by."""

CHANNELS = 16
"""At most."""

Array = NDArray[np.float32]


class Resampling:
    """Mono samples at `rate` Hz → at 16 kHz. Stream state: `feed` changes it.

    Raises:
        AudioError: the rate is too low or too high.
    """

    def __init__(self, rate: int) -> None:
        low, high = RATES
        if not low <= rate <= high:
            raise AudioError(f"a rate of {rate} Hz; expected {low} to {high} Hz, best {RATE} Hz")
        self._stream = None
        if rate != RATE:
            self._stream = soxr.ResampleStream(rate, RATE, 1, dtype="float32", quality="HQ")

    def feed(self, samples: Array) -> Array:
        """What is complete at 16 kHz once these samples (N,) have come.

        Raises:
            AudioError: they are no samples of one channel in [-1, 1].
        """
        return self._resampled(Clip(samples).samples.astype(np.float32), last=False)

    def flush(self) -> Array:
        """What is left, at the end."""
        return self._resampled(np.zeros(0, np.float32), last=True)

    def _resampled(self, samples: Array, last: bool) -> Array:
        found: Array = samples
        if self._stream is not None:
            found = self._stream.resample_chunk(samples, last=last)
        return np.clip(found, -1, 1)


class PcmStream:
    """Bytes of interleaved PCM → mono samples at 16 kHz. Stream state: `feed` changes it.

    Args:
        rate: in Hz.
        encoding: of a sample, a key of `ENCODINGS`.
        channels: are averaged.

    Raises:
        AudioError: there is no such rate, encoding or number of channels.
    """

    def __init__(self, rate: int = RATE, encoding: str = "s16le", channels: int = 1) -> None:
        if encoding not in ENCODINGS:
            raise AudioError(f"the encoding {encoding!r}; expected {' or '.join(ENCODINGS)}")
        if not 1 <= channels <= CHANNELS:
            raise AudioError(f"{channels} channels; expected 1 to {CHANNELS}")
        kind, self._full_scale = ENCODINGS[encoding]
        self._kind, self._channels = np.dtype(kind), channels
        self._resampling = Resampling(rate)
        self._rest = b""

    def feed(self, data: bytes) -> Array:
        """What is complete at 16 kHz once these bytes have come.

        Raises:
            AudioError: what they hold is no sound (NaN, or far beyond full scale).
        """
        waiting = self._rest + data
        size = self._kind.itemsize * self._channels
        whole = len(waiting) // size * size
        self._rest = waiting[whole:]
        values = np.frombuffer(waiting[:whole], self._kind).reshape(-1, self._channels)
        with np.errstate(invalid="ignore"):  # the resampling refuses what is no number
            mono = values.sum(axis=1, dtype=np.float64) / (self._channels * self._full_scale)
        return self._resampling.feed(mono.astype(np.float32))

    def flush(self) -> Array:
        """What is left, at the end; a frame of which a part is missing is left out."""
        self._rest = b""
        return self._resampling.flush()
