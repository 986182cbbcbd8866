from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest

from ehsaas.evaluation.pooled import Result, pool
from ehsaas.evaluation.significance import compare
from ehsaas.evaluation.tables import curve_table, matrix_table
from ehsaas.evaluation.tongues import language
from ehsaas.evaluation.views import (
    OTHERS,
    curves,
    is_headline,
    main,
    matrices,
    others,
    series_name,
    within,
)
from tests.evaluation.builders import SIX, simulated


def test_strict_and_random_stand_side_by_side(results: Sequence[Result]) -> None:
    lines = [line for line in within(results) if line.corpus == "emodb"]
    assert [(line.system, line.normalisation) for line in lines] == [
        ("attention-bilstm", "corpus"),
        ("attention-bilstm", "source"),
        ("functionals-svm", "corpus"),
        ("functionals-svm", "source"),
        ("speaker-majority", "none"),
        ("majority", "none"),
        ("chance", "none"),
    ]
    first = lines[0]
    assert first.strict and first.random and first.strict.uar and first.random.uar
    assert first.added == pytest.approx(first.random.uar.value - first.strict.uar.value)


def test_one_protocol_alone_adds_nothing() -> None:
    (line,) = within(pool(simulated(0.6, protocol="random")))
    assert (line.strict, line.added) == (None, None)
    assert line.any is line.random


def test_the_matrix_holds_pairs_the_pool_and_the_diagonal(results: Sequence[Result]) -> None:
    first, second, svm = matrices(results)
    assert (first.system, first.normalisation) == ("attention-bilstm", "corpus")
    assert second.normalisation == "source"
    assert svm.system == "functionals-svm"
    assert first.sources == ("emodb", "kashmiri_rasa", "urdu", OTHERS)
    assert first.targets == ("emodb", "kashmiri_rasa", "urdu")
    assert len(first.cells) == 9 + 3
    assert first.cells["urdu", "urdu"].protocol == "strict"
    assert first.cells["emodb", "urdu"].train == ("emodb",)
    assert first.cells[OTHERS, "urdu"].train == ("emodb", "kashmiri_rasa")


def test_the_diagonal_may_be_native_where_the_emotions_are_the_same() -> None:
    table = pl.concat(
        [
            simulated(0.4, corpus="urdu", train="emodb", protocol="pair"),
            simulated(0.6, corpus="urdu", label_set="native"),
            simulated(0.6, corpus="emodb", classes=SIX, label_set="native"),
        ]
    )
    (matrix,) = matrices(pool(table))
    assert set(matrix.cells) == {("emodb", "urdu"), ("urdu", "urdu")}
    own, carried = matrix.cells["urdu", "urdu"], matrix.cells["emodb", "urdu"]
    assert own.uar and carried.uar
    assert compare(own, carried).difference == pytest.approx(own.uar.value - carried.uar.value)


def test_curves_have_their_series_and_zero_shot(results: Sequence[Result]) -> None:
    curve = curves(results)[0]
    assert list(curve.series) == [
        "progressive",
        "all unfrozen",
        "target only",
        "functionals-svm",
        "functionals-svm target only",
    ]
    assert all(len({one.system for one in points}) == 1 for points in curve.series.values())
    assert [one.share for one in curve.series["progressive"]] == [0, 0.1, 0.2, 0.4, 0.8]
    assert curve.zero_shot is curve.series["progressive"][0]
    assert curve.chance == 0.25
    assert {curve.title(name) for name in curve.series} == set(curve.series)


def test_a_series_of_fewer_seeds_says_so() -> None:
    tables = [
        simulated(0.5, protocol="heldout", system=system, train="urdu", seed=seed)
        for system, seeds in (
            ("attention-bilstm", (0, 1, 2)),
            ("attention-bilstm all-unfrozen", (0,)),
            ("functionals-svm", (0,)),
        )
        for seed in seeds
    ]
    (curve,) = curves(pool(pl.concat(tables)))
    titles = [curve.title(name) for name in curve.series]
    assert titles == ["progressive", "all unfrozen (1 seed)", "functionals-svm"]


def test_what_hears_nothing_stands_beside_what_crosses_languages() -> None:
    none: dict[str, Any] = {"normalisation": "none", "features": "none", "corpus": "urdu"}
    both: dict[str, Any] = {"protocol": "lolo", "train": "emodb+tess"}
    table = pl.concat(
        [
            simulated(0.5, corpus="urdu", train="emodb", protocol="pair"),
            simulated(0.3, system="chance", train="emodb", protocol="pair", **none),
            simulated(0.2, system="chance", **both, **none),
            simulated(0.4, system="speaker-majority", **both, **none),
            simulated(0.5, corpus="urdu", train="emodb", protocol="heldout"),
            simulated(0.4, system="speaker-majority", protocol="heldout", **none),
            simulated(0.4, system="chance", protocol="heldout", **none | {"corpus": "emodb"}),
        ]
    )
    (matrix,) = matrices(pool(table))
    assert list(matrix.deaf) == [("speaker-majority", "urdu"), ("chance", "urdu")]
    assert matrix.deaf["chance", "urdu"].protocol == "lolo"
    (curve,) = curves(pool(table))
    assert [(one.system, one.corpus) for one in curve.deaf] == [("speaker-majority", "urdu")]
    lines = matrix_table(matrix).body
    assert [line[0] for line in lines] == ["emodb", "(speaker-majority)", "(chance)"]
    assert "without hearing them: speaker-majority 0." in curve_table(curve).intro


def test_series_of_several_features_or_sources_are_told_apart() -> None:
    tables = [
        simulated(0.5, protocol="heldout", train=train, features=features)
        for train, features in (("urdu", "frames"), ("tess", "frames"), ("urdu", "embeddings"))
    ]
    (curve,) = curves(pool(pl.concat(tables)))
    assert set(curve.series) == {
        "progressive on frames from urdu",
        "progressive on frames from tess",
        "progressive on embeddings from urdu",
    }
    assert series_name("claf-ser") == "claf-ser"


def test_nothing_is_dropped_silently(results: Sequence[Result]) -> None:
    assert others(results) == []
    odd = pool(
        pl.concat(
            [
                simulated(0.5, protocol="emobox"),
                simulated(0.5, condition='{"snr": 10}'),
                simulated(0.5, protocol="pair", train="urdu", system="chance"),
            ]
        )
    )
    assert [(one.protocol, dict(one.condition)) for one in others(odd)] == [
        ("emobox", {}),
        ("strict", {"snr": 10}),
    ]


def test_the_headline_is_chosen_by_what_it_is(results: Sequence[Result]) -> None:
    chosen = {(one.system, one.normalisation) for one in results if is_headline(one)}
    assert chosen == {("attention-bilstm", "corpus")}
    assert main(results) == ("attention-bilstm", "corpus")
    assert main(results, [{"system": "functionals-svm"}]) == ("functionals-svm", "corpus")
    assert main([]) == ("", "")
    only = pool(simulated(0.3, system="chance", normalisation="none"))
    assert main(only) == ("chance", "none")


def test_languages_have_names() -> None:
    assert language(pool(simulated(0.6))[0]) == "German"
    assert language(pool(simulated(0.6, language="xx-YY"))[0]) == "xx-YY"
    assert language(pool(simulated(0.6, language=None))[0]) == "emodb"
    both = simulated(0.6).with_columns(corpus=pl.lit("emodb+tess"))
    assert language(pool(both)[0]) == "Together"
