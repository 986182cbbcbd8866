from typing import Any

import numpy as np
import polars as pl
import pytest

from ehsaas.evaluation.bars import reliability_diagram
from ehsaas.evaluation.pictures import reliability
from ehsaas.evaluation.reliability import bins, brier, calibration_error, reliability_table
from ehsaas.evaluation.stated import stated
from ehsaas.evaluation.views import HEADLINE
from tests.evaluation.builders import FOUR, judged
from tests.evaluation.test_figures import texts

SURE = np.array([[0.9, 0.1], [0.9, 0.1], [0.65, 0.35], [0.45, 0.55]])
TRUTH = np.array([0, 1, 0, 0])


def test_the_calibration_error_is_what_a_hand_makes_of_it() -> None:
    """Two answers at 0.9, of which half are right; one at 0.65 that is; one at 0.55 that is not."""
    assert calibration_error(SURE, TRUTH) == pytest.approx((2 * 0.4 + 0.35 + 0.55) / 4)
    # with one bin: 0.75 stated, 0.5 right
    assert calibration_error(SURE, TRUTH, 1) == pytest.approx(0.25)


def test_calibrated_answers_have_no_error() -> None:
    p = np.tile([0.75, 0.25], (400, 1))
    truth = np.array([0, 0, 0, 1] * 100)
    assert calibration_error(p, truth) == pytest.approx(0, abs=1e-12)


def test_bins_are_closed_above_and_empty_ones_are_known() -> None:
    found = bins(np.array([[0.2, 0.8], [0.0, 1.0], [0.5, 0.5]]), np.array([1, 1, 1]), 5)
    np.testing.assert_allclose(found.share, [0, 0, 1 / 3, 1 / 3, 1 / 3])
    np.testing.assert_allclose(found.right, [np.nan, np.nan, 0, 1, 1])
    np.testing.assert_allclose(found.stated, [np.nan, np.nan, 0.5, 0.8, 1.0])


def test_brier_runs_from_nothing_to_two() -> None:
    assert brier(np.eye(3), np.arange(3)) == 0
    assert brier(np.eye(3), np.array([1, 2, 0])) == 2
    assert brier(SURE, TRUTH) == pytest.approx((0.02 + 1.62 + 0.245 + 0.605) / 4)


def table(**key: Any) -> pl.DataFrame:
    """Twenty items, each rightly recognised with a stated 0.7; the corpus has no boredom."""
    odds = {name: [0.7 if name == truth else 0.1 for truth in FOUR * 5] for name in FOUR}
    named = {f"p_{name}": pl.Series(values) for name, values in odds.items()}
    lacking = {"p_boredom": pl.lit(None, pl.Float64)}
    return judged(FOUR * 5, FOUR * 5, **key).with_columns(**named, **lacking)


def test_probabilities_are_read_for_the_classes_that_have_some() -> None:
    (one,) = stated(table())
    assert set(one.classes) == set(FOUR)
    np.testing.assert_allclose(one.probabilities.max(axis=1), 0.7)
    assert (one.probabilities.argmax(axis=1) == one.truth).all()
    np.testing.assert_allclose(np.exp(one.logits), one.probabilities)
    assert one.items == 20 and one.corpus == "emodb" and one.label_set == "four"


def test_a_class_that_the_system_has_not_has_no_probability() -> None:
    (one,) = stated(table().with_columns(p_sadness=pl.lit(None, pl.Float64)))
    column = one.classes.index("sadness")
    sad = one.probabilities[one.truth == column]
    np.testing.assert_allclose(one.probabilities[:, column], 0)
    np.testing.assert_allclose(np.delete(sad, column, axis=1), 1 / 3)


def test_rows_without_probabilities_leave_their_result_out() -> None:
    some = table().with_columns(
        pl.when(pl.col("id") == "u0003")
        .then(None)
        .otherwise(pl.col(f"p_{name}"))
        .alias(f"p_{name}")
        for name in FOUR
    )
    assert stated(some) == []
    assert stated(judged(FOUR, FOUR)) == []


def test_the_table_has_the_headline_on_what_was_not_trained_on() -> None:
    tables = [table(), table(protocol="random"), table(system="majority")]
    tables.append(table(condition='{"variant": "small"}'))
    found = reliability_table(stated(pl.concat(tables)), HEADLINE)
    assert found is not None
    (line,) = found.body
    assert line[:4] == ("emodb", "attention-bilstm", "corpus", "strict")
    # all right, stated 0.7: ECE 0.3; Brier 0.3² + 3 · 0.1²; four even shares
    assert line[-5:] == ("1.000", "0.700", "0.300", "0.120", "0.750")
    assert reliability_table(stated(judged(FOUR, FOUR)), HEADLINE) is None


def test_the_diagram_is_drawn_and_says_its_error() -> None:
    (picture,) = reliability(stated(table()), HEADLINE)
    assert picture.name == "reliability-attention-bilstm-strict-emodb-four"
    assert "0.300" in picture.caption
    assert "share that was right" in texts(picture.svg)
    assert "expected calibration error 0.300" in picture.svg
    again = reliability_diagram(bins(SURE, TRUTH), "r", "x")
    assert again == reliability_diagram(bins(SURE, TRUTH), "r", "x")
    assert len(again) < 20_000
