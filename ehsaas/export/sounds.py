"""Voice-like sounds, made here: something to compare a file on where no recording is at hand."""

import numpy as np
from numpy.typing import NDArray

from ehsaas.audio import RATE, Clip

SHORTEST = 0.3
LONGEST = 15.0


def voices(count: int = 24, seed: int = 0) -> tuple[Clip, ...]:
    """`count` clips of 0.3 to 15 s, each of another pitch, loudness, breath and rhythm.

    Syllables are harmonics of a gliding pitch under two formants, with pauses and noise; at the
    ends of some there is half a second of near silence.
    """
    rng = np.random.default_rng(seed)
    seconds = np.geomspace(SHORTEST, LONGEST, count)
    return tuple(Clip(_voice(float(length), rng)) for length in seconds)


def _voice(seconds: float, rng: np.random.Generator) -> NDArray[np.float32]:
    time = np.arange(round(seconds * RATE)) / RATE
    base, glide, rhythm = rng.uniform(90, 260), rng.uniform(0.05, 0.3), rng.uniform(2, 5)
    f0 = base * 2 ** (glide * np.sin(2 * np.pi * rng.uniform(0.2, 1.0) * time))
    phase = 2 * np.pi * np.cumsum(f0) / RATE
    formants, width = rng.uniform([300, 900], [800, 2400]), 120.0
    voiced = np.zeros_like(time)
    for k in range(1, 24):
        gain = sum(1 / (1 + ((k * base - centre) / width) ** 2) for centre in formants)
        voiced += gain * np.sin(k * phase)
    syllables = np.clip(np.sin(2 * np.pi * rhythm * time) + 0.4, 0, 1)
    noise = rng.uniform(0.001, 0.05) * rng.standard_normal(len(time))
    samples = syllables * voiced / max(1e-9, np.abs(voiced).max()) + noise
    quiet = rng.random() < 0.4 and seconds > 1.5
    if quiet:
        samples[: RATE // 2] *= 0.01
    level = rng.uniform(0.05, 0.8)
    voice: NDArray[np.float32] = (level * samples / np.abs(samples).max()).astype(np.float32)
    return voice
