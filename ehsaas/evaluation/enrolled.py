"""Results by kind and seconds of enrolment → their tables, and the curves of the picture.

A mean over languages has an interval that resamples the speakers of each language (utterances where
there are fewer than five speakers) and takes the languages as they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from ehsaas.evaluation import bootstrap
from ehsaas.evaluation.metrics import uar_of
from ehsaas.evaluation.pooled import Result
from ehsaas.evaluation.significance import Comparison, change, holm_over
from ehsaas.evaluation.tables import Table, figure, probability

NONE = "none"
"""The kind of enrolment that is none: training statistics."""

KINDS = (
    *("mixed", "neutral", "emotional", "anger", "sadness", "same sex", "other sex"),
    *("running", "self"),
)
_SAID: Mapping[str, str] = {
    NONE: "none (training statistics)",
    "mixed": "any of the speaker's",
    "neutral": "neutral only",
    "emotional": "emotional, no neutral",
    "anger": "anger only",
    "sadness": "sadness only",
    "same sex": "another speaker, same sex",
    "other sex": "another speaker, other sex",
    "running": "running, over the judged clips",
    "self": "self: all of the speaker's, the judged ones too",
}


@dataclass(frozen=True)
class Mean:
    """The mean of several languages, with its interval where each of them has one."""

    value: float
    low: float | None
    high: float | None

    def __str__(self) -> str:
        """As a figure, `0.642 [0.61, 0.67]`."""
        return f"{self.value:.3f}{self._between('.2f')}"

    @property
    def signed(self) -> str:
        """As a change."""
        return f"{self.value:+.3f}{self._between('+.3f')}"

    def _between(self, form: str) -> str:
        return "" if self.low is None else f" [{self.low:{form}}, {self.high:{form}}]"


Amount = tuple[str, float]
"""Kind of enrolment and seconds; 0 where it has no fixed number of them."""


def enrolment_tables(results: Sequence[Result]) -> list[Table]:
    """Means over languages, and a table for each language, by what the probe was trained by."""
    return [
        table
        for trained, own in by_training(results).items()
        for table in (_means(trained, own), *_languages(trained, own))
    ]


def worth(results: Sequence[Result]) -> tuple[str, tuple[str, ...]] | None:
    """What speech of a voice changes, in a sentence, and a sentence a kind of speech."""
    for trained, own in by_training(results).items():
        cells = _cells(own)
        whole = _in_all(cells, (NONE, 0.0), shrunk=True)
        told: dict[str, list[str]] = {}
        for kind, seconds in _amounts(own)[1:]:
            given = _in_all(cells, (kind, seconds), shrunk=True)
            if len(given) == len(whole):
                amount = f" with {seconds:g} s" if seconds else ""
                told.setdefault(kind, []).append(mean_change(given, whole).signed + amount)
        lines = [f"{_SAID[kind]}: {', '.join(said)}." for kind, said in told.items()]
        if lines:
            short = (
                f"On average over {len(whole)} languages that were not trained on, UAR is"
                f" {mean_uar(whole)} by training statistics (trained by {trained}); the lines below"
                " say by how much statistics of some speech of the voice change that."
            )
            return short, tuple(line[0].upper() + line[1:] for line in lines)
    return None


def by_training(results: Sequence[Result]) -> dict[str, list[Result]]:
    """Results of enrolments by what the training part was standardised by."""
    found: dict[str, list[Result]] = {}
    for one in results:
        if "enrolment" in one.condition:
            found.setdefault(str(one.condition["trained"]), []).append(one)
    return dict(sorted(found.items(), key=lambda item: item[0] != "source"))


def _means(trained: str, own: Sequence[Result]) -> Table:
    cells = _cells(own)
    whole = _in_all(cells, (NONE, 0.0), shrunk=True)
    names = sorted({one.corpus for one in own})
    body = []
    for amount in _amounts(own):
        shrunk, bare = (_in_all(cells, amount, shrunk=kept) for kept in (True, False))
        if len(shrunk) == len(names):
            body.append(
                (
                    *_named(amount),
                    str(mean_uar(shrunk)),
                    mean_change(shrunk, whole).signed if amount[0] != NONE else "",
                    str(mean_uar(bare)) if bare else "",
                    mean_change(shrunk, bare).signed if bare else "",
                )
            )
    return Table(
        f"What a little speech of the voice is worth: trained by {trained}, mean of languages",
        f"UAR, mean of {', '.join(names)}, each left out of training. {_HOW}",
        (
            *("speech given", "seconds", "UAR", "change against none"),
            *("UAR, not shrunk", "what shrinking adds"),
        ),
        tuple(body),
    )


_HOW = (
    "Statistics of the speech given are shrunk towards those of the training data; beside it the"
    " same as they are. `another speaker` is a wrong enrolment. Intervals are over speakers, the"
    " languages as they are; an amount that not every language reaches is in its own table alone."
)


def _languages(trained: str, own: Sequence[Result]) -> list[Table]:
    cells = _cells(own)
    return [
        Table(
            f"Enrolment on {corpus}, trained by {trained}",
            "Change and p are of UAR, paired, on the same clips, against training statistics; p"
            " after Holm over the table.",
            ("speech given", "seconds", "UAR", "change", "p, Holm", "UAR, not shrunk"),
            tuple(_lines(corpus, cells, _amounts(own))),
        )
        for corpus in sorted({one.corpus for one in own})
    ]


def _lines(corpus: str, cells: "_Cells", amounts: Sequence[Amount]) -> list[tuple[str, ...]]:
    whole = cells.get((corpus, (NONE, 0.0), True))
    asked = [amount for amount in amounts if (corpus, amount, True) in cells]
    tests: dict[Amount, Comparison] = {}
    for amount in asked:
        test = change(cells[corpus, amount, True], whole) if amount[0] != NONE else None
        if test is not None:
            tests[amount] = test
    corrected = dict(zip(tests, holm_over(list(tests.values())), strict=True))
    return [
        (
            *_named(amount),
            figure(cells[corpus, amount, True]),
            *_told(corrected.get(amount)),
            figure(cells.get((corpus, amount, False))),
        )
        for amount in asked
    ]


def _told(test: Comparison | None) -> tuple[str, str]:
    if test is None or test.adjusted is None:
        return "", ""
    between = "" if test.low is None else f" [{test.low:+.2f}, {test.high:+.2f}]"
    return f"{test.difference:+.3f}{between}", probability(test.adjusted)


def curves(own: Sequence[Result]) -> dict[str, list[tuple[float, Mean]]]:
    """Points (seconds, mean UAR) of each kind, beginning with training statistics at 0 s."""
    cells, names = _cells(own), {one.corpus for one in own}
    start = (0.0, mean_uar(_in_all(cells, (NONE, 0.0), shrunk=True)))
    found: dict[str, list[tuple[float, Mean]]] = {}
    for kind, amounts in groupby(_amounts(own), key=lambda amount: amount[0]):
        for amount in amounts:
            results = _in_all(cells, amount, shrunk=True)
            if amount[1] and len(results) == len(names):
                found.setdefault(_SAID[kind], [start]).append((amount[1], mean_uar(results)))
    return found


def mean_uar(results: Sequence[Result]) -> Mean:
    """The mean UAR of results on several corpora."""
    values: list[float] = []
    drawn: list[NDArray[np.float64] | None] = []
    for number, one in enumerate(results):
        grouped = _clusters([one])
        values.append(float(uar_of(bootstrap.pooled(grouped)).mean()))
        resampled = bootstrap.resample(grouped, seed=number)
        drawn.append(None if resampled is None else uar_of(resampled.counts).mean(axis=0))
    return _mean(values, drawn)


def mean_change(results: Sequence[Result], others: Sequence[Result]) -> Mean:
    """The mean difference in UAR of results on several corpora, each from another on its items."""
    values: list[float] = []
    drawn: list[NDArray[np.float64] | None] = []
    beside = {one.corpus: one for one in others}
    for number, one in enumerate(results):
        other = beside[one.corpus]
        grouped, E = _clusters([one, other]), len(one.items.predicted)
        uar = uar_of(bootstrap.pooled(grouped))
        values.append(float(uar[:E].mean() - uar[E:].mean()))
        resampled = bootstrap.resample(grouped, seed=number)
        if resampled is None:
            drawn.append(None)
        else:
            uar = uar_of(resampled.counts)
            drawn.append(uar[:E].mean(axis=0) - uar[E:].mean(axis=0))
    return _mean(values, drawn)


def _clusters(results: Sequence[Result]) -> bootstrap.Clusters:
    items = results[0].items
    predicted = np.vstack([one.items.predicted for one in results])
    return bootstrap.clusters(items.truth, predicted, items.speakers, len(results[0].classes))


def _mean(values: Sequence[float], drawn: Sequence[NDArray[np.float64] | None]) -> Mean:
    known = [one for one in drawn if one is not None]
    if len(known) < len(drawn):
        return Mean(float(np.mean(values)), None, None)
    low, high = np.quantile(np.mean(known, axis=0), [0.025, 0.975])
    return Mean(float(np.mean(values)), float(low), float(high))


_Cells = dict[tuple[str, Amount, bool], Result]
"""Results by corpus, kind and seconds, and whether statistics were shrunk."""


def _cells(own: Sequence[Result]) -> _Cells:
    return {(one.corpus, _amount(one), "strength" not in one.condition): one for one in own}


def _in_all(cells: _Cells, amount: Amount, *, shrunk: bool) -> list[Result]:
    names = sorted({corpus for corpus, _, _ in cells})
    return [cells[name, amount, shrunk] for name in names if (name, amount, shrunk) in cells]


def _amount(one: Result) -> Amount:
    return str(one.condition["enrolment"]), float(str(one.condition.get("seconds", 0)))


def _amounts(own: Sequence[Result]) -> list[Amount]:
    order = (NONE, *KINDS)
    return sorted({_amount(one) for one in own}, key=lambda at: (order.index(at[0]), at[1]))


def _named(amount: Amount) -> tuple[str, str]:
    kind, seconds = amount
    return _SAID[kind], f"{seconds:g}" if seconds or kind == NONE else ""
