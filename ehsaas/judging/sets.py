"""Calibration scores + a coverage → what gives an estimate its prediction set."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ehsaas.calibration import conformal_threshold, prediction_set
from ehsaas.emotions import NOT_SURE, Estimate
from ehsaas.judging.mistakes import RecogniserError
from ehsaas.timeline import Settle


def settling(
    scores: NDArray[np.floating] | None,
    classes: Sequence[str],
    coverage: float | None,
    name: str,
    facts: Mapping[str, Any] = MappingProxyType({}),
) -> Settle:
    """What gives an estimate its set of this coverage, and the emotion that follows from it.

    Args:
        scores: (N,), sorted, of the utterances that the recogniser `name` was calibrated on.
        classes: of its probabilities.
        coverage: between 0 and 1; None changes nothing.
        name: whose they are, for messages.
        facts: of that recogniser, which say what can be done where there are no scores.

    Raises:
        RecogniserError: the recogniser was not calibrated, or the coverage is none.
    """
    if coverage is None:
        return lambda estimate: estimate
    if not 0 < coverage < 1:
        raise RecogniserError(f"a coverage of {coverage:g}; expected a share between 0 and 1")
    if scores is None:
        raise RecogniserError(
            f"{name} was not calibrated, so it can promise no coverage: {_advice(facts)}"
        )
    least, names = conformal_threshold(scores, coverage), tuple(classes)

    def settle(estimate: Estimate) -> Estimate:
        p = np.array([estimate.probabilities[name] for name in names])
        kept = prediction_set(p, names, least)
        emotion = kept[0] if len(kept) == 1 else NOT_SURE
        return replace(estimate, emotion=emotion, prediction_set=kept)

    return settle


def _advice(facts: Mapping[str, Any]) -> str:
    """What to do with a recogniser that has no scores."""
    for fact, kind in (("teacher", "a student"), ("pruned", "a pruned recogniser")):
        if fact in facts:
            return (
                f"{kind} cannot be; what can be calibrated is a recogniser trained by `ehsaas run`"
            )
    return (
        "train it again, or calibrate it on labelled recordings of your own (`ehsaas adapt"
        " --labels`)"
    )
