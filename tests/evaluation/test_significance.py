import numpy as np
import pytest

from ehsaas.evaluation.metrics import MetricError
from ehsaas.evaluation.pooled import Result, pool
from ehsaas.evaluation.significance import change, compare, holm, holm_over
from tests.evaluation.builders import FOUR, judged, simulated


def one(**key: object) -> Result:
    (result,) = pool(simulated(**key))  # type: ignore[arg-type]
    return result


def test_holm_known_answer() -> None:
    # By hand: sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1, then never falling.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.6]) == [1.0, 1.0]
    assert holm([]) == []


def test_the_difference_is_that_of_the_two_uars() -> None:
    better, worse = one(skill=0.8), one(skill=0.5, salt=1, system="functionals-svm")
    found = compare(better, worse)
    assert better.uar and worse.uar and found.low is not None and found.high is not None
    assert found.difference == pytest.approx(better.uar.value - worse.uar.value)
    assert found.low < found.difference < found.high
    assert found.low > 0
    assert found.p == pytest.approx(2 / 2**10)
    assert found.unit == "over 10 speakers"
    assert found.items == 240


def test_a_system_against_itself_differs_by_nothing() -> None:
    found = compare(one(skill=0.6), one(skill=0.6))
    assert (found.difference, found.p) == (0.0, 1.0)


def test_no_change_can_be_told_without_the_same_items() -> None:
    first, shorter = one(skill=0.6), one(skill=0.6, items=80)
    assert change(None, first) is None and change(first, None) is None
    assert change(first, shorter) is None
    other = one(skill=0.4, salt=1)
    assert change(first, other) == compare(first, other)


def test_p_is_even_under_the_null() -> None:
    values = [
        compare(
            one(skill=0.6, seed=i, items=80, corpus="urdu"),
            one(skill=0.6, seed=i, salt=5, items=80, corpus="urdu"),
        ).p
        for i in range(60)
    ]
    # 60 draws from (nearly) even p: the mean is 0.5 ± 0.037, and about 3 lie below 0.05.
    assert np.mean(values) == pytest.approx(0.5, abs=0.13)
    assert sum(p < 0.05 for p in values) <= 9


def test_many_speakers_and_few_are_swapped_at_random() -> None:
    many = compare(one(skill=0.7, corpus="ravdess"), one(skill=0.5, salt=2, corpus="ravdess"))
    few = compare(
        one(skill=0.7, corpus="kashmiri_rasa"), one(skill=0.5, salt=2, corpus="kashmiri_rasa")
    )
    assert (many.unit, few.unit) == ("over 24 speakers", "these speakers only")
    assert many.p < 0.01
    assert few.p < 0.01


def test_other_items_are_refused_with_their_numbers() -> None:
    with pytest.raises(MetricError, match=r"240 and 80 in emodb"):
        compare(one(skill=0.6), one(skill=0.6, items=80))


def test_a_class_without_items_is_refused() -> None:
    (lacking,) = pool(judged(FOUR[:3] * 5, FOUR[:3] * 5, [f"s{i}" for i in range(15)]))
    with pytest.raises(MetricError, match="no UAR to compare"):
        compare(lacking, lacking)


def test_a_family_is_corrected_together() -> None:
    tests = [compare(one(skill=0.8), one(skill=s, salt=1)) for s in (0.5, 0.79)]
    first, second = holm_over(tests)
    assert first.adjusted == pytest.approx(2 * first.p)
    assert second.adjusted == pytest.approx(max(second.p, 2 * first.p))
