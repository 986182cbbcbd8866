"""Noise: white, pink, babble at a signal-to-noise ratio, or white of a fixed amplitude.

The ratio is that of mean powers over the whole clip, pauses included. White and pink noise are
Gaussian; pink falls by 3 dB an octave above 20 Hz. Babble is the sum of other people's speech.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import soxr
from pydantic import Field

from ehsaas.audio import RATE
from ehsaas.disturbances.disturbance import Disturbance, Samples, power

PINK_FROM_HZ = 20.0

VOICES = 8
"""Voices of a murmur."""

FASTEST = 1.25
"""How many times as fast one of them speaks at most; the slowest is as much slower."""

SOFTEST = 1e-12
"""Power below which a voice is taken to have none."""


class Noise(Disturbance):
    """White or pink noise `snr_db` below the clip's own power."""

    kind: Literal["noise"] = "noise"
    colour: Literal["white", "pink"] = "white"
    snr_db: float

    def __call__(self, samples: Samples, generator: np.random.Generator) -> Samples:
        """The clip with noise."""
        white = generator.standard_normal(len(samples))
        noise = white if self.colour == "white" else _pink(white)
        return mixed(samples, noise.astype(np.float32), self.snr_db)


class Hiss(Disturbance):
    """White noise of a fixed `deviation` (re full scale), as CLAF-SER's training adds it."""

    kind: Literal["hiss"] = "hiss"
    deviation: float = Field(ge=0)

    def __call__(self, samples: Samples, generator: np.random.Generator) -> Samples:
        """The clip with noise."""
        noise = generator.standard_normal(len(samples)).astype(np.float32)
        return samples + np.float32(self.deviation) * noise


class Babble(Disturbance):
    """Other people's speech `snr_db` below the clip's own power.

    `noise` is babble of any length, as `babble_of` mixes it; a stretch of it is drawn.
    """

    snr_db: float
    noise: bytes = Field(repr=False)

    def __call__(self, samples: Samples, generator: np.random.Generator) -> Samples:
        """The clip with a stretch of the babble."""
        whole = np.frombuffer(self.noise, dtype=np.float32)
        start = int(generator.integers(len(whole)))
        place = (start + np.arange(len(samples))) % len(whole)
        return mixed(samples, whole[place], self.snr_db)


class Murmur(Disturbance):
    """A room of people `snr_db` below the clip's own power, made of the clip itself.

    Eight voices say stretches of it, faster or slower, forwards or backwards. For training copies,
    which need no other recording then. `within` is how far the ratio may be drawn from `snr_db`.
    """

    kind: Literal["murmur"] = "murmur"
    snr_db: float
    within: float = Field(default=0.0, ge=0)

    def __call__(self, samples: Samples, generator: np.random.Generator) -> Samples:
        """The clip with the murmur."""
        if not power(samples):
            return samples.copy()
        room = np.zeros_like(samples)
        for _ in range(VOICES):
            factor = float(generator.uniform(1 / FASTEST, FASTEST))
            said = soxr.resample(samples, RATE, RATE * factor, quality="HQ")
            said = said[::-1] if generator.random() < 0.5 else said
            start = int(generator.integers(len(said)))
            stretch = said[(start + np.arange(len(samples))) % len(said)]
            room += (stretch / np.sqrt(max(power(said), SOFTEST))).astype(np.float32)
        ratio = self.snr_db + float(generator.uniform(-self.within, self.within))
        return mixed(samples, room, ratio)


def babble_of(
    clips: Sequence[Samples], voices: int, seconds: float, generator: np.random.Generator
) -> bytes:
    """Babble of `voices` people at once, as `Babble.noise` takes it.

    Args:
        clips: speech of many people, (N,) each; every voice is a row of clips drawn from them,
            each brought to the same power.
        voices: how many speak at once.
        seconds: length of the mixture.
        generator: draws the clips.

    Raises:
        ValueError: no clip holds sound.
    """
    heard = [clip / np.sqrt(power(clip)) for clip in clips if power(clip) > 0]
    if not heard:
        raise ValueError("babble needs at least one clip with sound in it")
    length = round(seconds * RATE)
    mixture = np.zeros(length, dtype=np.float32)
    for _ in range(voices):
        row: list[Samples] = []
        while sum(map(len, row)) < length:
            row.append(heard[int(generator.integers(len(heard)))])
        mixture += np.concatenate(row)[:length]
    return (mixture / np.float32(np.sqrt(power(mixture)))).tobytes()


def mixed(samples: Samples, noise: Samples, snr_db: float) -> Samples:
    """`samples` with `noise` scaled to lie `snr_db` below them; silence stays silent."""
    below = power(noise)
    if not below:
        return samples.copy()
    scale = np.sqrt(power(samples) / below) * 10 ** (-snr_db / 20)
    return samples + np.float32(scale) * noise


def _pink(white: np.ndarray) -> np.ndarray:
    """White noise with its power divided by the frequency above PINK_FROM_HZ."""
    if not len(white):
        return white
    hertz = np.fft.rfftfreq(len(white), 1 / RATE)
    shaped = np.fft.rfft(white) / np.sqrt(np.maximum(hertz, PINK_FROM_HZ))
    shaped[0] = 0
    return np.fft.irfft(shaped, len(white))
