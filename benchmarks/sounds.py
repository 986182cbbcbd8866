"""Sounds without a voice, made by formula: music, noise, tones and silence, (N,) at 16 kHz.

Music is what a gate for voices is most easily taken in by: it has pitch, onsets and pauses.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ehsaas.audio import RATE

Signal = NDArray[np.float32]

CHORDS = (
    (220.0, 277.2, 329.6),
    (196.0, 246.9, 293.7),
    (174.6, 220.0, 261.6),
    (164.8, 207.7, 246.9),
)
"""Hertz of the notes of four chords in A."""


def silence(seconds: float, seed: int) -> Signal:
    """Digital silence."""
    return np.zeros(round(seconds * RATE), np.float32)


def room(seconds: float, seed: int) -> Signal:
    """What a microphone hears of an empty room: noise that falls with frequency, at −55 dBFS."""
    return _at(_pink(seconds, seed), 10 ** (-55 / 20))


def white_noise(seconds: float, seed: int) -> Signal:
    """White noise."""
    return _at(np.random.default_rng(seed).standard_normal(round(seconds * RATE)), 0.1)


def pink_noise(seconds: float, seed: int) -> Signal:
    """Noise of equal power an octave."""
    return _at(_pink(seconds, seed), 0.1)


def hum(seconds: float, seed: int) -> Signal:
    """The mains: 50 Hz and its harmonics."""
    t = _time(seconds)
    return _at(_harmonics(2 * np.pi * 50 * t, 8), 0.1)


def beeps(seconds: float, seed: int) -> Signal:
    """A tone of 1 kHz, on for a quarter of a second in each half."""
    t = _time(seconds)
    return _at(np.sin(2 * np.pi * 1000 * t) * (t % 0.5 < 0.25), 0.1)


def chords(seconds: float, seed: int) -> Signal:
    """Three struck notes of twelve harmonics at once, another chord every second."""
    return _played(seconds, [(k, hz) for k in range(int(seconds) + 1) for hz in _chord(k)], _struck)


def arpeggio(seconds: float, seed: int) -> Signal:
    """One plucked string after the other, four a second."""
    notes = [(k / 4, _chord(k // 4)[k % 3]) for k in range(4 * (int(seconds) + 1))]
    return _played(seconds, notes, _plucked)


def melody(seconds: float, seed: int) -> Signal:
    """A bowed instrument alone: eight harmonics, vibrato, notes drawn at random from a scale."""
    rng = np.random.default_rng(seed)
    scale = 220 * 2 ** (np.array([0, 2, 4, 5, 7, 9, 11, 12]) / 12)
    starts = np.arange(0, seconds, 0.4)
    return _played(seconds, [(t, float(rng.choice(scale))) for t in starts], _bowed)


def band(seconds: float, seed: int) -> Signal:
    """Chords, arpeggio and melody together with a drum on every beat, 120 beats a minute."""
    t = _time(seconds) % 0.5
    drum = np.sin(2 * np.pi * 60 * t) * np.exp(-t / 0.08)
    hiss = white_noise(seconds, seed) * np.exp(-((t + 0.25) % 0.5) / 0.03)
    tune = chords(seconds, seed) + arpeggio(seconds, seed) + melody(seconds, seed)
    return _at(tune + 0.3 * drum + 0.5 * hiss, 0.1)


SOUNDS: Mapping[str, Callable[[float, int], Signal]] = {
    "silence": silence,
    "room": room,
    "white noise": white_noise,
    "pink noise": pink_noise,
    "mains hum": hum,
    "beeps": beeps,
    "chords": chords,
    "arpeggio": arpeggio,
    "melody": melody,
    "band": band,
}
"""Each takes its length in seconds and a seed."""

MUSIC = ("chords", "arpeggio", "melody", "band")


def _time(seconds: float) -> NDArray[np.float64]:
    return np.arange(round(seconds * RATE)) / RATE


def _chord(number: int) -> Sequence[float]:
    return CHORDS[number % len(CHORDS)]


def _at(sound: NDArray[np.floating], rms: float) -> Signal:
    """The sound at this level, its tops cut off."""
    loud = sound * (rms / max(float(np.sqrt(np.mean(np.square(sound)))), 1e-12))
    cut: Signal = np.clip(loud, -1, 1).astype(np.float32)
    return cut


def _pink(seconds: float, seed: int) -> NDArray[np.float64]:
    white = np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    spectrum = np.fft.rfft(white)
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    spectrum[0] = 0
    return np.fft.irfft(spectrum, len(white))


def _played(
    seconds: float,
    notes: Sequence[tuple[float, float]],
    instrument: Callable[[float], NDArray[np.float64]],
) -> Signal:
    """Notes (start s, Hz), which may sound into one another."""
    whole = np.zeros(round(seconds * RATE))
    for start, hertz in notes:
        at = round(start * RATE)
        note = instrument(hertz)[: max(0, len(whole) - at)]
        whole[at : at + len(note)] += note
    return _at(whole, 0.1)


def _struck(hertz: float) -> NDArray[np.float64]:
    t = _time(1.5)
    return _harmonics(2 * np.pi * hertz * t, 12) * np.exp(-3 * t)


def _plucked(hertz: float) -> NDArray[np.float64]:
    """A string by Karplus and Strong (1983, Computer Music Journal 7(2))."""
    period, turns = round(RATE / hertz), round(hertz)
    string = np.random.default_rng(round(hertz)).uniform(-1, 1, period)
    sounding = []
    for _ in range(turns):
        sounding.append(string)
        string = 0.996 * (string + np.roll(string, 1)) / 2
    return np.concatenate(sounding)


def _bowed(hertz: float) -> NDArray[np.float64]:
    t = _time(0.45)
    phase = 2 * np.pi * hertz * (t + 0.002 / 5.5 * np.sin(2 * np.pi * 5.5 * t))
    swell = np.minimum(1, t / 0.05) * np.minimum(1, (t[-1] - t) / 0.05)
    bowed: NDArray[np.float64] = swell * _harmonics(phase, 8)
    return bowed


def _harmonics(phase: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """A sawtooth's first harmonics; `phase` is that of the lowest."""
    k = np.arange(1, count + 1)[:, None]
    summed: NDArray[np.float64] = (np.sin(k * phase) / k).sum(axis=0)
    return summed
