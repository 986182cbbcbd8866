from dataclasses import replace

import polars as pl
import pytest

from ehsaas.evaluation.answers import answers
from ehsaas.evaluation.families import families
from ehsaas.evaluation.grid import furthest, grid_tables, grids
from ehsaas.evaluation.pooled import Result, pool
from ehsaas.evaluation.tables import warnings
from tests.evaluation.test_answers import half_right

RIGHT = {
    ("svm-rbf", "functionals"): (6, 3),
    ("svm-rbf", "egemaps"): (5, 4),
    ("mlp", "functionals"): (7, 2),
    ("mlp", "egemaps"): (4, 5),
}
"""Of ten items of a class, how many are right: new speakers of the corpus, another corpus."""

ON_FUNCTIONALS = ({"system": "svm-rbf", "features": "functionals", "normalisation": "corpus"},)


@pytest.fixture(scope="module")
def results() -> list[Result]:
    tables = []
    for (system, features), (own, other) in RIGHT.items():
        key = {"system": system, "features": features}
        for shift, corpus in enumerate(("emodb", "urdu")):
            tables.append(half_right(own + shift, 10, corpus=corpus, train=corpus, **key))
        tables.append(half_right(other, 10, protocol="pair", train="urdu", **key))
        tables.append(half_right(9, 10, protocol="random", **key))
    return pool(pl.concat(tables))


def test_cells_are_means_over_what_was_tested(results: list[Result]) -> None:
    strict, random, pair = grids(results)
    assert [one.protocol for one in (strict, random, pair)] == ["strict", "random", "pair"]
    assert (strict.count, random.count, pair.count) == (2, 1, 1)
    for (system, features), (own, other) in RIGHT.items():
        assert strict.cells[features, system] == pytest.approx(own / 10 + 0.05)
        assert pair.cells[features, system] == pytest.approx(other / 10)
    assert strict.features == ("functionals", "egemaps")
    assert pair.features == ("egemaps", "functionals")
    (table,) = grid_tables(results)
    assert table.head[3:5] == ("mlp", "svm-rbf")
    assert table.body[0] == (
        *("new speakers of the same corpus (2)", "corpus", "functionals"),
        *("0.750", "0.650", "0.700", "0.250"),
    )


def test_the_answer_is_of_the_work_that_is_farthest(results: list[Result]) -> None:
    answer = furthest(results, "corpus")
    assert answer is not None
    short, detail = answer
    assert short == (
        "On another corpus, by corpus statistics and averaged over 2 classifiers and 1 test,"
        " egemaps is highest with a UAR of 0.45 and functionals lowest with 0.25; chance is 0.25."
        " Whether they differ is not tested here."
    )
    assert detail[-1].endswith(
        "egemaps 0.45, functionals 0.25; the highest of 4 is mlp on egemaps with 0.50."
    )
    assert answers(results, ON_FUNCTIONALS)[-1].short == short


def without(results: list[Result], **wanted: str) -> list[Result]:
    return [
        one for one in results if any(getattr(one, name) != value for name, value in wanted.items())
    ]


def test_means_are_over_what_all_were_tested_on(results: list[Result]) -> None:
    some = without(results, corpus="urdu", system="mlp", features="egemaps", protocol="strict")
    strict = grids(some)[0]
    assert strict.count == 1 and len(strict.cells) == 4
    assert strict.cells["functionals", "svm-rbf"] == pytest.approx(0.6)


def test_a_classifier_that_lacks_features_is_left_out(results: list[Result]) -> None:
    """Else the mean of what it did run would stand beside means over all classifiers."""
    third = [replace(one, features="is09") for one in results if one.system == "svm-rbf"]
    strict = grids([*results, *third])[0]
    assert strict.systems == ("svm-rbf",) and set(strict.features) == {
        *("functionals", "egemaps", "is09")
    }
    assert strict.mean("functionals") == pytest.approx(0.65)


def test_chance_is_the_mean_of_what_was_tested(results: list[Result]) -> None:
    mixed = [replace(one, classes=("a", "b")) if one.corpus == "urdu" else one for one in results]
    assert grids(mixed)[0].chance == pytest.approx(0.375)


def test_statistics_that_change_nothing_are_named_together(results: list[Result]) -> None:
    swapped = {"functionals": "egemaps", "egemaps": "functionals"}
    other = [replace(one, features=swapped[one.features], normalisation="none") for one in results]
    both = [*results, *other, *(replace(one, normalisation="source") for one in results)]
    found = [one.normalisation for one in grids(both) if one.protocol == "pair"]
    assert found == ["corpus, source", "none"]


def test_systems_with_features_of_their_own_are_no_grid(results: list[Result]) -> None:
    kept = [("svm-rbf", "functionals"), ("mlp", "egemaps")]
    alone = [one for one in results if (one.system, one.features) in kept]
    assert grids(alone) == [] and grid_tables(alone) == [] and furthest(alone, "corpus") is None


def test_sentences_are_of_the_features_of_the_headline(results: list[Result]) -> None:
    within, transfer, _ = answers(results, ON_FUNCTIONALS)
    assert within.short.startswith("svm-rbf on functionals reaches a UAR of 0.60 to 0.70")
    assert len(within.detail) == 2 and "UAR 0.60 (" in within.detail[0]
    assert "0.30 from urdu" in transfer.detail[0]
    found = families(results, ON_FUNCTIONALS)
    assert found and all("svm-rbf on functionals" in family.question for family in found)
    assert {one.first.features for family in found for one in family.tests} == {"functionals"}


def test_the_baseline_stays_beside_a_headline_with_features(results: list[Result]) -> None:
    svm = half_right(5, 10, system="functionals-svm", features="functionals-204")
    both = [*results, *pool(svm)]
    within = answers(both, ON_FUNCTIONALS)[0]
    assert "It is at or above functionals-svm on 1 of 1" in within.short
    asked = [family.question for family in families(both, ON_FUNCTIONALS)]
    assert any("against functionals-svm" in question for question in asked)


def test_warnings_name_the_features_where_there_are_several() -> None:
    table = half_right(6, 10, system="mlp", features="egemaps")
    deaf = table.with_columns(predicted=pl.lit("anger"), features=pl.lit("is09"))
    assert warnings(pool(pl.concat([table, deaf])))[0].startswith("mlp on is09, strict, emodb → ")
    assert warnings(pool(deaf))[0].startswith("mlp, strict, emodb → ")
