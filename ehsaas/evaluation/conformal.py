"""Probabilities of calibration utterances → the threshold of prediction sets, and what it covers.

Split conformal prediction with the score 1 − p(true class) (Vovk et al. 2005; Sadinle et al. 2019).
The promise holds for utterances that are drawn as those of the calibration are: the target's own.
Sets are made by `calibration.prediction_set`.
"""

import math

import numpy as np
from numpy.typing import NDArray


def threshold(
    probabilities: NDArray[np.floating], truth: NDArray[np.int64], coverage: float
) -> float:
    """The least probability with which a class is in the set, 1 − q̂; 0 lets every class in.

    Over all draws of a calibration and a test utterance, the set holds the true class with a
    probability of at least `coverage`.

    Args:
        probabilities: of calibration utterances, (N, K).
        truth: their classes, (N,).
        coverage: between 0 and 1.

    Raises:
        ValueError: no utterance, or another coverage.
    """
    N = len(truth)
    if N == 0:
        raise ValueError("no calibration utterances")
    if not 0 < coverage < 1:
        raise ValueError(f"a coverage of {coverage}; expected a share between 0 and 1")
    rank = math.ceil((N + 1) * coverage)
    if rank > N:
        return 0.0  # so few utterances promise this only for the set of all classes
    scores = np.sort(1 - probabilities[np.arange(N), truth].astype(np.float64))
    return float(1 - scores[rank - 1])


def covered(probabilities: NDArray[np.floating], truth: NDArray[np.int64], least: float) -> float:
    """The share of utterances (N, K) whose set at this threshold holds the true class (N,)."""
    own = probabilities[np.arange(len(truth)), truth]
    return float(((own >= least) | (probabilities.argmax(axis=1) == truth)).mean())
