import numpy as np
import polars as pl
import pytest

from ehsaas.emotions import in_order
from ehsaas.evaluation.pooled import pool
from tests.evaluation.builders import FOUR, SIX, judged, simulated


def test_folds_are_pooled_and_seeds_are_spread() -> None:
    truth = list(FOUR) * 4
    half = [*truth[:8], *("anger",) * 8]
    speakers = [f"s{i}" for i in range(16)]
    table = pl.concat(
        [judged(truth, truth, speakers, seed=0), judged(truth, half, speakers, seed=1)]
    ).with_columns(fold=pl.col("id").str.slice(-1))
    (result,) = pool(table)
    assert result.uar is not None
    # Seed 1: anger 4 of 4, the others 2 of 4 each.
    assert result.uar.per_seed == pytest.approx((1.0, (1 + 3 * 0.5) / 4))
    assert result.uar.value == pytest.approx(0.8125)
    assert (result.seeds, result.speakers, result.chance) == ((0, 1), 16, 0.25)
    np.testing.assert_array_equal(result.confusion[1], [2, 6, 0, 0])
    assert [one.support for one in result.details] == [4, 4, 4, 4]
    # Seed 0: all are right; seed 1: 4 of the 10 that are called anger. Seeds count alike.
    assert result.details[0].precision == pytest.approx((1 + 4 / 10) / 2)


def test_the_order_of_rows_changes_nothing() -> None:
    table = pl.concat([simulated(0.6, seed=s) for s in (0, 1)])
    (first,), (second,) = pool(table), pool(table.sample(fraction=1.0, shuffle=True, seed=4))
    assert first.measures == second.measures


def test_a_class_missing_from_a_fixed_set_is_refused_and_the_rest_given() -> None:
    (result,) = pool(judged(FOUR[:3] * 5, FOUR[:3] * 5, [f"s{i}" for i in range(15)]))
    assert result.refused["uar"] == "no item of sadness in the pool"
    assert set(result.measures) == {"accuracy", "weighted_f1"}
    assert [one.name for one in result.details] == list(FOUR[:3])
    assert result.uar is None


def test_native_classes_are_those_of_the_truth_in_vocabulary_order() -> None:
    (result,) = pool(simulated(0.7, classes=SIX, label_set="native"))
    assert result.classes == SIX
    assert result.chance == pytest.approx(1 / 6)


def test_a_prediction_outside_the_set_is_shown_and_wrong() -> None:
    (result,) = pool(judged(FOUR * 2, ("calm", *FOUR[1:]) * 2))
    assert result.names == (*in_order(FOUR), "calm")
    assert result.uar is not None
    assert result.uar.value == pytest.approx(0.75)


def test_collapse_is_told_with_the_seeds_it_happened_in() -> None:
    well = judged(FOUR * 3, FOUR * 3, seed=0)
    badly = judged(FOUR * 3, ("anger",) * 12, seed=1)
    (result,) = pool(pl.concat([well, badly]))
    assert result.collapses == ("every item is predicted as anger (1 of 2 seeds)",)
    (both,) = pool(pl.concat([badly, badly.with_columns(seed=pl.lit(2, pl.Int64))]))
    assert both.collapses == ("every item is predicted as anger (all 2 seeds)",)
    (single,) = pool(badly)
    assert single.collapses == ("every item is predicted as anger",)
    assert pool(badly.with_columns(system=pl.lit("majority")))[0].collapses == ()


def test_few_or_unknown_speakers_are_labelled() -> None:
    assert pool(simulated(0.6, corpus="kashmiri_rasa"))[0].these_speakers_only
    assert not pool(simulated(0.6))[0].these_speakers_only
    unknown = pool(judged(FOUR * 9, FOUR * 9))[0]
    assert (unknown.unit, unknown.speakers) == ("speakers unknown, over utterances", 0)


def test_the_share_is_read_from_the_condition() -> None:
    (result,) = pool(simulated(0.6, condition='{"share": 0.2}'))
    assert result.share == 0.2
    assert dict(result.condition) == {"share": 0.2}


def test_precision_is_the_mean_of_the_seeds_that_say_the_class() -> None:
    truth = FOUR * 2
    silent = tuple("anger" if label == "sadness" else label for label in truth)
    (result,) = pool(pl.concat([judged(truth, truth, seed=0), judged(truth, silent, seed=1)]))
    precision = {one.name: one.precision for one in result.details}
    assert precision["sadness"] == 1.0
    (never,) = pool(judged(truth, silent))
    assert {one.name: one.precision for one in never.details}["sadness"] is None
