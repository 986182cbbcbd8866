"""Looks, one a hop → events: the looks smoothed, and the segments that they make.

A segment begins when its emotion was the answer of several looks in a row, and ends when something
else was. Both are told that much later than they are; their times are those of what was heard.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ehsaas.emotions import NO_SPEECH, Estimate
from ehsaas.timeline import Settle

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
    sums: dict[str, float] = field(default_factory=dict)

    def add(self, probabilities: Mapping[str, float]) -> None:
        self.looks += 1
        self.sums = {name: self.sums.get(name, 0.0) + p for name, p in probabilities.items()}

    @property
    def mean(self) -> dict[str, float]:
        return {name: total / self.looks for name, total in self.sums.items()}


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
        self._smooth: dict[str, float] = {}
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
            self._now.add(told.probabilities)
            self._coming = None
            if told.emotion == NO_SPEECH:
                self._smooth = {}
            return events
        if self._coming is None or self._coming.emotion != told.emotion:
            self._coming = _Run(told.emotion, self._begins(told, voice))
        self._coming.add(told.probabilities)
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
        kept = self._kept if self._smooth else 0.0
        self._smooth = {
            name: kept * self._smooth.get(name, 0.0) + (1 - kept) * p
            for name, p in look.probabilities.items()
        }
        best = max(self._smooth, key=lambda name: self._smooth[name])
        return self._settle(replace(look, emotion=best, probabilities=self._smooth))

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
            self._smooth = {}
        else:
            events.append(Event("onset", self._segment(coming, self._last.end)))
        self._now, self._coming = coming, None
        return events

    def _segment(self, run: _Run, end: float) -> Estimate:
        bare = replace(
            self._last,
            emotion=run.emotion,
            probabilities=run.mean,
            start=run.start,
            end=end,
            attention=None,
            prediction_set=(),
            warnings=(),
            extra={},
        )
        return replace(self._settle(bare), emotion=run.emotion)
