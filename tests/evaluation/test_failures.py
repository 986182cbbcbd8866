"""How a system fails: what it takes for what, and its surest mistakes."""

from typing import Any

import polars as pl
import pytest

from ehsaas.evaluation.failures import EXAMPLES, confusions, mistakes, mistakes_table
from tests.evaluation.builders import FOUR, judged


@pytest.fixture()
def table() -> pl.DataFrame:
    """Ten times each emotion; sadness is called neutral six times and anger once, ever surer."""
    truth = [name for name in FOUR for _ in range(10)]
    said = [
        name if name != "sadness" or i % 10 < 3 else "anger" if i % 10 == 3 else "neutral"
        for i, name in enumerate(truth)
    ]
    key: dict[str, Any] = {
        "protocol": "lolo",
        "corpus": "urdu",
        "language": "ur",
        "label_set": "four",
    }
    found = judged(truth, said, [f"s{i % 5}" for i in range(40)], **key)
    sure = pl.Series([0.5 + i / 100 for i in range(40)])
    return found.with_columns(
        duration=pl.lit(2.5),
        **{
            f"p_{name}": pl.when(pl.col("predicted") == name).then(sure).otherwise((1 - sure) / 3)
            for name in FOUR
        },
    )


def test_each_emotion_says_what_it_is_taken_for(table: pl.DataFrame) -> None:
    told = confusions(table)
    assert [line[:2] for line in told.body] == [("Urdu", "urdu"), *[("", "")] * 3]
    assert ("sadness", "0.30", "neutral (0.60)", "10") in [line[2:] for line in told.body]
    assert ("anger", "1.00", "nothing", "10") in [line[2:] for line in told.body]


def test_an_emotion_without_clips_has_no_line(table: pl.DataFrame) -> None:
    told = confusions(table.filter(pl.col("truth") != "anger"))
    assert sorted(line[2] for line in told.body) == sorted({*FOUR} - {"anger"})


def test_what_nobody_acts_is_named_where_it_is_said(table: pl.DataFrame) -> None:
    """A model knows more emotions than a corpus has."""
    sad = pl.col("truth") == "sadness"
    said = table.with_columns(predicted=pl.when(sad).then(pl.lit("fear")).otherwise("predicted"))
    assert ("sadness", "0.00", "fear (1.00)", "10") in [line[2:] for line in confusions(said).body]


def test_a_clip_of_unknown_length_is_named_all_the_same(table: pl.DataFrame) -> None:
    unknown = table.with_columns(duration=pl.lit(None, pl.Float64))
    assert {line[2] for line in mistakes_table(mistakes(unknown)).body} == {""}


def test_the_surest_mistakes_are_named_with_what_was_stated(table: pl.DataFrame) -> None:
    found = mistakes(table)
    assert found.height == EXAMPLES
    assert found["stated"].is_sorted(descending=True)
    (first, *_) = found.iter_rows(named=True)
    assert (first["truth"], first["predicted"]) == ("sadness", "neutral")
    assert first["stated"] == pytest.approx(0.89)
    assert first["allowed"] == pytest.approx((1 - 0.89) / 3)
    line = mistakes_table(found).body[0]
    assert line[0] == "Urdu" and line[2:] == ("2.5", "sadness", "neutral", "0.89", "0.04")
