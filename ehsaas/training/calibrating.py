"""Logits and classes of calibration utterances → the temperature and the scores of a recogniser.

Both are taken from the same utterances: one number is fitted, so they are hardly less independent
of it than others would be. What the sets hold then is measured the same way (`evaluation.trust`).
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ehsaas.calibration import Array, best_temperature, conformal_scores, softmax
from ehsaas.models.linear_probe import LinearProbe


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


def tempered(network: nn.Module, calibrated: Calibrated) -> Calibrated:
    """The calibration of a probe once its temperature is in its weights, where it is put here.

    Arousal and valence then go by the probabilities that are stated. A network that says neither
    is left as it is.
    """
    if not isinstance(network, LinearProbe) or not network.placed:
        return calibrated
    with torch.no_grad():
        network.head.weight.div_(calibrated.temperature)
        network.head.bias.div_(calibrated.temperature)
    return replace(calibrated, temperature=1.0)
