"""Samples at 16 kHz, as they come → events: who sounds how, and from when to when.

All work is done on a grid of samples that begins with the stream, never where a chunk ends. So any
chunks give the same events, and the recording as a whole gives them, too.
"""

from collections import deque
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from ehsaas.audio import RATE, Clip
from ehsaas.emotions import NO_SPEECH
from ehsaas.judging import LOOK, STEP, Baseline, Judge, RecogniserError, Stretch
from ehsaas.serving.segments import Event, Segments, Span
from ehsaas.serving.voice import FRAME, Voice

__all__ = ["SPEECH", "Event", "Stream", "StreamError", "StreamSettings", "events_of"]

SPEECH = "speech"
"""Key in `Estimate.extra` of a look: the share of its window in which somebody speaks."""

Array = NDArray[np.float32]


class StreamError(ValueError):
    """A stream cannot go on; the message says why."""


class StreamSettings(BaseModel):
    """How a stream looks and what it takes for a segment; other values are refused.

    Attributes:
        window: seconds that are looked at at once.
        hop: seconds from one look to the next.
        voice: how probable a voice must be for 32 ms to count as speech.
        speech: the share of a window that must be speech; below it the answer is "no speech".
            Music without a voice and noise reach 0.1 of 1.5 s, and hardly any window that is full
            of speech stays below 0.25 (`docs/results/streaming.md`).
        half_life: seconds after which what was said before counts for half; 0 smooths nothing.
        hold: looks that an answer has to last to begin or to end a segment.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    window: float = Field(default=LOOK, ge=1.0, le=2.0)
    hop: float = Field(default=STEP, ge=0.25, le=0.5)
    voice: float = Field(default=0.5, gt=0, lt=1)
    speech: float = Field(default=0.25, gt=0, le=1)
    half_life: float = Field(default=0.5, ge=0, le=60)
    hold: int = Field(default=2, ge=1, le=20)


class Stream:
    """A stream of samples. Stream state: `feed` and `flush` change it.

    It keeps the last window, less than a hop of samples that wait, and the two answers between
    which it may turn: no more after a week than after a minute.

    Args:
        judge: what judges windows.
        settings: the defaults where None.
        baseline: statistics to judge by; `judge.running()` learns them from the stream itself.
        coverage: as for `Judge`: the share of recordings whose prediction set is to hold the true
            emotion; where a set holds several, the emotion is "not sure".
        voice: what tells speech from silence and music, new; the one that is installed where None.

    Raises:
        RecogniserError: no set can be given for `coverage`.
        VoiceError: the model for voice activity is not installed.
    """

    def __init__(
        self,
        judge: Judge,
        settings: StreamSettings | None = None,
        *,
        baseline: Baseline | None = None,
        coverage: float | None = None,
        voice: Voice | None = None,
    ) -> None:
        self.settings = settings = settings or StreamSettings()
        self._judge, self._baseline, self._voice = judge, baseline, voice or Voice()
        kept = 0.5 ** (settings.hop / settings.half_life) if settings.half_life else 0.0
        settle = judge.settles(coverage)
        self._segments = Segments(settings.hold, kept, settings.hop, settle)
        self._hop = round(settings.hop * RATE)
        self._window: Array = np.zeros(round(settings.window * RATE), np.float32)
        self._new = np.zeros_like(self._window)  # samples that wait for the next look
        self._waiting, self._needed = 0, len(self._window)
        self._frames: deque[bool] = deque(maxlen=len(self._window) // FRAME)
        self._heard = self._judged_until = self._framed = 0  # samples since the stream began
        self._over = False

    @property
    def seconds(self) -> float:
        """How much was fed."""
        return (self._heard + self._waiting) / RATE

    def feed(self, samples: NDArray[np.floating]) -> list[Event]:
        """What is to be told once these samples have come.

        Args:
            samples: (N,) at 16 kHz, floats in [-1, 1]; any N.

        Raises:
            AudioError: they are no such samples; the stream is as it was before.
            StreamError: the stream is over.
        """
        if self._over:
            raise StreamError("this stream was flushed and is over; begin a new one")
        samples = Clip(samples).samples.astype(np.float32, copy=False)
        events: list[Event] = []
        at = 0
        while at < len(samples):
            some = samples[at : at + self._needed - self._waiting]
            self._new[self._waiting : self._waiting + len(some)] = some
            self._waiting, at = self._waiting + len(some), at + len(some)
            if self._waiting == self._needed:
                events += self._look()
        return events

    def flush(self) -> list[Event]:
        """What is left to be told: a look at the last window, and the end of the last segment.

        The stream is over then.
        """
        events = self._look() if self._waiting and not self._over else []
        self._over = True
        return events + self._segments.flush()

    def _look(self) -> list[Event]:
        """Take in what waits, and look at the window that ends with it."""
        new, self._waiting, self._needed = self._new[: self._waiting], 0, self._hop
        self._heard += len(new)
        self._window = np.concatenate([self._window, new])[-len(self._window) :]
        said = self._voice.feed(new) >= self.settings.voice
        self._frames.extend(said.tolist())
        self._framed += FRAME * len(said)
        held = self._window[-self._heard :]  # less than a window where the stream is shorter
        start = self._heard - len(held)
        share, span = self._speech_since(start)
        part = Stretch(Clip(held), start / RATE, self._unheard(start))
        look = self._judge.look(part, self._baseline, share >= self.settings.speech)
        if look.emotion != NO_SPEECH:
            self._judged_until = self._heard
        return self._segments.take(replace(look, extra={**look.extra, SPEECH: share}), span)

    def _unheard(self, start: int) -> float:
        """The share of the window from sample `start` on that no judged window held."""
        return (self._heard - max(start, self._judged_until)) / (self._heard - start)

    def _speech_since(self, start: int) -> tuple[float, Span | None]:
        """The share of the frames from sample `start` on that are speech, and where it lies."""
        count = (self._framed - start) // FRAME
        recent = list(self._frames)[-count:] if count > 0 else []
        speech = [i for i, speaks in enumerate(recent) if speaks]
        if not speech:
            return 0.0, None
        begin = self._framed - FRAME * len(recent)
        edges = (begin + FRAME * speech[0], begin + FRAME * (speech[-1] + 1))
        return len(speech) / len(recent), (edges[0] / RATE, edges[1] / RATE)


def events_of(
    judge: Judge,
    clip: Clip,
    settings: StreamSettings | None = None,
    *,
    baseline: Baseline | None = None,
    coverage: float | None = None,
) -> list[Event]:
    """What a stream of this clip tells, from beginning to end.

    Raises:
        RecogniserError: the clip is not at 16 kHz, or as for `Stream`.
        VoiceError: as for `Stream`.
    """
    if clip.rate != RATE:
        raise RecogniserError(f"a clip at {clip.rate} Hz; expected {RATE} Hz, as audio.read gives")
    stream = Stream(judge, settings, baseline=baseline, coverage=coverage)
    return [*stream.feed(clip.samples), *stream.flush()]
