from pathlib import Path

import polars as pl
import pytest

from ehsaas.evaluation.predictions import COLUMNS, PredictionError, check, concat, read, write
from tests.evaluation.builders import FOUR, judged


def test_a_table_comes_back_as_it_was_written(tmp_path: Path) -> None:
    table = judged(FOUR, FOUR).with_columns(p_anger=pl.lit(0.5))
    write(table, tmp_path / "deep" / "p.parquet")
    assert read(tmp_path / "deep" / "p.parquet").equals(table)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["p.parquet"]


def test_what_another_process_writes_aside_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "p.part").write_text("another's")
    write(judged(FOUR, FOUR), tmp_path / "p.parquet")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.parquet", "p.part"]


def test_a_class_that_one_table_lacks_is_null() -> None:
    one = judged(FOUR, FOUR).with_columns(p_anger=pl.lit(0.5))
    both = concat([one, judged(FOUR, FOUR, seed=1)])
    assert both["p_anger"].null_count() == 4


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (pl.col("seed").cast(pl.Int32), "'seed' holds Int32, not Int64"),
        (pl.lit(1).alias("score"), "no columns score"),
        (pl.lit(None, pl.String).alias("truth"), "'truth' has nulls"),
        (pl.lit("same").alias("id"), "4 rows judge an utterance"),
    ],
)
def test_what_breaks_the_contract_is_named(broken: pl.Expr, message: str) -> None:
    with pytest.raises(PredictionError, match=message):
        check(judged(FOUR, FOUR).with_columns(broken))


def test_missing_columns_and_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(PredictionError, match="lacks the columns run"):
        check(judged(FOUR, FOUR).drop("run"))
    with pytest.raises(PredictionError, match="no such prediction table"):
        read(tmp_path / "absent.parquet")
    assert set(COLUMNS) == set(judged(FOUR, FOUR).columns)
