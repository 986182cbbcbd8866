"""The recogniser: features + model + labels, audio in → `Estimate` out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ehsaas import audio
from ehsaas.audio import Clip
from ehsaas.calibration import Statistics, conformal_threshold, prediction_set, softmax
from ehsaas.emotions import NO_SPEECH, NOT_SURE, Estimate
from ehsaas.enrolment import STRENGTH, Running, Watched, enrol
from ehsaas.features import (
    FeatureConfig,
    HeardBy,
    SamplesConfig,
)
from ehsaas.features.ends import loud_span
from ehsaas.models.batch import Batch
from ehsaas.reach import Reach
from ehsaas.timeline import Settle, merge

SHORTEST = 0.1
"""Seconds of audio below which nothing is judged."""

LONGEST = 15.0
"""Seconds above which a clip is judged in windows and the probabilities are averaged."""

WINDOW = 5.0
"""Length in seconds of such a window."""

LOOK = 1.5
"""Length in seconds of a window of the timeline: the paper's buffers hold 1 to 2 s."""

STEP = 0.5
"""Seconds from one window of the timeline to the next."""

DISTANCE = "distance"
"""Key in `Estimate.extra` of how far the recording lies from what was trained on."""

Baseline = Statistics | Running | Watched
"""Whose statistics a clip is judged by; a running one hears the clip when it has judged it."""


class RecogniserError(ValueError):
    """A folder holds no recogniser that can be used; the message says why."""


@dataclass(frozen=True)
class Recogniser:
    """Everything that is needed to judge a clip.

    `network` takes standardised features; `statistics` are the training data's own;
    `temperature` divides the logits; `facts` say what it was trained on. `scores` (N,), sorted, are
    1 − p(true class) of N utterances that it was calibrated on (`facts["calibration"]` says which),
    None where it gives no prediction sets; `reach` says how far its training data do.
    """

    features: HeardBy
    model: str
    sizes: Mapping[str, Any]
    network: nn.Module
    classes: tuple[str, ...]
    statistics: Statistics
    temperature: float = 1.0
    name: str = "ehsaas"
    version: str = "1"
    facts: Mapping[str, Any] = field(default_factory=dict)
    scores: NDArray[np.float32] | None = None
    reach: Reach | None = None

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
            judged = self._judge(clip, statistics, 0.0)
        else:
            judged = self._judge_long(clip, statistics)
        return judged if judged.emotion == NO_SPEECH else settle(self._warned(judged))

    def settles(self, coverage: float | None) -> Settle:
        """What gives an estimate its prediction set of this coverage; None changes nothing.

        Raises:
            RecogniserError: the recogniser was not calibrated, or the coverage is none.
        """
        if coverage is None:
            return lambda estimate: estimate
        if not 0 < coverage < 1:
            raise RecogniserError(f"a coverage of {coverage:g}; expected a share between 0 and 1")
        if self.scores is None:
            raise RecogniserError(
                f"{self.name} was not calibrated, so it can promise no coverage: train it again, or"
                " calibrate it on labelled recordings of your own (`ehsaas adapt --labels`)"
            )
        least = conformal_threshold(self.scores, coverage)

        def settle(estimate: Estimate) -> Estimate:
            p = np.array([estimate.probabilities[name] for name in self.classes])
            kept = prediction_set(p, self.classes, least)
            emotion = kept[0] if len(kept) == 1 else NOT_SURE
            return replace(estimate, emotion=emotion, prediction_set=kept)

        return settle

    def _judge_long(self, clip: Clip, statistics: Baseline | None) -> Estimate:
        """The mean of the windows of a long clip, by what each adds."""
        windows = self.windows(clip, WINDOW, WINDOW, statistics)
        heard_until = (0.0, *(e.end for e in windows))
        parts = [
            (e, e.end - max(e.start, until))  # the last window overlaps the one before it
            for e, until in zip(windows, heard_until, strict=False)
            if e.emotion != NO_SPEECH
        ]
        if not parts:
            return self._no_speech(0.0, clip.duration, _used(statistics), clip.warnings)
        weights = np.array([new for _, new in parts])
        table = np.array([[e.probabilities[c] for c in self.classes] for e, _ in parts])
        mean = (weights[:, None] * table).sum(axis=0) / weights.sum()
        warning = f"longer than {LONGEST:g} s: the mean of {len(parts)} windows"
        told = (*clip.warnings, warning, *_warnings(statistics))
        whole = self._estimate(mean, 0.0, clip.duration, _used(statistics), None, told)
        far = [e.extra[DISTANCE] for e, _ in parts if DISTANCE in e.extra]
        return replace(whole, extra={DISTANCE: float(weights @ far / weights.sum())} if far else {})

    def _warned(self, estimate: Estimate) -> Estimate:
        """The estimate with a warning where its recording lies far from what was trained on."""
        if self.reach is None or estimate.extra.get(DISTANCE, 0.0) <= self.reach.limit:
            return estimate
        return replace(estimate, warnings=(*estimate.warnings, f"sounds unlike {self.training}"))

    @property
    def training(self) -> str:
        """`what the model was trained on (emodb, urdu; languages de, ur)`, as far as it is said."""
        told = [", ".join(self.facts.get("corpora", ()))]
        if languages := self.facts.get("languages"):
            told.append(f"languages {', '.join(languages)}")
        inside = "; ".join(part for part in told if part)
        return "what the model was trained on" + (f" ({inside})" if inside else "")

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
        """
        settle = None if coverage is None else self.settles(coverage)
        return merge(self.windows(clip, window, hop, statistics), settle)

    def windows(
        self, clip: Clip, window: float, hop: float, statistics: Baseline | None = None
    ) -> list[Estimate]:
        """One estimate for each stretch of `window` seconds, one every `hop` seconds."""
        return [
            self._judge(part, statistics, start, share)
            for part, start, share in _stretches(clip, window, hop)
        ]

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

    def _must_be_scaled(self) -> None:
        if isinstance(self.features, SamplesConfig):
            raise RecogniserError(
                f"{self.name} hears samples, to which no statistics are applied; judge without them"
                " (leave --baseline out)"
            )

    def pieces(self, clip: Clip) -> Iterator[tuple[NDArray[np.float32], float, float]]:
        """A clip as it is judged: whole, or in windows where it is long; those with sound in them.

        Yields:
            Raw features (T, D), seconds, and the share of these that no window before holds.

        Raises:
            RecogniserError: the clip is not at 16 kHz.
        """
        for part, _, share in _as_judged(clip):
            if part.duration >= SHORTEST and not audio.is_silent(part):
                yield self.measure(part), part.duration, share

    def measure(self, clip: Clip) -> NDArray[np.float32]:
        """Raw features (T, D) of a clip, before any statistics.

        Raises:
            RecogniserError: the clip is not at 16 kHz.
        """
        if clip.rate != audio.RATE:
            raise RecogniserError(
                f"a clip at {clip.rate} Hz; expected {audio.RATE} Hz, as ehsaas.audio.read gives it"
            )
        with torch.no_grad():
            values: NDArray[np.float32] = self._extractor(*_alone(clip))[0][0].numpy()
        return values

    @cached_property
    def _extractor(self) -> nn.Module:
        return self.features.extractor().eval()

    def _every_frame(self, clip: Clip, attention: Tensor) -> NDArray[np.float32]:
        """Attention weights of all frames of the clip: 0 on quiet ends that were left out."""
        features = self.features
        if not isinstance(features, FeatureConfig) or features.trim_db is None:
            return np.asarray(attention)
        samples, lengths = _alone(clip)
        first, frames = loud_span(samples, lengths, features.framing, features.trim_db)
        weights = np.zeros(int(features.framing.frame_lengths(lengths)), dtype=np.float32)
        weights[int(first) : int(first + frames)] = attention
        return weights

    def _judge(
        self, clip: Clip, baseline: Baseline | None, offset: float, share: float = 1.0
    ) -> Estimate:
        start, end = offset, offset + clip.duration
        statistics = _used(baseline)
        if clip.duration < SHORTEST:
            warning = (
                f"{clip.duration * 1000:.0f} ms is too short; at least {SHORTEST:g} s is needed"
            )
            return self._no_speech(start, end, statistics, (*clip.warnings, warning))
        if audio.is_silent(clip):
            return self._no_speech(start, end, statistics, clip.warnings)
        features = self.measure(clip)
        x = (statistics or self.statistics)(features)
        self.network.eval()
        with torch.no_grad():
            output = self.network(Batch(torch.from_numpy(x)[None], torch.tensor([len(x)])))
        probabilities = softmax(output.logits[0].numpy(), self.temperature)
        weights = output.attention
        attention = None if weights is None else self._every_frame(clip, weights[0])
        if isinstance(baseline, Running | Watched):
            baseline.hear(features, clip.duration, share)
        told = (*clip.warnings, *_warnings(baseline))
        judged = self._estimate(probabilities, start, end, statistics, attention, told)
        if self.reach is None:
            return judged
        return replace(judged, extra={DISTANCE: self.reach.of(features)})

    def _estimate(
        self,
        probabilities: NDArray[np.floating],
        start: float,
        end: float,
        statistics: Statistics | None,
        attention: NDArray[np.float32] | None,
        warnings: tuple[str, ...],
    ) -> Estimate:
        by_class = {c: float(p) for c, p in zip(self.classes, probabilities, strict=True)}
        return Estimate(
            emotion=self.classes[int(np.argmax(probabilities))],
            probabilities=by_class,
            start=start,
            end=end,
            attention=None if attention is None else tuple(float(a) for a in attention),
            statistics=_whose(statistics),
            warnings=warnings,
            model=self.name,
            version=self.version,
        )

    def _no_speech(
        self,
        start: float,
        end: float,
        statistics: Statistics | None,
        warnings: tuple[str, ...],
    ) -> Estimate:
        return Estimate(
            NO_SPEECH,
            {},
            start=start,
            end=end,
            statistics=_whose(statistics),
            warnings=warnings,
            model=self.name,
            version=self.version,
        )

    def save(self, folder: Path) -> None:
        """Write it into `folder`, as `ehsaas.recogniser.folder` says."""
        from ehsaas.recogniser import folder as kept  # which builds what this file defines

        kept.save(self, folder)

    @staticmethod
    def load(folder: Path) -> "Recogniser":
        """Read what `save` wrote.

        Raises:
            RecogniserError: a file is missing or damaged, or was written by a newer format.
            EncoderError: its pretrained encoder does not lie where it was.
        """
        from ehsaas.recogniser import folder as kept

        return kept.load(folder)


def _used(baseline: Baseline | None) -> Statistics | None:
    """The statistics of a baseline as it is now; None for the training data's own."""
    return baseline.statistics if isinstance(baseline, Running | Watched) else baseline


def _warnings(baseline: Baseline | None) -> tuple[str, ...]:
    return () if baseline is None else baseline.warnings


def _whose(statistics: Statistics | None) -> str:
    """Whose feature statistics are used, and of how much speech, as an `Estimate` says it."""
    return "source" if statistics is None else f"given: {statistics.whose}"


def _stretches(clip: Clip, window: float, hop: float) -> Iterator[tuple[Clip, float, float]]:
    """Windows of a clip: the part, its start in s, and the share that none before it holds."""
    until = 0.0
    for start, end, part in audio.segments(clip, window, hop):
        yield part, start, max(0.0, end - max(start, until)) / max(end - start, 1e-9)
        until = end


def _as_judged(clip: Clip) -> Iterable[tuple[Clip, float, float]]:
    """A clip, or the windows that it is judged in, as `_stretches` gives them."""
    return [(clip, 0.0, 1.0)] if clip.duration <= LONGEST else _stretches(clip, WINDOW, WINDOW)


def _alone(clip: Clip) -> tuple[Tensor, Tensor]:
    """A clip as a batch of one: samples (1, N) and lengths (1,)."""
    samples = np.ascontiguousarray(clip.samples, dtype=np.float32)
    return torch.from_numpy(samples)[None], torch.tensor([len(samples)])
