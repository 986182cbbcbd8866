"""Predictions on the same utterances → arousal and valence: UAR, resampled UAR, kinds of error."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ehsaas.emotions import SIDES, VOCABULARY, side_of
from ehsaas.evaluation import bootstrap
from ehsaas.evaluation.metrics import Counts, Floats, Integers
from ehsaas.evaluation.pooled import Result

AXES: tuple[str, ...] = tuple(SIDES)
CHANCE = 0.5
"""UAR of a guess that looks at nothing, on an axis cut in two, however often it says which."""


@dataclass(frozen=True)
class Errors:
    """Shares of what was judged: wrong on one axis only, on both, or on none (told apart by more).

    `right` and the four sum to 1.
    """

    right: float
    arousal: float
    valence: float
    both: float
    neither: float


@dataclass(frozen=True)
class Sided:
    """UAR by axis, `values` (2 ways, 2 axes) and resampled `draws` (R, 2, 2); way 0 is within."""

    values: Floats
    draws: Floats | None
    unit: str
    errors: tuple[Errors, Errors]


def sided(own: Result, found: Sequence[Result], seed: int) -> Sided | None:
    """Both ways on the utterances that all judged; None where a side of an axis has none."""
    ids = _shared([own, *found])
    truth_of = dict(zip(own.items.ids, own.items.truth, strict=True))
    speaker_of = dict(zip(own.items.ids, own.items.speakers, strict=True))
    classes = tuple(name for i, name in enumerate(own.classes) if i in {truth_of[u] for u in ids})
    if any(len({side_of(name, axis) for name in classes}) < 2 for axis in AXES):
        return None
    place = {name: i for i, name in enumerate(classes)}
    truth = np.array([place[own.classes[truth_of[u]]] for u in ids], dtype=np.int64)
    said = _codes(classes)[truth]
    ways = (_called(own, ids), np.vstack([_called(one, ids) for one in found]))
    seeds = (len(ways[0]), len(ways[1]))
    # An item counts as hit where its side of the axis was told, so hits over support by emotion
    # give the recall of a side, and one resample of speakers serves both axes and both ways.
    told = [
        np.where(
            called < 0,
            -1,
            np.where(_side(called, axis) == _side(said, axis), truth, len(classes)),
        )
        for called in ways
        for axis in AXES
    ]
    speakers = np.array([speaker_of[u] for u in ids], dtype=object)
    grouped = bootstrap.clusters(truth, np.vstack(told), speakers, len(classes))
    resampled = bootstrap.resample(grouped, seed=seed)
    return Sided(
        values=_uars(bootstrap.pooled(grouped), classes, seeds),
        draws=None if resampled is None else _uars(resampled.counts, classes, seeds),
        unit=grouped.unit,
        errors=(_errors(ways[0], said), _errors(ways[1], said)),
    )


def _shared(results: Sequence[Result]) -> list[str]:
    """Utterances that all judged, with the same truth, sorted."""
    told = [
        {
            (name, one.classes[code])
            for name, code in zip(one.items.ids, one.items.truth, strict=True)
        }
        for one in results
    ]
    return sorted(str(name) for name, _ in set.intersection(*told))


def _called(one: Result, ids: Sequence[str]) -> Integers:
    """What was predicted of these utterances (E, N), as places in the vocabulary; −1 for none."""
    column = {name: i for i, name in enumerate(one.items.ids)}
    codes = np.append(_codes(one.names), -1)
    called: Integers = codes[one.items.predicted[:, [column[name] for name in ids]]]
    return called


def _codes(names: Sequence[str]) -> Integers:
    """Places of emotions in the vocabulary."""
    return np.array([VOCABULARY.index(name) for name in names], dtype=np.int64)


def _side(called: Integers, axis: str) -> Integers:
    """The side of the axis, 0 or 1, of places in the vocabulary."""
    sides = np.array([SIDES[axis].index(side_of(name, axis)) for name in VOCABULARY])
    found: Integers = sides[called]
    return found


def _uars(counts: Counts, classes: Sequence[str], seeds: tuple[int, int]) -> Floats:
    """UAR (…, 2 ways, 2 axes) from counts (rows, …, C), averaged over seeds."""
    values, row = [], 0
    for E in seeds:
        for axis in AXES:
            recalls = []
            for side in SIDES[axis]:
                of = [i for i, name in enumerate(classes) if side_of(name, axis) == side]
                hits = counts.hits[row : row + E][..., of].sum(axis=-1)
                recalls.append(hits / counts.support[row : row + E][..., of].sum(axis=-1))
            values.append(np.mean(recalls, axis=0).mean(axis=0))
            row += E
    stacked: Floats = np.stack(values, axis=-1)
    return stacked.reshape(*stacked.shape[:-1], 2, len(AXES))


def _errors(called: Integers, said: Integers) -> Errors:
    """Of what was called (E, N) and said (N,), both as places in the vocabulary."""
    judged = called >= 0
    arousal, valence = ((_side(called, axis) == _side(said, axis))[judged] for axis in AXES)
    right = (called == said)[judged]
    return Errors(
        right=float(right.mean()),
        arousal=float((~arousal & valence).mean()),
        valence=float((arousal & ~valence).mean()),
        both=float((~arousal & ~valence).mean()),
        neither=float((arousal & valence & ~right).mean()),
    )
