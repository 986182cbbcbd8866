"""Logits and classes of calibration utterances → the temperature and the scores of a recogniser.

Both are taken from the same utterances: one number is fitted, so they are hardly less independent
of it than others would be. What the sets hold then is measured the same way (`evaluation.trust`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ehsaas.calibration import Array, best_temperature, conformal_scores, softmax


class CalibrationError(ValueError):
    """A recogniser cannot be calibrated on what was given; the message says why."""


@dataclass(frozen=True)
class Calibrated:
    """What a recogniser carries: `temperature`, and `scores` (N,), sorted, of N utterances."""

    temperature: float
    scores: Array


def calibrate(logits: NDArray[np.floating], labels: NDArray[np.int64]) -> Calibrated:
    """Temperature (Guo et al. 2017), then 1 − p(true class) (Sadinle et al. 2019).

    The promise of the sets holds for utterances like these: of other speakers than the network was
    trained on, and of the language, the recordings and the statistics that it is used with.

    Args:
        logits: (N, C), as the network gives them, of utterances that did not train it.
        labels: their classes, (N,), in 0 … C − 1.

    Raises:
        CalibrationError: there is no utterance, or one whose class the network has not.
    """
    N, C = logits.shape
    if len(labels) != N or not N:
        raise CalibrationError(f"{N} rows of logits, {len(labels)} labels; expected as many, not 0")
    if labels.min() < 0 or labels.max() >= C:
        raise CalibrationError(
            f"labels from {labels.min()} to {labels.max()}; the network has classes 0 to {C - 1}"
        )
    temperature = best_temperature(logits, labels)
    scores = conformal_scores(softmax(logits, temperature), labels)
    return Calibrated(temperature, scores.astype(np.float32))
