"""Speech given and clips judged → signs that they do not belong together, and how often they show.

Three were tried: `far`, how far the judged clips lie from the speech given; `one answer`, the share
of the given clips in which the probe, by its training statistics, hears the same emotion that is
not neutral; `alike`, how little the given clips differ. The limit of each is what one in twenty
enrolments with mixed speech of the right speaker goes beyond, in that of the other languages where
it is highest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ehsaas.calibration import Statistics
from ehsaas.corpora.splits import IntArray
from ehsaas.enrolment import JUDGED, distance

GUARDS = (
    "Statistics called `speaker` are here those of the speech given. Guards that would say so where"
    " it does not fit: `far` is how far the judged clips of a part (six at least) lie from it, `one"
    " answer` the share of its clips in which the probe hears one emotion that is not neutral,"
    " `alike` how little they differ, negated. The limit of each is what one in twenty enrolments"
    " with mixed speech of the right speaker goes beyond, in the other language where that is"
    " highest; what fires on `mixed` is a false alarm. `ehsaas recognise` has `far`, and says where"
    " speech is too little; the other two tell nothing across languages and were left out."
)

SIGNS = ("far", "one answer", "alike")

USUAL = 0.95
"""Share of right enrolments that a limit lets pass."""


@dataclass(frozen=True)
class Offer:
    """Row numbers of clips that are judged, and of those that are given beside them."""

    judged: IntArray
    given: IntArray


def signs(
    X: NDArray[np.float32],
    offer: Offer,
    statistics: Statistics,
    source: Statistics,
    answers: IntArray,
    neutral: int,
) -> dict[str, float]:
    """How strong each sign is; `far` is 0 where too few clips are judged.

    Args:
        X: vectors (N, D) of all clips.
        offer: which are judged, which are given.
        statistics: of those given.
        source: of the training data.
        answers: class index of each given clip, by training statistics.
        neutral: the class that is no emotion.
    """
    z = statistics(X[offer.judged])
    spread = (X[offer.given].std(axis=0) / source.std) ** 2
    loud = answers[answers != neutral]
    return {
        "far": distance(z.mean(axis=0), len(z), statistics.clips) if len(z) >= JUDGED else 0.0,
        "one answer": float(np.bincount(loud).max() / len(answers)) if len(loud) else 0.0,
        "alike": -float(np.mean(spread)),
    }


def limits(usual: Sequence[Sequence[Mapping[str, float]]]) -> dict[str, float]:
    """The limit of each sign, from right enrolments of several languages."""
    return {
        sign: max(float(np.quantile([one[sign] for one in own], USUAL)) for own in usual)
        for sign in SIGNS
    }


def rates(found: Sequence[Mapping[str, float]], limits: Mapping[str, float]) -> dict[str, float]:
    """Share of enrolments in which each sign goes beyond its limit."""
    return {sign: float(np.mean([one[sign] > limits[sign] for one in found])) for sign in SIGNS}


def told(
    corpus: str,
    seconds: float,
    limits: Mapping[str, float],
    rates: Mapping[str, Mapping[str, float]],
) -> str:
    """The shares of one corpus in a sentence, sign by sign and kind by kind."""
    said = "; ".join(
        f"`{sign}` (above {limits[sign]:.2f}) "
        + ", ".join(f"{kind} {one[sign]:.0%}" for kind, one in rates.items())
        for sign in SIGNS
    )
    return f"How often a guard would fire, {corpus}, {seconds:g} s: {said}."
