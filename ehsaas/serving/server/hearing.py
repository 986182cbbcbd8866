"""What many requests want heard → heard together, by a few threads that never idle beside work.

A request is judged by a `Judge` whose `hear` puts its clips into one queue and waits. A thread that
is free takes the clip that has waited longest, and with it whatever else waits that the same model
can hear at the same time: clips of about its length, `judge.at_once` of them at most. Nothing is
held back to wait for company: where it is quiet a clip is heard at once and alone, where it is not
the others gather while the threads are busy.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field, fields

from ehsaas.audio import Clip
from ehsaas.calibration import Statistics
from ehsaas.judging import Heard, Judge
from ehsaas.reach import Limits

ALIKE = 1.1
"""How many times as long as another a clip may be that is heard together with it: on a processor
core, clips heard together take as long as one after the other, and what pads them is on top."""

Told = Callable[[int, float], None]
"""Called with how many clips were heard together, and the seconds that this took."""


class LateError(TimeoutError):
    """A request's time is over, or its client has left."""


class Turn:
    """One request's time: until `seconds` from now, or until it is over."""

    def __init__(self, seconds: float) -> None:
        self.until = time.monotonic() + seconds
        self.left = False

    @property
    def over(self) -> bool:
        """Whether nobody waits for it any longer."""
        return self.left or time.monotonic() > self.until


@contextmanager
def turn(seconds: float) -> Iterator[Turn]:
    """A turn that is over at the end of the block."""
    one = Turn(seconds)
    try:
        yield one
    finally:
        one.left = True


@dataclass(frozen=True)
class _Asked:
    judge: Judge
    clip: Clip
    turn: Turn
    answer: "Future[Heard]" = field(default_factory=Future)


class Hearing:
    """`threads` that hear what `judge(…)` is asked."""

    def __init__(self, threads: int, told: Told = lambda together, seconds: None) -> None:
        self._told = told
        self._waiting: deque[_Asked] = deque()
        self._changed = threading.Condition()
        self._ended = False
        self._threads = [
            threading.Thread(target=self._work, name=f"hearing-{i}", daemon=True)
            for i in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """Clips that wait to be heard."""
        return len(self._waiting)

    def judge(self, judge: Judge, turn: Turn) -> Judge:
        """A judge that says what `judge` says, by what is heard here, until its turn is over."""
        known = {one.name: getattr(judge, one.name) for one in fields(Judge)}
        return _Queued(**known, judge=judge, turn=turn, hearing=self)

    def stop(self) -> None:
        """End the threads; what waits is not heard any more."""
        with self._changed:
            self._ended = True
            dropped = list(self._waiting)
            self._waiting.clear()
            self._changed.notify_all()
        for asked in dropped:
            asked.answer.set_exception(LateError("the server is being stopped"))
        for thread in self._threads:
            thread.join()

    def hear(self, judge: Judge, clips: Sequence[Clip], turn: Turn) -> tuple[Heard, ...]:
        """What `judge` makes of some clips.

        Raises:
            LateError: the turn is over.
        """
        asked = [_Asked(judge, clip, turn) for clip in clips]
        with self._changed:
            if self._ended:
                raise LateError("the server is being stopped")
            self._waiting.extend(asked)
            self._changed.notify(len(asked))
        waited = [one.answer for one in asked]
        del asked
        try:
            return tuple(map(Future.result, waited))
        finally:
            del waited  # an error keeps this frame; were it to know the error, both would stay

    def _work(self) -> None:
        while self._heard_some():
            pass  # and nothing of what was heard is kept until the next is

    def _heard_some(self) -> bool:
        """Hear what is next; whether there was anything before the end."""
        some = self._next()
        if some:
            began = time.perf_counter()
            _answer(some)
            self._told(len(some), time.perf_counter() - began)
        return bool(some)

    def _next(self) -> list[_Asked]:
        """What is to be heard next, together; nothing at the end."""
        with self._changed:
            while True:
                self._changed.wait_for(lambda: self._waiting or self._ended)
                if self._ended:
                    return []
                some = self._taken()
                if some:
                    return some

    def _taken(self) -> list[_Asked]:
        """The oldest that still has a turn, and what can be heard with it, out of the queue."""
        some: list[_Asked] = []
        rest: deque[_Asked] = deque()
        for asked in self._waiting:
            if asked.turn.over:
                asked.answer.set_exception(LateError("its time is over"))
            elif not some or (_goes_with(asked, some[0]) and len(some) < some[0].judge.at_once):
                some.append(asked)
            else:
                rest.append(asked)
        self._waiting = rest
        return some


@dataclass(frozen=True, kw_only=True)
class _Queued(Judge):
    """A judge whose clips are heard together with those of others."""

    judge: Judge
    turn: Turn
    hearing: Hearing

    def hear(
        self, clips: Sequence[Clip], statistics: Statistics | None = None
    ) -> tuple[Heard, ...]:
        """What the model makes of some clips, as `Judge.hear` says.

        Raises:
            LateError: the turn is over.
        """
        if statistics is not None:  # whose statistics they are nobody else is judged by
            return self.judge.hear(clips, statistics)
        return self.hearing.hear(self.judge, clips, self.turn)

    @property
    def standardises(self) -> bool:
        """Whether statistics make a difference."""
        return self.judge.standardises

    @property
    def limits(self) -> Limits | None:
        """From where on a recording is far from the training data."""
        return self.judge.limits


def _goes_with(one: _Asked, other: _Asked) -> bool:
    """Whether two clips are asked of the same model and about as long: padding costs time."""
    short, long = sorted((one.clip.duration, other.clip.duration))
    return one.judge is other.judge and one.clip.rate == other.clip.rate and long <= ALIKE * short


def _answer(some: Sequence[_Asked]) -> None:
    """Hear some clips together; where that fails each alone, so that one cannot spoil another's."""
    try:
        found = some[0].judge.hear([asked.clip for asked in some])
    except Exception as error:
        if len(some) == 1:
            some[0].answer.set_exception(error)
            return
        for asked in some:
            _answer([asked])
        return
    for asked, heard in zip(some, found, strict=True):
        asked.answer.set_result(heard)
