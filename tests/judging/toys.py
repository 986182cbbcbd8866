"""A judge without a network: it tells by how high a tone is, and notes what it heard."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ehsaas.audio import RATE, Clip
from ehsaas.calibration import Statistics, softmax
from ehsaas.judging import Heard, Judge, RecogniserError
from ehsaas.reach import Limits
from tests import signals

CLASSES = ("anger", "neutral", "sadness")
CENTRES = np.array([4.0, 2.5, 1.0])
"""Of the classes, in hundreds of Hz."""


@dataclass(frozen=True, kw_only=True)
class ByPitch(Judge):
    """Probabilities fall with the square of the distance from `CENTRES`; a feature is its pitch.

    Where it is `placed`, 400 Hz is an arousal of 1 and a valence of −0.5, 0 Hz is 0 of both.
    `heard` has, call by call, the pitches of the clips, to 10 Hz, that were heard together.
    """

    heard: list[tuple[int, ...]] = field(default_factory=list)
    scaled: bool = True
    far: float | None = None
    placed: bool = False

    def hear(
        self, clips: Sequence[Clip], statistics: Statistics | None = None
    ) -> tuple[Heard, ...]:
        if any(clip.rate != RATE for clip in clips):
            raise RecogniserError("a clip at another rate")
        pitches = [pitch(clip) for clip in clips]
        self.heard.append(tuple(round(one / 10) * 10 for one in pitches))
        used = statistics or self.statistics
        return tuple(self._one(one / 100, used) for one in pitches)

    def _one(self, value: float, used: Statistics) -> Heard:
        features = np.array([[value]], np.float32)
        scaled = (features - used.mean) / used.std
        p = softmax(-np.square(scaled[0, 0] - CENTRES))
        far = None if self.far is None else value
        places = np.array([value / 4, -value / 8], np.float32) if self.placed else None
        return Heard(p, features, scaled[0], None, far, places)

    @property
    def standardises(self) -> bool:
        return self.scaled

    @property
    def limits(self) -> Limits | None:
        return None if self.far is None else Limits(self.far, self.far)


def judge(**changes: Any) -> ByPitch:
    """One whose own statistics change nothing."""
    plain = Statistics(np.zeros(1, np.float32), np.ones(1, np.float32), 1, "source")
    given: dict[str, Any] = {"model": "toy", "classes": CLASSES, "statistics": plain, "name": "ear"}
    return ByPitch(**(given | changes))


def pitch(clip: Clip) -> float:
    """Of a tone, in Hz, by its zero crossings."""
    signs: NDArray[np.bool_] = np.signbit(clip.samples)
    return float((signs[1:] != signs[:-1]).sum()) / 2 / clip.duration


def tone(hertz: float, seconds: float = 1.0) -> Clip:
    """A sine."""
    return Clip(signals.tone(hertz, seconds))


def silence(seconds: float = 1.0) -> Clip:
    """Nothing."""
    return Clip(signals.silence(seconds))


def joined(*clips: Clip) -> Clip:
    """One after the other."""
    return Clip(np.concatenate([clip.samples for clip in clips]))
