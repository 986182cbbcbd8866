"""Statistics, temperature and prediction sets."""

import numpy as np
import pytest

from ehsaas.calibration import Statistics, prediction_set, softmax

CLASSES = ("anger", "happiness", "sadness")


def test_statistics_standardise_over_any_leading_axes() -> None:
    features = np.random.default_rng(0).normal([5, -3], [2, 0.5], (4, 100, 2)).astype(np.float32)
    flat = features.reshape(-1, 2)
    scaled = Statistics(flat.mean(0), flat.std(0), len(flat), "source")(features)
    assert (scaled.shape, str(scaled.dtype)) == ((4, 100, 2), "float32")
    np.testing.assert_allclose(scaled.reshape(-1, 2).mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(scaled.reshape(-1, 2).std(0), 1, atol=1e-5)


def test_a_dimension_that_never_moves_stays_finite() -> None:
    still = Statistics(np.ones(1, np.float32), np.zeros(1, np.float32), 10, "source")
    assert still(np.ones((3, 1), np.float32)).tolist() == [[0], [0], [0]]


def test_softmax_sums_to_one_and_large_logits_do_not_overflow() -> None:
    shares = softmax(np.array([[1000.0, 999.0, -1000.0], [0.0, 0.0, 0.0]]))
    np.testing.assert_allclose(shares.sum(-1), 1, rtol=1e-6)
    np.testing.assert_allclose(shares[0], [1 / (1 + np.exp(-1)), 1 / (1 + np.e), 0], atol=1e-6)
    np.testing.assert_allclose(shares[1], 1 / 3, rtol=1e-6)


def test_temperature_flattens_and_sharpens() -> None:
    logits = np.array([2.0, 1.0, 0.0])
    assert softmax(logits, 2.0).max() < softmax(logits).max() < softmax(logits, 0.5).max()
    np.testing.assert_allclose(softmax(logits, 2.0), softmax(logits / 2), rtol=1e-6)


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_a_temperature_that_is_not_above_zero_is_refused(temperature: float) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        softmax(np.zeros(3), temperature)


def test_a_prediction_set_keeps_what_reaches_the_threshold() -> None:
    probabilities = np.array([0.2, 0.5, 0.3], np.float32)
    assert prediction_set(probabilities, CLASSES, 0.25) == ("happiness", "sadness")
    assert prediction_set(probabilities, CLASSES, 0.0) == ("happiness", "sadness", "anger")
    assert prediction_set(probabilities, CLASSES, 0.9) == ("happiness",)


def test_equal_probabilities_come_in_class_order() -> None:
    assert prediction_set(np.full(3, 1 / 3, np.float32), CLASSES, 0.3) == CLASSES
