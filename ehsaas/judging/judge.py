"""The judge: clips → `Estimate`s, by what something that hears makes of their stretches.

What hears is a network in torch (`ehsaas.recogniser`) or a model file (`ehsaas.serving.runtime`).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ehsaas.audio import Clip
from ehsaas.calibration import Statistics
from ehsaas.emotions import NO_SPEECH, Estimate
from ehsaas.enrolment import STRENGTH, Running, Watched, enrol
from ehsaas.judging.mistakes import RecogniserError
from ehsaas.judging.sets import settling
from ehsaas.judging.stretches import (
    LONGEST,
    SHORTEST,
    WINDOW,
    Stretch,
    as_judged,
    stretches,
)
from ehsaas.reach import Limits
from ehsaas.timeline import Settle, likeliest, mean_of, merge

LOOK = 1.5
"""Length in seconds of a window of the timeline: the paper's buffers hold 1 to 2 s."""

STEP = 0.5
"""Seconds from one window of the timeline to the next."""

AT_ONCE = 8
"""Clips that are heard together at most."""

DISTANCE = "distance"
"""Key in `Estimate.extra` of how far the recording lies from what was trained on."""

Baseline = Statistics | Running | Watched
"""Whose statistics a clip is judged by; a running one hears the clip when it has judged it."""


@dataclass(frozen=True)
class Heard:
    """What is made of one clip.

    `probabilities` (C,) sum to 1; `features` (T, D) are those before any statistics, `embedding`
    (E,) what the last layer sees; `attention` has one weight a frame of the whole clip, sums to 1,
    and is None where the model has none; `distance` is how far the clip lies from what the model
    was trained on (`ehsaas.reach`), None where that is not known; `dimensions` (2,) are arousal and
    valence in [−1, 1], None where the model says none.
    """

    probabilities: NDArray[np.float32]
    features: NDArray[np.float32]
    embedding: NDArray[np.float32]
    attention: NDArray[np.float32] | None = None
    distance: float | None = None
    dimensions: NDArray[np.float32] | None = None


@dataclass(frozen=True, kw_only=True)
class Judge(ABC):
    """Judges clips by what `hear` makes of them.

    `model` is the kind of network (a key of `ehsaas.models.MODELS`); `statistics` are the training
    data's own; `facts` say what it was trained on. `scores` (N,), sorted, are 1 − p(true class) of
    N utterances that it was calibrated on (`facts["calibration"]` says which), None where it gives
    no prediction sets. `at_once` is how many clips are heard together at most. `licence` is that of
    the weights, None where nobody said.
    """

    model: str
    classes: tuple[str, ...]
    statistics: Statistics
    name: str = "ehsaas"
    version: str = "1"
    facts: Mapping[str, Any] = field(default_factory=dict)
    scores: NDArray[np.float32] | None = None
    at_once: int = AT_ONCE
    licence: str | None = None

    @abstractmethod
    def hear(
        self, clips: Sequence[Clip], statistics: Statistics | None = None
    ) -> tuple[Heard, ...]:
        """What is made of some clips of `SHORTEST` to `LONGEST` s at 16 kHz, together.

        Args:
            clips: no more than `at_once`; longer ones are the caller's to cut (`as_judged`): an
                exported encoder has no positions for them.
            statistics: what features are standardised by; the training data's own where None.

        Raises:
            RecogniserError: a clip is not at 16 kHz.
        """

    @property
    @abstractmethod
    def standardises(self) -> bool:
        """Whether statistics make a difference: a model that hears samples has none."""

    @property
    @abstractmethod
    def limits(self) -> Limits | None:
        """From where on a recording is far from the training data; None where that is not known."""

    def measure(self, clip: Clip) -> NDArray[np.float32]:
        """Raw features (T, D) of a clip, before any statistics.

        Raises:
            RecogniserError: the clip is not at 16 kHz.
        """
        return self.hear([clip])[0].features

    def __call__(
        self,
        clip: Clip,
        statistics: Baseline | None = None,
        coverage: float | None = None,
    ) -> Estimate:
        """Judge one clip.

        Args:
            clip: mono audio at 16 kHz.
            statistics: feature statistics of the corpus or speaker that the clip comes from, as
                `statistics_of` gives them, or `running`, which then hears the clip; the training
                data's own where None.
            coverage: the share of recordings, between 0 and 1, whose prediction set is to hold the
                true emotion; where a set holds several, the emotion is "not sure". The promise is
                for recordings like those that the recogniser was calibrated on. None for no sets.

        Raises:
            RecogniserError: the clip is not at 16 kHz, or no set can be given for `coverage`.
        """
        settle = self.settles(coverage)
        if clip.duration <= LONGEST:
            (judged,) = self._judge([Stretch(clip)], statistics)
        else:
            judged = self._judge_long(clip, statistics)
        return judged if judged.emotion == NO_SPEECH else settle(self._warned(judged))

    def settles(self, coverage: float | None) -> Settle:
        """What gives an estimate its prediction set of this coverage; None changes nothing.

        Raises:
            RecogniserError: the recogniser was not calibrated, or the coverage is none.
        """
        return settling(self.scores, self.classes, coverage, self.name, self.facts)

    def timeline(
        self,
        clip: Clip,
        window: float = LOOK,
        hop: float = STEP,
        statistics: Baseline | None = None,
        coverage: float | None = None,
    ) -> list[Estimate]:
        """Segments in order, one estimate each, merged from windows of `window` s every `hop` s.

        With `coverage`, each has its prediction set; the promise is for whole recordings, and such
        windows are shorter. For the same reason segments have no distance from what the model was
        trained on.

        Raises:
            RecogniserError: a window of the clip is longer than `LONGEST`, or as for one clip.
        """
        settle = None if coverage is None else self.settles(coverage)
        return merge(self.windows(clip, window, hop, statistics), settle)

    def windows(
        self, clip: Clip, window: float, hop: float, statistics: Baseline | None = None
    ) -> list[Estimate]:
        """One estimate for each stretch of `window` seconds, one every `hop` seconds.

        Raises:
            RecogniserError: a window of the clip is longer than `LONGEST`.
        """
        if min(window, clip.duration) > LONGEST:
            raise RecogniserError(
                f"windows of {window:g} s; at most {LONGEST:g} s are heard in one piece"
            )
        return self._judge(stretches(clip, window, hop), statistics)

    def look(
        self, part: Stretch, statistics: Baseline | None = None, voice: bool = True
    ) -> Estimate:
        """One window of a stream, as `windows` judges it; "no speech" where there is no `voice`."""
        if voice:
            (judged,) = self._judge([part], statistics)
            return judged
        return self._no_speech(part, _used(statistics))

    def running(self, name: str = "running", half_life: float | None = None) -> Running:
        """Statistics of a stream, to be given with each of its clips: `recogniser(clip, running)`.

        The first clip is judged by the training data's own, every other by those of the clips
        before it.

        Args:
            name: whose stream it is.
            half_life: seconds of speech after which what was heard counts for half.

        Raises:
            RecogniserError: the model hears samples.
        """
        self._must_be_scaled()
        return Running(self.statistics, name, half_life=half_life)

    def statistics_of(
        self, clips: Iterable[Clip], name: str, strength: float = STRENGTH
    ) -> Statistics:
        """Feature statistics of unlabelled clips (one corpus, one speaker) to judge others with.

        They are shrunk towards the training data's own, and say how much speech they are of; a
        clip that would be judged in windows is heard in windows.

        Args:
            clips: mono audio at 16 kHz.
            name: whose they are.
            strength: seconds of speech that the training data count for (`ehsaas.enrolment`).

        Raises:
            RecogniserError: no clip holds sound, or the model hears samples, which have none.
        """
        self._must_be_scaled()
        heard = (piece for clip in clips for piece in self.pieces(clip))
        found = enrol(heard, self.statistics, name, strength)
        if found is None:
            raise RecogniserError(
                f"{name}: no clip of at least {SHORTEST} s with sound in it to take statistics of"
            )
        return found

    def pieces(self, clip: Clip) -> Iterator[tuple[NDArray[np.float32], float, float]]:
        """A clip as it is judged: whole, or in windows where it is long; those with sound in them.

        Yields:
            Raw features (T, D), seconds, and the share of these that no window before holds.

        Raises:
            RecogniserError: the clip is not at 16 kHz.
        """
        for part in as_judged(clip):
            if part.sounds:
                yield self.measure(part.clip), part.clip.duration, part.share

    @property
    def training(self) -> str:
        """`what the model was trained on (emodb, urdu; languages de, ur)`, as far as it is said."""
        told = [", ".join(self.facts.get("corpora", ()))]
        if languages := self.facts.get("languages"):
            told.append(f"languages {', '.join(languages)}")
        inside = "; ".join(part for part in told if part)
        return "what the model was trained on" + (f" ({inside})" if inside else "")

    def _must_be_scaled(self) -> None:
        if not self.standardises:
            raise RecogniserError(
                f"{self.name} hears samples, to which no statistics are applied; judge without them"
                " (leave --baseline out)"
            )

    def _judge(self, parts: Iterable[Stretch], baseline: Baseline | None) -> list[Estimate]:
        """One estimate a stretch; each by a running baseline as it is when its turn comes."""
        together = 1 if isinstance(baseline, Running) else self.at_once
        return [
            estimate
            for some in _batches(parts, together)
            for estimate in self._judge_some(some, baseline)
        ]

    def _judge_some(
        self, parts: Sequence[Stretch], baseline: Baseline | None
    ) -> Iterator[Estimate]:
        statistics = _used(baseline)
        audible = [part.sounds for part in parts]
        clips = [part.clip for part, sounds in zip(parts, audible, strict=True) if sounds]
        found = iter(self.hear(clips, statistics) if clips else ())
        for part, sounds in zip(parts, audible, strict=True):
            if not sounds:
                yield self._no_speech(part, statistics)
                continue
            heard = next(found)
            if isinstance(baseline, Running | Watched):
                baseline.hear(heard.features, part.clip.duration, part.share)
            yield self._estimate(part, heard, statistics, _warnings(baseline))

    def _judge_long(self, clip: Clip, baseline: Baseline | None) -> Estimate:
        """The mean of the windows of a long clip, by what each adds."""
        windows = self.windows(clip, WINDOW, WINDOW, baseline)
        heard_until = (0.0, *(e.end for e in windows))
        parts = [
            (e, e.end - max(e.start, until))  # the last window overlaps the one before it
            for e, until in zip(windows, heard_until, strict=False)
            if e.emotion != NO_SPEECH
        ]
        statistics = _used(baseline)
        if not parts:
            return self._no_speech(Stretch(clip), statistics)
        weights = [new for _, new in parts]
        mean = mean_of([e for e, _ in parts], weights)
        warning = f"longer than {LONGEST:g} s: the mean of {len(parts)} windows"
        told = (*clip.warnings, warning, *_warnings(baseline))
        far = [e.extra[DISTANCE] for e, _ in parts if DISTANCE in e.extra]
        extra = {DISTANCE: float(np.average(far, weights=weights))} if far else {}
        judged = replace(self._answer(Stretch(clip), statistics, told), **mean, extra=extra)
        return replace(judged, emotion=likeliest(judged.probabilities))

    def _warned(self, estimate: Estimate) -> Estimate:
        """The estimate with a warning where its recording lies far from what was trained on."""
        if self.limits is None or estimate.extra.get(DISTANCE, 0.0) <= self.limits.limit:
            return estimate
        return replace(estimate, warnings=(*estimate.warnings, f"sounds unlike {self.training}"))

    def _estimate(
        self, part: Stretch, heard: Heard, statistics: Statistics | None, told: tuple[str, ...]
    ) -> Estimate:
        weights = heard.attention
        return replace(
            self._answer(part, statistics, (*part.clip.warnings, *told)),
            **self._said(heard),
            attention=None if weights is None else tuple(float(a) for a in weights),
            extra={} if heard.distance is None else {DISTANCE: heard.distance},
        )

    def _said(self, heard: Heard) -> dict[str, Any]:
        """What an `Estimate` says of what was heard."""
        by_class = {c: float(p) for c, p in zip(self.classes, heard.probabilities, strict=True)}
        said: dict[str, Any] = {"emotion": likeliest(by_class), "probabilities": by_class}
        if heard.dimensions is not None:
            said["arousal"], said["valence"] = map(float, heard.dimensions)
        return said

    def _no_speech(self, part: Stretch, statistics: Statistics | None) -> Estimate:
        told, seconds = part.clip.warnings, part.clip.duration
        if seconds < SHORTEST:
            told += (f"{seconds * 1000:.0f} ms is too short; at least {SHORTEST:g} s is needed",)
        return self._answer(part, statistics, told)

    def _answer(
        self, part: Stretch, statistics: Statistics | None, warnings: tuple[str, ...]
    ) -> Estimate:
        """An answer for a stretch that says no speech so far."""
        return Estimate(
            NO_SPEECH,
            {},
            start=part.start,
            end=part.end,
            statistics="source" if statistics is None else f"given: {statistics.whose}",
            warnings=warnings,
            model=self.name,
            version=self.version,
        )


def _used(baseline: Baseline | None) -> Statistics | None:
    """The statistics of a baseline as it is now; None for the training data's own."""
    return baseline.statistics if isinstance(baseline, Running | Watched) else baseline


def _warnings(baseline: Baseline | None) -> tuple[str, ...]:
    return () if baseline is None else baseline.warnings


def _batches(parts: Iterable[Stretch], size: int) -> Iterator[list[Stretch]]:
    """The parts in order, `size` at a time."""
    rest = iter(parts)
    while some := list(islice(rest, size)):
        yield some
