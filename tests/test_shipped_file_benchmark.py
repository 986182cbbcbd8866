"""A network and its file on the same clips."""

from collections.abc import Callable
from pathlib import Path

import polars as pl

from benchmarks.shipped_file import difference, judged_by
from ehsaas import utterances
from tests.conftest import Pair
from tests.experiments.builders import corpus


def test_both_judge_every_clip(pair: Callable[[str], Pair], tmp_path: Path) -> None:
    both = pair("attention-bilstm")
    corpus(tmp_path, "other", speakers=2, times=2)
    table = utterances.read(tmp_path / "other.parquet")
    said = judged_by([both.recogniser, both.file], table)
    sizes = said.group_by("condition", "normalisation").len()
    assert sorted(sizes["condition"].unique()) == [
        '{"precision": "float32"}',
        '{"precision": "int8"}',
    ]
    assert sizes.height == 4 and sizes["len"].n_unique() == 1
    n = sizes["len"][0]
    assert f"of {n} clips both say the same of 100.0 %" in difference(said)
    assert "differs by 0.000 on average" in difference(said)


def test_a_file_that_says_something_else_is_told_of(
    pair: Callable[[str], Pair], tmp_path: Path
) -> None:
    both = pair("attention-bilstm")
    corpus(tmp_path, "other", speakers=2, times=2)
    said = judged_by([both.recogniser, both.file], utterances.read(tmp_path / "other.parquet"))
    small = pl.col("condition").str.contains("int8")
    changed = said.with_columns(
        predicted=pl.when(small).then(pl.lit("fear")).otherwise("predicted"),
        p_anger=pl.when(small).then(pl.col("p_anger") + 0.25).otherwise("p_anger"),
    )
    told = difference(changed)
    assert "both say the same of 0.0 %" in told and "at most by 0.25" in told
