"""Disturbed clips: what the tables say of noise, and of what helps against it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from ehsaas.evaluation.disturbed import WHOLE, variant_of
from ehsaas.evaluation.pooled import Result
from ehsaas.evaluation.results import rows
from ehsaas.evaluation.tables import warnings
from ehsaas.evaluation.trials import trial_tables
from ehsaas.evaluation.views import headline_of

HEADLINE = headline_of({"system": "claf-ser", "joint": {"statistics": ["source"]}})


def test_noises_come_from_the_softest_down_and_clean_first(trials: Sequence[Result]) -> None:
    table = trial_tables(trials)[4]
    assert table.head == ("disturbance", "level", WHOLE, "noisy")
    assert [line[:2] for line in table.body] == [
        ("clean", ""),
        ("white noise", "20 dB SNR"),
        ("white noise", "10 dB SNR"),
        ("white noise", "0 dB SNR"),
    ]
    assert table.body[0][3] == ""  # the noisy network was not tried clean


def test_what_helps_is_the_difference_on_the_same_clips(trials: Sequence[Result]) -> None:
    levels, helps = trial_tables(trials)[4:6]
    assert helps.head == ("disturbance", "level", "noisy")
    assert [line[:2] for line in helps.body] == [line[:2] for line in levels.body]
    assert helps.body[0][2] == ""  # the noisy network was not tried clean
    for told, gain in zip(levels.body[1:], helps.body[1:], strict=True):
        plain, noisy = (float(cell.split()[0]) for cell in told[2:])
        assert float(gain[2].split()[0]) == pytest.approx(noisy - plain, abs=2e-3)
        assert "(p " in gain[2]


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
    assert len(told) == 3 and told[0].endswith(": fear is never predicted (all 3 seeds).")
    assert any("variant noisy: under 2 of 3 conditions" in text for text in told)
    assert not any("level" in text for text in told)
