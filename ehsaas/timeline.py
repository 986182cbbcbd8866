"""Estimates of overlapping windows → segments: who sounds how, from when to when."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from ehsaas.emotions import NO_SPEECH, Estimate

Settle = Callable[[Estimate], Estimate]
"""Gives an estimate the prediction set of its probabilities, and the emotion that follows."""

_CLOSE = 1e-9


def merge(windows: Sequence[Estimate], settle: Settle | None = None) -> list[Estimate]:
    """One estimate a segment, in order, without overlap.

    Time is cut wherever a window begins or ends. What is said of a piece is the mean of the
    probabilities, arousal and valence of the windows over it, or "no speech" where more than half
    of them heard none; neighbouring pieces of the same emotion (and the same prediction set) are
    one segment, of their mean by length. What a window has of its own, its attention and what is
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


def mean_of(estimates: Sequence[Estimate], weights: Sequence[float]) -> dict[str, Any]:
    """Probabilities, arousal and valence that estimates have together, by weights of any sum.

    Arousal and valence are None where one of them says none.
    """
    total = sum(weights)

    def mean(values: Sequence[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        if len(known) < len(values):
            return None
        return sum(w * value for w, value in zip(weights, known, strict=True)) / total

    names = estimates[0].probabilities
    return {
        "probabilities": {
            name: mean([one.probabilities[name] for one in estimates]) for name in names
        },
        "arousal": mean([one.arousal for one in estimates]),
        "valence": mean([one.valence for one in estimates]),
    }


def likeliest(probabilities: Mapping[str, float]) -> str:
    """The emotion of the largest probability, the first of several."""
    return max(probabilities, key=lambda name: probabilities[name])


def _settled(piece: Estimate, settle: Settle | None) -> Estimate:
    return piece if settle is None or piece.emotion == NO_SPEECH else settle(piece)


def _same(one: Estimate, other: Estimate) -> bool:
    """Whether two pieces say the same; what is in both their sets is in that of their mean."""
    return one.emotion == other.emotion and {*one.prediction_set} == {*other.prediction_set}


def _piece(over: Sequence[Estimate], start: float, end: float) -> Estimate:
    heard = [one for one in over if one.emotion != NO_SPEECH]
    fixed = replace(over[0], start=start, end=end, attention=None, prediction_set=(), extra={})
    if 2 * len(heard) < len(over) or not heard:
        return replace(fixed, emotion=NO_SPEECH, probabilities={}, arousal=None, valence=None)
    piece = replace(fixed, **mean_of(heard, [1.0] * len(heard)))
    return replace(piece, emotion=likeliest(piece.probabilities))


def _joined(first: Estimate, then: Estimate) -> Estimate:
    mean = mean_of([first, then], [first.end - first.start, then.end - then.start])
    warnings = tuple(dict.fromkeys((*first.warnings, *then.warnings)))
    return replace(first, end=then.end, warnings=warnings, **mean)
