from collections.abc import Sequence

import polars as pl
import pytest

from ehsaas.evaluation.methods import Method, apart, budget, contests
from ehsaas.evaluation.pooled import Result, pool
from tests.evaluation.builders import simulated
from tests.evaluation.contest import TARGETS, ZERO, comparison, rated


@pytest.fixture(scope="module")
def compared() -> Sequence[Result]:
    return pool(comparison())


def test_contests_are_told_by_features_and_labels(compared: Sequence[Result]) -> None:
    zero, five = contests(compared)
    assert [(one.features, one.labels) for one in (zero, five)] == [
        ("embeddings", 0),
        ("embeddings", 5),
    ]
    assert zero.targets == five.targets == TARGETS
    assert set(zero.methods) == {Method(*how) for how in ZERO}
    assert {method.system for method in five.methods} == {
        "source-only",
        "fine-tuning",
        "linear-probe",
    }
    assert {system for system, _ in zero.deaf} == {"chance"}


def test_target_only_and_the_oracle_stand_beside(compared: Sequence[Result]) -> None:
    zero, five = contests(compared)
    assert {method.system for method, _ in zero.beside} == {"oracle"}
    assert {method.system for method, _ in five.beside} == {"oracle", "target-only"}


def test_a_method_that_was_told_what_nobody_knows_stands_beside() -> None:
    told = rated("oracle: coral, right labels", "corpus", (10, 10, 10, 10))
    zero, _ = contests(pool(pl.concat([comparison(), told])))
    assert set(zero.methods) == {Method(*how) for how in ZERO}
    assert {method.system for method, _ in zero.beside} == {"oracle", "oracle: coral, right labels"}
    alone = rated("source-only", "corpus", (5, 5, 5, 5))
    assert not contests(pool(pl.concat([alone, told])))  # nothing else was tried


def test_a_method_that_missed_a_target_is_not_complete() -> None:
    table = pl.concat([comparison(), rated("mmd", "corpus", (9, 9), targets=TARGETS[:2])])
    zero, _ = contests(pool(table))
    assert Method("mmd", "corpus") in zero.methods
    assert Method("mmd", "corpus") not in zero.complete
    assert len(zero.complete) == len(ZERO)


def test_other_experiments_have_no_contest(results: Sequence[Result]) -> None:
    assert contests(results) == []
    assert apart(results) == list(results)
    alone = pool(rated("source-only", "corpus", (5, 5, 5, 5)))
    assert contests(alone) == []


def test_what_no_contest_shows_is_left(compared: Sequence[Result]) -> None:
    assert apart(compared) == []
    other = simulated(0.5, protocol="pair", train="urdu", system="coral", features="embeddings")
    (left,) = apart(pool(pl.concat([comparison(), other])))
    assert left.protocol == "pair"


@pytest.mark.parametrize(
    ("condition", "labels"),
    [("{}", 0), ('{"labels_per_class": 10}', 10), ('{"variant": "x"}', None)],
)
def test_the_budget_is_the_labels_a_class(condition: str, labels: int | None) -> None:
    (one,) = pool(simulated(0.5, condition=condition))
    assert budget(one) == labels


def test_of_equals_the_one_that_needs_least_is_first() -> None:
    methods = [Method("coral", "corpus"), Method("source-only", "speaker")]
    methods += [Method("source-only", "corpus"), Method("supcon", "source")]
    assert [str(one) for one in sorted(methods, key=lambda one: one.needs)] == [
        "supcon (source statistics)",
        "source-only (corpus statistics)",
        "coral (corpus statistics)",
        "source-only (speaker statistics)",
    ]
