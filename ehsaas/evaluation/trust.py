"""Stated probabilities → what calibration is worth: promises of prediction sets, kept or not.

For each result of a language that was left out, temperature and conformal threshold are taken
either from the results on the *other* languages, or from the speakers of the *other folds* of the
same one; both are measured on each fold. The first looks at no result of the language itself, but
the models that gave the results on the others had it among their sources, labels and all: who has
no label of a language anywhere does not have quite these results either.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ehsaas.calibration import best_temperature, softmax
from ehsaas.evaluation import bootstrap, conformal
from ehsaas.evaluation.metrics import Floats, Integers, accuracy_of
from ehsaas.evaluation.reliability import brier, calibration_error
from ehsaas.evaluation.stated import Stated

PROMISES = (0.8, 0.9, 0.95)
PROTOCOL = "lolo"
GROUPS = 5
"""Groups of speakers where a table has no folds that keep speakers apart, or fewer of fewer."""

OTHERS = "other languages"
OWN = "own speakers"


@dataclass(frozen=True)
class Kept:
    """What one promise came to: `coverage` [`low`, `high`], and how many sets have one class.

    `size` is the mean size of the sets, `answered` the share of those with one class, the others
    being "not sure", and `right` the share of the answered that is (NaN where none is).
    """

    promise: float
    coverage: float
    low: float | None
    high: float | None
    size: float
    answered: float
    right: float


@dataclass(frozen=True)
class Trusted:
    """One result under one calibration.

    `on` is `OTHERS` or `OWN`; `error`, the calibration error, and `brier` are (before, after) the
    temperature. `after` (N, K) are the probabilities after it, NaN in rows that were not judged.
    """

    stated: Stated
    on: str
    error: tuple[float, float]
    brier: tuple[float, float]
    kept: tuple[Kept, ...]
    after: Floats

    def at(self, promise: float) -> Kept:
        """What one of `PROMISES` came to."""
        return next(one for one in self.kept if one.promise == promise)


@dataclass(frozen=True)
class _Calibration:
    """Rows of one result that are judged with what some calibration utterances gave."""

    tested: Integers
    logits: Floats
    truth: Integers


def trusted(stated: Sequence[Stated]) -> list[Trusted]:
    """Both calibrations of each result of the protocol `lolo`, where there is what they need.

    From the others there is none where no other language has the same classes; from its own
    speakers none where there are fewer than two, or one is unknown.
    """
    left_out = [one for one in stated if one.protocol == PROTOCOL]
    found = []
    for one in left_out:
        for on, parts in ((OTHERS, _from_others(one, left_out)), (OWN, _from_own(one))):
            if parts:
                found.append(_measured(one, on, parts))
    return found


def error_together(found: Sequence[Trusted]) -> tuple[float, float]:
    """The calibration error (before, after) of the utterances of several languages in one pool.

    What one language is too sure of and another too modest about evens out in it, so it is smaller
    than the mean of theirs.

    Args:
        found: at least one, of the same classes; seeds are averaged.
    """
    errors = []
    for seed in np.unique(np.concatenate([one.stated.seeds for one in found])):
        rows = [(one, (one.stated.seeds == seed) & ~np.isnan(one.after[:, 0])) for one in found]
        truth = np.concatenate([one.stated.truth[own] for one, own in rows])
        before = np.concatenate([one.stated.probabilities[own] for one, own in rows])
        after = np.concatenate([one.after[own] for one, own in rows])
        errors.append([calibration_error(said, truth) for said in (before, after)])
    before_it, after_it = np.mean(errors, axis=0).tolist()
    return before_it, after_it


def fold_of(one: Stated) -> NDArray[np.object_] | None:
    """The fold of each row, (N,), which no two rows of one speaker differ in; None without any.

    The table's own folds where there are several and they keep speakers apart; else `GROUPS`
    groups of speakers of about the same number of utterances.
    """
    if any(name is None for name in one.speakers) or len(set(one.speakers.tolist())) < 2:
        return None
    pairs = set(zip(one.speakers.tolist(), one.folds.tolist(), strict=True))
    apart = len(pairs) == len(set(one.speakers.tolist()))
    if apart and None not in one.folds and len(set(one.folds.tolist())) > 1:
        return one.folds
    group: dict[str, int] = {}
    counts = Counter(one.speakers.tolist())
    filled = [0] * min(GROUPS, len(counts))
    for name in sorted(counts, key=lambda name: (-counts[name], name)):
        group[name] = int(np.argmin(filled))
        filled[group[name]] += counts[name]
    return np.array([str(group[name]) for name in one.speakers], dtype=object)


def _from_own(one: Stated) -> list[_Calibration]:
    folds = fold_of(one)
    if folds is None:
        return []
    return [
        _Calibration(np.flatnonzero(own & (folds == fold)), one.logits[rest], one.truth[rest])
        for own, fold in _seeds_and_folds(one, folds)
        for rest in [np.flatnonzero(own & (folds != fold))]
    ]


def _seeds_and_folds(
    one: Stated, folds: NDArray[np.object_]
) -> Iterator[tuple[NDArray[np.bool_], str]]:
    for seed in np.unique(one.seeds):
        own = one.seeds == seed
        yield from ((own, fold) for fold in sorted(set(folds[own].tolist())))


def _from_others(one: Stated, left_out: Sequence[Stated]) -> list[_Calibration]:
    others = [
        other for other in left_out if other.corpus != one.corpus and _way(other) == _way(one)
    ]
    parts = []
    for seed in np.unique(one.seeds):
        rows = [other.of_seed(int(seed)) for other in others]
        if sum(len(own) for own in rows):
            logits = np.concatenate([o.logits[own] for o, own in zip(others, rows, strict=True)])
            truth = np.concatenate([o.truth[own] for o, own in zip(others, rows, strict=True)])
            parts.append(_Calibration(one.of_seed(int(seed)), logits, truth))
    return parts


def _way(one: Stated) -> tuple[object, ...]:
    """What is alike in results of one system on several languages."""
    condition = tuple(sorted((name, str(value)) for name, value in one.condition.items()))
    return one.system, condition, one.features, one.normalisation, one.label_set, one.classes


def _measured(one: Stated, on: str, parts: Sequence[_Calibration]) -> Trusted:
    N, K = one.probabilities.shape
    after = np.full((N, K), np.nan)
    sets = np.zeros((len(PROMISES), N, K), dtype=np.bool_)
    for part in parts:
        temperature = best_temperature(part.logits, part.truth)
        known = softmax(part.logits, temperature)
        said = softmax(one.logits[part.tested], temperature)
        after[part.tested] = said
        for i, promise in enumerate(PROMISES):
            least = conformal.threshold(known, part.truth, promise)
            sets[i, part.tested] = conformal.sets(said, least)
    judged = np.flatnonzero(~np.isnan(after[:, 0]))
    before, truth = one.probabilities[judged], one.truth[judged]
    return Trusted(
        one,
        on,
        (_error(one, one.probabilities, judged), _error(one, after, judged)),
        (brier(before, truth), brier(after[judged], truth)),
        tuple(
            _kept(one, promise, held, judged) for promise, held in zip(PROMISES, sets, strict=True)
        ),
        after,
    )


def _error(one: Stated, probabilities: Floats, judged: Integers) -> float:
    """The calibration error, seeds averaged."""
    own = [judged[one.seeds[judged] == seed] for seed in np.unique(one.seeds[judged])]
    return float(np.mean([calibration_error(probabilities[r], one.truth[r]) for r in own]))


def _kept(one: Stated, promise: float, held: NDArray[np.bool_], judged: Integers) -> Kept:
    own, truth = held[judged], one.truth[judged]
    inside = own[np.arange(len(truth)), truth]
    sizes = own.sum(axis=1)
    single = sizes == 1
    low, high = _interval(one, judged, inside)
    return Kept(
        promise,
        float(inside.mean()),
        low,
        high,
        float(sizes.mean()),
        float(single.mean()),
        float(inside[single].mean()) if single.any() else float("nan"),
    )


def _interval(
    one: Stated, judged: Integers, inside: NDArray[np.bool_]
) -> tuple[float | None, float | None]:
    """95 % of the coverage over test speakers, or utterances where they are fewer than five."""
    ids, place = np.unique(one.ids[judged].astype(str), return_inverse=True)
    seeds, row = np.unique(one.seeds[judged], return_inverse=True)
    outside = np.full((len(seeds), len(ids)), -1, dtype=np.int64)
    outside[row, place] = ~inside
    speakers = np.empty(len(ids), dtype=object)
    speakers[place] = one.speakers[judged]
    grouped = bootstrap.clusters(np.zeros(len(ids), dtype=np.int64), outside, speakers, 1)
    drawn = bootstrap.resample(grouped)
    if drawn is None:
        return None, None
    found = bootstrap.interval(drawn, accuracy_of)
    return found.low, found.high
