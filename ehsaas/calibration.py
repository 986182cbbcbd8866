"""What is applied to numbers at inference: statistics, a temperature, a conformal threshold."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

SMALLEST = 1e-5
"""A deviation is never taken to be smaller: constant dimensions stay finite."""


@dataclass(frozen=True)
class Statistics:
    """Mean and standard deviation of each feature dimension, and whose they are.

    `mean` and `std` have shape (D,), float32, in the feature's own unit; `count` is the number of
    frames (or vectors) they were taken over; `name` is e.g. "source" or "corpus: urdu".
    """

    mean: Array
    std: Array
    count: int
    name: str

    def __call__(self, features: Array) -> Array:
        """Standardise `features` (..., D): subtract the mean, divide by the deviation."""
        scaled: Array = ((features - self.mean) / np.maximum(self.std, SMALLEST)).astype(np.float32)
        return scaled


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
