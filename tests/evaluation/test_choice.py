import polars as pl
import pytest

from ehsaas.evaluation.choice import (
    BARE,
    FREE,
    baseline_of,
    choices,
    choose,
    gain_over,
    headline,
    over_target_only,
)
from ehsaas.evaluation.methods import Contest, Method, contests
from ehsaas.evaluation.pooled import pool
from tests.evaluation.contest import TARGETS, comparison, rated

THREE = ("emodb", "ravdess", "urdu")


def contest(**right: tuple[int, int, int]) -> Contest:
    """Methods by corpus statistics on three languages."""
    tables = [
        rated(name.replace("_", "-"), "corpus", n, targets=THREE) for name, n in right.items()
    ]
    (only,) = contests(pool(pl.concat(tables)))
    return only


def systems(given: Contest) -> list[str]:
    choice = choose(given)
    assert choice is not None
    return [choice.chosen[target].system for target in THREE]


def test_the_tested_language_has_no_say_in_its_own_method() -> None:
    given = contest(source_only=(4, 4, 4), coral=(9, 4, 2), mmd=(5, 5, 5))
    # On German CORAL is best by far, but the other two are better off with MMD.
    assert systems(given) == ["mmd", "coral", "coral"]


def test_of_equals_source_only_is_taken() -> None:
    assert systems(contest(source_only=(5, 5, 5), coral=(5, 5, 5))) == ["source-only"] * 3
    assert systems(contest(source_only=(4, 4, 4), mmd=(5, 5, 5), coral=(5, 5, 5))) == ["coral"] * 3


def test_two_corpora_of_one_language_do_not_choose_for_each_other() -> None:
    tables = [
        rated("source-only", "corpus", (4, 4, 4), targets=THREE),
        rated("coral", "corpus", (3, 9, 3), targets=THREE),
    ]
    swiss = pl.when(pl.col("corpus") == "ravdess").then(pl.lit("de-CH"))
    table = pl.concat(tables).with_columns(language=swiss.otherwise(pl.col("language")))
    (given,) = contests(pool(table))
    assert systems(given) == ["source-only", "source-only", "coral"]
    assert systems(contests(pool(pl.concat(tables)))[0]) == ["coral", "source-only", "coral"]


def test_references_and_what_missed_a_target_are_never_chosen() -> None:
    table = pl.concat(
        [
            rated("source-only", "corpus", (4, 4, 4), targets=THREE),
            rated("coral", "corpus", (5, 5, 5), targets=THREE),
            rated("mmd", "corpus", (9, 9), targets=THREE[:2]),
            rated("oracle", "corpus", (9, 9, 9), targets=THREE),
            rated("target-only", "corpus", (9, 9, 9), targets=THREE),
            rated("majority", "corpus", (9, 9, 9), targets=THREE),
        ]
    )
    (given,) = contests(pool(table))
    assert systems(given) == ["coral"] * 3


def test_with_speakers_unknown_their_statistics_cannot_be_chosen() -> None:
    zero, _ = contests(pool(comparison()))
    known, unknown = choose(zero), choose(zero, speakers_known=False)
    assert known and unknown
    assert set(known.chosen.values()) == {Method("self-training", "speaker")}
    assert set(unknown.chosen.values()) == {Method("self-training", "corpus")}
    assert (known.knows_speakers, unknown.knows_speakers) == (TARGETS, ())
    assert known.counted() == "self-training (speaker statistics)"


def test_a_choice_needs_another_language() -> None:
    table = pl.concat(
        [rated(name, "corpus", (5,), targets=("urdu",)) for name in ("source-only", "coral")]
    )
    (given,) = contests(pool(table))
    assert choose(given) is None
    assert choices([given]) == []


def test_gains_are_over_the_plain_baseline() -> None:
    table = comparison().filter(pl.col("corpus") != "kashmiri_rasa")
    found = contests(pool(table))
    known, unknown, few = choices(found)
    assert (baseline_of(known), baseline_of(few)) == (FREE, BARE)
    gains = [gain_over(one, found, baseline_of(one)) for one in (known, unknown, few)]
    # By hand: 7, 7, 8 and 6, 6, 6 over 5, 5, 5 of ten; 6, 6, 6 over 4, 4, 4, as the languages on
    # which either method reaches more have no say in their own.
    assert few.counted() == (
        "linear-probe (corpus statistics) for emodb and ravdess, fine-tuning (corpus statistics)"
        " for urdu"
    )
    for gain, expected in zip(gains, (0.7 / 3, 0.1, 0.2), strict=True):
        assert gain is not None and gain.low is not None
        assert gain.value == pytest.approx(expected)
        assert gain.low == pytest.approx(expected) and gain.up
    alone = over_target_only(few)
    assert alone is not None
    assert alone[0].value == pytest.approx((0.5 + 0.5 + 0.7) / 3)
    assert alone[1].value == pytest.approx((0.1 + 0.1 - 0.1) / 3)
    assert over_target_only(known) is None


def test_without_the_baseline_there_is_no_gain() -> None:
    table = comparison().filter(
        ~((pl.col("system") == "source-only") & (pl.col("normalisation") == "source"))
    )
    found = contests(pool(table))
    assert gain_over(choices(found)[-1], found, BARE) is None


def test_several_methods_are_named_with_their_languages() -> None:
    choice = choose(contest(source_only=(4, 4, 4), coral=(9, 4, 2), mmd=(5, 5, 5)))
    assert choice is not None
    assert choice.counted() == (
        "coral (corpus statistics) for ravdess and urdu, mmd (corpus statistics) for emodb"
    )


def test_the_headline_is_what_was_chosen_without_labels() -> None:
    rows = headline(pool(comparison()), ())
    assert [row["corpus"] for row in rows] == list(TARGETS)
    assert {(row["system"], row["normalisation"], row["features"]) for row in rows} == {
        ("self-training", "speaker", "embeddings")
    }
    given = ({"system": "claf-ser"},)
    assert headline(pool(rated("coral", "corpus", (5,) * 4)), given) is given
