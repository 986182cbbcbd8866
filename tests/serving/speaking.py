"""What the stream's tests judge with, and what they judge: a toy judge, a toy ear, speech."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ehsaas.audio import RATE, Clip
from ehsaas.calibration import Statistics
from ehsaas.corpora.espeak import Engine
from ehsaas.judging import Heard, Judge
from ehsaas.reach import Limits
from ehsaas.serving.pcm import Resampling
from ehsaas.serving.voice import FRAME, Voice, VoiceError, model_path

Signal = NDArray[np.float32]

LOUD = 0.2
"""The RMS at which the toy judge is sure of anger."""


def voice_is_installed() -> bool:
    try:
        model_path()
    except VoiceError:
        return False
    return True


@dataclass(frozen=True, kw_only=True)
class ByLoudness(Judge):
    """Hears anger in what is loud, sadness in what is quiet: p(anger) = RMS / `LOUD`, at most 1.

    The RMS is the median of frames, those that are all but silent left out.
    """

    def hear(
        self, clips: Sequence[Clip], statistics: Statistics | None = None
    ) -> tuple[Heard, ...]:
        found = []
        for clip in clips:
            whole = clip.samples[: len(clip.samples) // FRAME * FRAME].reshape(-1, FRAME)
            levels = np.sqrt(np.mean(np.square(whole, dtype=np.float64), axis=1))
            rms = float(np.median(levels[levels > 0.005]))
            features = np.array([[rms]], np.float32)
            centre = 0.0 if statistics is None else float(statistics.mean[0])
            angry = float(np.clip((rms - centre) / LOUD, 0, 1))
            found.append(Heard(np.array([angry, 1 - angry], np.float32), features, features[0]))
        return tuple(found)

    @property
    def standardises(self) -> bool:
        return True

    @property
    def limits(self) -> Limits | None:
        return None


def by_loudness(scores: NDArray[np.float32] | None = None) -> ByLoudness:
    return ByLoudness(
        model="toy",
        classes=("anger", "sadness"),
        statistics=Statistics(np.zeros(1, np.float32), np.ones(1, np.float32), 1, "source"),
        name="toy",
        scores=scores,
    )


class Ear(Voice):
    """Takes for a voice every frame whose RMS is above 0.005."""

    def __init__(self) -> None:
        self.rest: Signal = np.zeros(0, np.float32)

    def feed(self, samples: Signal) -> Signal:
        waiting = np.concatenate([self.rest, samples])
        whole = len(waiting) // FRAME * FRAME
        self.rest = waiting[whole:]
        frames = waiting[:whole].reshape(-1, FRAME)
        loud: Signal = (np.sqrt(np.mean(frames**2, axis=1)) > 0.005).astype(np.float32)
        return loud


def speech(text: str = "The lecture begins at nine, and nobody is late today.") -> Signal:
    """A sentence rendered with eSpeak NG."""
    engine = Engine()
    said = engine.say(text, "en+m1", 165, 50, 50)
    engine.close()
    return resampled((said / 32768).astype(np.float32), engine.rate)


def resampled(samples: Signal, rate: int) -> Signal:
    """The samples at 16 kHz."""
    stream = Resampling(rate)
    return np.concatenate([stream.feed(samples), stream.flush()])


def seconds(count: float) -> int:
    """Samples in so many seconds."""
    return round(count * RATE)
