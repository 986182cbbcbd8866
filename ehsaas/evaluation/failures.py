"""How a system fails on voices that were not trained on: what it takes for what, and examples."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import polars as pl

from ehsaas.emotions import in_order
from ehsaas.evaluation.predictions import PROBABILITY
from ehsaas.evaluation.tables import Table
from ehsaas.evaluation.tongues import tongue

EXAMPLES = 3
"""Mistakes shown of each language."""


def confusions(predictions: pl.DataFrame) -> Table:
    """Of each emotion: how often it is recognised, and what it is most often taken for instead.

    Args:
        predictions: of one system, each clip once.
    """
    return Table(
        "What is taken for what",
        "Recall of each emotion, and what it is most often called instead, with how often.",
        ("language", "tested on", "emotion", "recall", "most often called instead", "clips"),
        tuple(
            line
            for (corpus,), own in predictions.sort("corpus").group_by("corpus", maintain_order=True)
            for line in _lines(str(corpus), own)
        ),
    )


def _lines(corpus: str, predictions: pl.DataFrame) -> list[tuple[str, ...]]:
    spoken = " and ".join(tongue(one) for one in sorted(predictions["language"].unique()))
    lines: list[tuple[str, ...]] = []
    for emotion in in_order(set(predictions["truth"])):
        called = predictions.filter(truth=emotion)["predicted"]
        wrong = Counter(called.filter(called != emotion).to_list())
        right = 1 - wrong.total() / len(called)
        other, times = min(wrong.items(), key=lambda pair: (-pair[1], pair[0]), default=("", 0))
        taken = f"{other} ({times / len(called):.2f})" if times else "nothing"
        place = ("", "") if lines else (spoken, corpus)
        lines.append((*place, emotion, f"{right:.2f}", taken, str(len(called))))
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
