"""Predictions of one system → its figures by language, sex and length, and means over languages."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from ehsaas.evaluation import bootstrap
from ehsaas.evaluation.by_language import Cell, Gap, cells, mean
from ehsaas.evaluation.metrics import uar_of
from ehsaas.evaluation.pooled import REFERENCES, Result

PROTOCOLS = ("lolo", "strict")
"""Protocols whose voices were not trained on."""

EVERY = "all languages"
"""What is tested in a mean over languages, in the twin."""

RENDERED = "rendered_"
"""Corpora of a synthesiser are called so."""

_NEUTRAL = "neutral"


@dataclass(frozen=True)
class Bounded:
    """A figure and its 95 % interval, whose limits are None where there is none."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Mean:
    """A system's mean UAR over languages that were left out, by one kind of statistics."""

    cells: tuple[Cell, ...]
    uar: Bounded

    @property
    def first(self) -> Result:
        """One of the results, for what all of them share."""
        return self.cells[0].result


@dataclass(frozen=True)
class Voices:
    """A system by language, sex and length, and beside it others by their means."""

    cells: tuple[Cell, ...]
    means: tuple[Mean, ...]


def voices(predictions: pl.DataFrame, system: str) -> Voices:
    """What there is to tell of a system on voices that were not trained on.

    Args:
        predictions: the table.
        system: the one that is told of; of others that hear there are means only.
    """
    asked = predictions.filter(
        pl.col("protocol").is_in(list(PROTOCOLS)),
        pl.col("condition") == "{}",
        ~pl.col("corpus").str.contains("+", literal=True),
    )
    left_out, apart = (asked.filter(protocol=one) for one in PROTOCOLS)
    own = cells(left_out.filter(system=system))
    for (_,), rows in apart.filter(system=system).group_by("corpus", maintain_order=True):
        own += cells(rows)
    others = left_out.filter(~pl.col("system").is_in([system, *REFERENCES]))
    return Voices(tuple(own), tuple(_means([*own, *cells(others)])))


def _means(found: Sequence[Cell]) -> Iterator[Mean]:
    """The means of those that were judged on as many languages as any, two at least.

    Of languages that were judged on the same emotions; rendered speech is nobody's.
    """
    groups: dict[tuple[str, ...], list[Cell]] = {}
    for one in found:
        key = (one.result.label_set, one.result.normalisation, one.result.system)
        rendered = one.result.corpus.startswith(RENDERED)
        if one.result.protocol == "lolo" and one.result.uar is not None and not rendered:
            groups.setdefault((*key, one.result.features), []).append(one)
    most = max((len(own) for own in groups.values()), default=0)
    for _, own in sorted(groups.items()):
        alike = len({one.result.classes for one in own}) == 1
        if alike and len(own) == most > 1 and len({one.language for one in own}) == most:
            yield Mean(tuple(own), Bounded(*mean(own)))


def without_neutral(result: Result) -> Bounded | None:
    """UAR over the other emotions, of the clips whose emotion they are: who says neutral is wrong.

    None where neutral is no class, or another has no clip.
    """
    if _NEUTRAL not in result.classes or result.uar is None:
        return None
    items, code, K = result.items, result.classes.index(_NEUTRAL), len(result.classes) - 1
    kept = items.truth != code

    def renumbered(codes: Any) -> Any:
        return np.where(codes == code, K, np.where(codes > code, codes - 1, codes))

    grouped = bootstrap.clusters(
        renumbered(items.truth[kept]),
        renumbered(items.predicted[:, kept]),
        items.speakers[kept],
        K,
    )
    value = float(uar_of(bootstrap.pooled(grouped)).mean())
    drawn = bootstrap.resample(grouped)
    if drawn is None:
        return Bounded(value, None, None)
    limits = bootstrap.interval(drawn, uar_of)
    return Bounded(value, limits.low, limits.high)


@dataclass(frozen=True)
class Figure:
    """A figure of the twin: whose it is, what it is, and what its row says otherwise."""

    of: Result
    metric: str
    said: Bounded
    changes: Mapping[str, Any] = field(default_factory=dict)


def voice_figures(found: Voices) -> Iterator[Figure]:
    """What the twin has of voices: `uar_without_neutral`, `sex_gap`, `ece`, and `uar_by_length`.

    And `mean_uar`, over the languages of its condition.
    """
    for cell in found.cells:
        one = cell.result
        if (other := without_neutral(one)) is not None:
            yield Figure(one, "uar_without_neutral", other)
        if isinstance(cell.gap, Gap):
            yield Figure(one, "sex_gap", Bounded(cell.gap.value, cell.gap.low, cell.gap.high))
        if cell.error is not None:
            yield Figure(one, "ece", Bounded(cell.error, None, None))
        for name, (value, n) in cell.by_duration.items():
            changes = {"condition": {"length": name}, "items": n}
            yield Figure(one, "uar_by_length", Bounded(value, None, None), changes)
    for of in found.means:
        condition = {"languages": " ".join(cell.language for cell in of.cells)}
        items = sum(len(cell.result.items.ids) for cell in of.cells)
        changes = {"test": EVERY, "train": [], "condition": condition, "items": items}
        yield Figure(of.first, "mean_uar", of.uar, changes)
