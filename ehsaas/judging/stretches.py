"""A clip → the stretches of it that are judged: all of it, or windows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ehsaas import audio
from ehsaas.audio import Clip

SHORTEST = 0.1
"""Seconds of audio below which nothing is judged."""

LONGEST = 15.0
"""Seconds above which a clip is judged in windows and the probabilities are averaged."""

WINDOW = 5.0
"""Length in seconds of such a window."""


@dataclass(frozen=True)
class Stretch:
    """A part of a recording, its start in s, and the share of it that no stretch before holds."""

    clip: Clip
    start: float = 0.0
    share: float = 1.0

    @property
    def end(self) -> float:
        """Where it ends in s."""
        return self.start + self.clip.duration

    @property
    def sounds(self) -> bool:
        """Whether it is long enough and loud enough to be judged."""
        return self.clip.duration >= SHORTEST and not audio.is_silent(self.clip)


def stretches(clip: Clip, window: float, hop: float) -> Iterator[Stretch]:
    """Windows of `window` s every `hop` s, the last of which ends with the clip."""
    until = 0.0
    for start, end, part in audio.segments(clip, window, hop):
        yield Stretch(part, start, max(0.0, end - max(start, until)) / max(end - start, 1e-9))
        until = end


def as_judged(clip: Clip) -> Iterable[Stretch]:
    """The clip, or the windows that it is judged in where it is long."""
    return [Stretch(clip)] if clip.duration <= LONGEST else stretches(clip, WINDOW, WINDOW)
