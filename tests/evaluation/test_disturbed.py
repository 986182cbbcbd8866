"""Disturbed clips: what the tables say of noise, and of what helps against it."""

import json
from collections.abc import Sequence
from dataclasses import replace

import polars as pl
import pytest

from ehsaas.evaluation import predictions
from ehsaas.evaluation.disturbed import by_corpus, costs, disturbances, helped, variant_of
from ehsaas.evaluation.pooled import Result, pool
from ehsaas.evaluation.predictions import WHOLE
from ehsaas.evaluation.results import rows
from ehsaas.evaluation.significance import compare, holm_over
from ehsaas.evaluation.tables import warnings
from ehsaas.evaluation.views import headline_of
from tests.evaluation.builders import simulated
from tests.evaluation.conftest import KEY

HEADLINE = headline_of({"system": "claf-ser", "joint": {"statistics": ["source"]}})


def test_noises_come_from_the_softest_down_and_clean_first(trials: Sequence[Result]) -> None:
    (table,) = disturbances(trials)
    assert table.head == ("disturbance", "level", WHOLE, "noisy")
    assert [line[:2] for line in table.body] == [
        ("clean", ""),
        ("white noise", "20 dB SNR"),
        ("white noise", "10 dB SNR"),
        ("white noise", "0 dB SNR"),
    ]
    assert table.body[0][3] == ""  # the noisy network was not tried clean


def test_what_helps_is_the_difference_on_the_same_clips(trials: Sequence[Result]) -> None:
    (levels,), (helps,) = disturbances(trials), helped(trials)
    assert helps.head == ("disturbance", "level", "noisy")
    assert [line[:2] for line in helps.body] == [line[:2] for line in levels.body]
    assert helps.body[0][2] == ""  # the noisy network was not tried clean
    for told, gain in zip(levels.body[1:], helps.body[1:], strict=True):
        plain, noisy = (float(cell.split()[0]) for cell in told[2:])
        assert float(gain[2].split()[0]) == pytest.approx(noisy - plain, abs=2e-3)
    assert "Most at" not in helps.intro  # nothing was tried at 5 dB


def test_p_is_corrected_over_the_column(trials: Sequence[Result]) -> None:
    (helps,) = helped(trials)
    noise = [one for one in trials if one.condition.get("unit")]
    tests = []
    for level in (20, 10, 0):
        whole, noisy = sorted(
            (one for one in noise if one.condition["level"] == level), key=variant_of
        )
        tests.append(compare(noisy, whole))
    told = [line[2].split("(p ")[1].strip("=) ") for line in helps.body[1:]]
    expected = [one.adjusted or 0.0 for one in holm_over(tests)]
    assert told == ["< 0.001" if p < 0.001 else f"{p:.3f}" for p in expected]
    assert expected != [one.p for one in tests]


def test_what_helps_most_at_5_db_is_said() -> None:
    def at(skill: float, **condition: object) -> pl.DataFrame:
        told = {"disturbance": "white noise", "level": 5, "unit": "dB SNR", **condition}
        return simulated(
            skill, condition=json.dumps(told, sort_keys=True), salt=round(100 * skill), **KEY
        )

    tables = [at(0.3), at(0.8, variant="noisy"), at(0.5, variant="denoiser in front")]
    (helps,) = helped(pool(predictions.concat(tables)))
    assert " Most at white noise 5 dB SNR: noisy, +0." in helps.intro


def test_corpora_have_tables_of_their_own_and_one_of_all_together() -> None:
    made = [
        simulated(0.6, condition='{"disturbance": "clean", "level": 0}', **KEY).with_columns(
            corpus=pl.lit(corpus), id=pl.col("id") + corpus
        )
        for corpus in ("a", "b", "c", "a+b", "a+b+c")
    ]
    results = pool(predictions.concat(made))
    assert list(by_corpus(results)) == ["a+b+c", "a", "b", "c"]
    assert [table.title.split()[-1] for table in disturbances(results)] == ["a+b+c", "a", "b", "c"]
    assert helped(results) == []  # there is nothing beside the network as it is


def test_disturbed_clips_have_their_uar_alone_in_the_twin(trials: Sequence[Result]) -> None:
    told = rows(trials, HEADLINE)
    assert {row["metric"] for row in told if "disturbance" in row["condition"]} == {"uar"}
    assert len({row["metric"] for row in told if not row["condition"]}) == 4


def test_collapses_under_disturbance_are_counted(trials: Sequence[Result]) -> None:
    def collapsed(one: Result) -> Result:
        return replace(one, collapses=("fear is never predicted (all 3 seeds)",))

    disturbed = [one for one in trials if "disturbance" in one.condition]
    plain = next(one for one in trials if not one.condition)
    kept = next(one for one in disturbed if variant_of(one) == "noisy")
    told = warnings(
        [collapsed(plain), kept, *(collapsed(one) for one in disturbed if one is not kept)]
    )
    assert len(told) == 4 and told[0].endswith(": fear is never predicted (all 3 seeds).")
    noisy, whole = sorted(told[2:], key=len, reverse=True)
    assert "variant noisy: under 2 of 3 disturbances" in noisy
    assert "under 3 of 3 disturbances" in whole and "under 0 everything" in whole
    assert not any("level" in text for text in told[2:])


def test_what_a_disturbance_costs_is_told_by_language_and_on_average() -> None:
    def at(skill: float, corpus: str, **condition: object) -> pl.DataFrame:
        told = json.dumps(condition, sort_keys=True)
        key = KEY | {"protocol": "lolo", "corpus": corpus}
        return simulated(skill, condition=told, salt=round(100 * skill), **key)

    hum = {"disturbance": "hum", "level": 10, "unit": "dB SNR"}
    clean = {"disturbance": "clean", "level": 0}
    found = pool(
        predictions.concat(
            [
                at(0.8, "one", **clean),
                at(0.4, "one", **hum),
                at(0.7, "two", **clean),
                at(0.6, "two", **hum),
            ]
        )
    )
    table = costs(found)
    assert table.head == ("disturbance", "level", "mean", "one", "two")
    ((name, level, mean, one, two),) = table.body
    assert (name, level) == ("hum", "10 dB SNR")
    each = [float(cell.split()[0]) for cell in (one, two)]
    assert each[0] < -0.2 < each[1] < 0
    assert float(mean) == pytest.approx(sum(each) / 2, abs=2e-3)
    strict = [replace(result, protocol="strict") for result in found]
    assert not costs(strict).body
