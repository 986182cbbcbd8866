"""Prediction table → one `Result` for each thing that was tried: folds pooled, seeds as spread."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehsaas.emotions import LABEL_SETS, in_order
from ehsaas.evaluation import bootstrap
from ehsaas.evaluation.metrics import (
    ClassDetail,
    Counts,
    Floats,
    Integers,
    accuracy_of,
    collapse,
    f1_of,
    macro_f1_of,
    recalls,
    uar_of,
    weighted_f1_of,
)
from ehsaas.evaluation.predictions import RESULT_KEY, check

METRICS: Mapping[str, Callable[[Counts], Floats]] = MappingProxyType(
    {
        "uar": uar_of,
        "accuracy": accuracy_of,
        "weighted_f1": weighted_f1_of,
        "macro_f1": macro_f1_of,
    }
)

REFERENCES: tuple[str, ...] = ("chance", "majority", "speaker-majority")
"""Systems that hear nothing: what a real one is measured against."""


@dataclass(frozen=True)
class Items:
    """What was judged, one column an item.

    `ids` (N,) sorted, `truth` (N,) class codes, `speakers` (N,) names or None, `predicted` (E, N)
    class codes by seed, −1 where a seed did not judge the item.
    """

    ids: NDArray[np.object_]
    truth: Integers
    speakers: NDArray[np.object_]
    predicted: Integers


@dataclass(frozen=True)
class Measure:
    """One metric: mean over seeds, each seed's own value, and the interval (None: none)."""

    value: float
    per_seed: tuple[float, ...]
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Result:
    """All that is known of one thing that was tried.

    `classes` are those of the label set, `names` those and any other class that was predicted.
    `confusion` (C, len(names)) is summed over seeds. `measures` lacks a metric that was `refused`
    (name → reason). `unit` says what the interval speaks for; `redrawn` resamples missed a class.
    `collapses` are sentences.
    """

    system: str
    protocol: str
    condition: Mapping[str, Any]
    features: str
    normalisation: str
    train: tuple[str, ...]
    corpus: str
    label_set: str
    language: str | None
    classes: tuple[str, ...]
    names: tuple[str, ...]
    seeds: tuple[int, ...]
    speakers: int
    unit: str
    redrawn: int
    measures: Mapping[str, Measure]
    refused: Mapping[str, str]
    details: tuple[ClassDetail, ...]
    confusion: Integers
    collapses: tuple[str, ...]
    items: Items

    @property
    def chance(self) -> float:
        """UAR of a guess that looks at nothing."""
        return 1 / len(self.classes)

    @property
    def share(self) -> float:
        """Share of the target's labelled training utterances that was used, 0–1."""
        return float(self.condition.get("share", 0.0))

    @property
    def these_speakers_only(self) -> bool:
        """Whether the interval is over utterances, so that it says nothing of other speakers."""
        return not self.unit.startswith("over ")

    @property
    def uar(self) -> Measure | None:
        """The UAR, or None where it was refused."""
        return self.measures.get("uar")


def pool(predictions: pl.DataFrame) -> list[Result]:
    """One `Result` for each combination of `RESULT_KEY`, in a fixed order.

    The order of the table's rows does not matter.
    """
    groups = check(predictions).partition_by(list(RESULT_KEY), as_dict=True)
    ordered = sorted(groups.items(), key=lambda pair: tuple(str(part) for part in pair[0]))
    return [
        _result(dict(zip(RESULT_KEY, key, strict=True)), group.sort("id", "seed"))
        for key, group in ordered
    ]


def _result(key: Mapping[str, Any], rows: pl.DataFrame) -> Result:
    label_set = key["label_set"] or "native"
    truths = rows["truth"].unique().to_list()
    # one order for every label set, so that native and fixed results on the same items pair up
    fixed = in_order(LABEL_SETS.get(label_set, ()))
    classes = fixed or in_order(truths) or tuple(sorted(truths))
    classes += tuple(sorted(set(truths) - set(classes)))
    names = classes + tuple(sorted(set(rows["predicted"].unique().to_list()) - set(classes)))
    seeds = tuple(sorted(rows["seed"].unique().to_list()))
    items = _items(rows, names, seeds)
    grouped = bootstrap.clusters(items.truth, items.predicted, items.speakers, len(classes))
    measures, refused, redrawn = _measures(grouped, classes)
    counts = bootstrap.pooled(grouped)
    return Result(
        system=key["system"],
        protocol=key["protocol"] or "",
        condition=json.loads(key["condition"] or "{}"),
        features=key["features"] or "",
        normalisation=key["normalisation"] or "none",
        train=tuple(part for part in (key["train"] or "").split("+") if part),
        corpus=key["corpus"],
        label_set=label_set,
        language=next(iter(rows["language"].drop_nulls().unique().sort()), None),
        classes=classes,
        names=names,
        seeds=seeds,
        speakers=grouped.known,
        unit=grouped.label,
        redrawn=redrawn,
        measures=measures,
        refused=refused,
        details=_details(counts, classes),
        confusion=_confusion(items, len(classes), len(names)),
        collapses=() if key["system"] in REFERENCES else _collapses(items, names, classes),
        items=items,
    )


def _items(rows: pl.DataFrame, names: tuple[str, ...], seeds: tuple[int, ...]) -> Items:
    first = rows.unique("id", keep="first", maintain_order=True)
    codes = {name: i for i, name in enumerate(names)}
    place = {name: i for i, name in enumerate(first["id"].to_list())}
    row_of = {seed: i for i, seed in enumerate(seeds)}
    predicted = np.full((len(seeds), first.height), -1, dtype=np.int64)
    at_seed = [row_of[seed] for seed in rows["seed"].to_list()]
    at_item = [place[name] for name in rows["id"].to_list()]
    predicted[at_seed, at_item] = [codes[name] for name in rows["predicted"].to_list()]
    return Items(
        ids=np.array(first["id"].to_list(), dtype=object),
        truth=np.array([codes[name] for name in first["truth"].to_list()], dtype=np.int64),
        speakers=np.array(first["speaker"].to_list(), dtype=object),
        predicted=predicted,
    )


def _measures(
    grouped: bootstrap.Clusters, classes: tuple[str, ...]
) -> tuple[dict[str, Measure], dict[str, str], int]:
    counts = bootstrap.pooled(grouped)
    drawn = bootstrap.resample(grouped)
    measures: dict[str, Measure] = {}
    refused: dict[str, str] = {}
    absent = [name for name, n in zip(classes, counts.support.min(axis=0), strict=True) if not n]
    for name, metric in METRICS.items():
        values = metric(counts)
        if np.isnan(values).any():
            refused[name] = f"no item of {', '.join(absent)} in the pool"
            continue
        found = bootstrap.interval(drawn, metric) if drawn else None
        measures[name] = Measure(
            value=float(values.mean()),
            per_seed=tuple(float(value) for value in values),
            low=found.low if found else None,
            high=found.high if found else None,
        )
    return measures, refused, drawn.redrawn if drawn else 0


def _details(counts: Counts, classes: tuple[str, ...]) -> tuple[ClassDetail, ...]:
    """Per-class figures, averaged over seeds (precision over those that say the class at all).

    A class without support is left out.
    """
    recall, f1 = recalls(counts), f1_of(counts)
    called = np.where(counts.called > 0, counts.called, np.nan)
    precision = counts.hits / called
    return tuple(
        ClassDetail(
            name=name,
            precision=_mean_of_known(precision[:, i]),
            recall=float(recall[:, i].mean()),
            f1=float(f1[:, i].mean()),
            support=int(counts.support[:, i].max()),
        )
        for i, name in enumerate(classes)
        if counts.support[:, i].min() > 0
    )


def _mean_of_known(values: Floats) -> float | None:
    """The mean of those that are numbers: a seed that never says a class has no precision."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None


def _confusion(items: Items, n_classes: int, n_names: int) -> Integers:
    truth = np.broadcast_to(items.truth, items.predicted.shape)
    judged = items.predicted >= 0
    flat = (truth * n_names + items.predicted)[judged]
    return np.bincount(flat, minlength=n_classes * n_names).reshape(n_classes, n_names)


def _collapses(items: Items, names: tuple[str, ...], classes: tuple[str, ...]) -> tuple[str, ...]:
    label = np.array(names, dtype=object)
    found: Counter[str] = Counter()
    for called in items.predicted:
        judged = called >= 0
        seen = collapse(label[items.truth[judged]], label[called[judged]], classes)
        if seen:
            found[seen.text] += 1
    E = len(items.predicted)
    return tuple(
        text if E == 1 else f"{text} ({'all' if n == E else f'{n} of'} {E} seeds)"
        for text, n in sorted(found.items())
    )
