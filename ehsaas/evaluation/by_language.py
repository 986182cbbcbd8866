"""Prediction table → a `Cell` for each language: UAR, sex gap, calibration error, by duration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import polars as pl

from ehsaas.evaluation import bootstrap
from ehsaas.evaluation.metrics import Floats, uar_of
from ehsaas.evaluation.pooled import Result, pool
from ehsaas.evaluation.reliability import calibration_error
from ehsaas.evaluation.stated import stated
from ehsaas.utterances import without_regions

COUNTED = ("zero-shot", "lolo", "unknown")
"""Protocols of figures that count in a mean: of a language that was not trained on, as far as the
system says. One that was adapted, or taught, with recordings whose language is not known counts as
little as one that was trained on the language: they may well be of that one."""

SEXES = ("female", "male")

DURATIONS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"below 2 s": (0.0, 2.0), "2 to 4 s": (2.0, 4.0), "4 s and more": (4.0, float("inf"))}
)
"""How long recordings are, in seconds."""

_KNOWN = ("none", "source", "corpus", "speaker")
_ONE = ("system", "protocol", "language", "condition", "features", "normalisation", "label_set")


@dataclass(frozen=True)
class Gap:
    """UAR of women minus UAR of men with its interval over speakers; `female` and `male` alone.

    `low` and `high` are None where too few resamples hold every class. With `these_only`, some of
    it is resampled over utterances, so that it says nothing of other speakers.
    """

    value: float
    low: float | None
    high: float | None
    female: float
    male: float
    these_only: bool


@dataclass(frozen=True)
class Cell:
    """One system on one language, its corpora pooled.

    `gap` is a reason where there is none. `error` is the expected calibration error, None without
    probabilities. `by_duration` has a UAR, and how many items, for each of `DURATIONS` in which
    every class is.
    """

    language: str
    result: Result
    gap: Gap | str
    error: float | None
    by_duration: Mapping[str, tuple[float, int]]

    @property
    def counts(self) -> bool:
        """Whether the figure may count in a mean over languages."""
        return self.result.protocol in COUNTED and self.result.uar is not None


def cells(predictions: pl.DataFrame) -> list[Cell]:
    """One for each language, label set and kind of statistics of a system, in this order.

    Corpora of one language, whatever its regions, are pooled; they are called by their names
    joined with `+`.
    """
    groups = without_regions(predictions).partition_by(list(_ONE), as_dict=True)
    found = [_cell(str(key[_ONE.index("language")]), rows) for key, rows in groups.items()]
    return sorted(found, key=_place)


def mean(of: Sequence[Cell]) -> tuple[float, float | None, float | None]:
    """Mean UAR over languages, and its interval: each language's speakers resampled on their own.

    Raises:
        ValueError: there is no cell, or one without a UAR.
    """
    values = [cell.result.uar.value for cell in of if cell.result.uar]
    if len(values) < len(of) or not values:
        raise ValueError("a mean is of languages that have a UAR each")
    draws = [_draws(cell.result, seed) for seed, cell in enumerate(of)]
    whole = [one for one in draws if one is not None]
    if len(whole) < len(of):
        return float(np.mean(values)), None, None
    low, high = _limits(np.mean(whole, axis=0))
    return float(np.mean(values)), low, high


def _cell(language: str, rows: pl.DataFrame) -> Cell:
    corpora = sorted(rows["corpus"].unique())
    if len(corpora) > 1:
        rows = rows.with_columns(
            corpus=pl.lit("+".join(corpora)),
            id=pl.concat_str("corpus", "id", separator="/"),
            train=pl.lit("+".join(sorted(_joined(rows["train"])))),
        )
    (result,) = pool(rows)
    return Cell(language, result, _gap(result, rows), _error(rows), _by_duration(result, rows))


def _place(cell: Cell) -> tuple[str, ...]:
    one = cell.result
    number = _KNOWN.index(one.normalisation) if one.normalisation in _KNOWN else len(_KNOWN)
    key = cell.language, one.label_set, str(number), one.normalisation, one.system
    return (*key, one.protocol, str(dict(one.condition)), one.features)


def _joined(trained: pl.Series) -> set[str]:
    return {name for one in trained.drop_nulls().unique() for name in one.split("+")}


def _gap(result: Result, rows: pl.DataFrame) -> Gap | str:
    parts = []
    for sex in SEXES:
        own = _part(result, rows.filter(sex=sex))
        if own is None:
            return f"there is no {sex} speaker, or the speakers' sex is not known"
        if own.uar is None:
            return f"{sex} speakers: {own.refused['uar']}"
        parts.append(own)
    female, male = parts
    assert female.uar is not None and male.uar is not None, "looked at above"
    drawn = [_draws(one, seed) for seed, one in enumerate(parts)]
    low = high = None
    if drawn[0] is not None and drawn[1] is not None:
        low, high = _limits(drawn[0] - drawn[1])
    difference = female.uar.value - male.uar.value
    only = female.these_speakers_only or male.these_speakers_only
    return Gap(difference, low, high, female.uar.value, male.uar.value, only)


def _part(result: Result, rows: pl.DataFrame) -> Result | None:
    """The result on some rows, judged by the classes of the whole; None where there are no rows."""
    if not rows.height:
        return None
    absent = set(result.classes) - set(rows["truth"])
    (own,) = pool(rows)
    if own.uar is not None and absent:  # `native` takes its classes from the rows
        why = {"uar": f"no item of {', '.join(sorted(absent))} in the pool"}
        return replace(own, measures={}, refused=why)
    return own


def _error(rows: pl.DataFrame) -> float | None:
    found = stated(rows)
    if not found:
        return None
    (one,) = found
    seeds = [one.of_seed(int(seed)) for seed in np.unique(one.seeds)]
    p, y = one.probabilities, one.truth
    return float(np.mean([calibration_error(p[own], y[own]) for own in seeds]))


def _by_duration(result: Result, rows: pl.DataFrame) -> dict[str, tuple[float, int]]:
    found = {}
    for name, (low, high) in DURATIONS.items():
        own = _part(result, rows.filter(pl.col("duration") >= low, pl.col("duration") < high))
        if own is not None and own.uar is not None:
            found[name] = (own.uar.value, len(own.items.ids))
    return found


def _draws(result: Result, seed: int) -> Floats | None:
    """UAR of each resample of a result's speakers, (R,), seeds averaged."""
    items = result.items
    grouped = bootstrap.clusters(items.truth, items.predicted, items.speakers, len(result.classes))
    drawn = bootstrap.resample(grouped, seed=seed)
    return None if drawn is None else np.asarray(uar_of(drawn.counts).mean(axis=0))


def _limits(values: Floats) -> tuple[float, float]:
    tail = (1 - bootstrap.LEVEL) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def gap_text(gap: Gap | str) -> str:
    """`+0.031 [-0.05, +0.11]`, or why there is none."""
    if isinstance(gap, str):
        return f"refused: {gap}"
    limits = "" if gap.low is None else f" [{gap.low:+.2f}, {gap.high:+.2f}]"
    return f"{gap.value:+.3f}{limits}{'†' if gap.these_only else ''}"


def told(cell: Cell) -> dict[str, Any]:
    """A cell as plain values for JSON: what the rows of a twin do not say."""
    one = cell.result
    gap = cell.gap
    return {
        "language": cell.language,
        "test": one.corpus,
        "protocol": one.protocol,
        "condition": dict(one.condition),
        "label_set": one.label_set,
        "classes": list(one.classes),
        "normalisation": one.normalisation,
        "counts": cell.counts,
        "items": len(one.items.ids),
        "speakers": one.speakers,
        "interval": one.unit,
        "chance": one.chance,
        "uar": None if one.uar is None else _rounded(one.uar.value, one.uar.low, one.uar.high),
        "refused": dict(one.refused),
        "sex_gap": {"refused": gap}
        if isinstance(gap, str)
        else {
            **_rounded(gap.value, gap.low, gap.high),
            "female": round(gap.female, 4),
            "male": round(gap.male, 4),
            "these_speakers_only": gap.these_only,
        },
        "ece": None if cell.error is None else round(cell.error, 4),
        "by_duration": [
            {"seconds": name, "uar": round(value, 4), "items": n}
            for name, (value, n) in cell.by_duration.items()
        ],
        "collapsed": list(one.collapses),
    }


def _rounded(value: float, low: float | None, high: float | None) -> dict[str, float | None]:
    return {
        "value": round(value, 4),
        "low": None if low is None else round(low, 4),
        "high": None if high is None else round(high, 4),
    }
