import numpy as np
import polars as pl
import pytest

from ehsaas.evaluation.methods import contests
from ehsaas.evaluation.pooled import pool
from ehsaas.evaluation.ranks import (
    average_ranks,
    cliques,
    critical_difference,
    friedman,
    rankings,
    ranks_table,
    title,
)
from tests.evaluation.contest import TARGETS, comparison, rated


def test_average_ranks_by_hand() -> None:
    values = np.array([[0.9, 0.8, 0.8], [0.5, 0.7, 0.6]])
    # 1, 2.5, 2.5 and 3, 1, 2.
    assert average_ranks(values) == pytest.approx([2.0, 1.75, 2.25])


def test_the_critical_difference_is_that_of_the_paper() -> None:
    assert critical_difference(4, 14) == pytest.approx(1.25, abs=0.005)
    assert critical_difference(4, 14, alpha=0.10) == pytest.approx(1.12, abs=0.005)
    # q of table 5, at 0.05, for 2, 4 and 10 classifiers: N that makes the root 1.
    for k, q in ((2, 1.960), (4, 2.569), (10, 3.164)):
        assert critical_difference(k, 1) / (k * (k + 1) / 6) ** 0.5 == pytest.approx(q, abs=1e-3)


def test_runs_of_methods_that_are_not_told_apart() -> None:
    ranks = (1.964, 2.000, 2.893, 3.143)  # the paper's own four trees on 14 data sets
    assert cliques(ranks, 1.25) == ((0, 3),)
    assert cliques(ranks, 1.12) == ((0, 2), (2, 3))
    assert cliques(ranks, 0.01) == ()


def test_friedman_by_hand() -> None:
    same_order = np.array([[0.9, 0.8, 0.7]] * 4)
    # 12 N / (k (k + 1)) (Σ R² − k (k + 1)² / 4) = 4 (14 − 12), and p = exp(−8 / 2).
    assert friedman(same_order) == pytest.approx((8.0, np.exp(-4)))
    assert friedman(np.ones((4, 3))) == (0.0, 1.0)


def test_methods_are_ranked_the_best_first_and_ties_share() -> None:
    zero, five = rankings(contests(pool(comparison())))
    assert (zero.labels, five.labels) == (0, 5)
    # 1, 2, 1, 1; then 2.5, 3, 2.5, 2.5; then 2.5, 4, 2.5, 2.5; then 4, 1, 4, 4.
    assert zero.systems == ("self-training", "source-only", "coral", "bbse")
    assert zero.ranks == pytest.approx((1.25, 2.625, 2.875, 3.25))
    assert five.systems[0] == "fine-tuning"
    # 1, 1, 1, 2.5; then 2.5, 2.5, 2.5, 1; then 2.5, 2.5, 2.5, 2.5.
    assert five.ranks == pytest.approx((1.375, 2.125, 2.5))
    assert five.targets == TARGETS
    assert five.groups == ((0, 2),)


def test_it_says_how_little_so_few_languages_can_tell() -> None:
    _, five = rankings(contests(pool(comparison())))
    assert "Two average ranks have to lie 1.7 apart" in five.told
    assert "tells no two of them from each other" in five.told
    table = ranks_table(five)
    assert [line[-1] for line in table.body] == ["", "no", "no"]
    assert "4 languages, of methods by corpus statistics. Friedman" in table.intro


def test_a_difference_beyond_the_critical_one_is_told() -> None:
    targets = tuple(f"language{i}" for i in range(12))
    order = {"source-only": 3, "coral": 4, "mmd": 9}
    table = [rated(name, "corpus", (n,) * 12, targets=targets) for name, n in order.items()]
    (ranking,) = rankings(contests(pool(pl.concat(table))))
    # q_0.05 of three is 2.343; √(12 / 72) of it is 0.96.
    assert ranking.critical == pytest.approx(0.957, abs=1e-3)
    assert [line[-1] for line in ranks_table(ranking).body] == ["", "yes", "yes"]
    assert "tells only the largest differences" in ranking.told


def test_a_system_is_ranked_once_a_kind_of_statistics_and_features() -> None:
    table = [
        rated(name, by, (n,) * 4, features=features)
        for n, name in enumerate(("source-only", "coral", "mmd"), 3)
        for by in ("source", "corpus")
        for features in ("embeddings", "frames")
    ]
    table.append(rated("running-statistics", "source", (9,) * 4))
    found = rankings(contests(pool(pl.concat(table))))
    assert [title(one) for one in found] == [
        "embeddings, source statistics, no labels, four",
        "embeddings, corpus statistics, no labels, four",
        "frames, source statistics, no labels, four",
        "frames, corpus statistics, no labels, four",
    ]
    assert [len(one.systems) for one in found] == [4, 3, 3, 3]
    assert all(len(set(one.systems)) == len(one.systems) for one in found)
    assert found[0].systems == ("running-statistics", "mmd", "coral", "source-only")


def test_two_methods_are_not_ranked() -> None:
    two = [rated(name, "corpus", (5,) * 4) for name in ("source-only", "coral")]
    assert rankings(contests(pool(pl.concat(two)))) == []
