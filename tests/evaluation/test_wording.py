from dataclasses import replace

import pytest

from ehsaas.evaluation.pooled import Measure, pool
from ehsaas.evaluation.wording import changed, doubt, how_many, in_brackets, paired, span, spoken
from tests.evaluation.builders import simulated


def test_spoken_measures() -> None:
    measure = Measure(0.625, (0.625,), 0.5, 0.75)
    assert spoken(measure) == "0.62 (0.50 to 0.75)"
    assert spoken(measure, these_only=True) == "0.62 (0.50 to 0.75, these speakers only)"
    assert spoken(measure, chance=0.5) == "0.62 (0.50 to 0.75, which holds chance)"
    assert spoken(measure, chance=0.25) == "0.62 (0.50 to 0.75)"
    assert spoken(Measure(0.5, (0.5,), None, None), chance=0.5) == "0.50"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.03, "costs 3 points"),
        (0.01, "costs 1 point"),
        (-0.02, "gains 2 points"),
        (-0.004, "costs nothing"),
    ],
)
def test_a_difference_has_a_direction_and_no_sign(value: float, words: str) -> None:
    assert changed(value, "costs {}", "gains {}", "costs nothing") == words


def test_a_range_of_one_is_none() -> None:
    assert span([-0.02, 0.3]) == "from -2 to 30"
    assert span([0.3]) == ""
    assert in_brackets("", "") == ""
    assert in_brackets("a", "", "b") == " (a; b)"


def test_only_a_test_that_was_made_casts_doubt() -> None:
    (low,), (high,) = pool(simulated(0.3)), pool(simulated(0.9))
    (elsewhere,) = pool(simulated(0.9, items=120))
    clear = paired(high, low)
    assert clear is not None and doubt(clear) == ""
    same = paired(high, high)
    assert doubt(same) == " (a paired test does not tell the two apart, p = 1.00)"
    assert paired(high, elsewhere) is None
    assert paired(high, None) is None
    assert paired(high, replace(low, measures={})) is None
    assert doubt(None) == ""
    assert how_many([clear, same, None]) == "by paired tests above in 1, below in 0 of 2"
    assert how_many([None]) == ""
