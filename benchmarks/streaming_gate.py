"""What the stream's gate for voices lets by, of recordings of speech and of sounds without any."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.sounds import SOUNDS, Signal
from ehsaas import audio
from ehsaas.audio import RATE, Clip
from ehsaas.calibration import Statistics
from ehsaas.emotions import NO_SPEECH
from ehsaas.judging import Heard, Judge
from ehsaas.reach import Limits
from ehsaas.serving.stream import SPEECH, events_of

FRAME = 512
LOUD = 30.0
"""dB below the loudest 32 ms of a recording down to which 32 ms count as loud."""

UNDER = (10, 0)
"""dB by which the speech is louder than the music under it."""


@dataclass(frozen=True)
class Gate:
    """Looks at some material, and of how many the gate said that somebody speaks.

    Of speech, `loud` are the looks at least half of which is loud, and `silent_clips` recordings of
    which no look was kept. `most` is the largest share of a window that was taken for speech.
    """

    material: str
    speech: bool
    seconds: float
    looks: int
    kept: int
    loud: int | None
    loud_kept: int | None
    clips: int
    silent_clips: int | None
    most: float


@dataclass(frozen=True, kw_only=True)
class Deaf(Judge):
    """Says the same of everything, at no cost."""

    def hear(
        self, clips: Sequence[Clip], statistics: Statistics | None = None
    ) -> tuple[Heard, ...]:
        """Half and half."""
        one = np.zeros((1, 1), np.float32)
        return tuple(Heard(np.array([0.5, 0.5], np.float32), one, one[0]) for _ in clips)

    @property
    def standardises(self) -> bool:
        """No statistics make a difference."""
        return False

    @property
    def limits(self) -> Limits | None:
        """Nothing is known."""
        return None


DEAF = Deaf(
    model="deaf",
    classes=("anger", "sadness"),
    statistics=Statistics(np.zeros(1, np.float32), np.ones(1, np.float32), 1, "none"),
)


def of_speech(name: str, clips: Sequence[Clip]) -> Gate:
    """The gate on recordings, each a stream of its own."""
    kept, loud, most, silent = [], [], 0.0, 0
    for clip in clips:
        looks = [event.estimate for event in events_of(DEAF, clip) if event.kind == "look"]
        said = [look.emotion != NO_SPEECH for look in looks]
        most = max(most, *(look.extra[SPEECH] for look in looks))
        silent += not any(said)
        kept += said
        loud += [_is_loud(clip.samples, look.start, look.end) for look in looks]
    return Gate(
        name,
        True,
        sum(clip.duration for clip in clips),
        len(kept),
        sum(kept),
        sum(loud),
        sum(k for k, is_loud in zip(kept, loud, strict=True) if is_loud),
        len(clips),
        silent,
        most,
    )


def of_sounds(music: Path | None, seconds: float = 120.0) -> list[Gate]:
    """The gate on what is made by formula, and on recordings of music where there are some."""
    found = [_without_voice(name, play(seconds, 0)) for name, play in SOUNDS.items()]
    for path in sorted(music.iterdir()) if music is not None else ():
        found.append(_without_voice(path.name, audio.read(path).samples))
    return found


def over_music(name: str, clips: Sequence[Clip], decibels: float) -> Gate:
    """The gate on recordings with music under them, so much quieter than they are."""
    band = SOUNDS["band"](max(clip.duration for clip in clips) + 1, 0)
    mixed = []
    for clip in clips:
        under = band[: len(clip.samples)]
        gain = 10 ** (-decibels / 20) * _rms(clip.samples) / _rms(under)
        mixed.append(Clip(np.clip(clip.samples + gain * under, -1, 1).astype(np.float32)))
    return of_speech(f"{name}, {decibels:g} dB above a band", mixed)


def _without_voice(name: str, sound: Signal) -> Gate:
    looks = [event.estimate for event in events_of(DEAF, Clip(sound)) if event.kind == "look"]
    kept = sum(look.emotion != NO_SPEECH for look in looks)
    most = max(look.extra[SPEECH] for look in looks)
    return Gate(name, False, len(sound) / RATE, len(looks), kept, None, None, 1, None, most)


def _is_loud(samples: Signal, start: float, end: float) -> bool:
    """Whether half of the frames from `start` to `end` s are as loud as `LOUD` says."""
    levels = _levels(samples)
    own = levels[round(start * RATE / FRAME) : max(1, round(end * RATE / FRAME))]
    return bool(len(own)) and bool(np.mean(own >= levels.max() * 10 ** (-LOUD / 20)) >= 0.5)


def _levels(samples: Signal) -> NDArray[np.float64]:
    whole = samples[: max(1, len(samples) // FRAME) * FRAME]
    parts = np.array_split(whole.astype(np.float64), max(1, len(samples) // FRAME))
    return np.array([_rms(part) for part in parts])


def _rms(samples: NDArray[np.floating]) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
