import polars as pl
import pytest

from ehsaas.evaluation.labels_curve import CHOSEN, MEAN, LabelsCurve, labels_curves, labels_table
from ehsaas.evaluation.methods import contests
from ehsaas.evaluation.pooled import pool
from tests.evaluation.contest import TARGETS, comparison, rated


def values(curve: LabelsCurve, place: str) -> dict[str, dict[int, float]]:
    return {
        name: {labels: round(found.value, 4) for labels, found in points}
        for name, points in curve.lines[place].items()
    }


def test_points_by_target_and_their_mean() -> None:
    (curve,) = labels_curves(contests(pool(comparison())))
    assert set(curve.lines) == {*TARGETS, MEAN}
    assert values(curve, "urdu") == {
        CHOSEN: {0: 0.8, 5: 0.6},
        "source-only (source statistics)": {0: 0.4},
        "source-only (corpus statistics)": {0: 0.5, 5: 0.6},
        "source-only (speaker statistics)": {0: 0.5},
        "target-only (corpus statistics)": {5: 0.7},
    }
    assert values(curve, MEAN)[CHOSEN] == {0: 0.7, 5: 0.675}
    assert values(curve, MEAN)["target-only (corpus statistics)"] == {5: 0.55}
    assert curve.chance == 0.25


def test_a_mean_needs_every_target() -> None:
    few = (pl.col("condition") != "{}") & (pl.col("corpus") == "kashmiri_rasa")
    (curve,) = labels_curves(contests(pool(comparison().filter(~few))))
    assert values(curve, "urdu")[CHOSEN][5] == pytest.approx(0.6)
    assert values(curve, MEAN)[CHOSEN] == {0: 0.7}
    assert "target-only (corpus statistics)" not in curve.lines[MEAN]


def test_target_only_is_drawn_by_each_statistics_but_a_source_it_has_not() -> None:
    more = [
        rated("target-only", by, (n, n, n, n), labels=5)
        for by, n in (("source", 3), ("speaker", 8))
    ]
    (curve,) = labels_curves(contests(pool(pl.concat([comparison(), *more]))))
    drawn = {name: points for name, points in values(curve, MEAN).items() if "target" in name}
    assert drawn == {
        "target-only (corpus statistics)": {5: 0.55},
        "target-only (speaker statistics)": {5: 0.8},
    }


def test_the_table_has_a_column_for_each_number_of_labels() -> None:
    (curve,) = labels_curves(contests(pool(comparison())))
    table = labels_table(curve)
    assert table.head == ("tested on", "system", "0 a class", "5 a class")
    assert (
        "Urdu (urdu)",
        "target-only (corpus statistics)",
        "",
        "0.700 [0.70, 0.70]",
    ) in table.body
    assert {len(line) for line in table.body} == {4}


def test_without_labels_there_is_no_curve() -> None:
    table = comparison().filter(pl.col("condition") == "{}")
    assert labels_curves(contests(pool(table))) == []
