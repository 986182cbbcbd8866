import numpy as np
import pytest

from ehsaas.calibration import prediction_set
from ehsaas.evaluation.conformal import covered, threshold


def spoken(n: int, seed: int, sharpness: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of three classes, calibrated at a sharpness of 1, and classes drawn by them."""
    rng = np.random.default_rng(seed)
    actual = rng.dirichlet(np.full(3, 0.7), n)
    truth = np.array([rng.choice(3, p=p) for p in actual])
    stated = np.maximum(actual, 1e-9) ** sharpness
    return stated / stated.sum(axis=1, keepdims=True), truth


@pytest.mark.parametrize("sharpness", (1.0, 3.0), ids=["calibrated", "too sure"])
@pytest.mark.parametrize("coverage", (0.8, 0.9))
def test_the_promise_is_kept_over_a_thousand_calibrations(
    coverage: float, sharpness: float
) -> None:
    """Whether or not the probabilities are right."""
    stated, truth = spoken(40_000, 0, sharpness)
    rng = np.random.default_rng(1)
    found = []
    for _ in range(1000):
        drawn = rng.choice(len(truth), 300, replace=False)
        own, test = drawn[:100], drawn[100:]
        least = threshold(stated[own], truth[own], coverage)
        found.append((stated[test, truth[test]] >= least).mean())
    assert np.mean(found) == pytest.approx(coverage, abs=0.03)


def test_what_is_counted_is_what_the_sets_hold() -> None:
    stated, truth = spoken(200, 2)
    least = threshold(stated, truth, 0.9)
    names = ("a", "b", "c")
    sets = [prediction_set(row.astype(np.float32), names, least) for row in stated]
    held = np.mean([names[label] in one for one, label in zip(sets, truth, strict=True)])
    assert covered(stated, truth, least) == pytest.approx(held, abs=0.006)  # float32 at the edge
    assert held >= 0.9


def test_few_utterances_promise_much_only_of_all_classes() -> None:
    stated, truth = spoken(8, 3)
    assert threshold(stated, truth, 0.9) == 0
    assert covered(stated, truth, 0) == 1
    assert threshold(stated, truth, 0.5) > 0


def test_what_makes_no_threshold_is_said() -> None:
    stated, truth = spoken(8, 4)
    with pytest.raises(ValueError, match="no calibration utterances"):
        threshold(stated[:0], truth[:0], 0.9)
    with pytest.raises(ValueError, match=r"a coverage of 1.0; expected a share between 0 and 1"):
        threshold(stated, truth, 1.0)
