import json

import polars as pl
import pytest

from ehsaas.evaluation.expected import Expected, expected
from ehsaas.evaluation.pooled import pool
from tests.evaluation.contest import TARGETS, comparison, rated


def test_every_method_of_the_comparison_has_its_gain_over_the_model_as_it_was() -> None:
    results = pool(comparison())
    rows = expected(results)
    assert rows
    for row in rows:
        one = Expected(**row)
        assert one.languages == len(TARGETS) and one.low <= one.gain <= one.high
        own = [
            r
            for r in results
            if (r.system, r.normalisation, r.protocol) == (one.method, one.statistics, "lolo")
            and r.features == one.features
            and r.condition.get("labels_per_class", 0) == one.labels_per_class
        ]
        values = [r.uar.value for r in own if r.uar is not None]
        assert one.uar == pytest.approx(sum(values) / len(values), abs=6e-4)
    bare = [
        row
        for row in rows
        if (row["method"], row["statistics"], row["labels_per_class"])
        == ("source-only", "source", 0)
    ]
    assert [row["gain"] for row in bare] == [0] * len(bare)
    assert ("target-only", 5) in {(row["method"], row["labels_per_class"]) for row in rows}


def test_only_statistics_of_recordings_that_lie_there_are_written() -> None:
    more = rated("coral", "source", (9,) * 4)
    rows = expected(pool(pl.concat([comparison(), more])))
    kinds = {(row["method"], row["statistics"]) for row in rows}
    assert {pair for pair in kinds if pair[1] == "source"} == {("source-only", "source")}
    assert ("coral", "corpus") in kinds


def test_what_the_method_gained_stands_apart_from_what_the_statistics_did() -> None:
    rows = expected(pool(comparison()))
    found = {(row["method"], row["statistics"], row["labels_per_class"]): row for row in rows}
    one = found["self-training", "speaker", 0]  # 7, 6, 7, 8 of ten; over 4s, and over 6, 5, 6, 5
    assert (one["gain"], one["over_same"]) == (0.3, 0.15)
    assert one["over_same_low"] <= 0.15 <= one["over_same_high"]
    few = found["fine-tuning", "corpus", 5]  # 7, 7, 7, 6; source-only without labels has 5s
    assert (few["gain"], few["over_same"]) == (0.275, 0.175)
    assert found["source-only", "speaker", 0]["over_same"] == 0
    assert Expected(**json.loads(json.dumps(few))) == Expected(**few)


def test_without_source_only_by_the_same_statistics_there_are_no_parts() -> None:
    by_speaker = (pl.col("system") == "source-only") & (pl.col("normalisation") == "speaker")
    rows = expected(pool(comparison().filter(~by_speaker)))
    (one,) = [row for row in rows if row["statistics"] == "speaker"]
    assert (one["gain"], one["over_same"], one["over_same_low"]) == (0.3, None, None)
    assert str(Expected(**one)).endswith("over the model as it was.")


def test_a_gain_is_told_in_a_sentence() -> None:
    told = ("speaker", "embeddings", 0, 5, 0.681, 0.15, 0.12, 0.18)
    one = Expected("self-training", *told, 0.02, -0.01, 0.03)
    assert str(one) == (
        "on 5 languages that were left out, self-training on embeddings (speaker statistics;"
        " labels: none) reached a UAR of 0.68, +0.15 [+0.12, +0.18] over the model as it was,"
        " +0.02 [-0.01, +0.03] of it by the method, the rest by the statistics."
    )
    assert str(Expected("source-only", *told, 0, 0, 0)).endswith(
        "over the model as it was, by the statistics alone."
    )
    assert str(Expected("self-training", *told)).endswith(
        "[+0.12, +0.18] over the model as it was."
    )
