"""Probabilities of calibration utterances → the threshold of prediction sets, and what it covers.

Split conformal prediction with the score 1 − p(true class) (Vovk et al. 2005; Sadinle et al. 2019).
The promise holds for utterances that are drawn as those of the calibration are: the target's own.
Sets are made by `calibration.prediction_set`.
"""

import numpy as np
from numpy.typing import NDArray

from ehsaas.calibration import conformal_scores, conformal_threshold


def threshold(
    probabilities: NDArray[np.floating], truth: NDArray[np.int64], coverage: float
) -> float:
    """The least probability with which a class is in the set; see `conformal_threshold`.

    Args:
        probabilities: of calibration utterances, (N, K).
        truth: their classes, (N,).
        coverage: between 0 and 1.

    Raises:
        ValueError: no utterance, or another coverage.
    """
    return conformal_threshold(conformal_scores(probabilities, truth), coverage)


def sets(probabilities: NDArray[np.floating], least: float) -> NDArray[np.bool_]:
    """Which classes are in each utterance's set, (N, K): the most probable one always is."""
    kept: NDArray[np.bool_] = probabilities >= least
    kept[np.arange(len(kept)), probabilities.argmax(axis=1)] = True
    return kept


def covered(probabilities: NDArray[np.floating], truth: NDArray[np.int64], least: float) -> float:
    """The share of utterances (N, K) whose set at this threshold holds the true class (N,)."""
    return float(sets(probabilities, least)[np.arange(len(truth)), truth].mean())
