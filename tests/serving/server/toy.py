"""A judge whose answers are known, and sounds to judge."""

import io
import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import soundfile
from numpy.typing import NDArray

from ehsaas.audio import RATE, Clip
from ehsaas.calibration import Statistics
from ehsaas.judging import Heard, Judge
from ehsaas.reach import Limits

CLASSES = ("anger", "neutral", "sadness")


@dataclass(frozen=True, kw_only=True)
class Toy(Judge):
    """Probabilities follow from a clip's level; `batches` says how many were heard at once.

    While `gate` is closed it hears nothing, and `begun` is set once it would.
    """

    batches: list[int] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)
    bad: float = float("inf")
    clips: list["weakref.ref[Clip]"] = field(default_factory=list)

    def hear(
        self, clips: Sequence[Clip], statistics: Statistics | None = None
    ) -> tuple[Heard, ...]:
        self.clips.extend(weakref.ref(clip) for clip in clips)
        self.begun.set()
        self.gate.wait(30)
        self.batches.append(len(clips))
        levels = [float(np.sqrt(np.mean(clip.samples**2))) for clip in clips]
        if max(levels) > self.bad:
            raise RuntimeError("a clip that this model cannot hear")
        return tuple(heard(level) for level in levels)

    @property
    def standardises(self) -> bool:
        return False

    @property
    def limits(self) -> Limits | None:
        return None


def heard(level: float) -> Heard:
    p = np.array([level, 0.1, 0.2], np.float32)
    return Heard(p / p.sum(), np.zeros((1, 1), np.float32), p)


def toy(closed: bool = False, **others: object) -> Toy:
    statistics = Statistics(np.zeros(1, np.float32), np.ones(1, np.float32), 1, "none")
    scores = np.full(99, 0.5, np.float32)
    known = {"model": "toy", "classes": CLASSES, "statistics": statistics, "scores": scores}
    made = Toy(**(known | {"name": "toy", "facts": {"corpora": ["one"]}} | others))  # type: ignore[arg-type]
    if not closed:
        made.gate.set()
    return made


def tone(seconds: float = 1.0, level: float = 0.3, f0: float = 220.0) -> NDArray[np.float32]:
    time = np.arange(round(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * f0 * time)).astype(np.float32)


def wav(seconds: float = 1.0, level: float = 0.3, form: str = "WAV", f0: float = 220.0) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, tone(seconds, level, f0), RATE, format=form, subtype="PCM_16")
    return file.getvalue()
