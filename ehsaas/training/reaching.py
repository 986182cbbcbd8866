"""Pooled vectors of training utterances → the `Reach` of a model: where its training data end.

Where far begins is measured on speakers that are left out of the fit in turn. Each corpus weighs
the same in that. `benchmarks/unlike_training.py` measures what it finds. Where there are fewer
utterances than columns the axes follow the odd ones among them, so of the training utterances
themselves more are far than of others by the same speakers.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ehsaas.reach import Array, Reach

COLUMNS = 4096
"""Columns that are looked at, evenly spaced, where the network sees more."""

AXES = 256
"""Axes at most; also at most one for `PER_AXIS` utterances."""

PER_AXIS = 4
FOLDS = 4
INSIDE = 0.95
"""Share of utterances of unseen speakers, and of such speakers, that is not far."""

OWN = 1.0
"""Distance of the training utterances themselves, by the root of the mean square: never far."""

LEAST = 1e-3
"""A deviation along an axis is never taken to be a smaller share of the largest."""

Names = NDArray[np.object_]
IntArray = NDArray[np.int64]


def fit(
    vectors: Array,
    corpora: Sequence[str],
    speakers: Sequence[str | None],
    columns: IntArray | None = None,
    axes: int = AXES,
) -> Reach | None:
    """The reach of a model trained on these utterances.

    None where no speaker can be left out: speakers are unknown, or no corpus has two of them.

    Args:
        vectors: pooled features (N, D) as they come, before any statistics.
        corpora: of each utterance.
        speakers: of each utterance, None where unknown.
        columns: (K,) that the network sees; all where None.
        axes: at most.
    """
    if any(name is None for name in speakers):
        return None
    columns = np.arange(vectors.shape[1]) if columns is None else columns
    few = np.unique(np.linspace(0, len(columns) - 1, min(len(columns), COLUMNS)).astype(np.int64))
    columns = columns[few]
    corpus = np.array(corpora, dtype=object)
    speaker = np.array([f"{c}/{s}" for c, s in zip(corpora, speakers, strict=True)], dtype=object)
    turn = folds(corpus, speaker)
    least = len(turn) - int(np.bincount(turn).max())
    count = max(1, min(axes, least // PER_AXIS))
    distance = np.full(len(vectors), np.nan)
    for fold in range(FOLDS):
        out = turn == fold
        known = np.isin(corpus, np.unique(corpus[~out].astype(str)))
        if (out & known).any():
            partly = _fitted(vectors[~out], corpus[~out], columns, count)
            distance[out & known] = partly.distance(vectors[out & known])
    judged = ~np.isnan(distance)
    if not judged.any():
        return None
    limit, together = _limits(distance[judged], corpus[judged], speaker[judged])
    whole = _fitted(vectors, corpus, columns, count)
    return replace(whole, limit=max(OWN, limit), together=max(OWN, together))


def _limits(distance: NDArray[np.float64], corpus: Names, speaker: Names) -> tuple[float, float]:
    """What all but one in twenty utterances are within, and the means of such speakers."""
    _, first, place = np.unique(speaker.astype(str), return_index=True, return_inverse=True)
    mean = np.bincount(place, distance) / np.bincount(place)
    return _quantile(distance, _weights(corpus)), _quantile(mean, _weights(corpus[first]))


def folds(corpus: Names, speaker: Names) -> IntArray:
    """The turn (N,) in which each utterance's speaker is left out, each corpus's dealt evenly."""
    turn = np.zeros(len(speaker), dtype=np.int64)
    for k, name in enumerate(sorted(set(corpus.tolist()))):
        own = sorted(set(speaker[corpus == name].tolist()))
        for i, who in enumerate(own):
            turn[speaker == who] = (i + k) % FOLDS
    return turn


def _fitted(vectors: Array, corpus: Names, columns: IntArray, count: int) -> Reach:
    """The reach, without its limits."""
    seen = vectors[:, columns]
    mean = seen.mean(axis=0, dtype=np.float64).astype(np.float32)
    std = np.maximum(seen.std(axis=0, dtype=np.float64), 1e-5).astype(np.float32)
    scaled = (seen - mean) / std
    names, place = np.unique(corpus.astype(str), return_inverse=True)
    means = np.stack([scaled[place == k].mean(axis=0) for k in range(len(names))])
    axes = _axes(scaled - means[place], count)
    return Reach(columns, mean, std, axes, (means @ axes).astype(np.float32), 1.0, 1.0)


def _axes(centred: Array, count: int) -> Array:
    """The first principal axes (K, A) of vectors (N, K), divided by the deviation along each."""
    N, K = centred.shape
    narrow = K <= N
    product = centred.T @ centred if narrow else centred @ centred.T
    energy, found = np.linalg.eigh(product.astype(np.float64))
    energy, found = energy[::-1][:count], found[:, ::-1][:, :count]
    if not narrow:
        found = (centred.T @ found) / np.sqrt(np.maximum(energy, 1e-12))
    deviation = np.sqrt(np.maximum(energy, 0) / N)
    deviation = np.maximum(deviation, max(LEAST * float(deviation[0]), 1e-6))
    axes: Array = (found / deviation).astype(np.float32)
    return axes


def _weights(corpus: Names) -> NDArray[np.float64]:
    """Weights (N,) under which each corpus counts the same."""
    _, place, counts = np.unique(corpus.astype(str), return_inverse=True, return_counts=True)
    weights: NDArray[np.float64] = 1 / counts[place]
    return weights


def _quantile(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """The least of the values that no less than `INSIDE` of the weight does not exceed."""
    order = np.argsort(values, kind="stable")
    passed = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][int(np.searchsorted(passed, INSIDE - 1e-9))])
