"""Prediction table → the probabilities that each result stated, beside what was true."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehsaas.emotions import in_order
from ehsaas.evaluation.metrics import Floats, Integers
from ehsaas.evaluation.predictions import PROBABILITY, RESULT_KEY

SMALLEST = 5e-4
"""Half of the last digit that a results page's table keeps of a probability."""


@dataclass(frozen=True)
class Stated:
    """What one result stated, a row a judgement; the seeds stand one after the other.

    `probabilities` (N, K) sum to 1 over `classes`, those that were true or had a probability;
    `truth` (N,) class codes; `seeds` (N,); `ids`, `speakers` and `folds` (N,), None where unknown.
    The other fields are those of a `Result`.
    """

    system: str
    protocol: str
    condition: Mapping[str, Any]
    features: str
    normalisation: str
    train: tuple[str, ...]
    corpus: str
    label_set: str
    classes: tuple[str, ...]
    probabilities: Floats
    truth: Integers
    seeds: Integers
    ids: NDArray[np.object_]
    speakers: NDArray[np.object_]
    folds: NDArray[np.object_]

    @property
    def logits(self) -> Floats:
        """Logarithms of the probabilities, (N, K): logits but for a constant a row."""
        logits: Floats = np.log(np.maximum(self.probabilities, SMALLEST))
        return logits

    @property
    def items(self) -> int:
        """Utterances that were judged, by however many seeds."""
        return len(set(self.ids.tolist()))

    def of_seed(self, seed: int) -> Integers:
        """Row numbers of one seed."""
        return np.flatnonzero(self.seeds == seed)


def stated(predictions: pl.DataFrame) -> list[Stated]:
    """One `Stated` for each result all of whose rows have probabilities, in a fixed order.

    A table without columns of probabilities has none.
    """
    columns = [name for name in predictions.columns if name.startswith(PROBABILITY)]
    if not columns:
        return []
    groups = predictions.partition_by(list(RESULT_KEY), as_dict=True)
    ordered = sorted(groups.items(), key=lambda pair: tuple(str(part) for part in pair[0]))
    found = [
        _stated(dict(zip(RESULT_KEY, key, strict=True)), rows.sort("seed", "id"), columns)
        for key, rows in ordered
    ]
    return [one for one in found if one is not None]


def _stated(key: Mapping[str, Any], rows: pl.DataFrame, columns: Sequence[str]) -> Stated | None:
    given = rows.select(columns).to_numpy().astype(np.float64)
    known = ~np.isnan(given)
    if not known.any(axis=1).all():
        return None
    named = [name.removeprefix(PROBABILITY) for name in columns]
    held = {name for name, there in zip(named, known.any(axis=0), strict=True) if there}
    every = held | set(rows["truth"].unique().to_list())
    classes = in_order(every)
    classes += tuple(sorted(every - set(classes)))
    place = {name: i for i, name in enumerate(classes)}
    probabilities = np.zeros((rows.height, len(classes)))
    for column, name in enumerate(named):
        if name in held:
            probabilities[:, place[name]] = np.nan_to_num(given[:, column])
    total = np.maximum(probabilities.sum(axis=1, keepdims=True), SMALLEST)
    return Stated(
        system=key["system"],
        protocol=key["protocol"] or "",
        condition=json.loads(key["condition"] or "{}"),
        features=key["features"] or "",
        normalisation=key["normalisation"] or "none",
        train=tuple(part for part in (key["train"] or "").split("+") if part),
        corpus=key["corpus"],
        label_set=key["label_set"] or "native",
        classes=classes,
        probabilities=probabilities / total,
        truth=np.array([place[name] for name in rows["truth"].to_list()], dtype=np.int64),
        seeds=rows["seed"].to_numpy().astype(np.int64),
        ids=np.array(rows["id"].to_list(), dtype=object),
        speakers=np.array(rows["speaker"].to_list(), dtype=object),
        folds=np.array(rows["fold"].to_list(), dtype=object),
    )
