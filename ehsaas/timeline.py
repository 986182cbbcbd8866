"""Estimates of overlapping windows → segments: who sounds how, from when to when."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from ehsaas.emotions import NO_SPEECH, Estimate

Settle = Callable[[Estimate], Estimate]
"""Gives an estimate the prediction set of its probabilities, and the emotion that follows."""

_CLOSE = 1e-9


def merge(windows: Sequence[Estimate], settle: Settle | None = None) -> list[Estimate]:
    """One estimate a segment, in order, without overlap.

    Time is cut wherever a window begins or ends. What is said of a piece is the mean of the
    probabilities of the windows over it, or "no speech" where more than half of them heard none;
    neighbouring pieces of the same emotion (and the same prediction set) are one segment, whose
    probabilities are their mean by length. What a window has of its own, its attention and what is
    `extra`, is in no segment.

    Args:
        windows: estimates of stretches of one recording, which may overlap.
        settle: what gives each piece its prediction set; without it none has one.
    """
    edges = sorted({edge for one in windows for edge in (one.start, one.end)})
    segments: list[Estimate] = []
    for start, end in pairwise(edges):
        over = [w for w in windows if w.start <= start + _CLOSE and w.end >= end - _CLOSE]
        if not over or end - start < _CLOSE:
            continue
        piece = _settled(_piece(over, start, end), settle)
        last = segments[-1] if segments else None
        if last and _same(last, piece) and piece.start - last.end < _CLOSE:
            segments[-1] = _settled(_joined(last, piece), settle)
        else:
            segments.append(piece)
    return segments


def _settled(piece: Estimate, settle: Settle | None) -> Estimate:
    return piece if settle is None or piece.emotion == NO_SPEECH else settle(piece)


def _same(one: Estimate, other: Estimate) -> bool:
    """Whether two pieces say the same; what is in both their sets is in that of their mean."""
    return one.emotion == other.emotion and {*one.prediction_set} == {*other.prediction_set}


def _piece(over: Sequence[Estimate], start: float, end: float) -> Estimate:
    heard = [one for one in over if one.emotion != NO_SPEECH]
    fixed = replace(over[0], start=start, end=end, attention=None, prediction_set=(), extra={})
    if 2 * len(heard) < len(over) or not heard:
        return replace(fixed, emotion=NO_SPEECH, probabilities={})
    mean = {
        name: sum(one.probabilities[name] for one in heard) / len(heard)
        for name in heard[0].probabilities
    }
    return replace(fixed, emotion=max(mean, key=lambda name: mean[name]), probabilities=mean)


def _joined(first: Estimate, then: Estimate) -> Estimate:
    before, after = first.end - first.start, then.end - then.start
    mean = {
        name: (before * p + after * then.probabilities[name]) / (before + after)
        for name, p in first.probabilities.items()
    }
    warnings = tuple(dict.fromkeys((*first.warnings, *then.warnings)))
    return replace(first, end=then.end, probabilities=mean, warnings=warnings)
