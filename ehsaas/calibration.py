"""What is applied to numbers at inference: statistics, a temperature, a conformal threshold.

The last two are taken from calibration utterances, whose classes are known: `best_temperature` and
`conformal_scores` do that.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

SMALLEST = 1e-5
"""A deviation is never taken to be smaller: constant dimensions stay finite."""

TEMPERATURES = np.geomspace(0.1, 10.0, 93)
"""Candidates from which calibration utterances choose; 1 leaves the probabilities as they are."""


HIDING = 1000.0
"""How many times too large the deviation of a hidden dimension is."""


@dataclass(frozen=True)
class Statistics:
    """Mean and standard deviation of each feature dimension, and whose they are.

    `mean` and `std` have shape (D,), float32, in the feature's own unit; `count` is the number of
    frames (or vectors) they were taken over; `name` is e.g. "source" or "corpus: urdu". Of speech
    that was given to judge by, `clips` and `seconds` say how much it was, and `warnings` what is
    the matter with it. `hidden` are dimensions that say something only beside other clips of the
    same voice or place, as the level of a recording does: among statistics of many places their
    `std` is `HIDING` times what it is within one.
    """

    mean: Array
    std: Array
    count: int
    name: str
    clips: int = 0
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()
    hidden: tuple[int, ...] = ()

    @property
    def whose(self) -> str:
        """Name and amount: `zoya (3 clips, 12.4 s)`; of whole corpora the name alone."""
        if not self.clips:
            return self.name
        many = "clip" if self.clips == 1 else "clips"
        return f"{self.name} ({self.clips} {many}, {self.seconds:.1f} s)"

    def hiding(self, hidden: tuple[int, ...]) -> "Statistics":
        """The same statistics with some dimensions hidden."""
        std = self.std.copy()
        std[list(hidden)] *= np.float32(HIDING)
        return replace(self, std=std, hidden=hidden)

    def on(self, columns: NDArray[np.int64]) -> "Statistics":
        """The same statistics of some dimensions alone, (K,) of their numbers."""
        hidden = tuple(np.flatnonzero(np.isin(columns, self.hidden)).tolist())
        return replace(self, mean=self.mean[columns], std=self.std[columns], hidden=hidden)

    def __call__(self, features: Array) -> Array:
        """Standardise `features` (..., D): subtract the mean, divide by the deviation."""
        scaled: Array = ((features - self.mean) / np.maximum(self.std, SMALLEST)).astype(np.float32)
        return scaled


@dataclass(frozen=True)
class Moments:
    """Weight, mean (D,) and sum of squared distances from it (D,), float64."""

    weight: float
    mean: NDArray[np.float64]
    spread: NDArray[np.float64]

    @classmethod
    def of(cls, features: NDArray[np.floating], weight: float = 1.0) -> "Moments":
        """Those of frames (T, D), T at least 1, each counting for `weight`."""
        frames = np.asarray(features, dtype=np.float64)
        mean = frames.mean(axis=0)
        return cls(weight * len(frames), mean, weight * ((frames - mean) ** 2).sum(axis=0))

    def __add__(self, other: "Moments") -> "Moments":
        """Both together (Chan, Golub & LeVeque 1979), without the loss of a sum of squares."""
        weight = self.weight + other.weight
        gap = other.mean - self.mean
        mean = self.mean + gap * (other.weight / weight)
        spread = self.spread + other.spread + gap**2 * (self.weight * other.weight / weight)
        return Moments(weight, mean, spread)

    def times(self, factor: float) -> "Moments":
        """The same with `factor` (above 0) of the weight."""
        return Moments(factor * self.weight, self.mean, factor * self.spread)

    def statistics(self, name: str) -> Statistics:
        """Mean and deviation; the count is the weight, rounded."""
        std = np.sqrt(self.spread / self.weight)
        count = max(1, round(self.weight))
        return Statistics(self.mean.astype(np.float32), std.astype(np.float32), count, name)


def softmax(logits: NDArray[np.floating], temperature: float = 1.0) -> Array:
    """Probabilities over the last axis of `logits` (..., C) divided by `temperature` (> 0)."""
    if not temperature > 0:
        raise ValueError(f"the temperature is {temperature}; it must be above 0")
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    raised = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    shares: Array = (raised / raised.sum(axis=-1, keepdims=True)).astype(np.float32)
    return shares


def prediction_set(
    probabilities: Array, classes: tuple[str, ...], threshold: float
) -> tuple[str, ...]:
    """The classes whose probability reaches `threshold`, most probable first; never empty.

    `threshold` is 1 − q̂ of split conformal prediction with the score 1 − p(true class)
    (Sadinle et al. 2019, "Least ambiguous set-valued classifiers").
    """
    order = np.argsort(-probabilities)
    kept = [classes[i] for i in order if probabilities[i] >= threshold]
    return tuple(kept) or (classes[int(order[0])],)


def best_temperature(
    logits: NDArray[np.floating],
    labels: NDArray[np.int64],
    weights: NDArray[np.floating] | None = None,
) -> float:
    """The temperature with the smallest negative log-likelihood (Guo et al. 2017, section 4.2).

    The loss is convex in 1 / T, so the candidates are searched by halves.

    Args:
        logits: (N, C) of calibration utterances, or logarithms of their probabilities.
        labels: their classes, (N,).
        weights: how much each utterance counts, (N,); all the same by default.
    """
    above = np.asarray(logits, dtype=np.float64)
    above = above - above[np.arange(len(labels)), labels][:, None]

    def loss(candidate: int) -> float:
        scaled = above / TEMPERATURES[candidate]
        most = scaled.max(axis=1)
        each = most + np.log(np.exp(scaled - most[:, None]).sum(axis=1))
        return float(np.average(each, weights=weights))

    low, high = 0, len(TEMPERATURES) - 1
    while low < high:
        middle = (low + high) // 2
        if loss(middle) <= loss(middle + 1):
            high = middle
        else:
            low = middle + 1
    return float(TEMPERATURES[low])


def conformal_scores(
    probabilities: NDArray[np.floating], labels: NDArray[np.int64]
) -> NDArray[np.float64]:
    """1 − p(true class) of calibration utterances (N, C) with classes (N,), sorted."""
    own = probabilities[np.arange(len(labels)), labels]
    scores: NDArray[np.float64] = np.sort(1 - own.astype(np.float64))
    return scores


def conformal_threshold(scores: NDArray[np.floating], coverage: float) -> float:
    """The least probability with which a class is in the set, 1 − q̂; 0 lets every class in.

    Over all draws of a calibration and a test utterance, the set holds the true class with a
    probability of at least `coverage`.

    Args:
        scores: of calibration utterances, sorted, as `conformal_scores` gives them.
        coverage: between 0 and 1.

    Raises:
        ValueError: no utterance, or another coverage.
    """
    N = len(scores)
    if N == 0:
        raise ValueError("no calibration utterances")
    if not 0 < coverage < 1:
        raise ValueError(f"a coverage of {coverage}; expected a share between 0 and 1")
    rank = math.ceil((N + 1) * coverage)
    if rank > N:
        return 0.0  # so few utterances promise this only for the set of all classes
    return float(1 - np.float64(scores[rank - 1]))
