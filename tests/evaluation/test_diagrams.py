import re
from dataclasses import replace

import polars as pl

from ehsaas.evaluation.diagrams import critical_difference
from ehsaas.evaluation.methods import contests
from ehsaas.evaluation.pooled import pool
from ehsaas.evaluation.ranks import Ranking, rankings
from tests.evaluation.contest import comparison, rated


def drawn(ranking: Ranking) -> str:
    return " ".join(re.findall(r">([^<>]+)</text>", critical_difference(ranking, "a")))


def test_every_method_is_named_and_the_difference_too() -> None:
    _, five = rankings(contests(pool(comparison())))
    text = drawn(five)
    for system in five.systems:
        assert system in text
    assert "statistics" not in text  # they are the same for all, and stand in the title
    assert "critical difference 1.7" in text
    assert "more than there are ranks" not in text
    assert critical_difference(five, "a") == critical_difference(five, "a")


def test_there_is_no_rank_below_the_last() -> None:
    _, five = rankings(contests(pool(comparison())))
    ranks = tuple(float(rank) for rank in range(1, 17))
    many = replace(five, systems=tuple(f"m{rank:g}" for rank in ranks), ranks=ranks, critical=12.0)
    ticks = re.findall(r">(\d+)</text>", critical_difference(many, "a"))
    assert max(map(int, ticks)) == 16


def test_a_difference_wider_than_the_ranks_is_cut_and_said() -> None:
    systems = ("source-only", "coral", "mmd", "dann", "nnpm")
    table = [rated(n, "corpus", (5, 6), targets=("emodb", "urdu")) for n in systems]
    (ranking,) = rankings(contests(pool(pl.concat(table))))
    assert 1 + ranking.critical > 5
    assert "more than there are ranks" in drawn(ranking)
