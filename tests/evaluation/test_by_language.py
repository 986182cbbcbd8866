from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest

from ehsaas.evaluation.by_language import Cell, Gap, cells, mean, told
from tests.evaluation.builders import FOUR, judged


def answers(
    wrong: int,
    speakers: int = 6,
    sexes: Sequence[str | None] = ("female", "male"),
    durations: Sequence[float] = (1.5,),
    **key: Any,
) -> pl.DataFrame:
    """Each speaker says each emotion once; the first `wrong` speakers' sadness is called anger."""
    truth = list(FOUR) * speakers
    said = [
        "anger" if name == "sadness" and i // 4 < wrong else name for i, name in enumerate(truth)
    ]
    voices = [f"s{i // 4}" for i in range(len(truth))]
    table = judged(truth, said, voices, **{"protocol": "zero-shot", **key})
    return table.with_columns(
        sex=pl.Series([sexes[i // 4 % len(sexes)] for i in range(len(truth))], dtype=pl.String),
        duration=pl.Series([durations[i // 4 % len(durations)] for i in range(len(truth))]),
    )


def stated(table: pl.DataFrame, sure: float) -> pl.DataFrame:
    """The same with `sure` for what was said, the rest spread evenly."""
    rest = (1 - sure) / 3
    columns = {
        f"p_{name}": pl.when(pl.col("predicted") == name).then(sure).otherwise(rest)
        for name in FOUR
    }
    return table.with_columns(**columns)


def value(cell: Cell) -> float:
    assert cell.result.uar is not None
    return cell.result.uar.value


def test_corpora_of_a_language_are_pooled_and_languages_are_not() -> None:
    table = pl.concat(
        [
            answers(6, corpus="one", language="de"),
            answers(0, corpus="two", language="de"),
            answers(3, corpus="three", language="ur"),
        ]
    )
    regions = table["language"].replace("de", "de-AT")
    table = table.with_columns(pl.when(corpus="two").then(regions).otherwise("language"))
    german, urdu = cells(table)
    assert (german.language, german.result.corpus) == ("de", "one+two")
    assert len(german.result.items.ids) == 48 and value(german) == pytest.approx(1 - 0.25 / 2)
    assert (urdu.language, urdu.result.corpus) == ("ur", "three")
    assert value(urdu) == pytest.approx(1 - 0.25 / 2)


def test_statistics_and_label_sets_have_cells_of_their_own_in_a_fixed_order() -> None:
    kinds = ("speaker", "source", "corpus")
    table = pl.concat(
        [
            answers(i, normalisation=kind, label_set=label_set)
            for i, kind in enumerate(kinds)
            for label_set in ("native", "four")
        ]
    )
    found = [(cell.result.label_set, cell.result.normalisation) for cell in cells(table)]
    order = ("source", "corpus", "speaker")
    assert found == [(name, kind) for name in ("four", "native") for kind in order]


@pytest.mark.parametrize(
    ("protocol", "counts"),
    [
        ("zero-shot", True),
        ("lolo", True),
        ("unknown", True),
        ("same language", False),
        ("contaminated", False),
        ("adapted", False),
    ],
)
def test_what_counts(protocol: str, counts: bool) -> None:
    (cell,) = cells(answers(0, protocol=protocol))
    assert cell.counts is counts


def test_what_has_no_uar_does_not_count() -> None:
    (cell,) = cells(answers(0).filter(pl.col("truth") != "anger"))
    assert not cell.counts and cell.result.refused["uar"] == "no item of anger in the pool"


def test_the_sex_gap_is_the_difference_of_two_uars() -> None:
    """The women are speakers 0, 2, …; half of the first six that are wrong are women."""
    table = answers(0, speakers=12)
    women = (pl.col("sex") == "female") & (pl.col("truth") == "sadness")
    (cell,) = cells(
        table.with_columns(
            predicted=pl.when(women).then(pl.lit("anger")).otherwise(pl.col("predicted"))
        )
    )
    assert isinstance(cell.gap, Gap)
    assert (cell.gap.female, cell.gap.male, cell.gap.value) == (0.75, 1.0, -0.25)
    assert (cell.gap.low, cell.gap.high) == (-0.25, -0.25) and not cell.gap.these_only


def test_the_interval_of_the_gap_is_over_speakers_of_each_sex() -> None:
    (cell,) = cells(answers(12, speakers=24))
    assert isinstance(cell.gap, Gap) and cell.gap.value == 0.0
    assert cell.gap.low is not None and cell.gap.high is not None
    assert -0.25 < cell.gap.low < 0 < cell.gap.high < 0.25
    (few,) = cells(answers(2, speakers=6))
    assert isinstance(few.gap, Gap) and few.gap.these_only


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (answers(0, sexes=("female",)), "there is no male speaker"),
        (answers(0, sexes=(None,)), "there is no female speaker, or the speakers' sex"),
        (
            answers(0).filter((pl.col("sex") == "male") | (pl.col("truth") != "neutral")),
            "female speakers: no item of neutral in the pool",
        ),
    ],
)
@pytest.mark.parametrize("label_set", ["four", "native"])
def test_a_gap_that_cannot_be_had_says_why(table: pl.DataFrame, why: str, label_set: str) -> None:
    (cell,) = cells(table.with_columns(label_set=pl.lit(label_set)))
    assert isinstance(cell.gap, str) and why in cell.gap


def test_the_calibration_error_is_the_distance_of_sureness_from_truth() -> None:
    right = answers(0)
    assert cells(right)[0].error is None
    assert cells(stated(right, 0.7))[0].error == pytest.approx(0.3)
    assert cells(stated(right, 1.0))[0].error == pytest.approx(0.0)


def test_durations_are_apart_and_those_that_lack_a_class_have_no_figure() -> None:
    table = answers(1, speakers=6, durations=(1.0, 3.0, 9.0))
    short_of_joy = (pl.col("duration") < 4) | (pl.col("truth") != "happiness")
    (cell,) = cells(table.filter(short_of_joy))
    assert cell.by_duration == {"below 2 s": (0.875, 8), "2 to 4 s": (1.0, 8)}


def test_a_mean_is_over_languages_each_resampled_on_its_own() -> None:
    table = pl.concat(
        [answers(6, speakers=12, language="de"), answers(0, speakers=12, language="ur")]
    )
    german, urdu = cells(table)
    middle, low, high = mean([german, urdu])
    assert middle == pytest.approx((value(german) + 1) / 2)
    assert low is not None and high is not None and german.result.uar is not None
    own = german.result.uar
    assert own.low is not None and own.high is not None
    assert low == pytest.approx((own.low + 1) / 2, abs=0.02)
    assert high == pytest.approx((own.high + 1) / 2, abs=0.02)
    twice = mean([german, german])
    assert twice[1] is not None and twice[1] > own.low  # two draws that do not go together


def test_no_mean_without_figures() -> None:
    (refused,) = cells(answers(0).filter(pl.col("truth") != "anger"))
    for of in ([], [refused]):
        with pytest.raises(ValueError, match="have a UAR each"):
            mean(of)


def test_a_cell_can_be_written_as_json() -> None:
    (cell,) = cells(stated(answers(0), 0.7))
    plain = told(cell)
    assert plain["uar"] == {"value": 1.0, "low": 1.0, "high": 1.0} and plain["counts"]
    assert plain["ece"] == 0.3 and plain["sex_gap"]["value"] == 0.0
    assert plain["speakers"] == 6 and plain["interval"] == "over 6 speakers"
    assert np.isclose(plain["chance"], 0.25) and plain["by_duration"][0]["items"] == 24
