import numpy as np
import pytest

from ehsaas.calibration import Statistics
from ehsaas.experiments.suspicion import Offer, limits, rates, signs, told

PLAIN = Statistics(np.zeros(3, np.float32), np.full(3, 2, np.float32), 9, "plain", clips=3)


def test_signs_of_clips_by_hand() -> None:
    """Judged lie 1 deviation away, of 6 and 3 clips; given have a quarter of the deviation."""
    given = np.array([[0.5] * 3, [-0.5] * 3, [0.5] * 3, [-0.5] * 3])
    X = np.concatenate([np.full((6, 3), 2.0), given]).astype(np.float32)
    offer = Offer(np.arange(6), np.arange(6, 10))
    found = signs(X, offer, PLAIN, PLAIN, np.array([0, 0, 2, 2]), neutral=2)
    assert found["far"] == pytest.approx(1 / (1 / 6 + 1 / 3))
    assert found["one answer"] == 0.5
    assert found["alike"] == pytest.approx(-1 / 16)
    few = signs(X, Offer(np.arange(5), offer.given), PLAIN, PLAIN, np.array([2] * 4), neutral=2)
    assert few["far"] == 0 and few["one answer"] == 0


def test_the_limit_is_the_highest_of_the_languages() -> None:
    low = [{"far": x / 100, "one answer": 0.0, "alike": -1.0} for x in range(101)]
    high = [{**one, "far": 2 * one["far"]} for one in low]
    found = limits([low, high])
    assert found["far"] == pytest.approx(1.9)
    assert rates(high, found)["far"] == pytest.approx(5 / 101)
    assert rates(high, found)["alike"] == 0
    line = told("urdu", 20.0, found, {"mixed": rates(high, found)})
    assert line.startswith("How often a guard would fire, urdu, 20 s: `far` (above 1.90) mixed 5%;")
