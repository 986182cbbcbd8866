"""Calibration scores + a coverage → what gives an estimate its prediction set."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ehsaas.calibration import conformal_threshold, prediction_set
from ehsaas.emotions import NOT_SURE, Estimate
from ehsaas.judging.mistakes import RecogniserError
from ehsaas.timeline import Settle


def settling(
    scores: NDArray[np.floating] | None, classes: Sequence[str], coverage: float | None, name: str
) -> Settle:
    """What gives an estimate its set of this coverage, and the emotion that follows from it.

    Args:
        scores: (N,), sorted, of the utterances that the recogniser `name` was calibrated on.
        classes: of its probabilities.
        coverage: between 0 and 1; None changes nothing.
        name: whose they are, for messages.

    Raises:
        RecogniserError: the recogniser was not calibrated, or the coverage is none.
    """
    if coverage is None:
        return lambda estimate: estimate
    if not 0 < coverage < 1:
        raise RecogniserError(f"a coverage of {coverage:g}; expected a share between 0 and 1")
    if scores is None:
        raise RecogniserError(
            f"{name} was not calibrated, so it can promise no coverage: train it again, or"
            " calibrate it on labelled recordings of your own (`ehsaas adapt --labels`)"
        )
    least, names = conformal_threshold(scores, coverage), tuple(classes)

    def settle(estimate: Estimate) -> Estimate:
        p = np.array([estimate.probabilities[name] for name in names])
        kept = prediction_set(p, names, least)
        emotion = kept[0] if len(kept) == 1 else NOT_SURE
        return replace(estimate, emotion=emotion, prediction_set=kept)

    return settle
