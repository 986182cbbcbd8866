"""A model file beside the recogniser it was made of: how far apart are their answers?"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from ehsaas.audio import RATE, Clip
from ehsaas.export.mistakes import ExportError
from ehsaas.judging import Heard, Judge

TOLERANCE = 1e-4
"""Largest difference of a probability, an attention weight, arousal or valence, or an embedding in
units of its own largest number (at least 1), that counts as equal."""

DISTANCE_TOLERANCE = 1e-3
"""The same of a distance from the training data, a mean over many frames, in units of itself (at
least 1)."""

COMPARED = ("probabilities", "attention", "embedding", "dimensions")

_BY_SIZE = ("embedding", "distance")
"""What is compared in units of its own largest number."""


@dataclass(frozen=True)
class Equality:
    """The largest differences over clips of `shortest` to `longest` s, heard alone and together.

    `worst` has one number for each of `COMPARED` that the model gives; `distance` is that of the
    distance from the training data, None where it is not known.
    """

    clips: int
    shortest: float
    longest: float
    source: str
    worst: Mapping[str, float]
    distance: float | None = None

    def holds(self) -> bool:
        """Whether all are within `TOLERANCE`, and the distance within its own."""
        near = (self.distance or 0.0) <= DISTANCE_TOLERANCE
        return near and max(self.worst.values()) <= TOLERANCE

    def told(self) -> dict[str, object]:
        """As it is written on a file's card."""
        rounded = None if self.distance is None else float(f"{self.distance:.2g}")
        worst = {name: float(f"{gap:.2g}") for name, gap in self.worst.items()}
        return asdict(self) | {"worst": worst, "distance": rounded}


def compare(
    expected: Sequence[Heard], other: Judge, clips: Sequence[Clip], source: str
) -> Equality:
    """Hear every clip alone, and once more together with others of other lengths.

    Args:
        expected: what each clip, heard alone, should give.
        other: heard alone and, where it can be, `at_once` clips together.
        clips: at least one.
        source: what clips these are.

    Raises:
        ExportError: no clip, or an answer that is not finite or of another shape.
    """
    pairs = _pairs(expected, other, clips)
    worst = {name: _worst(name, pairs) for name in COMPARED}
    seconds = [len(clip.samples) / RATE for clip in clips]
    known = {name: value for name, value in worst.items() if value is not None}
    away = _worst("distance", pairs)
    return Equality(len(clips), min(seconds), max(seconds), source, known, away)


def change(expected: Sequence[Heard], other: Judge, clips: Sequence[Clip]) -> float:
    """The largest difference of a probability alone, heard as `compare` hears.

    Raises:
        ExportError: no clip, or a probability that is not finite.
    """
    found = _worst("probabilities", _pairs(expected, other, clips))
    assert found is not None, "every judge gives probabilities"
    return found


def _pairs(
    expected: Sequence[Heard], other: Judge, clips: Sequence[Clip]
) -> list[tuple[Heard, Heard]]:
    """(expected, heard) of every clip alone, and of every clip in company."""
    if not clips:
        raise ExportError("no clips to compare the file with the recogniser on; give some")
    pairs = [(one, other.hear([clip])[0]) for one, clip in zip(expected, clips, strict=True)]
    size = other.at_once
    for first in range(0, len(clips) if size > 1 else 0, size):
        some = clips[first : first + size]
        pairs += zip(expected[first : first + size], other.hear(some), strict=True)
    return pairs


def _worst(name: str, pairs: Sequence[tuple[Heard, Heard]]) -> float | None:
    """The largest difference of one answer over all pairs; None where the model gives none."""
    gaps = [
        _gap(name, *(_array(getattr(heard, name)) for heard in (one, other)))
        for one, other in pairs
    ]
    known = [gap for gap in gaps if gap is not None]
    return max(known) if known else None


def _array(values: NDArray[np.float32] | float | None) -> NDArray[np.float32] | None:
    return None if values is None else np.asarray(values, np.float32)


def _gap(
    name: str, one: NDArray[np.float32] | None, other: NDArray[np.float32] | None
) -> float | None:
    if one is None and other is None:
        return None
    if one is None or other is None or one.shape != other.shape:
        shapes = [None if values is None else values.shape for values in (one, other)]
        raise ExportError(f"the file gives {name} of the shape {shapes[1]}, not {shapes[0]}")
    for whose, values in (("recogniser", one), ("file", other)):
        if not np.isfinite(values).all():
            raise ExportError(f"the {whose} gives {name} that are not finite")
    unit = max(1.0, float(np.abs(one).max())) if name in _BY_SIZE else 1.0
    return float(np.abs(one - other).max()) / unit
