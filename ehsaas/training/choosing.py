"""Candidates → the one that does best on what is left out of the training utterances.

Whole languages are left out at a time where there are at least three, else whole speakers. The
score is as figures are: of languages the mean of their UARs, of speakers the UAR over all that was
left out together, whatever corpus they are of. A mean over folds of speakers would not see that an
emotion is said too often wherever a fold has few of its speakers. What a probe is tested on later
takes no part in it. The utterances come standardised once, by statistics that what is left out here
has its part in; judging by those of all training utterances is a little easier here than it will be
in a language or of a voice that is new.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ehsaas.training.batches import Examples, IntArray
from ehsaas.training.vectors import Candidate, Vectors, one_fit_each

LEFT_OUT = "left-out "
"""What is said of how a candidate was chosen begins so where something was left out for that."""

FOLDS = 4
"""Inner folds where whole speakers are left out."""

What = Literal["languages", "speakers"]

LEAST = 3
"""Languages, or speakers, below which nothing can be chosen by leaving them out."""


@dataclass(frozen=True)
class Chosen:
    """The candidate that was taken, how, its UAR on what was left out, and that of all tried."""

    candidate: Candidate
    how: str
    score: float | None = None
    scores: tuple[float, ...] = ()


@dataclass(frozen=True)
class Inner:
    """What is left out, `languages` or `speakers`: (training, left out) rows of each fold.

    `unit` (N,) is the number 0 … U − 1 of the language or speaker of what is left out.
    """

    what: What
    folds: Sequence[tuple[IntArray, IntArray]]
    unit: IntArray

    def with_views(self, vectors: Vectors) -> "Inner":
        """The same folds with the last versions of what is left out, each a row of `vectors`."""
        last = np.flatnonzero(vectors.place < vectors.views)
        folds = [
            (kept, np.concatenate([out, last[np.isin(vectors.owner[last], out)]]))
            for kept, out in self.folds
        ]
        return Inner(self.what, folds, self.unit[vectors.owner])

    def table(self, rows: IntArray, labels: IntArray, classes: int) -> IntArray:
        """How many of some left-out rows each unit has of each class, (U, K)."""
        U = int(max(self.unit[out].max() for _, out in self.folds)) + 1
        counts = np.bincount(self.unit[rows] * classes + labels[rows], minlength=U * classes)
        table: IntArray = counts.reshape(U, classes)
        return table


def choose(
    vectors: Vectors,
    candidates: Sequence[Candidate],
    alone: Candidate | None = None,
) -> Chosen:
    """The first candidate, or one that is ahead of it on what is left out; else `alone`.

    One axis after the other: the candidates that differ from the best so far on that axis alone,
    and in their steps. The one with the highest score takes its place if it is ahead by more than
    one standard error of their difference, by the jackknife over what is left out. That is a brake
    on changing for nothing, akin to the rule of Breiman et al. 1984, and no test: of many equals
    the luckiest is often ahead by as much. What is left out is judged as it is, and by other
    statistics where `vectors` has such views.
    """
    if len(candidates) == 1 and alone is None:
        return Chosen(candidates[0], "none, there was one candidate")
    inner = inner_folds(vectors.examples)
    if not inner.folds:
        few = "none, too few speakers to leave some out: "
        if alone is None:
            return Chosen(candidates[0], few + "the first candidate")
        return Chosen(alone, few + "what is named for that")
    if vectors.views:
        inner = inner.with_views(vectors)
    out = np.concatenate([out for _, out in inner.folds])
    counts = inner.table(out, vectors.labels, vectors.classes)
    tried: dict[Candidate, IntArray] = {}
    best = candidates[0]
    for axis in range(max(1, len(best.at))):
        turn = [one for one in candidates if _elsewhere(one, axis) == _elsewhere(best, axis)]
        for alike in one_fit_each([one for one in turn if one not in tried]):
            tried.update(zip(alike, _right(vectors, alike, inner), strict=True))
        scores = {one: score(tried[one], counts, inner.what) for one in turn}
        first = max(turn, key=scores.__getitem__)
        if ahead(tried[first], tried[best], counts, inner.what):
            best = first
    means = tuple(score(right, counts, inner.what) for right in tried.values())
    own = score(tried[best], counts, inner.what)
    return Chosen(best, f"{LEFT_OUT}{inner.what} of the training part", own, means)


def _elsewhere(candidate: Candidate, axis: int) -> tuple[int, ...]:
    """The places of a candidate on the other axes."""
    return candidate.at[:axis] + candidate.at[axis + 1 :]


def _right(vectors: Vectors, candidates: Sequence[Candidate], inner: Inner) -> list[IntArray]:
    """How many of them are recognised, (U, K), by each of candidates alike but for their steps."""
    columns, labels = vectors.columns(candidates[0]), vectors.labels
    right: list[list[IntArray]] = [[] for _ in candidates]
    for kept, out in inner.folds:
        rows = vectors.rows(kept, candidates[0].copies)
        tested = vectors.X[out][:, columns]
        fits = vectors.fits(rows, candidates[0], [one.steps for one in candidates])
        for own, fit in zip(right, fits, strict=True):
            own.append(out[fit.said(tested) == labels[out]])
    return [inner.table(np.concatenate(own), labels, vectors.classes) for own in right]


def ahead(first: IntArray, second: IntArray, counts: IntArray, what: What) -> bool:
    """Whether one candidate's score is higher by more than a standard error of the difference.

    The standard error is that of the jackknife, each language or speaker left out in turn.

    Args:
        first: how many utterances of each unit and class it recognises, (U, K), U at least 2.
        second: likewise the other candidate.
        counts: how many there are, (U, K).
        what: the units are.
    """

    def difference(kept: NDArray[np.bool_]) -> float:
        return score(first[kept], counts[kept], what) - score(second[kept], counts[kept], what)

    U = len(counts)
    without = np.array([difference(np.arange(U) != u) for u in range(U)])
    return difference(np.ones(U, dtype=bool)) > float(np.sqrt((U - 1) * without.var()))


def score(right: IntArray, counts: IntArray, what: What) -> float:
    """UAR over the classes that there are: the mean of that of languages, or of all speakers.

    Args:
        right: how many utterances of each unit and class are recognised, (U, K).
        counts: how many there are, (U, K).
        what: the units are.
    """
    if what == "speakers":
        right, counts = right.sum(axis=0, keepdims=True), counts.sum(axis=0, keepdims=True)
    return float(
        np.mean([(a[b > 0] / b[b > 0]).mean() for a, b in zip(right, counts, strict=True)])
    )


def inner_folds(examples: Examples) -> Inner:
    """What can be left out of some utterances; without folds where they have too few speakers.

    Utterances of unknown language train in every fold of languages; those of unknown speakers are
    in no fold of speakers, where nobody knows which side of it they belong on.
    """
    rows = np.arange(len(examples))
    tongues, voices = examples.language, examples.speaker
    known = np.unique(tongues[tongues >= 0]) if tongues is not None else ()
    if tongues is not None and len(known) >= LEAST:
        parts = [tongues == one for one in known]
        folds = [(rows[~part], rows[part]) for part in parts]
        return Inner("languages", folds, np.searchsorted(known, tongues))
    named = rows[voices >= 0] if voices is not None else rows[:0]
    if voices is None or len(np.unique(voices[named])) < LEAST:
        return Inner("speakers", [], np.zeros_like(rows))
    unit = np.zeros_like(rows)
    unit[named] = np.unique(voices[named], return_inverse=True)[1]
    folds = [
        (named[train], named[out])
        for train, out in _by_speaker(examples.labels[named], unit[named])
    ]
    return Inner("speakers", folds, unit)


def _by_speaker(labels: IntArray, unit: IntArray) -> Iterator[tuple[IntArray, IntArray]]:
    """Folds of whole speakers; none where no emotion has an utterance for each of two of them."""
    from sklearn.model_selection import StratifiedGroupKFold

    count = min(FOLDS, len(np.unique(unit)), int(np.bincount(labels).max()))
    if count < 2:
        return
    split = StratifiedGroupKFold(count, shuffle=True, random_state=0)
    with warnings.catch_warnings():  # a class that few speakers have is in few folds
        warnings.filterwarnings("ignore", "The least populated class in y")
        yield from split.split(labels, labels, unit)
