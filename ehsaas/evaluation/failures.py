"""How a system fails on voices that were not trained on: what it takes for what, and examples."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from ehsaas.evaluation.pooled import Result
from ehsaas.evaluation.predictions import PROBABILITY
from ehsaas.evaluation.tables import Table
from ehsaas.evaluation.tongues import language, tongue

EXAMPLES = 3
"""Mistakes shown of each language."""


def confusions(results: Sequence[Result]) -> Table:
    """Of each emotion: how often it is recognised, and what it is most often taken for instead.

    Args:
        results: of one system, each on other clips.
    """
    return Table(
        "What is taken for what",
        "Recall of each emotion, and what it is most often called instead, with how often.",
        ("language", "tested on", "emotion", "recall", "most often called instead", "clips"),
        tuple(line for one in results for line in _lines(one)),
    )


def _lines(one: Result) -> list[tuple[str, ...]]:
    names, (E, _) = one.classes, one.items.predicted.shape
    lines: list[tuple[str, ...]] = []
    for code, name in enumerate(names):
        if not (one.items.truth == code).any():
            continue
        own = one.items.predicted[:, one.items.truth == code]
        said = np.bincount(own[(own >= 0) & (own < len(names))], minlength=len(names)) / own.size
        other = max((i for i in range(len(names)) if i != code), key=lambda i: (said[i], -i))
        taken = f"{names[other]} ({said[other]:.2f})" if said[other] else "nothing"
        place = (language(one), one.corpus) if not lines else ("", "")
        lines.append((*place, name, f"{said[code]:.2f}", taken, str(own.size // E)))
    return lines


def mistakes(predictions: pl.DataFrame) -> pl.DataFrame:
    """The mistakes that were stated most surely, at most `EXAMPLES` of each corpus.

    Args:
        predictions: of one system that states probabilities, each clip once.

    Returns:
        Columns `language`, `corpus`, `id`, `truth`, `predicted`, `stated` (the probability of what
        was said), `allowed` (that of what is true) and `duration`; the surest first.
    """
    columns = [name for name in predictions.columns if name.startswith(PROBABILITY)]

    def stated(of: str) -> pl.Expr:
        each = (
            pl.when(pl.col(of) == name.removeprefix(PROBABILITY)).then(pl.col(name))
            for name in columns
        )
        return pl.coalesce(each)

    wrong = predictions.filter(pl.col("truth") != pl.col("predicted"))
    return (
        wrong.with_columns(stated=stated("predicted"), allowed=stated("truth"))
        .sort(["corpus", "stated", "id"], descending=[False, True, False])
        .group_by("corpus", maintain_order=True)
        .head(EXAMPLES)
        .select(
            *("language", "corpus", "id", "truth", "predicted", "stated", "allowed", "duration")
        )
    )


def _seconds(row: Mapping[str, Any]) -> str:
    return "" if row["duration"] is None else f"{row['duration']:.1f}"


def mistakes_table(found: pl.DataFrame) -> Table:
    """`mistakes` as text."""
    return Table(
        "The surest mistakes",
        "Of each language the clips on which it was surest of what is wrong, by their names in the"
        " published corpus: listen to them before you rely on it.",
        ("language", "clip", "seconds", "acted", "said", "stated for it", "stated for the truth"),
        tuple(
            (
                *(
                    tongue(row["language"]),
                    f"{row['corpus']}/{row['id']}",
                    _seconds(row),
                ),
                *(row["truth"], row["predicted"]),
                *(f"{row['stated']:.2f}", f"{row['allowed']:.2f}"),
            )
            for row in found.iter_rows(named=True)
        ),
    )
