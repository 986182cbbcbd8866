"""Looks, one a hop → events: the looks smoothed, and the segments that they make.

A segment begins when its emotion was the answer of several looks in a row, and ends when something
else was. Both are told that much later than they are; their times are those of what was heard.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal

from ehsaas.emotions import NO_SPEECH, Estimate
from ehsaas.timeline import Settle, likeliest, mean_of

Span = tuple[float, float]
"""From when to when in seconds."""


@dataclass(frozen=True)
class Event:
    """Something that a stream tells.

    `kind` is `look` (one a hop: the smoothed answer for the window from `estimate.start` to `end`),
    `onset` (a segment begins at `start`, as was known at `end`) or `end` (a segment lasted from
    `start` to `end`; its probabilities are the mean of its looks). Times are seconds since the
    stream began.
    """

    kind: Literal["look", "onset", "end"]
    estimate: Estimate

    def to_dict(self) -> dict[str, Any]:
        """A plain dictionary, ready for JSON."""
        return {"kind": self.kind, **self.estimate.to_dict()}


@dataclass
class _Run:
    """Looks in a row that gave the same answer; `start` is where it began to be heard."""

    emotion: str
    start: float
    looks: int = 0
    mean: Estimate | None = None

    def add(self, look: Estimate) -> None:
        before = self.mean or look
        self.mean = replace(look, **mean_of([before, look], [self.looks, 1]))
        self.looks += 1


class Segments:
    """What looks say together. Stream state: `take` changes it; it keeps two answers, no looks.

    Args:
        hold: looks in a row that an answer has to last to begin a segment, or to end one.
        kept: the share of what was said before in what is said now, 0–1; nothing of it is kept
            beyond a pause that was held.
        hop: seconds from one look to the next.
        settle: what gives an estimate its prediction set, and the emotion that follows.
    """

    def __init__(self, hold: int, kept: float, hop: float, settle: Settle) -> None:
        self._hold, self._kept, self._hop, self._settle = hold, kept, hop, settle
        self._smooth: Estimate | None = None
        self._now = _Run(NO_SPEECH, 0.0)
        self._coming: _Run | None = None
        self._voice_until = self._free_from = 0.0
        self._last = Estimate(NO_SPEECH, {})

    def take(self, look: Estimate, voice: Span | None) -> list[Event]:
        """The look as it is told, and the segments that it ends or begins.

        Args:
            look: of one window, not settled.
            voice: from the first to the last of the voice in its window; None where there is none.
        """
        told = self._last = self._smoothed(look)
        if voice is not None:
            self._voice_until = max(self._voice_until, voice[1])
        events = [Event("look", told)]
        if told.emotion == self._now.emotion:
            self._now.add(told)
            self._coming = None
            if told.emotion == NO_SPEECH:
                self._smooth = None
            return events
        if self._coming is None or self._coming.emotion != told.emotion:
            self._coming = _Run(told.emotion, self._begins(told, voice))
        self._coming.add(told)
        if self._coming.looks >= self._hold and self._is_heard(self._coming):
            events += self._turn(self._coming)
        return events

    def flush(self) -> list[Event]:
        """The end of the segment that was going on.

        Where none was, what had just begun to be heard is one: no more looks can come.
        """
        events = []
        still = self._now.emotion == NO_SPEECH
        if still and self._coming is not None and self._is_heard(self._coming):
            events = self._turn(self._coming)
        return events + self._turn(_Run(NO_SPEECH, self._voice_until))

    def _smoothed(self, look: Estimate) -> Estimate:
        if look.emotion == NO_SPEECH:
            return look
        if self._smooth is not None:
            look = replace(look, **mean_of([self._smooth, look], [self._kept, 1 - self._kept]))
        self._smooth = replace(look, emotion=likeliest(look.probabilities))
        return self._settle(self._smooth)

    def _begins(self, look: Estimate, voice: Span | None) -> float:
        """Where that which this look is the first to say began.

        After a pause that is where the voice begins; from one emotion to another the middle of the
        window, for half of it was heard with the other, or where little voice follows, a hop before
        its end. One hop is left to the segment before.
        """
        if look.emotion == NO_SPEECH:
            return self._voice_until
        if self._now.emotion == NO_SPEECH:
            return max(self._free_from, look.start if voice is None else voice[0])
        middle, soonest = (look.start + look.end) / 2, self._now.start + self._hop
        begins = max(middle, soonest)
        return begins if begins < self._voice_until else max(soonest, self._voice_until - self._hop)

    def _is_heard(self, run: _Run) -> bool:
        """Whether there is voice in a run, so that a segment of it lasts."""
        return run.emotion == NO_SPEECH or run.start < self._voice_until

    def _turn(self, coming: _Run) -> list[Event]:
        """From the answer that there was to the one that is coming."""
        events = []
        if self._now.emotion != NO_SPEECH:
            still = coming.emotion == NO_SPEECH
            self._free_from = max(self._now.start, self._voice_until if still else coming.start)
            events.append(Event("end", self._segment(self._now, self._free_from)))
        if coming.emotion == NO_SPEECH:
            self._smooth = None
        else:
            events.append(Event("onset", self._segment(coming, self._last.end)))
        self._now, self._coming = coming, None
        return events

    def _segment(self, run: _Run, end: float) -> Estimate:
        assert run.mean is not None, "a segment has looks"
        bare = replace(
            self._last,
            emotion=run.emotion,
            probabilities=run.mean.probabilities,
            arousal=run.mean.arousal,
            valence=run.mean.valence,
            start=run.start,
            end=end,
            attention=None,
            prediction_set=(),
            warnings=(),
            extra={},
        )
        return replace(self._settle(bare), emotion=run.emotion)
