"""Stated probabilities → how far they can be believed: calibration error, Brier score, bins."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ehsaas.evaluation.metrics import Floats, Integers
from ehsaas.evaluation.stated import Stated
from ehsaas.evaluation.tables import Table, condition
from ehsaas.evaluation.views import Headline, is_headline

BINS = 15
"""Bins of equal width, as Guo et al. (2017) take them."""

_BESIDE = ("random", "pair")
"""Protocols whose probabilities are not looked at: one leaks, the other has a line a pair."""


@dataclass(frozen=True)
class Bins:
    """Judgements by the probability of their most probable class, B bins of equal width.

    `share` (B,) of all judgements; `stated` (B,) their mean probability and `right` (B,) the share
    that was right, both NaN in an empty bin.
    """

    share: Floats
    stated: Floats
    right: Floats

    @property
    def error(self) -> float:
        """Expected calibration error: Σ share · |right − stated| (Guo et al. 2017, eq. 3)."""
        full = self.share > 0
        return float((self.share * np.abs(self.right - self.stated))[full].sum())


def bins(probabilities: Floats, truth: Integers, count: int = BINS) -> Bins:
    """Sort judgements (N, K) with classes (N,) into `count` bins, each closed above."""
    top = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    place = np.clip(np.ceil(top * count).astype(np.int64) - 1, 0, count - 1)
    items = np.bincount(place, minlength=count).astype(np.float64)
    known = np.where(items > 0, items, np.nan)
    return Bins(
        share=items / len(truth),
        stated=np.bincount(place, top, count) / known,
        right=np.bincount(place, right, count) / known,
    )


def calibration_error(probabilities: Floats, truth: Integers, count: int = BINS) -> float:
    """Expected calibration error of the most probable class, 0 to 1; 0 is best."""
    return bins(probabilities, truth, count).error


def brier(probabilities: Floats, truth: Integers) -> float:
    """Mean sum of squares Σ_k (p_k − y_k)², 0 to 2; 0 is best (Brier 1950)."""
    wanted = np.eye(probabilities.shape[1])[truth]
    return float(((probabilities - wanted) ** 2).sum(axis=1).mean())


def shown(stated: Sequence[Stated], headline: Headline) -> list[Stated]:
    """The headline's, on what was not trained on, with nothing changed."""
    return [
        one
        for one in stated
        if is_headline(one, headline) and not one.condition and one.protocol not in _BESIDE
    ]


def reliability_table(stated: Sequence[Stated], headline: Headline) -> Table | None:
    """A line for each headline result with probabilities; None where there is none."""
    lines = shown(stated, headline)
    if not lines:
        return None
    return Table(
        "Can the probabilities be believed?",
        f"Right: share of answers that are. Stated: mean probability of the answer. ECE: expected"
        f" calibration error, {BINS} bins of equal width (0 is best). Brier: mean sum of squares"
        " over the emotions (0 is best); beside it that of stating the emotions' shares every time."
        " Seeds averaged; nothing was calibrated on what is tested.",
        (
            *("tested on", "system", "statistics", "protocol", "condition", "label set", "items"),
            *("right", "stated", "ECE", "Brier", "Brier of the shares"),
        ),
        tuple(_line(one) for one in lines),
    )


def _line(one: Stated) -> tuple[str, ...]:
    own = [one.of_seed(int(seed)) for seed in np.unique(one.seeds)]
    p, y = one.probabilities, one.truth
    shares = np.bincount(y, minlength=p.shape[1]) / len(y)
    figures = (
        float((p.argmax(axis=1) == y).mean()),
        float(p.max(axis=1).mean()),
        float(np.mean([calibration_error(p[rows], y[rows]) for rows in own])),
        brier(p, y),
        float(1 - (shares**2).sum()),
    )
    return (
        one.corpus,
        one.system,
        one.normalisation,
        one.protocol,
        condition(one),
        one.label_set,
        str(one.items),
        *(f"{figure:.3f}" for figure in figures),
    )
