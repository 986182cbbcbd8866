"""A model file beside the recogniser it was made of: how far apart are their answers?"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from ehsaas.audio import RATE, Clip
from ehsaas.export.mistakes import ExportError
from ehsaas.judging import Heard, Judge

TOLERANCE = 1e-4
"""Largest difference of a probability, an attention weight, or an embedding in units of its own
largest number (at least 1), that counts as equal."""

COMPARED = ("probabilities", "attention", "embedding")


@dataclass(frozen=True)
class Equality:
    """The largest differences over clips of `shortest` to `longest` s, heard alone and together.

    `worst` has one number for each of `COMPARED` that the model gives.
    """

    clips: int
    shortest: float
    longest: float
    source: str
    worst: Mapping[str, float]

    def holds(self) -> bool:
        """Whether all are within `TOLERANCE`."""
        return max(self.worst.values()) <= TOLERANCE

    def told(self) -> dict[str, object]:
        """As it is written on a file's card."""
        return asdict(self) | {"worst": {k: float(f"{v:.2g}") for k, v in self.worst.items()}}


def compare(reference: Judge, other: Judge, clips: Sequence[Clip], source: str) -> Equality:
    """Hear every clip alone with both, and once more together with others of other lengths.

    Args:
        reference: what `other` should equal.
        other: heard alone and, where it can be, `at_once` clips together.
        clips: at least one.
        source: what clips these are.

    Raises:
        ExportError: no clip, or an answer that is not finite.
    """
    if not clips:
        raise ExportError("no clips to compare the file with the recogniser on; give some")
    expected = [reference.hear([clip])[0] for clip in clips]
    pairs = [(one, other.hear([clip])[0]) for one, clip in zip(expected, clips, strict=True)]
    size = other.at_once
    for first in range(0, len(clips) if size > 1 else 0, size):
        some = clips[first : first + size]
        pairs += zip(expected[first : first + size], other.hear(some), strict=True)
    worst = {name: _worst(name, pairs) for name in COMPARED}
    seconds = [len(clip.samples) / RATE for clip in clips]
    known = {name: value for name, value in worst.items() if value is not None}
    return Equality(len(clips), min(seconds), max(seconds), source, known)


def _worst(name: str, pairs: Sequence[tuple[Heard, Heard]]) -> float | None:
    """The largest difference of one answer over all pairs; None where the model gives none."""
    gaps = [_gap(name, getattr(one, name), getattr(other, name)) for one, other in pairs]
    known = [gap for gap in gaps if gap is not None]
    return max(known) if known else None


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
    unit = max(1.0, float(np.abs(one).max())) if name == "embedding" else 1.0
    return float(np.abs(one - other).max()) / unit
